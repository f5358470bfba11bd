namespace LmmFunctional.Cli

open System
open System.IO
open LmmFunctional

/// <summary>The command <c>lmm fit</c>.</summary>
[<RequireQualifiedAccess>]
module internal FitCommand =

    /// How a command tells progress: not at all to a program that runs it.
    let displayOn (error: TextWriter) (request: FitRequest) =
        // A program that runs the command gets the same words, however long the fit takes.
        if request.IsQuiet || not (Object.ReferenceEquals(error, Console.Error)) then
            ProgressDisplay.Silent
        elif Console.IsErrorRedirected then
            ProgressDisplay.Lines error
        else
            ProgressDisplay.Live error

    let private fit error (request: FitRequest) (source: ModelSource) =
        ProgressDisplay.during (displayOn error request) (fun report ->
            let options = {
                ModelSource.options request.Criterion request.Parameters source with
                    Solver = SolverOptions.ofAlgorithm request.Algorithm
                    Progress = Some(ProgressDisplay.ofIteration >> report)
            }

            Lmm.fit options source.Frame source.Spec)

    /// The method for degrees of freedom that a request names; problems of both names are told together.
    let method (request: FitRequest) : Result<DegreesOfFreedomMethod option, LmmError list> =
        let convention =
            match request.Convention with
            | None -> Ok None
            | Some name -> Convention.ofName name |> Result.map Some

        match request.Df, convention with
        | None, Error problems -> Error problems
        | None, Ok None -> Ok None
        | None, Ok(Some convention) -> Error [ LmmError.NoConvention("none", convention.Name) ]
        | Some name, Ok convention -> DegreesOfFreedomMethod.ofName name convention |> Result.map Some
        | Some name, Error problems ->
            match DegreesOfFreedomMethod.ofName name None with
            | Ok _ -> Error problems
            | Error others -> Error(others @ problems)

    /// <summary>The fit of a request with its method.</summary>
    /// <param name="error">Takes progress.</param>
    /// <param name="request">What is asked for.</param>
    /// <returns>The fit, the method if one is named, and the time it took to read the files; or all problems.</returns>
    let run error (request: FitRequest) : Result<Fit * DegreesOfFreedomMethod option * TimeSpan, LmmError list> =
        match method request, ModelSource.read request.Model with
        | Ok method, Ok source -> fit error request source |> Result.map (fun fit -> fit, method, source.Reading)
        | method, source -> Error(Results.problems method @ Results.problems source)

    /// Tests of the linear functions that a request names, or the problems of all of them.
    let tests (request: FitRequest) (inference: Inference) : Result<HypothesisTest list, LmmError list> =
        request.Tests
        |> List.map (fun text ->
            LinearHypothesis.parse inference.Fit.Design text
            |> Result.bind (fun hypothesis -> Inference.test 0.95 hypothesis inference))
        |> Results.all

    /// The robust covariance that a request asks for.
    let private robust (request: FitRequest) (fit: Fit) : Result<RobustCovariance option, LmmError list> =
        match request.Robust, request.Cluster with
        | None, _ -> Ok None
        | Some kind, None -> RobustCovariance.ofSubjects kind fit |> Result.map Some
        | Some kind, Some cluster -> RobustCovariance.create kind cluster fit |> Result.map Some

    /// What the fixed effects are tested by, with the tests of linear functions.
    let private inference (request: FitRequest) method fit =
        match method with
        | None when request.Tests.IsEmpty -> Ok None
        | method ->
            Inference.create (defaultArg method DegreesOfFreedomMethod.satterthwaite) fit
            |> Result.bind (fun inference ->
                tests request inference |> Result.map (fun tests -> Some(inference, tests)))

    /// Prints the summary of a fit, or its problems; the exit code.
    let print (output: TextWriter) (error: TextWriter) (request: FitRequest) : int =
        let fitted =
            run error request
            |> Result.bind (fun (fit, method, reading) ->
                match inference request method fit, robust request fit with
                | Ok inference, Ok robust -> Ok(fit, inference, robust, reading)
                | inference, robust -> Error(Results.problems inference @ Results.problems robust))

        match fitted with
        | Ok(fit, inference, robust, reading) ->
            output.Write(
                match inference, robust, request.AsJson with
                | None, Some robust, true -> FitJson.renderRobust reading None robust + "\n"
                | None, Some robust, false -> Summary.renderRobust SummaryFormat.Text None robust
                | None, None, true -> FitJson.render reading fit + "\n"
                | None, None, false -> Summary.render SummaryFormat.Text fit
                | Some(inference, tests), robust, true -> FitJson.renderHypotheses reading inference robust tests + "\n"
                | Some(inference, tests), robust, false ->
                    Summary.renderHypotheses SummaryFormat.Text inference robust tests
            )

            ExitCode.ofCertificate fit.Certificate
        | Error problems -> ExitCode.refuse error problems

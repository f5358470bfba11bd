namespace LmmFunctional.Cli

open System
open System.IO
open LmmFunctional

/// <summary>The command <c>lmm fit</c>.</summary>
[<RequireQualifiedAccess>]
module internal FitCommand =

    let private displayOn (error: TextWriter) (request: FitRequest) =
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
                ModelSource.options request.Criterion source with
                    Solver = SolverOptions.ofAlgorithm request.Algorithm
                    Held = Map.ofList request.Held
                    Bounds = Map.ofList request.Bounds
                    Progress = Some report
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

    /// The robust covariance that a request asks for.
    let private robust (request: FitRequest) (fit: Fit) : Result<RobustCovariance option, LmmError list> =
        match request.Robust, request.Cluster with
        | None, _ -> Ok None
        | Some kind, None -> RobustCovariance.ofSubjects kind fit |> Result.map Some
        | Some kind, Some cluster -> RobustCovariance.create kind cluster fit |> Result.map Some

    let private inference method fit =
        match method with
        | None -> Ok None
        | Some method -> Inference.create method fit |> Result.map Some

    /// Prints the summary of a fit, or its problems; the exit code.
    let print (output: TextWriter) (error: TextWriter) (request: FitRequest) : int =
        let fitted =
            run error request
            |> Result.bind (fun (fit, method, reading) ->
                match inference method fit, robust request fit with
                | Ok inference, Ok robust -> Ok(fit, inference, robust, reading)
                | inference, robust -> Error(Results.problems inference @ Results.problems robust))

        match fitted with
        | Ok(fit, inference, robust, reading) ->
            output.Write(
                match inference, robust, request.AsJson with
                | inference, Some robust, true -> FitJson.renderRobust reading inference robust + "\n"
                | inference, Some robust, false -> Summary.renderRobust SummaryFormat.Text inference robust
                | None, None, true -> FitJson.render reading fit + "\n"
                | None, None, false -> Summary.render SummaryFormat.Text fit
                | Some inference, None, true -> FitJson.renderTested reading inference + "\n"
                | Some inference, None, false -> Summary.renderTested SummaryFormat.Text inference
            )

            ExitCode.ofCertificate fit.Certificate
        | Error problems -> ExitCode.refuse error problems

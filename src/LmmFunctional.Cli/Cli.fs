namespace LmmFunctional.Cli

open System
open System.Diagnostics
open System.IO
open System.Reflection
open LmmFunctional

/// <summary>The command <c>lmm</c>: arguments in, text and an exit code out.</summary>
[<RequireQualifiedAccess>]
module Cli =

    /// The exit code of a fit at an optimum. A flat direction is an answer too: the summary says which.
    let private success = 0

    /// The exit code of problems in the arguments, the data or the formula.
    let private badInput = 2

    /// The exit code of a fit that is not at an optimum.
    let private notConverged = 3

    /// The exit code of a mistake of ours: EX_SOFTWARE of BSD's sysexits.
    let private internalError = 70

    let private version () =
        match Assembly.GetExecutingAssembly().GetName().Version with
        | null -> "lmm"
        | version -> $"lmm {version.ToString 3}"

    let private fit display (request: FitRequest) frame spec =
        let spec =
            match request.Weights with
            | Some column -> Spec.withWeights column spec
            | None -> spec

        ProgressDisplay.during display (fun report ->
            let options: FitOptions = {
                Criterion = request.Criterion
                Solver = {
                    SolverOptions.defaults with
                        Algorithm = request.Algorithm
                }
                Progress = Some report
            }

            Lmm.fit options frame spec)

    /// Problems of the formula and of the file are told together.
    let private read data formula =
        let started = Stopwatch.GetTimestamp()

        match Formula.parse formula, Csv.read data with
        | Ok spec, Ok frame -> Ok(spec, frame, Stopwatch.GetElapsedTime started)
        | Error formula, Error data -> Error(formula @ data)
        | Error problems, Ok _
        | Ok _, Error problems -> Error problems

    /// <summary>The exit code of a fit: 3 when it has not converged.</summary>
    let exitCode (certificate: Certificate) =
        match certificate.Verdict with
        | Verdict.Optimum
        | Verdict.BoundaryOptimum _
        | Verdict.FlatDirection _ -> success
        | Verdict.NotConverged _ -> notConverged

    let private refuse (error: TextWriter) problems =
        problems |> List.iter (LmmError.describe >> error.WriteLine)
        badInput

    /// The method for degrees of freedom that a request names; problems of both names are told together.
    let private method (request: FitRequest) : Result<DegreesOfFreedomMethod option, LmmError list> =
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

    /// The fit of a request with its method, or all problems of both; the time it took to read the data.
    let private fitTested display (request: FitRequest) =
        match method request, read request.Data request.Formula with
        | Ok method, Ok(spec, frame, reading) ->
            fit display request frame spec |> Result.map (fun fit -> fit, method, reading)
        | Error names, Error problems -> Error(names @ problems)
        | Error problems, Ok _
        | Ok _, Error problems -> Error problems

    let private runFit display (output: TextWriter) (error: TextWriter) (request: FitRequest) =
        let fitted =
            fitTested display request
            |> Result.bind (fun (fit, method, reading) ->
                match method with
                | None -> Ok(fit, None, reading)
                | Some method ->
                    Inference.create method fit
                    |> Result.map (fun inference -> fit, Some inference, reading))

        match fitted with
        | Ok(fit, inference, reading) ->
            output.Write(
                match inference, request.AsJson with
                | None, true -> FitJson.render reading fit + "\n"
                | None, false -> Summary.render SummaryFormat.Text fit
                | Some inference, true -> FitJson.renderTested reading inference + "\n"
                | Some inference, false -> Summary.renderTested SummaryFormat.Text inference
            )

            exitCode fit.Certificate
        | Error problems -> refuse error problems

    let private runAnova display (output: TextWriter) (error: TextWriter) (request: AnovaRequest) =
        let tested =
            fitTested display request.Fit
            |> Result.bind (fun (fit, method, _) ->
                let method = defaultArg method DegreesOfFreedomMethod.satterthwaite
                Anova.table request.Type method fit |> Result.map (fun table -> fit, table))

        match tested with
        | Ok(fit, table) ->
            if request.Fit.AsJson then
                output.Write(AnovaReport.toJson fit table + "\n")
            else
                output.Write(AnovaReport.render SummaryFormat.Text table)

            exitCode fit.Certificate
        | Error problems -> refuse error problems

    let private runEmmeans display (output: TextWriter) (error: TextWriter) (request: EmmeansRequest) =
        let errors result =
            match result with
            | Ok _ -> []
            | Error problems -> problems

        let found =
            match EmmeansCommand.read request with
            // Nobody should wait for a fit to learn that a name is mistyped.
            | Error names ->
                let others =
                    errors (method request.Fit) @ errors (read request.Fit.Data request.Fit.Formula)

                Error(names @ others)
            | Ok query ->
                fitTested display request.Fit
                |> Result.bind (fun (fit, method, _) ->
                    EmmeansCommand.answer query method fit |> Result.map (fun result -> fit, result))

        match found with
        | Ok(fit, result) ->
            if request.Fit.AsJson then
                output.Write(MarginalJson.render result + "\n")
            else
                output.Write(MarginalReport.render SummaryFormat.Text result)

            exitCode fit.Certificate
        | Error problems -> refuse error problems

    let private runPlan (output: TextWriter) (error: TextWriter) (request: PlanRequest) =
        let planned =
            read request.Data request.Formula
            |> Result.bind (fun (spec, frame, _) -> Lmm.plan frame spec)

        match planned with
        | Ok plan ->
            if request.AsJson then
                output.Write(PlanReport.toJson plan + "\n")
            else
                output.Write(PlanReport.render SummaryFormat.Text plan)

            success
        | Error problems -> refuse error problems

    let private isTerminal (error: TextWriter) =
        Object.ReferenceEquals(error, Console.Error) && not Console.IsErrorRedirected

    let private displayOn (error: TextWriter) (request: FitRequest) =
        if request.IsQuiet then ProgressDisplay.Silent
        elif isTerminal error then ProgressDisplay.Live error
        else ProgressDisplay.Lines error

    let private runCommand arguments (output: TextWriter) (error: TextWriter) =
        match CommandLine.parse arguments with
        | Ok(Command.Fit request) -> runFit (displayOn error request) output error request
        | Ok(Command.Anova request) -> runAnova (displayOn error request.Fit) output error request
        | Ok(Command.Emmeans request) -> runEmmeans (displayOn error request.Fit) output error request
        | Ok(Command.Plan request) -> runPlan output error request
        | Ok Command.ShowVersion ->
            output.WriteLine(version ())
            success
        | Ok(Command.ShowHelp text) ->
            output.WriteLine text
            success
        | Error problem ->
            error.WriteLine $"lmm: {problem}"
            badInput

    /// <summary>Runs the command.</summary>
    /// <param name="arguments">What follows <c>lmm</c> on the command line.</param>
    /// <param name="output">Takes the result: a summary, JSON, help.</param>
    /// <param name="error">Takes problems and progress.</param>
    /// <returns>The exit code: 0; 2 for bad arguments, data or formula; 3 for a fit that has not converged; 70 for a
    /// mistake of ours, told in one sentence.</returns>
    let run (arguments: string[]) (output: TextWriter) (error: TextWriter) : int =
        try
            runCommand arguments output error
        with problem ->
            let place = problem.GetType().Name

            error.WriteLine
                $"lmm met an error of its own ({place}: {problem.Message}); please report it with data and formula."

            internalError

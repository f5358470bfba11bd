namespace LmmFunctional.Cli

open System
open System.Diagnostics
open System.IO
open System.Reflection
open LmmFunctional
open LmmFunctional.Classical

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

    let private fit display (request: FitRequest) known frame spec =
        let spec =
            match request.Weights with
            | Some column -> Spec.withWeights column spec
            | None -> spec

        ProgressDisplay.during display (fun report ->
            let options = {
                FitOptions.defaults with
                    Criterion = request.Criterion
                    Solver = {
                        SolverOptions.defaults with
                            Algorithm = request.Algorithm
                    }
                    Known = known
                    Held = Map.ofList request.Held
                    Progress = Some report
            }

            Lmm.fit options frame spec)

    // The option says what a clause of the formula would say, so only one of them can.
    let private withResidual (residual: string option) (spec: LmmSpec) =
        match residual, spec.Residual with
        | None, _ -> Ok spec
        | Some text, ResidualTerm.Independent ->
            Formula.parseResidual text
            |> Result.map (fun residual -> Spec.withResidual residual spec)
        | Some _, ResidualTerm.Structured _ -> Error [ LmmError.TwoResiduals ]

    /// Problems of the formula and of the file are told together.
    let private read data formula residual =
        let started = Stopwatch.GetTimestamp()

        match Formula.parse formula |> Result.bind (withResidual residual), Csv.read data with
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

    let private runFit display (output: TextWriter) (error: TextWriter) (request: FitRequest) =
        let started = Stopwatch.GetTimestamp()
        let known = KnownMatrices.read request.Known request.Pedigrees
        let ofMatrices = Stopwatch.GetElapsedTime started

        let given =
            match read request.Data request.Formula request.Residual, known with
            | Ok given, Ok known -> Ok(given, known)
            | Error data, Error matrices -> Error(data @ matrices)
            | Error problems, Ok _
            | Ok _, Error problems -> Error problems

        let fitted =
            given
            |> Result.bind (fun ((spec, frame, reading), known) ->
                fit display request known frame spec
                |> Result.map (fun fit -> fit, reading + ofMatrices))

        match fitted with
        | Ok(fit, reading) ->
            if request.AsJson then
                output.Write(FitJson.render reading fit + "\n")
            else
                output.Write(Summary.render SummaryFormat.Text fit)

            exitCode fit.Certificate
        | Error problems -> refuse error problems

    let private runPlan (output: TextWriter) (error: TextWriter) (request: PlanRequest) =
        let planned =
            read request.Data request.Formula None
            |> Result.bind (fun (spec, frame, _) -> Lmm.plan frame spec)

        match planned with
        | Ok plan ->
            if request.AsJson then
                output.Write(PlanReport.toJson plan + "\n")
            else
                output.Write(PlanReport.render SummaryFormat.Text plan)

            success
        | Error problems -> refuse error problems

    let private runEms (output: TextWriter) (error: TextWriter) (request: EmsRequest) =
        match BalancedDesign.parse request.Terms request.Random request.Levels request.Replicates with
        | Ok design ->
            output.Write(EmsReport.render SummaryFormat.Text request.Form request.Quasi design)
            success
        | Error problems -> refuse error problems

    let private runAnova (output: TextWriter) (error: TextWriter) (request: AnovaRequest) =
        let model =
            read request.Data request.Formula None
            |> Result.bind (fun (spec, frame, _) -> AnovaModel.create spec request.Random frame)

        match model with
        | Ok model ->
            let table = AnovaTable.create request.Kind request.Quasi model

            if request.AsJson then
                output.Write(AnovaJson.render request.Negative table + "\n")
            else
                output.Write(AnovaReport.render SummaryFormat.Text request.Negative table)

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
        | Ok(Command.Plan request) -> runPlan output error request
        | Ok(Command.Ems request) -> runEms output error request
        | Ok(Command.AnovaTable request) -> runAnova output error request
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

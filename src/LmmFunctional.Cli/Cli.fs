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

    /// The exit code of a fit that breaks an identity.
    let private broken = 4

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
                    Bounds = Map.ofList request.Bounds
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

    let private problemsOf result =
        match result with
        | Ok _ -> []
        | Error problems -> problems

    /// The robust covariance that a request asks for.
    let private robustOf (request: FitRequest) (fit: Fit) : Result<RobustCovariance option, LmmError list> =
        match request.Robust, request.Cluster with
        | None, _ -> Ok None
        | Some kind, None -> RobustCovariance.ofSubjects kind fit |> Result.map Some
        | Some kind, Some cluster -> RobustCovariance.create kind cluster fit |> Result.map Some

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

    /// The fit of a request with its method, or all problems of both; the time it took to read the files.
    let private fitTested display (request: FitRequest) =
        let started = Stopwatch.GetTimestamp()
        let known = KnownMatrices.read request.Known request.Pedigrees
        let ofMatrices = Stopwatch.GetElapsedTime started

        match method request, read request.Data request.Formula request.Residual, known with
        | Ok method, Ok(spec, frame, reading), Ok known ->
            fit display request known frame spec
            |> Result.map (fun fit -> fit, method, reading + ofMatrices)
        | named, data, matrices -> Error(problemsOf named @ problemsOf data @ problemsOf matrices)

    let private runFit display (output: TextWriter) (error: TextWriter) (request: FitRequest) =
        let fitted =
            fitTested display request
            |> Result.bind (fun (fit, method, reading) ->
                let inference =
                    match method with
                    | None -> Ok None
                    | Some method -> Inference.create method fit |> Result.map Some

                match inference, robustOf request fit with
                | Ok inference, Ok robust -> Ok(fit, inference, robust, reading)
                | inference, robust -> Error(problemsOf inference @ problemsOf robust))

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

            exitCode fit.Certificate
        | Error problems -> refuse error problems

    let private runFixedTests display (output: TextWriter) (error: TextWriter) (request: FixedTestRequest) =
        let tested =
            fitTested display request.Fit
            |> Result.bind (fun (fit, method, _) ->
                let method = defaultArg method DegreesOfFreedomMethod.satterthwaite
                Anova.table request.Type method fit |> Result.map (fun table -> fit, table))

        match tested with
        | Ok(fit, table) ->
            if request.Fit.AsJson then
                output.Write(FixedTestReport.toJson fit table + "\n")
            else
                output.Write(FixedTestReport.render SummaryFormat.Text table)

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
                    errors (method request.Fit)
                    @ errors (read request.Fit.Data request.Fit.Formula request.Fit.Residual)

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

    let private runVerify (output: TextWriter) (error: TextWriter) (request: VerifyRequest) =
        let options = {
            FitOptions.defaults with
                Criterion = request.Criterion
        }

        let fitted =
            read request.Data request.Formula None
            |> Result.bind (fun (spec, frame, _) -> Lmm.fit options frame spec)

        match fitted with
        | Ok fit ->
            let checks = Identities.check fit

            if request.AsJson then
                output.Write(IdentityReport.toJson fit checks + "\n")
            else
                output.Write(IdentityReport.render SummaryFormat.Text fit checks)

            if (Identities.failures checks).IsEmpty then
                exitCode fit.Certificate
            else
                broken
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

    let private weighted column spec =
        match column with
        | Some column -> Spec.withWeights column spec
        | None -> spec

    let private fitOptions criterion = {
        FitOptions.defaults with
            FitOptions.Criterion = criterion
    }

    let private intervalsOf (request: IntervalRequest) (fit: Fit) =
        match request.Method with
        | IntervalMethod.Profile -> IntervalReport.profile request.Level fit
        | IntervalMethod.Wald -> IntervalReport.wald request.Level fit
        | IntervalMethod.Bootstrap(replicates, kind, seed) ->
            let options = {
                BootstrapOptions.defaults with
                    Replicates = replicates
                    Seed = seed
            }

            Bootstrap.run options fit |> IntervalReport.bootstrap kind request.Level

    let private runIntervals (output: TextWriter) (error: TextWriter) (request: IntervalRequest) =
        let fitted =
            read request.Data request.Formula None
            |> Result.bind (fun (spec, frame, _) ->
                Lmm.fit (fitOptions request.Criterion) frame (weighted request.Weights spec))

        match fitted with
        | Ok fit ->
            let table = intervalsOf request fit

            if request.AsJson then
                output.Write(IntervalReport.toJson fit table + "\n")
            else
                output.Write(IntervalReport.render SummaryFormat.Text fit table)

            exitCode fit.Certificate
        | Error problems -> refuse error problems

    let private runComparison (output: TextWriter) (error: TextWriter) (request: ComparisonRequest) =
        let specs =
            request.Formulas
            |> List.map (fun formula -> Formula.parse formula |> Result.map (weighted request.Weights))

        let problems =
            specs
            |> List.collect (fun spec ->
                match spec with
                | Ok _ -> []
                | Error problems -> problems)

        let compared =
            match Csv.read request.Data, problems with
            | Ok frame, [] ->
                let specs = specs |> List.choose Result.toOption
                Lmm.compare (fitOptions request.Criterion) frame specs
            | Ok _, problems -> Error problems
            | Error data, problems -> Error(problems @ data)

        match compared with
        | Ok table ->
            if request.AsJson then
                output.Write(ComparisonReport.toJson table + "\n")
            else
                output.Write(ComparisonReport.render SummaryFormat.Text table)

            success
        | Error problems -> refuse error (List.distinct problems)

    let private isTerminal (error: TextWriter) =
        Object.ReferenceEquals(error, Console.Error) && not Console.IsErrorRedirected

    let private displayOn (error: TextWriter) (request: FitRequest) =
        if request.IsQuiet then ProgressDisplay.Silent
        elif isTerminal error then ProgressDisplay.Live error
        else ProgressDisplay.Lines error

    let private runCommand arguments (output: TextWriter) (error: TextWriter) =
        match CommandLine.parse arguments with
        | Ok(Command.Fit request) -> runFit (displayOn error request) output error request
        | Ok(Command.Emmeans request) -> runEmmeans (displayOn error request.Fit) output error request
        | Ok(Command.Anova request) -> runFixedTests (displayOn error request.Fit) output error request
        | Ok(Command.Plan request) -> runPlan output error request
        | Ok(Command.Verify request) -> runVerify output error request
        | Ok(Command.Intervals request) -> runIntervals output error request
        | Ok(Command.Compare request) -> runComparison output error request
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
    /// <returns>The exit code: 0; 2 for bad arguments, data or formula; 3 for a fit that has not converged; 4 for one
    /// that breaks an identity; 70 for a mistake of ours, told in one sentence.</returns>
    let run (arguments: string[]) (output: TextWriter) (error: TextWriter) : int =
        try
            runCommand arguments output error
        with problem ->
            let place = problem.GetType().Name

            error.WriteLine
                $"lmm met an error of its own ({place}: {problem.Message}); please report it with data and formula."

            internalError

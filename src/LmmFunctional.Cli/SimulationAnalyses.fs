namespace LmmFunctional.Cli

open LmmFunctional
open LmmFunctional.Analysis

/// <summary>The commands <c>lmm simulate</c> and <c>lmm power</c>.</summary>
[<RequireQualifiedAccess>]
module internal SimulationAnalyses =

    let private seedOption =
        OptionTable.value "--seed" "SEED" "the same seed gives the same numbers; 1 is the default."

    // Simulate

    let private newFrame (request: FitRequest) path =
        DataOptions.read {
            FitRequest.reading request with
                Source = DataSource.ofPath path
                Orders = []
                Subset = None
        }

    let private simulator (request: FitRequest) effects path fit =
        match path with
        | None -> Simulator.ofFit effects fit
        | Some path ->
            newFrame request path
            |> Result.bind (fun frame -> Simulator.onFrame effects frame fit)

    let private simulated (fit: Fit) seed count simulator =
        let responses = Simulator.responses seed count simulator

        CommandResult.ofTables
            [
                $"Responses drawn from the fit, seed {seed}"
                $"Formula: {Formula.print fit.Spec}"
            ]
            [ "formula", Formula.print fit.Spec; "seed", string seed ] [
                "responses", SimulationFrames.simulated simulator responses
            ] []

    let private drawn = [ "new", SimulatedEffects.New; "fitted", SimulatedEffects.Fitted ]

    let private readSimulate (arguments: Arguments) (request: FitRequest) : Result<AnalysisRun, string> =
        let values = arguments.Options
        let effects = OptionValues.choice "--effects" drawn values

        match effects, OptionValues.count "--count" 1 1 values, OptionValues.count "--seed" 0 1 values with
        | Error problem, _, _
        | _, Error problem, _
        | _, _, Error problem -> Error problem
        | Ok effects, Ok count, Ok seed ->
            let path = OptionValues.tryFind "--new" values

            Ok(fun _ fitted ->
                simulator request effects path fitted.Fit
                |> Result.map (simulated fitted.Fit seed count))

    /// Responses drawn from a fit.
    let simulate: Analysis = {
        Name = "simulate"
        First = None
        Purpose = "draw responses from the fitted model, for its rows or for new data."
        Example = "sleepstudy.csv \"Reaction ~ Days + (Days | Subject)\" --count 100 --seed 7 --csv -o simulated.csv"
        Options = [
            OptionTable.value "--count" "NUMBER" "responses to draw; 1 is the default."
            seedOption
            OptionTable.file "--new" "the data to draw responses for; without it the rows of the fit."
            OptionTable.choice
                "--effects"
                drawn
                "new: every level has new random effects; fitted: known levels keep those of the fit; new is the default."
        ]
        Methods = None
        Weights = ModelOptions.weights
        OfSums = false
        Check = fun _ -> []
        Read = readSimulate
    }

    // Power

    let private effects values =
        NamedValues.numbers "--set" (OptionValues.all "--set" values)
        |> Result.map Map.ofList

    let private test values =
        match OptionValues.tryFind "--hypothesis" values, OptionValues.tryFind "--term" values with
        | Some text, None -> Ok(PowerTest.Hypothesis text)
        | None, Some name -> Ok(PowerTest.Term name)
        | Some _, Some _ -> Error "give one of --hypothesis and --term."
        | None, None -> Error "--hypothesis or --term is missing; write for instance --hypothesis Days."

    let private sizes values =
        match OptionValues.tryFind "--sizes" values with
        | None -> Ok []
        | Some text ->
            let read =
                OptionValues.words text
                |> List.map (OptionValues.whole "--sizes" 1 10 >> Result.mapError List.singleton)
                |> Results.all

            match read with
            | Error problems -> Error problems.Head
            | Ok [] -> Error "--sizes names no size; write --sizes 10,20,40."
            | Ok sizes -> Ok sizes

    let private growth values =
        match OptionValues.tryFind "--levels-of" values, OptionValues.tryFind "--rows-of" values, sizes values with
        | _, _, Error problem -> Error problem
        | Some _, Some _, _ -> Error "give one of --levels-of and --rows-of."
        | None, None, Ok [] -> Ok None
        | None, None, Ok _ -> Error "--sizes needs --levels-of or --rows-of with a factor."
        | Some _, None, Ok []
        | None, Some _, Ok [] -> Error "--sizes is missing; write --sizes 10,20,40."
        | Some factor, None, Ok sizes -> Ok(Some(DesignGrowth.Levels factor, sizes))
        | None, Some factor, Ok sizes -> Ok(Some(DesignGrowth.RowsPerLevel factor, sizes))

    let private powerOptions values test =
        let alpha =
            OptionValues.number
                "--alpha"
                0.05
                (fun alpha -> alpha > 0.0 && alpha < 1.0)
                "must lie between 0 and 1, such as 0.05"
                values

        let width =
            OptionValues.number
                "--half-width"
                0.02
                (fun width -> width >= 0.0 && width < 1.0)
                "must lie between 0 and 1, such as 0.02"
                values

        match
            alpha, width, OptionValues.count "--simulations" 1 1000 values, OptionValues.count "--seed" 0 1 values
        with
        | Error problem, _, _, _
        | _, Error problem, _, _
        | _, _, Error problem, _
        | _, _, _, Error problem -> Error problem
        | Ok alpha, Ok width, Ok simulations, Ok seed ->
            Ok {
                PowerOptions.ofTest test with
                    Alpha = alpha
                    HalfWidth = if width > 0.0 then Some width else None
                    Simulations = simulations
                    Seed = seed
            }

    let private tested test =
        match test with
        | PowerTest.Hypothesis text -> text
        | PowerTest.Term name -> $"the term {name}"

    let private powerResult (options: PowerOptions) (fit: Fit) estimates =
        let method = DegreesOfFreedomMethod.describe options.DegreesOfFreedom

        CommandResult.ofTables
            [
                $"Power of the test of {tested options.Test} at {options.Alpha}, df {method}"
                $"Formula: {Formula.print fit.Spec}"
                "se, lower and upper are of the Monte Carlo error (95 % interval)"
            ]
            [
                "formula", Formula.print fit.Spec
                "test", tested options.Test
                "df", method
                "seed", string options.Seed
            ] [ "power", SimulationFrames.power estimates ] []

    let private told (progress: PowerProgress) =
        let size =
            match progress.Size with
            | Some size -> $"size {size}: "
            | None -> ""

        $"{size}simulation {progress.Done} of at most {progress.Most}, at most {ceil progress.Left.TotalSeconds:g} s left"

    let private run (options: PowerOptions) growth effects : AnalysisRun =
        fun report fitted ->
            let options = {
                options with
                    DegreesOfFreedom = defaultArg fitted.Method options.DegreesOfFreedom
                    Progress = Some(told >> report)
            }

            match growth with
            | None -> Lmm.power options effects fitted.Fit |> Result.map List.singleton
            | Some(growth, sizes) -> Lmm.powerCurve options growth sizes effects fitted.Fit
            |> Result.map (powerResult options fitted.Fit)

    let private readPower (arguments: Arguments) _ : Result<AnalysisRun, string> =
        let values = arguments.Options

        match test values |> Result.bind (powerOptions values), growth values, effects values with
        | Error problem, _, _
        | _, Error problem, _
        | _, _, Error problem -> Error problem
        | Ok options, Ok growth, Ok effects -> Ok(run options growth effects)

    /// The power of a test of fixed effects by simulation.
    let power: Analysis = {
        Name = "power"
        First = None
        Purpose = "estimate the power of a test by simulation, for the design of the data or larger ones."
        Example =
            "pilot.csv \"y ~ arm + (1 | id)\" --term arm --set armB=0.5 --levels-of id --sizes 20,40,80 --df kenward-roger"
        Options = [
            OptionTable.value "--hypothesis" "FUNCTIONS" "the hypothesis that is tested, such as \"armB - armC = 0\"."
            OptionTable.value "--term" "TERM" "or the fixed term that is tested, such as arm."
            OptionTable.repeated
                "--set"
                "COEFFICIENT=VALUE"
                "a coefficient with another value than its estimate, such as armB=0.5; may be repeated."
            OptionTable.value "--levels-of" "FACTOR" "the design grows by levels of this factor."
            OptionTable.value "--rows-of" "FACTOR" "or by rows in each level of this factor."
            OptionTable.value "--sizes" "NUMBERS" "the numbers of levels or of rows in each, such as 20,40,80."
            OptionTable.value "--alpha" "LEVEL" "of the test; 0.05 is the default."
            OptionTable.value "--simulations" "NUMBER" "at each size, at most; 1000 is the default."
            OptionTable.value
                "--half-width"
                "WIDTH"
                "stop when the 95 % interval of the power is this narrow to either side; 0.02 is the default, 0 for all simulations."
            seedOption
        ]
        Methods = Some MethodOptions.satterthwaite
        Weights = ModelOptions.weights
        OfSums = false
        Check = fun _ -> []
        Read = readPower
    }

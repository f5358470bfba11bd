namespace LmmFunctional.Cli

open LmmFunctional
open LmmFunctional.Language
open LmmFunctional.Analysis

/// <summary>The command <c>lmm predict</c>.</summary>
[<RequireQualifiedAccess>]
module internal PredictAnalysis =

    let private intervals = [
        "confidence", PredictionInterval.Confidence
        "prediction", PredictionInterval.Prediction
    ]

    let private newLevels = [ "population", NewLevels.Population; "refuse", NewLevels.Refuse ]

    // Whether and how standard errors allow for the covariance parameters; a bootstrap has options of its own.
    let private uncertainties = [ "none", None; "kenward-roger", Some false; "bootstrap", Some true ]

    let private options = [
        OptionTable.file "--new" "the data to predict; without it the rows of the fit, - for standard input."
        OptionTable.value
            "--effects"
            "NAMES"
            "the random effects to include: all, none (the population mean), or grouping factors such as Subject,Item; all is the default."
        OptionTable.choice
            "--interval"
            intervals
            "confidence: of the mean; prediction: of a future observation; confidence is the default."
        OptionTable.value "--level" "LEVEL" "of the intervals; 0.95 is the default."
        OptionTable.choice
            "--new-levels"
            newLevels
            "what to do with levels that the fit has not seen: population predicts their effects as zero with their whole variance, refuse lists them; population is the default."
        OptionTable.choice
            "--uncertainty"
            uncertainties
            "how standard errors allow for the covariance parameters being estimated; none is the default."
        OptionTable.value "--replicates" "NUMBER" "refits of --uncertainty bootstrap; 200 is the default."
        OptionTable.value "--seed" "SEED" "of --uncertainty bootstrap; 1 is the default."
        OptionTable.value
            "--combine"
            "FUNCTIONS"
            "with --new: linear combinations of its rows instead of the rows, such as \"change: row2 - row1\"; semicolons between several."
        OptionTable.value
            "--functions"
            "FUNCTIONS"
            "linear functions of fixed and random effects instead of rows, such as \"Days + Subject[308].Days\"; semicolons between several."
        OptionTable.switch "--response" "bring predictions of log(y) and the like back to the units of y."
        OptionTable.switch "--mean-correction" "with --response: predict means of y, not its median."
    ]

    let private effects options =
        match OptionValues.tryFind "--effects" options with
        | None
        | Some "all" -> Ok PredictedEffects.All
        | Some "none" -> Ok PredictedEffects.None
        | Some text ->
            match OptionValues.words text with
            | [] -> Error "--effects names no random effects; write all, none, or grouping factors."
            | groups -> Ok(PredictedEffects.Only groups)


    // Refits are few where predictions are many: 200 are usual.
    let private uncertainty values =
        match OptionValues.count "--replicates" 2 200 values, OptionValues.count "--seed" 0 1 values with
        | Error problem, _
        | _, Error problem -> Error problem
        | Ok replicates, Ok seed ->
            let isGiven name = OptionValues.contains name values

            if
                (isGiven "--replicates" || isGiven "--seed")
                && OptionValues.tryFind "--uncertainty" values <> Some "bootstrap"
            then
                Error "--replicates and --seed belong to --uncertainty bootstrap."
            else
                OptionValues.choice "--uncertainty" uncertainties values
                |> Result.map (fun kind ->
                    match kind with
                    | None -> ParameterUncertainty.None
                    | Some false -> ParameterUncertainty.KenwardRoger
                    | Some true ->
                        ParameterUncertainty.Bootstrap {
                            BootstrapOptions.defaults with
                                Replicates = replicates
                                Seed = seed
                        })

    let private describe (options: PredictionOptions) =
        let effects =
            match options.Effects with
            | PredictedEffects.All -> "all"
            | PredictedEffects.None -> "none"
            | PredictedEffects.Only groups -> String.concat ", " groups

        let interval =
            match options.Interval with
            | PredictionInterval.Confidence -> "confidence"
            | PredictionInterval.Prediction -> "prediction"

        let uncertainty =
            match options.Uncertainty with
            | ParameterUncertainty.None -> "none"
            | ParameterUncertainty.KenwardRoger -> "kenward-roger"
            | ParameterUncertainty.Bootstrap _ -> "bootstrap"

        effects, interval, uncertainty

    /// What is predicted.
    [<RequireQualifiedAccess>]
    type private Target =
        | RowsOfFit
        | RowsOf of path: string
        /// Linear combinations of the rows of a file.
        | CombinedRows of path: string * functions: string
        /// Linear functions of effects.
        | Effects of functions: string

    let private newFrame (reading: DataReading) path =
        // Levels and rows are those of the fit's data, chosen there.
        {
            reading with
                Source = DataSource.ofPath path
                Orders = []
                Subset = None
        }
        |> DataOptions.read

    let private table (reading: DataReading) target (options: PredictionOptions) fit =
        match target with
        | Target.RowsOfFit -> Lmm.predict options fit |> Result.map DiagnosticFrames.predictions
        | Target.RowsOf path ->
            newFrame reading path
            |> Result.bind (fun frame -> Lmm.predictFrame options frame fit)
            |> Result.map DiagnosticFrames.predictions
        | Target.CombinedRows(path, functions) ->
            newFrame reading path
            |> Result.bind (fun frame -> Predictions.combinationsOfText options functions frame fit)
            |> Result.map DiagnosticFrames.combinations
        | Target.Effects functions ->
            LinearCombination.parse functions fit
            |> Result.bind (fun read ->
                Predictions.ofCombinations options read fit
                |> Result.map (fun found -> List.zip (read |> List.map _.Name) found.Predictions))
            |> Result.map DiagnosticFrames.combinations

    let private result target (options: PredictionOptions) (fit: Fit) table =
        let effects, interval, uncertainty = describe options
        let method = DegreesOfFreedomMethod.describe options.Method
        let formula = Formula.print fit.Spec

        let heading =
            match target with
            | Target.Effects _ -> "Linear functions of effects"
            | Target.CombinedRows _ -> $"Linear combinations of predictions of {ExprText.deparse fit.Spec.Response}"
            | Target.RowsOfFit
            | Target.RowsOf _ -> $"Predictions of {ExprText.deparse fit.Spec.Response}"

        CommandResult.ofTables
            [
                heading
                $"Formula: {formula}"

                match target with
                | Target.Effects _ -> ()
                | _ -> $"Random effects included: {effects}"

                $"Intervals: {100.0 * options.Level:g} %% {interval}, df {method}, uncertainty of covariance parameters {uncertainty}"
            ]
            [
                "formula", formula
                "effects", effects
                "interval", interval
                "df", method
                "uncertainty", uncertainty
            ] [ "predictions", table ] []

    let private targetOf values =
        let path = OptionValues.tryFind "--new" values

        match path, OptionValues.tryFind "--combine" values, OptionValues.tryFind "--functions" values with
        | _, Some _, Some _ -> Error "give one of --combine and --functions."
        | None, Some _, None -> Error "--combine needs --new with the rows that it combines."
        | Some _, None, Some _ -> Error "--functions are of effects, without --new."
        | _ when
            OptionValues.contains "--response" values
            && (OptionValues.contains "--combine" values
                || OptionValues.contains "--functions" values)
            ->
            Error "--combine and --functions are on the model's scale, without --response."
        | _, None, Some _ when
            [ "--effects"; "--interval"; "--new-levels" ]
            |> List.exists (fun name -> OptionValues.contains name values)
            ->
            Error "--functions name their effects themselves, without --effects, --interval and --new-levels."
        | None, None, None -> Ok Target.RowsOfFit
        | Some path, None, None -> Ok(Target.RowsOf path)
        | Some path, Some functions, None -> Ok(Target.CombinedRows(path, functions))
        | None, None, Some functions -> Ok(Target.Effects functions)

    let private optionsOf values : Result<PredictionOptions, string> =
        let isOnResponse = OptionValues.contains "--response" values
        let isCorrected = OptionValues.contains "--mean-correction" values

        let interval = OptionValues.choice "--interval" intervals values
        let newLevels = OptionValues.choice "--new-levels" newLevels values

        match effects values, interval, newLevels, OptionValues.level values, uncertainty values with
        | _ when isCorrected && not isOnResponse -> Error "--mean-correction goes with --response."
        | Error problem, _, _, _, _
        | _, Error problem, _, _, _
        | _, _, Error problem, _, _
        | _, _, _, Error problem, _
        | _, _, _, _, Error problem -> Error problem
        | Ok effects, Ok interval, Ok newLevels, Ok level, Ok uncertainty ->
            Ok {
                PredictionOptions.defaults with
                    Effects = effects
                    Interval = interval
                    Level = level
                    NewLevels = newLevels
                    Uncertainty = uncertainty
                    OnResponse = isOnResponse
                    MeanCorrection = isCorrected
            }

    let private telling report uncertainty =
        match uncertainty with
        | ParameterUncertainty.Bootstrap bootstrap ->
            ParameterUncertainty.Bootstrap(RefitProgress.telling report bootstrap)
        | _ -> uncertainty

    let private read (arguments: Arguments) (request: FitRequest) : Result<AnalysisRun, string> =
        let values = arguments.Options
        let reading = FitRequest.reading request

        match optionsOf values, targetOf values with
        | _ when
            OptionValues.tryFind "--new" values = Some "-"
            && reading.Source = DataSource.Input
            ->
            Error "standard input can be read once; give a file for the data or for --new."
        | Error problem, _
        | _, Error problem -> Error problem
        | Ok options, Ok target ->
            Ok(fun report fitted ->
                let options = {
                    options with
                        Method = defaultArg fitted.Method options.Method
                        Uncertainty = telling report options.Uncertainty
                }

                table reading target options fitted.Fit
                |> Result.map (result target options fitted.Fit))

    /// Predictions of means and of future observations.
    let analysis: Analysis = {
        Name = "predict"
        First = None
        Purpose = "predict means and future observations, for the data or for new data."
        Example = "sleepstudy.csv \"Reaction ~ Days + (Days | Subject)\" --new new.csv --interval prediction"
        Options = options
        Methods = Some MethodOptions.satterthwaite
        Weights = ModelOptions.weights
        OfSums = true
        Check = fun _ -> []
        Read = read
    }

namespace LmmFunctional.Cli

open LmmFunctional

/// <summary>The command <c>lmm predict</c>.</summary>
[<RequireQualifiedAccess>]
module internal PredictAnalysis =

    let private options = [
        OptionTable.value "--new" "FILE" "the data to predict; without it the rows of the fit, - for standard input."
        OptionTable.value
            "--effects"
            "NAMES"
            "the random effects to include: all, none (the population mean), or grouping factors such as Subject,Item; all is the default."
        OptionTable.value
            "--interval"
            "KIND"
            "confidence: of the mean; prediction: of a future observation; confidence is the default."
        OptionTable.value "--level" "LEVEL" "of the intervals; 0.95 is the default."
        OptionTable.value
            "--new-levels"
            "HOW"
            "what to do with levels that the fit has not seen: population predicts their effects as zero with their whole variance, refuse lists them; population is the default."
        OptionTable.value
            "--uncertainty"
            "KIND"
            "how standard errors allow for the covariance parameters being estimated: none, kenward-roger or bootstrap; none is the default."
        OptionTable.value "--replicates" "NUMBER" "refits of --uncertainty bootstrap; 200 is the default."
        OptionTable.value "--seed" "SEED" "of --uncertainty bootstrap; 1 is the default."
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

    let private interval =
        OptionValues.choice "--interval" [
            "confidence", PredictionInterval.Confidence
            "prediction", PredictionInterval.Prediction
        ]

    let private newLevels =
        OptionValues.choice "--new-levels" [ "population", NewLevels.Population; "refuse", NewLevels.Refuse ]

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
                OptionValues.choice
                    "--uncertainty"
                    [
                        "none", ParameterUncertainty.None
                        "kenward-roger", ParameterUncertainty.KenwardRoger
                        "bootstrap",
                        ParameterUncertainty.Bootstrap {
                            BootstrapOptions.defaults with
                                Replicates = replicates
                                Seed = seed
                        }
                    ]
                    values

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

    let private newData (reading: DataReading) path (others: PredictionOptions) fit =
        match path with
        | None -> Lmm.predict others fit
        | Some path ->
            // Levels and rows are those of the fit's data, chosen there.
            {
                reading with
                    IsInput = (path = "-")
                    Orders = []
                    Subset = None
            }
            |> fun reading -> DataOptions.read reading (if path = "-" then "standard input" else path)
            |> Result.bind (fun frame -> Lmm.predictFrame others frame fit)

    let private result (options: PredictionOptions) (fit: Fit) predictions =
        let effects, interval, uncertainty = describe options
        let method = DegreesOfFreedomMethod.describe options.Method
        let formula = Formula.print fit.Spec

        AnalysisResult.ofTables
            [
                $"Predictions of {ExprText.deparse fit.Spec.Response}"
                $"Formula: {formula}"
                $"Random effects included: {effects}"
                $"Intervals: {100.0 * options.Level:g} %% {interval}, df {method}, uncertainty of covariance parameters {uncertainty}"
            ]
            [
                "formula", formula
                "effects", effects
                "interval", interval
                "df", method
                "uncertainty", uncertainty
            ] [ "predictions", DiagnosticFrames.predictions predictions ] []

    let private optionsOf values : Result<PredictionOptions, string> =
        let isOnResponse = OptionValues.contains "--response" values
        let isCorrected = OptionValues.contains "--mean-correction" values

        match effects values, interval values, newLevels values, OptionValues.level values, uncertainty values with
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

    let private read values (request: FitRequest) =
        let path = OptionValues.tryFind "--new" values

        match optionsOf values with
        | _ when path = Some "-" && request.Model.Reading.IsInput ->
            Error "standard input can be read once; give a file for the data or for --new."
        | Error problem -> Error problem
        | Ok options ->
            Ok(fun fit ->
                FitCommand.method request
                |> Result.bind (fun method ->
                    let options = {
                        options with
                            Method = defaultArg method options.Method
                    }

                    newData request.Model.Reading path options fit
                    |> Result.map (result options fit)))

    /// Predictions of means and of future observations.
    let analysis: Analysis = {
        Name = "predict"
        First = None
        Purpose = "predict means and future observations, for the data or for new data."
        Example = "sleepstudy.csv \"Reaction ~ Days + (Days | Subject)\" --new new.csv --interval prediction"
        Options = options
        FitOptions = [ "--df"; "--convention" ]
        Read = read
    }

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
        OptionTable.switch "--response" "bring predictions of log(y) and the like back to the units of y."
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

        effects, interval

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
        let effects, interval = describe options
        let method = DegreesOfFreedomMethod.describe options.Method

        {
            Heading = [
                $"Predictions of {ExprText.deparse fit.Spec.Response}"
                $"Formula: {Formula.print fit.Spec}"
                $"Random effects included: {effects}; {100.0 * options.Level:g} %% {interval} intervals, {method} df"
            ]
            Members = [
                "formula", Formula.print fit.Spec
                "effects", effects
                "interval", interval
                "df", method
            ]
            Tables = [ "predictions", DiagnosticFrames.predictions predictions ]
            Notes = []
        }

    let private read values (request: FitRequest) =
        let path = OptionValues.tryFind "--new" values

        match effects values, interval values, newLevels values, OptionValues.level values with
        | _ when path = Some "-" && request.Model.Reading.IsInput ->
            Error "standard input can be read once; give a file for the data or for --new."
        | Error problem, _, _, _
        | _, Error problem, _, _
        | _, _, Error problem, _
        | _, _, _, Error problem -> Error problem
        | Ok effects, Ok interval, Ok newLevels, Ok level ->
            Ok(fun fit ->
                FitCommand.method request
                |> Result.bind (fun method ->
                    let options = {
                        Effects = effects
                        Interval = interval
                        Level = level
                        Method = defaultArg method DegreesOfFreedomMethod.satterthwaite
                        NewLevels = newLevels
                        Uncertainty = ParameterUncertainty.None
                        OnResponse = OptionValues.contains "--response" values
                        MeanCorrection = false
                    }

                    newData request.Model.Reading path options fit
                    |> Result.map (result options fit)))

    /// Predictions of means and of future observations.
    let analysis: Analysis = {
        Name = "predict"
        Purpose = "predict means and future observations, for the data or for new data."
        Example = "sleepstudy.csv \"Reaction ~ Days + (Days | Subject)\" --new new.csv --interval prediction"
        Options = options
        FitOptions = [ "--df"; "--convention" ]
        Read = read
    }

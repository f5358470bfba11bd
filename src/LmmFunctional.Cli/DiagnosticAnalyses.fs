namespace LmmFunctional.Cli

open LmmFunctional
open LmmFunctional.Analysis

/// <summary>The commands <c>lmm residuals</c>, <c>lmm influence</c> and <c>lmm outliers</c>.</summary>
[<RequireQualifiedAccess>]
module internal DiagnosticAnalyses =

    let by =
        OptionTable.value
            "--by"
            "UNITS"
            "row, or a grouping factor of the model, or a column of the data; row is the default."

    let unitsOf values =
        OptionValues.tryFind "--by" values
        |> Option.defaultValue "row"
        |> DiagnosticUnits.ofName

    let unitName units =
        match units with
        | DiagnosticUnits.Rows -> "row"
        | DiagnosticUnits.Levels group -> group

    let formula (fit: Fit) = Formula.print fit.Spec

    /// Residuals of every kind and leverages.
    let residuals: Analysis = {
        Name = "residuals"
        First = None
        Purpose = "list residuals of every kind and leverages, a row for each row used."
        Example = "sleepstudy.csv \"Reaction ~ Days + (Days | Subject)\" --csv -o residuals.csv"
        Options = []
        Methods = None
        Weights = ModelOptions.weights
        OfSums = false
        Check = fun _ -> []
        Read =
            fun _ _ ->
                Ok(fun _ fitted ->
                    let fit = fitted.Fit

                    CommandResult.ofTables
                        [ "Residuals and leverages"; $"Formula: {formula fit}" ]
                        [ "formula", formula fit ] [ "residuals", Lmm.residuals fit |> DiagnosticFrames.residuals ] []
                    |> Ok)
    }

    // Influence

    let private described how =
        match how with
        | InfluenceMethod.Fixed -> "covariance parameters fixed"
        | InfluenceMethod.OneStep -> "covariance parameters moved by one scoring step"
        | InfluenceMethod.Exact -> "the model fitted again without each"

    let private influenceResult (options: InfluenceOptions) (fit: Fit) (table: InfluenceTable) =
        let by = unitName options.Units

        CommandResult.ofTables
            [
                $"Influence of each {by}, {described options.How}"
                $"Formula: {formula fit}"
            ]
            [ "formula", formula fit; "by", by; "how", InfluenceMethod.name options.How ] [
                "units", DiagnosticFrames.influence options.Units table
                "impossible", DiagnosticFrames.impossible table
            ] [
                for unit, reason in table.Impossible -> $"Not without {by} {unit.Name}: {reason}."
            ]

    let private hows = [
        "fixed", InfluenceMethod.Fixed
        "one-step", InfluenceMethod.OneStep
        "exact", InfluenceMethod.Exact
    ]

    let private readInfluence (arguments: Arguments) _ : Result<AnalysisRun, string> =
        OptionValues.choice "--how" hows arguments.Options
        |> Result.map (fun how report fitted ->
            let fit = fitted.Fit
            let units = unitsOf arguments.Options

            DiagnosticUnits.find units fit
            |> Result.bind (fun found ->
                let options = {
                    InfluenceOptions.defaults with
                        How = how
                        Units = units
                        Progress = Some(ProgressDisplay.counted "unit" found.Length report)
                }

                Lmm.influence options fit |> Result.map (influenceResult options fit)))

    /// Influence of rows or levels on the estimates.
    let influence: Analysis = {
        Name = "influence"
        First = None
        Purpose = "measure what the estimates owe to each row or level: Cook's D, MDFFITS, COVRATIO."
        Example = "sleepstudy.csv \"Reaction ~ Days + (Days | Subject)\" --by Subject --how exact"
        Options = [
            by
            OptionTable.choice
                "--how"
                hows
                "fixed: covariance parameters stay, closed forms; one-step: they move by one scoring step; exact: the model is fitted again without each unit; fixed is the default."
        ]
        Methods = None
        Weights = ModelOptions.weights
        OfSums = false
        Check = fun _ -> []
        Read = readInfluence
    }

    // Outliers

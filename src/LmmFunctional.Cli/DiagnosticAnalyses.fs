namespace LmmFunctional.Cli

open LmmFunctional

/// <summary>The commands <c>lmm residuals</c>, <c>lmm influence</c> and <c>lmm outliers</c>.</summary>
[<RequireQualifiedAccess>]
module internal DiagnosticAnalyses =

    let private by =
        OptionTable.value
            "--by"
            "UNITS"
            "row, or a grouping factor of the model, or a column of the data; row is the default."

    let private unitsOf values =
        OptionValues.tryFind "--by" values
        |> Option.defaultValue "row"
        |> DiagnosticUnits.ofName

    let private unitName units =
        match units with
        | DiagnosticUnits.Rows -> "row"
        | DiagnosticUnits.Levels group -> group

    let private formula (fit: Fit) = Formula.print fit.Spec

    /// Residuals of every kind and leverages.
    let residuals: Analysis = {
        Name = "residuals"
        First = None
        Purpose = "list residuals of every kind and leverages, a row for each row used."
        Example = "sleepstudy.csv \"Reaction ~ Days + (Days | Subject)\" --csv -o residuals.csv"
        Options = []
        FitOptions = []
        Read =
            fun _ _ ->
                Ok(fun fit ->
                    AnalysisResult.ofTables
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

        AnalysisResult.ofTables
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

    let private readInfluence values _ =
        OptionValues.choice
            "--how"
            [
                "fixed", InfluenceMethod.Fixed
                "one-step", InfluenceMethod.OneStep
                "exact", InfluenceMethod.Exact
            ]
            values
        |> Result.map (fun how fit ->
            let options = {
                InfluenceOptions.defaults with
                    How = how
                    Units = unitsOf values
            }

            Lmm.influence options fit |> Result.map (influenceResult options fit))

    /// Influence of rows or levels on the estimates.
    let influence: Analysis = {
        Name = "influence"
        First = None
        Purpose = "measure what the estimates owe to each row or level: Cook's D, MDFFITS, COVRATIO."
        Example = "sleepstudy.csv \"Reaction ~ Days + (Days | Subject)\" --by Subject --how exact"
        Options = [
            by
            OptionTable.value
                "--how"
                "METHOD"
                "fixed: covariance parameters stay, closed forms; one-step: they move by one scoring step; exact: the model is fitted again without each unit; fixed is the default."
        ]
        FitOptions = []
        Read = readInfluence
    }

    // Outliers

    let private adjustments = [
        "bonferroni", Adjustment.Bonferroni
        "holm", Adjustment.Holm
        "sidak", Adjustment.Sidak
        "fdr", Adjustment.Fdr
        "none", Adjustment.None
    ]

    let private labelled model =
        match model with
        | OutlierModel.MeanShift(units, adjustment) ->
            $"Mean shift of each {unitName units}, p adjusted by {Adjustment.name adjustment}",
            [
                "by", unitName units
                "model", "mean"
                "adjustment", Adjustment.name adjustment
            ]
        | OutlierModel.VarianceShift {
                                         Target = VarianceShiftTarget.Rows units
                                     } ->
            $"Variance shift of each {unitName units}, by REML", [ "by", unitName units; "model", "variance" ]
        | OutlierModel.VarianceShift {
                                         Target = VarianceShiftTarget.Effect(group, effect)
                                     } ->
            $"Variance shift of {effect} of each {group}, by REML",
            [ "by", group; "effect", effect; "model", "variance" ]

    let private thresholdNotes (table: VarianceShiftTable) = [
        for threshold in table.Thresholds do
            let level = NumberText.significant 3 (100.0 * threshold.Level)
            let value = NumberText.significant 4 threshold.Threshold
            let error = NumberText.significant 2 threshold.MonteCarloError
            $"The largest of all likelihood ratios is above {value} (Monte Carlo error {error}) in {level} %% of data without a shift."

        if table.Failed > 0 then
            $"{table.Failed} of the simulated data sets could not be fitted."
    ]

    let private outlierResult model (fit: Fit) scan =
        let heading, members = labelled model

        let tables, notes =
            match scan, model with
            | OutlierScan.MeanShifts found, OutlierModel.MeanShift(units, _) ->
                [ "units", DiagnosticFrames.meanShifts units found ], []
            | OutlierScan.MeanShifts found, _ ->
                [ "units", DiagnosticFrames.meanShifts (DiagnosticUnits.Levels "") found ], []
            | OutlierScan.VarianceShifts table, _ when table.Thresholds.IsEmpty ->
                [
                    "units", DiagnosticFrames.varianceShifts (DiagnosticUnits.Levels "") table.Shifts
                ],
                []
            | OutlierScan.VarianceShifts table, _ ->
                [
                    "units", SimulationFrames.varianceShifts table
                    "thresholds", SimulationFrames.thresholds table
                ],
                thresholdNotes table

        AnalysisResult.ofTables
            [ heading; $"Formula: {formula fit}" ]
            (("formula", formula fit) :: members)
            tables
            notes

    // Options of the other model mean nothing.
    let private strayOf model values =
        match model with
        | "mean" ->
            [ "--refits"; "--effect"; "--bootstrap"; "--seed" ]
            |> List.tryFind (fun name -> OptionValues.contains name values)
            |> Option.map (fun name -> $"{name} belongs to --model variance.")
        | _ when OptionValues.contains "--adjust" values -> Some "--adjust belongs to --model mean."
        | _ -> None

    let private target values =
        match OptionValues.tryFind "--effect" values, unitsOf values with
        | None, units -> Ok(VarianceShiftTarget.Rows units)
        | Some effect, DiagnosticUnits.Levels group -> Ok(VarianceShiftTarget.Effect(group, effect))
        | Some _, DiagnosticUnits.Rows -> Error "--effect needs --by with the grouping factor of the effect."

    let private bootstrap values =
        match OptionValues.tryCount "--bootstrap" 20 1000 values, OptionValues.count "--seed" 0 1 values with
        | Error problem, _
        | _, Error problem -> Error problem
        | Ok None, _ when OptionValues.contains "--seed" values -> Error "--seed belongs to --bootstrap."
        | Ok None, _ -> Ok None
        | Ok(Some replicates), Ok seed ->
            Ok(
                Some {
                    BootstrapOptions.defaults with
                        Replicates = replicates
                        Seed = seed
                }
            )

    let private varianceShift values =
        match target values, OptionValues.count "--refits" 0 5 values, bootstrap values with
        | Error problem, _, _
        | _, Error problem, _
        | _, _, Error problem -> Error problem
        | Ok target, Ok refits, Ok bootstrap ->
            Ok(
                OutlierModel.VarianceShift {
                    VarianceShiftOptions.defaults with
                        Target = target
                        Refits = refits
                        Bootstrap = bootstrap
                }
            )

    let private outlierModel values =
        OptionValues.choice "--model" [ "mean", "mean"; "variance", "variance" ] values
        |> Result.bind (fun model ->
            match strayOf model values, model with
            | Some problem, _ -> Error problem
            | None, "mean" ->
                OptionValues.choice "--adjust" adjustments values
                |> Result.map (fun adjustment -> OutlierModel.MeanShift(unitsOf values, adjustment))
            | None, _ -> varianceShift values)

    let private readOutliers values _ =
        outlierModel values
        |> Result.map (fun model fit -> Lmm.outliers model fit |> Result.map (outlierResult model fit))

    /// Outlier models: shifts of the mean and of the variance.
    let outliers: Analysis = {
        Name = "outliers"
        First = None
        Purpose = "scan rows or levels for outliers by shifts of mean or variance."
        Example = "sleepstudy.csv \"Reaction ~ Days + (Days | Subject)\" --by row --model mean --adjust holm"
        Options = [
            by
            OptionTable.value "--model" "SHIFT" "mean or variance; mean is the default."
            OptionTable.value
                "--adjust"
                "METHOD"
                "of the p-values of mean shifts: bonferroni, holm, sidak, fdr or none; bonferroni is the default."
            OptionTable.value
                "--effect"
                "EFFECT"
                "look for extra variance of this random effect of each level of --by, such as \"(Intercept)\"."
            OptionTable.value
                "--refits"
                "NUMBER"
                "how many of the first units are fitted again with their variance shift; 5 is the default."
            OptionTable.value
                "--bootstrap"
                "REPLICATES"
                "p-values and thresholds of variance shifts from data simulated without a shift."
            OptionTable.value "--seed" "SEED" "of --bootstrap; 1 is the default."
        ]
        FitOptions = []
        Read = readOutliers
    }

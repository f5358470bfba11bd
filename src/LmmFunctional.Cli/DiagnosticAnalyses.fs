namespace LmmFunctional.Cli

open LmmFunctional
open LmmFunctional.Analysis

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

    let private adjustments = [
        "bonferroni", Adjustment.Bonferroni
        "holm", Adjustment.Holm
        "sidak", Adjustment.Sidak
        "fdr", Adjustment.Fdr
        "none", Adjustment.None
    ]

    let private labelled model =
        match model with
        | OutlierModel.MeanShift options ->
            let by = unitName options.Units
            let adjustment = Adjustment.name options.Adjustment

            $"Mean shift of each {by}, p adjusted by {adjustment}",
            [ "by", by; "model", "mean"; "adjustment", adjustment ]
        | OutlierModel.VarianceShift {
                                         Target = VarianceShiftTarget.Rows units
                                     } ->
            $"Variance shift of each {unitName units}, by REML", [ "by", unitName units; "model", "variance" ]
        | OutlierModel.VarianceShift {
                                         Target = VarianceShiftTarget.Effect(group, effect)
                                     } ->
            $"Variance shift of {effect} of each {group}, by REML",
            [ "by", group; "effect", effect; "model", "variance" ]

    let private thresholdNote largest level value error =
        let level = NumberText.significant 3 (100.0 * level)
        let value = NumberText.significant 4 value
        let error = NumberText.significant 2 error
        $"The largest {largest} is above {value} (Monte Carlo error {error}) in {level} %% of data without a shift."

    let private failureNote failed = [
        if failed > 0 then
            $"{failed} of the simulated data sets could not be fitted."
    ]

    let private ofMeanShifts (table: MeanShiftTable) =
        let levels = VarianceShiftOptions.defaults.ThresholdLevels

        match table.Threshold with
        | None -> [ "units", DiagnosticFrames.meanShifts table ], []
        | Some threshold ->
            [
                "units", DiagnosticFrames.meanShifts table
                "thresholds", DiagnosticFrames.meanShiftThresholds levels threshold
            ],
            [
                for level in levels do
                    let value, error = MeanShiftThreshold.value level threshold
                    thresholdNote "|t| of all" level value error
            ]
            @ failureNote threshold.Failed

    let private ofVarianceShifts (table: VarianceShiftTable) =
        [
            "units", DiagnosticFrames.varianceShifts table

            if not table.Thresholds.IsEmpty then
                "thresholds", DiagnosticFrames.varianceShiftThresholds table
        ],
        [
            for own in table.Thresholds do
                thresholdNote "of all likelihood ratios" own.Level own.Threshold own.MonteCarloError
        ]
        @ failureNote table.Failed

    let private outlierResult model (fit: Fit) scan =
        let heading, members = labelled model

        let tables, notes =
            match scan with
            | OutlierScan.MeanShifts table -> ofMeanShifts table
            | OutlierScan.VarianceShifts table -> ofVarianceShifts table

        CommandResult.ofTables [ heading; $"Formula: {formula fit}" ] (("formula", formula fit) :: members) tables notes

    // Options of the other model mean nothing.
    let private strayOf model values =
        match model with
        | "mean" ->
            [ "--refits"; "--effect" ]
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

    let private meanShift values =
        match OptionValues.choice "--adjust" adjustments values, bootstrap values with
        | Error problem, _
        | _, Error problem -> Error problem
        | Ok adjustment, Ok bootstrap ->
            Ok(
                OutlierModel.MeanShift {
                    Units = unitsOf values
                    Adjustment = adjustment
                    Bootstrap = bootstrap
                }
            )

    let private models = [ "mean", "mean"; "variance", "variance" ]

    let private outlierModel values =
        OptionValues.choice "--model" models values
        |> Result.bind (fun model ->
            match strayOf model values, model with
            | Some problem, _ -> Error problem
            | None, "mean" -> meanShift values
            | None, _ -> varianceShift values)

    let private telling report model =
        match model with
        | OutlierModel.MeanShift options ->
            OutlierModel.MeanShift {
                options with
                    Bootstrap = options.Bootstrap |> Option.map (RefitProgress.telling report)
            }
        | OutlierModel.VarianceShift options ->
            OutlierModel.VarianceShift {
                options with
                    Bootstrap = options.Bootstrap |> Option.map (RefitProgress.telling report)
            }

    let private readOutliers (arguments: Arguments) _ : Result<AnalysisRun, string> =
        outlierModel arguments.Options
        |> Result.map (fun model report fitted ->
            Lmm.outliers (telling report model) fitted.Fit
            |> Result.map (outlierResult model fitted.Fit))

    /// Outlier models: shifts of the mean and of the variance.
    let outliers: Analysis = {
        Name = "outliers"
        First = None
        Purpose = "scan rows or levels for outliers by shifts of mean or variance."
        Example = "sleepstudy.csv \"Reaction ~ Days + (Days | Subject)\" --by row --model mean --adjust holm"
        Options = [
            by
            OptionTable.choice "--model" models "what is shifted; mean is the default."
            OptionTable.choice "--adjust" adjustments "of the p-values of mean shifts; bonferroni is the default."
            OptionTable.value
                "--effect"
                "EFFECT"
                "look for extra variance of this random effect of each level of --by, such as \"(Intercept)\"."
            OptionTable.value
                "--refits"
                "NUMBER"
                "how many of the first units are fitted again with their variance shift; 5 is the default."
            OptionTable.value "--bootstrap" "REPLICATES" "p-values and thresholds from data simulated without a shift."
            OptionTable.value "--seed" "SEED" "of --bootstrap; 1 is the default."
        ]
        Methods = None
        Weights = ModelOptions.weights
        OfSums = false
        Check = fun _ -> []
        Read = readOutliers
    }

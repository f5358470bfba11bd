namespace LmmFunctional.Cli

open LmmFunctional
open LmmFunctional.Analysis

/// <summary>lmm outliers: shifts of means and of variances.</summary>
[<RequireQualifiedAccess>]
module internal OutlierAnalysis =

    let adjustments = [
        "bonferroni", Adjustment.Bonferroni
        "holm", Adjustment.Holm
        "sidak", Adjustment.Sidak
        "fdr", Adjustment.Fdr
        "none", Adjustment.None
    ]

    let labelled model =
        match model with
        | OutlierModel.MeanShift options ->
            let by = DiagnosticAnalyses.unitName options.Units
            let adjustment = Adjustment.name options.Adjustment

            $"Mean shift of each {by}, p adjusted by {adjustment}",
            [ "by", by; "model", "mean"; "adjustment", adjustment ]
        | OutlierModel.VarianceShift {
                                         Target = VarianceShiftTarget.Rows units
                                     } ->
            $"Variance shift of each {DiagnosticAnalyses.unitName units}, by REML",
            [ "by", DiagnosticAnalyses.unitName units; "model", "variance" ]
        | OutlierModel.VarianceShift {
                                         Target = VarianceShiftTarget.Effect(group, effect)
                                     } ->
            $"Variance shift of {effect} of each {group}, by REML",
            [ "by", group; "effect", effect; "model", "variance" ]

    let thresholdNote largest level value error =
        let level = NumberText.significant 3 (100.0 * level)
        let value = NumberText.significant 4 value
        let error = NumberText.significant 2 error
        $"The largest {largest} is above {value} (Monte Carlo error {error}) in {level} %% of data without a shift."

    let failureNote failed = [
        if failed > 0 then
            $"{failed} of the simulated data sets could not be fitted."
    ]

    let ofMeanShifts (table: MeanShiftTable) =
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

    let ofVarianceShifts (table: VarianceShiftTable) =
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

    let outlierResult model (fit: Fit) scan =
        let heading, members = labelled model

        let tables, notes =
            match scan with
            | OutlierScan.MeanShifts table -> ofMeanShifts table
            | OutlierScan.VarianceShifts table -> ofVarianceShifts table

        CommandResult.ofTables
            [ heading; $"Formula: {DiagnosticAnalyses.formula fit}" ]
            (("formula", DiagnosticAnalyses.formula fit) :: members)
            tables
            notes

    // Options of the other model mean nothing.
    let strayOf model values =
        match model with
        | "mean" ->
            [ "--refits"; "--effect" ]
            |> List.tryFind (fun name -> OptionValues.contains name values)
            |> Option.map (fun name -> $"{name} belongs to --model variance.")
        | _ when OptionValues.contains "--adjust" values -> Some "--adjust belongs to --model mean."
        | _ -> None

    let target values =
        match OptionValues.tryFind "--effect" values, DiagnosticAnalyses.unitsOf values with
        | None, units -> Ok(VarianceShiftTarget.Rows units)
        | Some effect, DiagnosticUnits.Levels group -> Ok(VarianceShiftTarget.Effect(group, effect))
        | Some _, DiagnosticUnits.Rows -> Error "--effect needs --by with the grouping factor of the effect."

    let bootstrap values =
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

    let varianceShift values =
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

    let meanShift values =
        match OptionValues.choice "--adjust" adjustments values, bootstrap values with
        | Error problem, _
        | _, Error problem -> Error problem
        | Ok adjustment, Ok bootstrap ->
            Ok(
                OutlierModel.MeanShift {
                    Units = DiagnosticAnalyses.unitsOf values
                    Adjustment = adjustment
                    Bootstrap = bootstrap
                }
            )

    let models = [ "mean", "mean"; "variance", "variance" ]

    let outlierModel values =
        OptionValues.choice "--model" models values
        |> Result.bind (fun model ->
            match strayOf model values, model with
            | Some problem, _ -> Error problem
            | None, "mean" -> meanShift values
            | None, _ -> varianceShift values)

    let telling report model =
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

    let readOutliers (arguments: Arguments) _ : Result<AnalysisRun, string> =
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
            DiagnosticAnalyses.by
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

namespace LmmFunctional.Cli

open LmmFunctional

/// <summary>The commands <c>lmm residuals</c> and <c>lmm outliers</c>.</summary>
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
        Purpose = "list residuals of every kind and leverages, a row for each row used."
        Example = "sleepstudy.csv \"Reaction ~ Days + (Days | Subject)\" --csv -o residuals.csv"
        Options = []
        FitOptions = []
        Read =
            fun _ _ ->
                Ok(fun fit ->
                    Ok {
                        Heading = [ "Residuals and leverages"; $"Formula: {formula fit}" ]
                        Members = [ "formula", formula fit ]
                        Tables = [ "residuals", Lmm.residuals fit |> DiagnosticFrames.residuals ]
                        Notes = []
                    })
    }

    // Outliers

    let private adjustments = [
        "bonferroni", Adjustment.Bonferroni
        "holm", Adjustment.Holm
        "sidak", Adjustment.Sidak
        "fdr", Adjustment.Fdr
        "none", Adjustment.None
    ]

    let private outlierResult (options: OutlierOptions) (fit: Fit) scan =
        let by = unitName options.By

        let heading, members, frame =
            match options.Model, scan with
            | OutlierModel.MeanShift adjustment, OutlierScan.MeanShifts found ->
                let adjustment = Adjustment.name adjustment

                $"Mean shift of each {by}, p adjusted by {adjustment}",
                [ "model", "mean"; "adjustment", adjustment ],
                DiagnosticFrames.meanShifts options.By found
            | _, OutlierScan.MeanShifts found ->
                $"Mean shift of each {by}", [ "model", "mean" ], DiagnosticFrames.meanShifts options.By found
            | _, OutlierScan.VarianceShifts found ->
                $"Variance shift of each {by}, by REML",
                [ "model", "variance" ],
                DiagnosticFrames.varianceShifts options.By found

        {
            Heading = [ heading; $"Formula: {formula fit}" ]
            Members = [ "formula", formula fit; "by", by ] @ members
            Tables = [ "units", frame ]
            Notes = []
        }

    let private outlierModel values =
        let isMean =
            OptionValues.choice "--model" [ "mean", true; "variance", false ] values

        match isMean, OptionValues.choice "--adjust" adjustments values, OptionValues.count "--refits" 0 5 values with
        | Error problem, _, _
        | _, Error problem, _
        | _, _, Error problem -> Error problem
        | Ok true, _, _ when OptionValues.contains "--refits" values ->
            Error "--refits belongs to --model variance; a mean shift needs no refit."
        | Ok false, _, _ when OptionValues.contains "--adjust" values -> Error "--adjust belongs to --model mean."
        | Ok true, Ok adjustment, _ -> Ok(OutlierModel.MeanShift adjustment)
        | Ok false, _, Ok refits -> Ok(OutlierModel.VarianceShift refits)

    let private readOutliers values _ =
        outlierModel values
        |> Result.map (fun model fit ->
            let options = { By = unitsOf values; Model = model }
            Lmm.outliers options fit |> Result.map (outlierResult options fit))

    /// Outlier models: shifts of the mean and of the variance.
    let outliers: Analysis = {
        Name = "outliers"
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
                "--refits"
                "NUMBER"
                "how many of the first units are fitted again with their variance shift; 5 is the default."
        ]
        FitOptions = []
        Read = readOutliers
    }

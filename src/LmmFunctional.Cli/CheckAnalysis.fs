namespace LmmFunctional.Cli

open LmmFunctional

/// <summary>The command <c>lmm check</c>.</summary>
[<RequireQualifiedAccess>]
module internal CheckAnalysis =

    let private options = [
        OptionTable.value
            "--subjects"
            "FACTOR"
            "the factor within whose levels residuals may be correlated; that of the model without it."
        OptionTable.value "--along" "COLUMN" "the order of the rows of a subject; that of the model without it."
        OptionTable.value "--significance" "P" "p-values below it are worth a look; 0.05 is the default."
    ]

    let private result (fit: Fit) checks = {
        Text =
            fun _ ->
                CheckReport.render SummaryFormat.Text checks
                |> fun text -> text.TrimEnd().Split('\n') |> List.ofArray
                |> fun lines -> $"Checks of {Formula.print fit.Spec}" :: "" :: lines
        Table = CheckReport.toFrame checks
        Json = fun () -> CheckReport.toJson checks
        Notes = []
        Save = None
    }

    let private read values _ =
        OptionValues.number
            "--significance"
            0.05
            (fun value -> value > 0.0 && value < 1.0)
            "must lie between 0 and 1, such as 0.05"
            values
        |> Result.map (fun significance fit ->
            Lmm.check
                {
                    CheckOptions.defaults with
                        Significance = significance
                        Subjects = OptionValues.tryFind "--subjects" values
                        Along = OptionValues.tryFind "--along" values
                }
                fit
            |> Result.map (result fit))

    /// Checks of a fitted model.
    let analysis: Analysis = {
        Name = "check"
        First = None
        Purpose = "check a fitted model: normality, equal variances, correlation, collinearity, influence, outliers."
        Example = "sleepstudy.csv \"Reaction ~ Days + (Days | Subject)\""
        Options = options
        FitOptions = []
        Read = read
    }

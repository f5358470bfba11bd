namespace LmmFunctional.Cli

open LmmFunctional
open LmmFunctional.Analysis

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

    let private result (fit: Fit) checks =
        CommandResult.create
            (fun () ->
                let found = (CheckReport.render SummaryFormat.Text checks).TrimEnd()
                $"Checks of {Formula.print fit.Spec}\n\n{found}\n")
            (fun () -> CheckReport.toJson checks)
            (fun () -> CheckReport.toFrame checks)

    let private read (arguments: Arguments) _ : Result<AnalysisRun, string> =
        let values = arguments.Options

        OptionValues.fraction "--significance" 0.05 values
        |> Result.map (fun significance _ fitted ->
            Lmm.check
                {
                    CheckOptions.defaults with
                        Significance = significance
                        Subjects = OptionValues.tryFind "--subjects" values
                        Along = OptionValues.tryFind "--along" values
                }
                fitted.Fit
            |> Result.map (result fitted.Fit))

    /// Checks of a fitted model.
    let analysis: Analysis = {
        Name = "check"
        First = None
        Purpose = "check a fitted model: normality, equal variances, correlation, collinearity, influence, outliers."
        Example = "sleepstudy.csv \"Reaction ~ Days + (Days | Subject)\""
        Options = options
        Methods = None
        Weights = ModelOptions.weights
        OfSums = false
        Check = fun _ -> []
        Read = read
    }

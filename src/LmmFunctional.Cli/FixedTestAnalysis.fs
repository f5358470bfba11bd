namespace LmmFunctional.Cli

open LmmFunctional
open LmmFunctional.Analysis

/// <summary>The command <c>lmm anova</c>.</summary>
[<RequireQualifiedAccess>]
module internal FixedTestAnalysis =

    let private types = [ "1", HypothesisType.I; "2", HypothesisType.II; "3", HypothesisType.III ]

    let private options = [
        OptionTable.choice "--type" types "of the hypotheses, after SAS; 3 is the default."
        HypothesisOption.option
    ]

    let private result (fit: Fit) (table: Anova) (tests: HypothesisTest list) =
        CommandResult.create
            (fun () -> FixedTestReport.renderHypotheses SummaryFormat.Text table tests)
            (fun () -> FixedTestReport.toJsonWith fit table tests)
            (fun () -> table.Tests @ (tests |> List.map _.Joint) |> Tidy.tests)

    let private read (arguments: Arguments) _ : Result<AnalysisRun, string> =
        OptionValues.tryChoice "--type" types arguments.Options
        |> Result.map (fun kind _ fitted ->
            let kind = defaultArg kind HypothesisType.III

            Inference.create (defaultArg fitted.Method DegreesOfFreedomMethod.satterthwaite) fitted.Fit
            |> Result.bind (fun inference ->
                HypothesisOption.tests arguments.Options inference
                |> Result.map (result fitted.Fit (Anova.ofInference kind inference))))

    /// Tests of the fixed terms.
    let analysis: Analysis = {
        Name = "anova"
        First = None
        Purpose = "test the fixed terms of a model by type I, II or III tables."
        Example = "oats.csv \"yield ~ Variety * nitroF + (1 | Block/Variety)\""
        Options = options
        Methods = Some MethodOptions.satterthwaite
        Weights = ModelOptions.weights
        OfSums = true
        Check = fun _ -> []
        Read = read
    }

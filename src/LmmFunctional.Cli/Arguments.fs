namespace LmmFunctional.Cli

open Argu

/// <summary>What <c>lmm</c> understands.</summary>
[<HelpFlags("--help", "-h")>]
type Arguments =
    | [<CliPrefix(CliPrefix.None)>] Fit of ParseResults<FitArguments>
    | [<CliPrefix(CliPrefix.None)>] Anova of ParseResults<FixedTestArguments>
    | [<CliPrefix(CliPrefix.None)>] Emmeans of ParseResults<EmmeansArguments>
    | [<CliPrefix(CliPrefix.None)>] Plan of ParseResults<PlanArguments>
    | [<CliPrefix(CliPrefix.None)>] Ci of ParseResults<IntervalArguments>
    | [<CliPrefix(CliPrefix.None)>] Compare of ParseResults<ComparisonArguments>
    | [<CliPrefix(CliPrefix.None)>] Ems of ParseResults<EmsArguments>
    | [<CliPrefix(CliPrefix.None); CustomCommandLine("anova-table")>] AnovaTable of ParseResults<AnovaArguments>
    | [<CliPrefix(CliPrefix.None); CustomCommandLine("r2")>] Shares of ParseResults<ShareArguments>
    | [<CliPrefix(CliPrefix.None); CustomCommandLine("variance-test")>] VarianceTests of
        ParseResults<VarianceTestArguments>
    | [<CliPrefix(CliPrefix.None)>] Verify of ParseResults<VerifyArguments>
    | Version

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Fit _ -> "fit a linear mixed model to a CSV file."
            | Anova _ -> "test the fixed terms of a model by type I, II or III tables."
            | Emmeans _ -> "estimate and compare marginal means and slopes."
            | Plan _ -> "tell how a model would be fitted and what that would cost."
            | Ems _ -> "print the expected mean squares of a balanced design."
            | AnovaTable _ -> "print the analysis of variance of a CSV file, with expected mean squares."
            | Shares _ -> "R squared, intraclass correlations, and the shares of the random terms."
            | VarianceTests _ -> "test whether variances are zero."
            | Verify _ -> "check on a fit the equations that every fit satisfies."
            | Ci _ -> "confidence intervals of all parameters of a model."
            | Compare _ -> "compare models of the same data: AIC, BIC, likelihood ratio tests."
            | Version -> "print the version."

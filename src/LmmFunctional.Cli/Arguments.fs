namespace LmmFunctional.Cli

open Argu

/// <summary>The names of robust covariances on the command line.</summary>
type RobustName =
    | Cr0 = 0
    | Cr1 = 1
    | Cr2 = 2
    | Cr3 = 3

/// <summary>What <c>lmm fit</c> understands.</summary>
[<HelpFlags("--help", "-h")>]
type FitArguments =
    | [<MainCommand; ExactlyOnce>] Model of DATA: string * FORMULA: string
    | [<Unique>] Ml
    | [<Unique>] Weights of COLUMN: string
    | [<Unique>] Residual of STRUCTURE: string
    | Known of NAME_AND_FILE: string
    | Pedigree of NAME_AND_FILE: string
    | Fix of NAME_AND_VALUE: string
    | Bound of NAME_AND_ENDS: string
    | [<Unique>] Algorithm of AlgorithmName
    | [<Unique>] Df of METHOD: string
    | [<Unique>] Convention of NAME: string
    | [<Unique>] Robust of RobustName
    | [<Unique>] Cluster of FACTOR: string
    | [<Unique>] Json
    | [<Unique>] Quiet

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Model _ -> "a CSV file with a header, and a model such as \"Reaction ~ Days + (Days | Subject)\"."
            | Ml -> "maximise the likelihood; without it the restricted likelihood (REML) is maximised."
            | Weights _ -> "the column of prior weights: residual variances are sigma^2 / weight."
            | Residual _ -> "the covariance of the residuals, such as \"us(visit | subject) per arm\"."
            | Known _ -> "NAME=FILE.csv: a matrix that known(NAME | g) refers to; may be repeated."
            | Pedigree _ -> "NAME=FILE.csv: a pedigree that known(NAME | animal) refers to; may be repeated."
            | Fix _ ->
                "NAME=VALUE: a covariance parameter that is known, such as \"g.(Intercept)=2\", Residual=4 or "
                + "Residual.rho=0.3; may be repeated."
            | Bound _ ->
                "NAME=LOWER..UPPER: the ends of a covariance parameter, such as Residual.rho=0..0.9; one end may be "
                + "left out; may be repeated."
            | Algorithm _ -> "observed, expected or average information; ai is the default."
            | Df _ ->
                "degrees of freedom of the fixed effects: asymptotic, residual, containment, between-within, "
                + "satterthwaite or kenward-roger; without it no p-values are given."
            | Convention _ -> "whose Satterthwaite or Kenward-Roger: sas, sas-linear, pbkrtest, lmertest or mmrm."
            | Robust _ -> "standard errors that hold when the covariances within clusters are wrong."
            | Cluster _ -> "the clusters of --robust, a factor or a column; without it the subjects of the model."
            | Json -> "print one line of JSON instead of the summary."
            | Quiet -> "show no progress on standard error."

/// <summary>What <c>lmm anova</c> understands.</summary>
[<HelpFlags("--help", "-h")>]
type FixedTestArguments =
    | [<MainCommand; ExactlyOnce>] Model of DATA: string * FORMULA: string
    | [<Unique>] Type of NUMBER: int
    | [<Unique>] Df of METHOD: string
    | [<Unique>] Convention of NAME: string
    | [<Unique>] Ml
    | [<Unique>] Weights of COLUMN: string
    | [<Unique>] Algorithm of AlgorithmName
    | [<Unique>] Json
    | [<Unique>] Quiet

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Model _ -> "a CSV file with a header, and a model such as \"yield ~ variety * nitro + (1 | block)\"."
            | Type _ -> "1, 2 or 3, after SAS; 3 is the default."
            | Df _ ->
                "denominator degrees of freedom: asymptotic, residual, containment, between-within, satterthwaite "
                + "or kenward-roger; satterthwaite is the default."
            | Convention _ -> "whose Satterthwaite or Kenward-Roger: sas, sas-linear, pbkrtest, lmertest or mmrm."
            | Ml -> "maximise the likelihood; without it the restricted likelihood (REML) is maximised."
            | Weights _ -> "the column of prior weights: residual variances are sigma^2 / weight."
            | Algorithm _ -> "observed, expected or average information; ai is the default."
            | Json -> "print one line of JSON instead of the table."
            | Quiet -> "show no progress on standard error."

/// <summary>What <c>lmm plan</c> understands.</summary>
[<HelpFlags("--help", "-h")>]
type PlanArguments =
    | [<MainCommand; ExactlyOnce>] Model of DATA: string * FORMULA: string
    | [<Unique>] Json

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Model _ -> "a CSV file with a header, and a model such as \"Reaction ~ Days + (Days | Subject)\"."
            | Json -> "print one line of JSON instead of the table."

/// <summary>What <c>lmm verify</c> understands.</summary>
[<HelpFlags("--help", "-h")>]
type VerifyArguments =
    | [<MainCommand; ExactlyOnce>] Model of DATA: string * FORMULA: string
    | [<Unique>] Ml
    | [<Unique>] Json

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Model _ -> "a CSV file with a header, and a model such as \"Reaction ~ Days + (Days | Subject)\"."
            | Ml -> "maximise the likelihood; without it the restricted likelihood (REML) is maximised."
            | Json -> "print one line of JSON instead of the table."

/// <summary>What <c>lmm ems</c> understands.</summary>
[<HelpFlags("--help", "-h")>]
type EmsArguments =
    | [<MainCommand; ExactlyOnce>] Terms of TERMS: string
    | Random of FACTORS: string
    | Levels of LEVELS: string
    | [<Unique>] Reps of COUNT: int
    | [<Unique>] Restricted
    | [<Unique>] Differences

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Terms _ -> "the terms of a balanced design, such as \"A*B\" or \"A/B + C\"."
            | Random _ -> "the random factors, separated by commas; all others are fixed."
            | Levels _ -> "the number of levels of every factor, such as A=4,B=5."
            | Reps _ -> "observations in each cell; 1 is the default."
            | Restricted -> "random interactions sum to zero over their fixed factors."
            | Differences ->
                "where no exact test exists, subtract in the denominator instead of adding to the numerator."

/// <summary>What <c>lmm anova-table</c> understands.</summary>
[<HelpFlags("--help", "-h")>]
type AnovaArguments =
    | [<MainCommand; ExactlyOnce>] Model of DATA: string * FORMULA: string
    | Random of FACTORS: string
    | [<Unique>] Type of TYPE: int
    | [<Unique>] Zero
    | [<Unique>] Differences
    | [<Unique>] Json

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Model _ -> "a CSV file with a header, and a model such as \"yield ~ process + blend\"."
            | Random _ -> "the random factors, separated by commas, with every term they are in."
            | Type _ -> "sums of squares of type 1, 2 or 3; 1 is the default, with fixed terms first."
            | Zero -> "set negative variance estimates to zero; without it they are kept."
            | Differences ->
                "where no exact test exists, subtract in the denominator instead of adding to the numerator."
            | Json -> "print one line of JSON instead of the tables."

/// <summary>The names of bootstrap intervals on the command line.</summary>
type BootstrapIntervalName =
    | Percentile = 0
    | Basic = 1
    | Bca = 2

/// <summary>What <c>lmm ci</c> understands.</summary>
[<HelpFlags("--help", "-h")>]
type IntervalArguments =
    | [<MainCommand; ExactlyOnce>] Model of DATA: string * FORMULA: string
    | [<Unique>] Ml
    | [<Unique>] Weights of COLUMN: string
    | [<Unique>] Profile
    | [<Unique>] Wald
    | [<Unique>] Boot of REPLICATES: int
    | [<Unique>] Interval of BootstrapIntervalName
    | [<Unique>] Seed of SEED: int
    | [<Unique>] Level of LEVEL: float
    | [<Unique>] Json

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Model _ -> "a CSV file with a header, and a model such as \"Reaction ~ Days + (Days | Subject)\"."
            | Ml -> "maximise the likelihood; without it the restricted likelihood (REML) is maximised."
            | Weights _ -> "the column of prior weights: residual variances are sigma^2 / weight."
            | Profile -> "profile likelihood intervals; the default."
            | Wald -> "intervals from the curvature of the likelihood."
            | Boot _ -> "parametric bootstrap intervals from so many replicates."
            | Interval _ -> "percentile (the default), basic or bca; with --boot."
            | Seed _ -> "the seed of the bootstrap; 1 is the default."
            | Level _ -> "the level of confidence; 0.95 is the default."
            | Json -> "print one line of JSON instead of the table."

/// <summary>What <c>lmm compare</c> understands.</summary>
[<HelpFlags("--help", "-h")>]
type ComparisonArguments =
    | [<MainCommand; Mandatory>] Models of DATA_AND_FORMULAS: string list
    | [<Unique>] Ml
    | [<Unique>] Weights of COLUMN: string
    | [<Unique>] Json

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Models _ -> "a CSV file with a header, and two or more models."
            | Ml -> "maximise the likelihood; without it REML, and ML where the fixed effects differ."
            | Weights _ -> "the column of prior weights: residual variances are sigma^2 / weight."
            | Json -> "print one line of JSON instead of the tables."

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
            | Verify _ -> "check on a fit the equations that every fit satisfies."
            | Ci _ -> "confidence intervals of all parameters of a model."
            | Compare _ -> "compare models of the same data: AIC, BIC, likelihood ratio tests."
            | Version -> "print the version."

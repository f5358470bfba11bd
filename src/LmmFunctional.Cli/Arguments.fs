namespace LmmFunctional.Cli

open Argu
open LmmFunctional

/// <summary>The names of algorithms on the command line.</summary>
type AlgorithmName =
    | Nr = 0
    | Fisher = 1
    | Ai = 2

/// <summary>What <c>lmm fit</c> understands.</summary>
[<HelpFlags("--help", "-h")>]
type FitArguments =
    | [<MainCommand; ExactlyOnce>] Model of DATA: string * FORMULA: string
    | [<Unique>] Ml
    | [<Unique>] Weights of COLUMN: string
    | [<Unique>] Algorithm of AlgorithmName
    | [<Unique>] Json
    | [<Unique>] Quiet

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Model _ -> "a CSV file with a header, and a model such as \"Reaction ~ Days + (Days | Subject)\"."
            | Ml -> "maximise the likelihood; without it the restricted likelihood (REML) is maximised."
            | Weights _ -> "the column of prior weights: residual variances are sigma^2 / weight."
            | Algorithm _ -> "observed, expected or average information; ai is the default."
            | Json -> "print one line of JSON instead of the summary."
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
    | [<CliPrefix(CliPrefix.None)>] Plan of ParseResults<PlanArguments>
    | [<CliPrefix(CliPrefix.None)>] Ci of ParseResults<IntervalArguments>
    | [<CliPrefix(CliPrefix.None)>] Compare of ParseResults<ComparisonArguments>
    | Version

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Fit _ -> "fit a linear mixed model to a CSV file."
            | Plan _ -> "tell how a model would be fitted and what that would cost."
            | Ci _ -> "confidence intervals of all parameters of a model."
            | Compare _ -> "compare models of the same data: AIC, BIC, likelihood ratio tests."
            | Version -> "print the version."

/// <summary>Reading the command line.</summary>
[<RequireQualifiedAccess>]
module CommandLine =

    let private introduction =
        """Fits linear mixed models to CSV data by REML or maximum likelihood.

    lmm fit sleepstudy.csv "Reaction ~ Days + (Days | Subject)"

Formulas are those of R and lme4. The result, a summary or JSON, goes to
standard output; problems, and progress after a second, to standard error.

EXIT CODES:

    0                     a fit; its certificate tells an optimum, one at a
                          bound, or a flat direction.
    2                     problems in the arguments, the data or the formula,
                          listed on standard error.
    3                     the fit has not converged.
    70                    an error in lmm itself.
"""

    // The checks of the argument types cost start-up time, and a test makes them.
    let private parser =
        lazy
            (ArgumentParser.Create<Arguments>(
                programName = "lmm",
                helpTextMessage = introduction,
                checkStructure = false
            ))

    let private algorithm name =
        match name with
        | AlgorithmName.Nr -> Algorithm.NewtonRaphson
        | AlgorithmName.Fisher -> Algorithm.FisherScoring
        | _ -> Algorithm.AverageInformation

    let private request (fit: ParseResults<FitArguments>) =
        let data, formula = fit.GetResult FitArguments.Model

        {
            Data = data
            Formula = formula
            Criterion =
                if fit.Contains FitArguments.Ml then
                    Criterion.Ml
                else
                    Criterion.Reml
            Weights = fit.TryGetResult FitArguments.Weights
            Algorithm =
                fit.TryGetResult FitArguments.Algorithm
                |> Option.map algorithm
                |> Option.defaultValue Algorithm.AverageInformation
            AsJson = fit.Contains FitArguments.Json
            IsQuiet = fit.Contains FitArguments.Quiet
        }

    let private options = [
        "--ml"
        "--weights"
        "--algorithm"
        "--json"
        "--quiet"
        "--profile"
        "--wald"
        "--boot"
        "--interval"
        "--seed"
        "--level"
        "--help"
    ]

    /// Argu repeats the whole help below its sentence; a user who mistyped a word needs only the sentence.
    let private sentence (message: string) =
        let first = message.Split('\n')[0]
        let first = first.Replace("ERROR: ", "").Trim().TrimEnd('.')

        let question =
            match first.StartsWith "unrecognized", first.Split '\'' with
            | true, [| _; word; _ |] when word.StartsWith "--" ->
                match Nearest.suggest options word with
                | Some option -> $" did you mean '{option}'?"
                | None -> ""
            // A formula without quotes arrives in pieces.
            | true, _ -> " is the formula in quotes?"
            | false, _ -> ""

        $"{first};{question} 'lmm fit --help' lists the arguments."

    let private planRequest (plan: ParseResults<PlanArguments>) =
        let data, formula = plan.GetResult PlanArguments.Model

        {
            Data = data
            Formula = formula
            AsJson = plan.Contains PlanArguments.Json
        }

    let private criterion isMl =
        if isMl then Criterion.Ml else Criterion.Reml

    let private bootstrapKind name =
        match name with
        | BootstrapIntervalName.Basic -> BootstrapInterval.Basic
        | BootstrapIntervalName.Bca -> BootstrapInterval.BiasCorrectedAccelerated
        | _ -> BootstrapInterval.Percentile

    let private intervalRequest (ci: ParseResults<IntervalArguments>) : Result<Command, string> =
        let data, formula = ci.GetResult IntervalArguments.Model
        let level = ci.TryGetResult IntervalArguments.Level |> Option.defaultValue 0.95
        let replicates = ci.TryGetResult IntervalArguments.Boot

        let methods = [
            if ci.Contains IntervalArguments.Profile then
                IntervalMethod.Profile
            if ci.Contains IntervalArguments.Wald then
                IntervalMethod.Wald
            match replicates with
            | Some count ->
                IntervalMethod.Bootstrap(
                    count,
                    ci.TryGetResult IntervalArguments.Interval
                    |> Option.map bootstrapKind
                    |> Option.defaultValue BootstrapInterval.Percentile,
                    ci.TryGetResult IntervalArguments.Seed |> Option.defaultValue 1
                )
            | None -> ()
        ]

        let request method =
            Command.Intervals {
                Data = data
                Formula = formula
                Criterion = criterion (ci.Contains IntervalArguments.Ml)
                Weights = ci.TryGetResult IntervalArguments.Weights
                Method = method
                Level = level
                AsJson = ci.Contains IntervalArguments.Json
            }

        match methods, replicates with
        | _ when not (level > 0.0 && level < 1.0) -> Error "--level must lie between 0 and 1, such as 0.95."
        | _, Some count when count < 20 -> Error "--boot needs 20 replicates or more; 1000 are usual."
        | _ :: _ :: _, _ -> Error "give one of --profile, --wald and --boot."
        | _, None when ci.Contains IntervalArguments.Interval || ci.Contains IntervalArguments.Seed ->
            Error "--interval and --seed belong to --boot; give a number of replicates."
        | [ method ], _ -> Ok(request method)
        | [], _ -> Ok(request IntervalMethod.Profile)

    let private comparisonRequest (comparison: ParseResults<ComparisonArguments>) : Result<Command, string> =
        match comparison.GetResult ComparisonArguments.Models with
        | data :: (_ :: _ :: _ as formulas) ->
            Ok(
                Command.Compare {
                    Data = data
                    Formulas = formulas
                    Criterion = criterion (comparison.Contains ComparisonArguments.Ml)
                    Weights = comparison.TryGetResult ComparisonArguments.Weights
                    AsJson = comparison.Contains ComparisonArguments.Json
                }
            )
        | _ -> Error "compare needs a data file and two formulas or more."

    /// <summary>The command that the arguments stand for, or what is wrong with them, as Argu reads them.</summary>
    let parseInFull (arguments: string[]) : Result<Command, string> =
        try
            let parsed = parser.Value.ParseCommandLine arguments

            match parsed.TryGetSubCommand() with
            | Some(Fit fit) -> Ok(Command.Fit(request fit))
            | Some(Plan plan) -> Ok(Command.Plan(planRequest plan))
            | Some(Ci ci) -> intervalRequest ci
            | Some(Compare comparison) -> comparisonRequest comparison
            | _ when parsed.Contains Version -> Ok Command.ShowVersion
            | _ -> Error "a command is missing; write lmm fit DATA.csv \"FORMULA\", or see 'lmm --help'."
        with :? ArguParseException as problem ->
            match problem.ErrorCode with
            | ErrorCode.HelpText -> Ok(Command.ShowHelp problem.Message)
            | _ -> Error(sentence problem.Message)

    /// <summary>The command that the arguments stand for, or what is wrong with them.</summary>
    let parse (arguments: string[]) : Result<Command, string> =
        match PlainArguments.tryRead (List.ofArray arguments) with
        | Some command -> Ok command
        | None -> parseInFull arguments

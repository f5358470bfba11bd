namespace LmmFunctional.Cli

open Argu
open LmmFunctional

/// <summary>What <c>lmm fit</c> understands.</summary>
[<HelpFlags("--help", "-h")>]
type FitArguments =
    | [<MainCommand; ExactlyOnce>] Model of DATA: string * FORMULA: string
    | [<Unique>] Ml
    | [<Unique>] Weights of COLUMN: string
    | [<Unique>] Algorithm of AlgorithmName
    | [<Unique>] Df of METHOD: string
    | [<Unique>] Convention of NAME: string
    | [<Unique>] Json
    | [<Unique>] Quiet

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Model _ -> "a CSV file with a header, and a model such as \"Reaction ~ Days + (Days | Subject)\"."
            | Ml -> "maximise the likelihood; without it the restricted likelihood (REML) is maximised."
            | Weights _ -> "the column of prior weights: residual variances are sigma^2 / weight."
            | Algorithm _ -> "observed, expected or average information; ai is the default."
            | Df _ ->
                "degrees of freedom of the fixed effects: asymptotic, residual, containment, between-within, "
                + "satterthwaite or kenward-roger; without it no p-values are given."
            | Convention _ -> "whose Satterthwaite or Kenward-Roger: sas, sas-linear, pbkrtest, lmertest or mmrm."
            | Json -> "print one line of JSON instead of the summary."
            | Quiet -> "show no progress on standard error."

/// <summary>What <c>lmm anova</c> understands.</summary>
[<HelpFlags("--help", "-h")>]
type AnovaArguments =
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

/// <summary>What <c>lmm</c> understands.</summary>
[<HelpFlags("--help", "-h")>]
type Arguments =
    | [<CliPrefix(CliPrefix.None)>] Fit of ParseResults<FitArguments>
    | [<CliPrefix(CliPrefix.None)>] Anova of ParseResults<AnovaArguments>
    | [<CliPrefix(CliPrefix.None)>] Emmeans of ParseResults<EmmeansArguments>
    | [<CliPrefix(CliPrefix.None)>] Plan of ParseResults<PlanArguments>
    | Version

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Fit _ -> "fit a linear mixed model to a CSV file."
            | Anova _ -> "test the fixed terms of a model by type I, II or III tables."
            | Emmeans _ -> "estimate and compare marginal means and slopes."
            | Plan _ -> "tell how a model would be fitted and what that would cost."
            | Version -> "print the version."

/// <summary>Reading the command line.</summary>
[<RequireQualifiedAccess>]
module CommandLine =

    let private introduction =
        """Fits linear mixed models to CSV data by REML or maximum likelihood.

    lmm fit sleepstudy.csv "Reaction ~ Days + (Days | Subject)"
    lmm anova oats.csv "yield ~ Variety * nitroF + (1 | Block/Variety)"
    lmm emmeans oats.csv "yield ~ Variety * nitroF + (1 | Block/Variety)"
        --over "Variety | nitroF" --contrast pairwise

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

    let private request (fit: ParseResults<FitArguments>) : FitRequest =
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
                |> Option.map AlgorithmName.toAlgorithm
                |> Option.defaultValue Algorithm.AverageInformation
            Df = fit.TryGetResult FitArguments.Df
            Convention = fit.TryGetResult FitArguments.Convention
            AsJson = fit.Contains FitArguments.Json
            IsQuiet = fit.Contains FitArguments.Quiet
        }

    let private anovaRequest (anova: ParseResults<AnovaArguments>) : Result<AnovaRequest, string> =
        let data, formula = anova.GetResult AnovaArguments.Model

        let kind =
            match anova.TryGetResult AnovaArguments.Type with
            | Some 1 -> Ok AnovaType.I
            | Some 2 -> Ok AnovaType.II
            | None
            | Some 3 -> Ok AnovaType.III
            | Some other -> Error $"there is no table of type {other}; --type is 1, 2 or 3."

        kind
        |> Result.map (fun kind -> {
            Type = kind
            Fit = {
                Data = data
                Formula = formula
                Criterion =
                    if anova.Contains AnovaArguments.Ml then
                        Criterion.Ml
                    else
                        Criterion.Reml
                Weights = anova.TryGetResult AnovaArguments.Weights
                Algorithm =
                    anova.TryGetResult AnovaArguments.Algorithm
                    |> Option.map AlgorithmName.toAlgorithm
                    |> Option.defaultValue Algorithm.AverageInformation
                Df = anova.TryGetResult AnovaArguments.Df
                Convention = anova.TryGetResult AnovaArguments.Convention
                AsJson = anova.Contains AnovaArguments.Json
                IsQuiet = anova.Contains AnovaArguments.Quiet
            }
        })

    let private options = [
        "--over"
        "--trend"
        "--contrast"
        "--reference"
        "--adjust"
        "--at"
        "--level"
        "--letters"
        "--prior-weights"
        "--ml"
        "--weights"
        "--algorithm"
        "--df"
        "--convention"
        "--type"
        "--json"
        "--quiet"
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

    let private planRequest (plan: ParseResults<PlanArguments>) : PlanRequest =
        let data, formula = plan.GetResult PlanArguments.Model

        {
            Data = data
            Formula = formula
            AsJson = plan.Contains PlanArguments.Json
        }

    /// <summary>The command that the arguments stand for, or what is wrong with them, as Argu reads them.</summary>
    let parseInFull (arguments: string[]) : Result<Command, string> =
        try
            let parsed = parser.Value.ParseCommandLine arguments

            match parsed.TryGetSubCommand() with
            | Some(Fit fit) -> Ok(Command.Fit(request fit))
            | Some(Plan plan) -> Ok(Command.Plan(planRequest plan))
            | Some(Anova anova) -> anovaRequest anova |> Result.map Command.Anova
            | Some(Emmeans emmeans) -> EmmeansArguments.request emmeans |> Result.map Command.Emmeans
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

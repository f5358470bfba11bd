namespace LmmFunctional.Cli

open System
open System.Globalization
open Argu
open LmmFunctional
open LmmFunctional.Classical

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
    | Fix of NAME_AND_VARIANCE: string
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
                "NAME=VALUE: a variance that is known, such as \"g.(Intercept)=2\" or Residual=4; may be repeated."
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
    4                     an identity fails (lmm verify).
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

    let private robustKind name =
        match name with
        | RobustName.Cr0 -> RobustKind.Cr0
        | RobustName.Cr1 -> RobustKind.Cr1
        | RobustName.Cr2 -> RobustKind.Cr2
        | _ -> RobustKind.Cr3

    // A=kinship.csv: a name, which has no equals sign, and a file, which may have one.
    let private namedFile option (text: string) =
        match text.IndexOf '=' with
        | at when at > 0 && at < text.Length - 1 -> Ok(text.Substring(0, at), text.Substring(at + 1))
        | _ -> Error $"'{option} {text}' is not a name and a file; write {option} NAME=FILE.csv."

    // Residual=4: the name of a variance, which may have an equals sign, and a number, which has none.
    let private heldVariance (text: string) =
        let at = text.LastIndexOf '='
        let number = if at > 0 then text.Substring(at + 1) else ""

        match Double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture) with
        | true, value -> Ok(text.Substring(0, at), value)
        | false, _ -> Error $"'--fix {text}' is not a name and a number; write --fix NAME=VALUE."

    let private heldVariances (fit: ParseResults<FitArguments>) =
        (fit.GetResults FitArguments.Fix, Ok [])
        ||> List.foldBack (fun text rest ->
            rest
            |> Result.bind (fun pairs -> heldVariance text |> Result.map (fun pair -> pair :: pairs)))
        |> Result.bind (fun pairs ->
            match pairs |> List.countBy fst |> List.tryFind (fun (_, count) -> count > 1) with
            | Some(name, _) -> Error $"'{name}' has two values; give it one."
            | None -> Ok pairs)

    // A name stands for one matrix, whether it is given or made from a pedigree.
    let private namedFiles (fit: ParseResults<FitArguments>) =
        let known = fit.GetResults FitArguments.Known |> List.map (namedFile "--known")

        let pedigrees =
            fit.GetResults FitArguments.Pedigree |> List.map (namedFile "--pedigree")

        let pairs results =
            results
            |> List.choose (fun result ->
                match result with
                | Ok pair -> Some pair
                | Error _ -> None)

        let first =
            known @ pedigrees
            |> List.tryPick (fun result ->
                match result with
                | Ok _ -> None
                | Error problem -> Some problem)

        let repeated =
            pairs known @ pairs pedigrees
            |> List.countBy fst
            |> List.tryFind (fun (_, count) -> count > 1)

        match first, repeated with
        | Some problem, _ -> Error problem
        | None, Some(name, _) -> Error $"two matrices are named '{name}'; give each its own name."
        | None, None -> Ok(pairs known, pairs pedigrees)

    let private request (fit: ParseResults<FitArguments>) (known, pedigrees) held : FitRequest =
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
            Residual = fit.TryGetResult FitArguments.Residual
            Known = known
            Pedigrees = pedigrees
            Held = held
            Algorithm =
                fit.TryGetResult FitArguments.Algorithm
                |> Option.map AlgorithmName.toAlgorithm
                |> Option.defaultValue Algorithm.AverageInformation
            Df = fit.TryGetResult FitArguments.Df
            Convention = fit.TryGetResult FitArguments.Convention
            Robust = fit.TryGetResult FitArguments.Robust |> Option.map robustKind
            Cluster = fit.TryGetResult FitArguments.Cluster
            AsJson = fit.Contains FitArguments.Json
            IsQuiet = fit.Contains FitArguments.Quiet
        }

    let private testRequest (anova: ParseResults<FixedTestArguments>) : Result<FixedTestRequest, string> =
        let data, formula = anova.GetResult FixedTestArguments.Model

        let kind =
            match anova.TryGetResult FixedTestArguments.Type with
            | Some 1 -> Ok HypothesisType.I
            | Some 2 -> Ok HypothesisType.II
            | None
            | Some 3 -> Ok HypothesisType.III
            | Some other -> Error $"there is no table of type {other}; --type is 1, 2 or 3."

        kind
        |> Result.map (fun kind -> {
            Type = kind
            Fit = {
                Data = data
                Formula = formula
                Criterion =
                    if anova.Contains FixedTestArguments.Ml then
                        Criterion.Ml
                    else
                        Criterion.Reml
                Weights = anova.TryGetResult FixedTestArguments.Weights
                Residual = None
                Known = []
                Pedigrees = []
                Held = []
                Algorithm =
                    anova.TryGetResult FixedTestArguments.Algorithm
                    |> Option.map AlgorithmName.toAlgorithm
                    |> Option.defaultValue Algorithm.AverageInformation
                Df = anova.TryGetResult FixedTestArguments.Df
                Convention = anova.TryGetResult FixedTestArguments.Convention
                Robust = None
                Cluster = None
                AsJson = anova.Contains FixedTestArguments.Json
                IsQuiet = anova.Contains FixedTestArguments.Quiet
            }
        })

    let private options command =
        match command with
        | "plan" -> [ "--json"; "--help" ]
        | "compare" -> [ "--ml"; "--weights"; "--json"; "--help" ]
        | "ci" -> [
            "--ml"
            "--weights"
            "--profile"
            "--wald"
            "--boot"
            "--interval"
            "--seed"
            "--level"
            "--json"
            "--help"
          ]
        | "ems" -> [ "--random"; "--levels"; "--reps"; "--restricted"; "--differences"; "--help" ]
        | "anova" -> [
            "--type"
            "--df"
            "--convention"
            "--ml"
            "--weights"
            "--algorithm"
            "--json"
            "--quiet"
            "--help"
          ]
        | "emmeans" -> [
            "--over"
            "--trend"
            "--contrast"
            "--reference"
            "--adjust"
            "--at"
            "--weights"
            "--type"
            "--level"
            "--letters"
            "--prior-weights"
            "--ml"
            "--algorithm"
            "--df"
            "--convention"
            "--json"
            "--quiet"
            "--help"
          ]
        | "anova-table" -> [ "--random"; "--type"; "--zero"; "--differences"; "--json"; "--help" ]
        | _ -> [
            "--ml"
            "--weights"
            "--residual"
            "--known"
            "--pedigree"
            "--fix"
            "--algorithm"
            "--df"
            "--convention"
            "--robust"
            "--cluster"
            "--json"
            "--quiet"
            "--help"
          ]

    /// Argu repeats the whole help below its sentence; a user who mistyped a word needs only the sentence.
    let private sentence command (message: string) =
        let first = message.Split('\n')[0]
        let first = first.Replace("ERROR: ", "").Trim().TrimEnd('.')

        let question =
            match first.StartsWith "unrecognized", first.Split '\'' with
            | true, [| _; word; _ |] when word.StartsWith "--" ->
                match Nearest.suggest (options command) word with
                | Some option -> $" did you mean '{option}'?"
                | None -> ""
            // A formula without quotes arrives in pieces.
            | true, _ -> " is the formula in quotes?"
            | false, _ -> ""

        $"{first};{question} 'lmm {command} --help' lists the arguments."

    let private planRequest (plan: ParseResults<PlanArguments>) : PlanRequest =
        let data, formula = plan.GetResult PlanArguments.Model

        {
            Data = data
            Formula = formula
            AsJson = plan.Contains PlanArguments.Json
        }

    let private verifyRequest (verify: ParseResults<VerifyArguments>) : VerifyRequest =
        let data, formula = verify.GetResult VerifyArguments.Model

        {
            Data = data
            Formula = formula
            Criterion =
                if verify.Contains VerifyArguments.Ml then
                    Criterion.Ml
                else
                    Criterion.Reml
            AsJson = verify.Contains VerifyArguments.Json
        }

    let private names (lists: string list) =
        lists
        |> List.collect (fun list -> List.ofArray (list.Split(',', StringSplitOptions.TrimEntries)))
        |> List.filter ((<>) "")

    let private level (text: string) =
        match text.Split('=', StringSplitOptions.TrimEntries) with
        | [| name; count |] when name <> "" ->
            match Int32.TryParse count with
            | true, count -> Ok(name, count)
            | false, _ -> Error text
        | _ -> Error text

    let private quasi isDifference =
        if isDifference then QuasiF.Differences else QuasiF.Sums

    let private emsRequest (ems: ParseResults<EmsArguments>) =
        let levels = ems.GetResults EmsArguments.Levels |> names |> List.map level

        let wrong =
            levels
            |> List.choose (fun level ->
                match level with
                | Error text -> Some $"'{text}'"
                | Ok _ -> None)

        if wrong.IsEmpty then
            Ok {
                Terms = ems.GetResult EmsArguments.Terms
                Random = ems.GetResults EmsArguments.Random |> names
                Levels = levels |> List.choose Result.toOption
                Replicates = ems.GetResult(EmsArguments.Reps, 1)
                Form =
                    if ems.Contains EmsArguments.Restricted then
                        InteractionForm.Restricted
                    else
                        InteractionForm.Unrestricted
                Quasi = quasi (ems.Contains EmsArguments.Differences)
            }
        else
            let wrong = String.concat ", " wrong
            Error $"--levels {wrong} cannot be read; write each factor with its number of levels, as in A=4,B=5."

    let private anovaRequest (anova: ParseResults<AnovaArguments>) =
        let data, formula = anova.GetResult AnovaArguments.Model

        let kind =
            match anova.GetResult(AnovaArguments.Type, 1) with
            | 1 -> Ok SumsOfSquares.TypeI
            | 2 -> Ok SumsOfSquares.TypeII
            | 3 -> Ok SumsOfSquares.TypeIII
            | other -> Error $"--type {other} is not known; sums of squares are of type 1, 2 or 3."

        kind
        |> Result.map (fun kind -> {
            Data = data
            Formula = formula
            Random = anova.GetResults AnovaArguments.Random |> names
            Kind = kind
            Quasi = quasi (anova.Contains AnovaArguments.Differences)
            Negative =
                if anova.Contains AnovaArguments.Zero then
                    NegativeEstimates.SetToZero
                else
                    NegativeEstimates.Keep
            AsJson = anova.Contains AnovaArguments.Json
        })

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
            | Some(Fit fit) when fit.Contains FitArguments.Cluster && not (fit.Contains FitArguments.Robust) ->
                Error "--cluster goes with --robust; write for instance --robust cr2."
            | Some(Fit fit) ->
                namedFiles fit
                |> Result.bind (fun files -> heldVariances fit |> Result.map (request fit files >> Command.Fit))
            | Some(Plan plan) -> Ok(Command.Plan(planRequest plan))
            | Some(Anova anova) -> testRequest anova |> Result.map Command.Anova
            | Some(Verify verify) -> Ok(Command.Verify(verifyRequest verify))
            | Some(Ci ci) -> intervalRequest ci
            | Some(Compare comparison) -> comparisonRequest comparison
            | Some(Ems ems) -> emsRequest ems |> Result.map Command.Ems
            | Some(AnovaTable anova) -> anovaRequest anova |> Result.map Command.AnovaTable
            | Some(Emmeans emmeans) -> EmmeansArguments.request emmeans |> Result.map Command.Emmeans
            | _ when parsed.Contains Version -> Ok Command.ShowVersion
            | _ -> Error "a command is missing; write lmm fit DATA.csv \"FORMULA\", or see 'lmm --help'."
        with :? ArguParseException as problem ->
            match problem.ErrorCode with
            | ErrorCode.HelpText -> Ok(Command.ShowHelp problem.Message)
            | _ ->
                let command =
                    match Array.tryHead arguments with
                    | Some("plan" | "anova" | "emmeans" | "ci" | "compare" | "ems" | "anova-table" as command) ->
                        command
                    | _ -> "fit"

                Error(sentence command problem.Message)

    /// <summary>The command that the arguments stand for, or what is wrong with them.</summary>
    let parse (arguments: string[]) : Result<Command, string> =
        match PlainArguments.tryRead (List.ofArray arguments) with
        | Some command -> Ok command
        | None -> parseInFull arguments

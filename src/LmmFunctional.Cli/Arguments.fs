namespace LmmFunctional.Cli

open System
open System.Globalization
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
    | [<Unique>] Residual of STRUCTURE: string
    | Known of NAME_AND_FILE: string
    | Pedigree of NAME_AND_FILE: string
    | Fix of NAME_AND_VARIANCE: string
    | [<Unique>] Algorithm of AlgorithmName
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

/// <summary>What <c>lmm</c> understands.</summary>
[<HelpFlags("--help", "-h")>]
type Arguments =
    | [<CliPrefix(CliPrefix.None)>] Fit of ParseResults<FitArguments>
    | [<CliPrefix(CliPrefix.None)>] Plan of ParseResults<PlanArguments>
    | Version

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Fit _ -> "fit a linear mixed model to a CSV file."
            | Plan _ -> "tell how a model would be fitted and what that would cost."
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

    let private request (fit: ParseResults<FitArguments>) (known, pedigrees) held =
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
                |> Option.map algorithm
                |> Option.defaultValue Algorithm.AverageInformation
            AsJson = fit.Contains FitArguments.Json
            IsQuiet = fit.Contains FitArguments.Quiet
        }

    let private options = [
        "--ml"
        "--weights"
        "--residual"
        "--known"
        "--pedigree"
        "--fix"
        "--algorithm"
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

    let private planRequest (plan: ParseResults<PlanArguments>) =
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
            | Some(Fit fit) ->
                namedFiles fit
                |> Result.bind (fun files -> heldVariances fit |> Result.map (request fit files >> Command.Fit))
            | Some(Plan plan) -> Ok(Command.Plan(planRequest plan))
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

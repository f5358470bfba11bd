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

/// <summary>What <c>lmm</c> understands.</summary>
[<HelpFlags("--help", "-h")>]
type Arguments =
    | [<CliPrefix(CliPrefix.None)>] Fit of ParseResults<FitArguments>
    | [<CliPrefix(CliPrefix.None)>] Plan of ParseResults<PlanArguments>
    | [<CliPrefix(CliPrefix.None)>] Verify of ParseResults<VerifyArguments>
    | Version

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Fit _ -> "fit a linear mixed model to a CSV file."
            | Plan _ -> "tell how a model would be fitted and what that would cost."
            | Verify _ -> "check on a fit the equations that every fit satisfies."
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

    let private algorithm name =
        match name with
        | AlgorithmName.Nr -> Algorithm.NewtonRaphson
        | AlgorithmName.Fisher -> Algorithm.FisherScoring
        | _ -> Algorithm.AverageInformation

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
                |> Option.map algorithm
                |> Option.defaultValue Algorithm.AverageInformation
            AsJson = fit.Contains FitArguments.Json
            IsQuiet = fit.Contains FitArguments.Quiet
        }

    let private options = [ "--ml"; "--weights"; "--algorithm"; "--json"; "--quiet"; "--help" ]

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

    /// <summary>The command that the arguments stand for, or what is wrong with them, as Argu reads them.</summary>
    let parseInFull (arguments: string[]) : Result<Command, string> =
        try
            let parsed = parser.Value.ParseCommandLine arguments

            match parsed.TryGetSubCommand() with
            | Some(Fit fit) -> Ok(Command.Fit(request fit))
            | Some(Plan plan) -> Ok(Command.Plan(planRequest plan))
            | Some(Verify verify) -> Ok(Command.Verify(verifyRequest verify))
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

namespace LmmFunctional.Cli

open Argu
open LmmFunctional

/// <summary>The names of algorithms on the command line.</summary>
type AlgorithmName =
    | Nr = 0
    | Fisher = 1
    | Ai = 2

/// <summary>What <c>lmm fit</c> understands.</summary>
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

/// <summary>What <c>lmm</c> understands.</summary>
type Arguments =
    | [<CliPrefix(CliPrefix.None)>] Fit of ParseResults<FitArguments>
    | Version

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Fit _ -> "fit a linear mixed model to a CSV file."
            | Version -> "print the version."

/// <summary>A fit as asked for.</summary>
type FitRequest = {
    Data: string
    Formula: string
    Criterion: Criterion
    Weights: string option
    Algorithm: Algorithm
    AsJson: bool
    IsQuiet: bool
}

/// <summary>What the user wants done.</summary>
[<RequireQualifiedAccess>]
type Command =
    | Fit of FitRequest
    | ShowVersion
    | ShowHelp of text: string

/// <summary>Reading the command line.</summary>
[<RequireQualifiedAccess>]
module CommandLine =

    let private codes =
        "Exit codes: 0 an optimum (the certificate may note a bound or a flat direction); 2 problems in the arguments, "
        + "the data or the formula, listed on standard error; 3 not converged; 70 an error in lmm itself."

    let private introduction =
        "lmm fits linear mixed models to CSV data by REML or maximum likelihood.\n\n"
        + "    lmm fit sleepstudy.csv \"Reaction ~ Days + (Days | Subject)\"\n\n"
        + codes

    // The checks of the argument types cost start-up time, and a test makes them.
    let private parser =
        lazy (ArgumentParser.Create<Arguments>(programName = "lmm", helpTextMessage = introduction, checkStructure = false))

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
            Criterion = if fit.Contains FitArguments.Ml then Criterion.Ml else Criterion.Reml
            Weights = fit.TryGetResult FitArguments.Weights
            Algorithm =
                fit.TryGetResult FitArguments.Algorithm
                |> Option.map algorithm
                |> Option.defaultValue Algorithm.AverageInformation
            AsJson = fit.Contains FitArguments.Json
            IsQuiet = fit.Contains FitArguments.Quiet
        }

    /// <summary>The command that the arguments stand for, or what is wrong with them.</summary>
    let parse (arguments: string[]) : Result<Command, string> =
        try
            let parsed = parser.Value.ParseCommandLine arguments

            match parsed.TryGetSubCommand() with
            | Some(Fit fit) -> Ok(Command.Fit(request fit))
            | _ when parsed.Contains Version -> Ok Command.ShowVersion
            | _ -> Error "nothing to do"
        with :? ArguParseException as problem ->
            match problem.ErrorCode with
            | ErrorCode.HelpText -> Ok(Command.ShowHelp problem.Message)
            | _ -> Error problem.Message

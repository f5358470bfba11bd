module LmmFunctional.Cli.Program

open Argu
open Spectre.Console
open LmmFunctional

type FitArguments =
    | [<MainCommand; ExactlyOnce>] Model of data: string * formula: string

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Model _ -> "the CSV file and the model formula"

type Arguments =
    | [<CliPrefix(CliPrefix.None)>] Fit of ParseResults<FitArguments>

    interface IArgParserTemplate with
        member argument.Usage =
            match argument with
            | Fit _ -> "fit a linear mixed model"

[<EntryPoint>]
let main arguments =
    try
        let parsed =
            ArgumentParser.Create<Arguments>(programName = "lmm").ParseCommandLine arguments

        match parsed.GetSubCommand() with
        | Fit fit ->
            let data, formula = fit.GetResult Model
            AnsiConsole.MarkupLineInterpolated $"lmm {Lmm.version}: {formula} on {data}"

        0
    with :? ArguParseException as problem ->
        eprintfn "%s" problem.Message
        2

namespace LmmFunctional.Cli

open LmmFunctional
open LmmFunctional.Data

/// <summary>The command <c>lmm sums</c>.</summary>
[<RequireQualifiedAccess>]
module internal SumsCommand =

    let private result (partial: Partial) = {
        CommandResult.create
            (fun () -> CommandResult.lines [ string partial ])
            (fun () -> $"{{\"rows\":{partial.Rows},\"cells\":{partial.Cells}}}")
            (fun () ->
                CommandTables.frame [
                    "rows", Column.ofFloats [ float partial.Rows ]
                    "cells", Column.ofFloats [ float partial.Cells ]
                ]) with
            Save = Some(fun path -> Partial.save path partial)
    }

    let private read (arguments: Arguments) : Result<CommandRun, string> =
        let values = arguments.Options

        match OptionValues.contains "-o" values, (OptionValues.tryAny [ "--json"; "--csv" ] values).IsSome with
        | false, _ -> Error "-o is missing; name the file of the sums, such as -o hospital-1.json."
        | true, true -> Error "'lmm sums' writes sums; leave out --json and --csv."
        | true, false ->
            ModelOptions.model ModelOptions.weights arguments.Words[0] arguments.Words[1] values
            |> Result.map (fun model _ ->
                ModelSource.spec model
                |> Result.bind (SumSource.collect model.Reading)
                |> Result.map result)

    /// The sums of some rows, for fits of many parts.
    let command: Command = {
        Name = "sums"
        Purpose = "save the sums of the rows that a model needs, for lmm fit \"sums:FILES\"."
        Example = "hospital-1.parquet \"y ~ x + (1 | subject)\" -o hospital-1.json"
        Words = [ Command.data; Command.formula ]
        Meanings = []
        Groups = [ "MODEL", ModelOptions.structures; "DATA", DataOptions.table ]
        Read = read
    }

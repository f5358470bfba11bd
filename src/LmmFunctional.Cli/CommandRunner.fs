namespace LmmFunctional.Cli

open System
open System.IO
open LmmFunctional
open LmmFunctional.Analysis

/// <summary>Runs a command and writes what it finds.</summary>
[<RequireQualifiedAccess>]
module internal CommandRunner =

    // A program that runs the command gets the same words, however long it takes.
    let private displayOn (error: TextWriter) (request: ResultRequest) =
        if request.IsQuiet || not (Object.ReferenceEquals(error, Console.Error)) then
            ProgressDisplay.Silent
        elif Console.IsErrorRedirected then
            ProgressDisplay.Lines error
        else
            ProgressDisplay.Live error

    let private text (request: ResultRequest) (result: CommandResult) =
        let notes =
            if result.Notes.IsEmpty then
                ""
            else
                CommandResult.lines ("" :: result.Notes)

        result.Text request.MostRows + notes

    let private render (error: TextWriter) (request: ResultRequest) (result: CommandResult) =
        match request.Format with
        | TableFormat.Text -> Ok(text request result)
        | TableFormat.Json -> Ok(result.Json() + "\n")
        | TableFormat.Csv ->
            // Files of numbers have no place for sentences.
            result.Notes |> List.iter error.WriteLine
            result.Table() |> Result.map FrameText.toCsv

    let private write (output: TextWriter) (file: string option) (text: string) =
        match file with
        | None ->
            output.Write text
            Ok()
        | Some path ->
            try
                File.WriteAllText(path, text)
                Ok()
            with
            | :? IOException
            | :? UnauthorizedAccessException
            | :? ArgumentException as problem -> Error [ LmmError.UnwritableFile(path, problem.Message) ]

    let private save (output: TextWriter) error (request: ResultRequest) (result: CommandResult) =
        match request.File, result.Save, request.Format with
        | Some path, Some save, TableFormat.Text -> save path
        | _ -> render error request result |> Result.bind (write output request.File)
        |> Result.map (fun () -> result.Code)

    /// Prints or writes what the command finds, or the problems; the exit code.
    let run (output: TextWriter) (error: TextWriter) (command: CommandRun) (request: ResultRequest) : int =
        let found =
            ProgressDisplay.during (displayOn error request) command
            |> Result.bind (save output error request)

        match found with
        | Ok code -> code
        | Error problems -> ExitCode.refuse error problems

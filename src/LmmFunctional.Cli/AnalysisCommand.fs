namespace LmmFunctional.Cli

open System
open System.IO
open LmmFunctional

/// <summary>Runs the commands on a fit.</summary>
[<RequireQualifiedAccess>]
module internal AnalysisCommand =

    let private render (request: AnalysisRequest) (result: AnalysisResult) =
        match request.Format with
        | TableFormat.Csv -> FrameText.toCsv result.Table
        | TableFormat.Json -> result.Json() + "\n"
        | TableFormat.Text ->
            [
                yield! result.Text request.MostRows

                if not result.Notes.IsEmpty then
                    ""

                yield! result.Notes
            ]
            |> List.map (fun line -> line + "\n")
            |> String.concat ""

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

    /// Prints or writes what the command finds, or the problems; the exit code.
    let print (output: TextWriter) (error: TextWriter) (request: AnalysisRequest) : int =
        let written =
            FitCommand.run error request.Fit
            |> Result.bind (fun (fit, _, _) -> request.Run fit |> Result.map (fun result -> fit, result))
            |> Result.bind (fun (fit, result) ->
                // Files of numbers have no place for sentences.
                if request.Format = TableFormat.Csv then
                    result.Notes |> List.iter error.WriteLine

                match request.File, result.Save, request.Format with
                | Some path, Some save, TableFormat.Text -> save path
                | _ -> render request result |> write output request.File
                |> Result.map (fun () -> fit))

        match written with
        | Ok fit -> ExitCode.ofCertificate fit.Certificate
        | Error problems -> ExitCode.refuse error problems

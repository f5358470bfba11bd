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

    /// The fit of a saved model, or of data and formula.
    let private fitted error (request: AnalysisRequest) =
        match request.Saved with
        | Some path -> Lmm.load path
        | None -> FitCommand.run error request.Fit |> Result.map (fun (fit, _, _) -> fit)

    /// Prints or writes what the command finds, or the problems; the exit code.
    let print (output: TextWriter) (error: TextWriter) (request: AnalysisRequest) : int =
        let written =
            fitted error request
            |> Result.bind (fun fit ->
                ProgressDisplay.during (FitCommand.displayOn error request.Fit) (fun report -> request.Run report fit)
                |> Result.map (fun result -> fit, result))
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

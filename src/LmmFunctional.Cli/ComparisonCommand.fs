namespace LmmFunctional.Cli

open System.IO
open LmmFunctional

/// <summary>The command <c>lmm compare</c>.</summary>
[<RequireQualifiedAccess>]
module internal ComparisonCommand =

    /// Prints criteria, weights and tests of nested neighbours, or the problems; the exit code.
    let print (output: TextWriter) (error: TextWriter) (request: ComparisonRequest) : int =
        let compared =
            ModelSource.readAll (request.Model.Formula :: request.Others) request.Model
            |> Result.bind (fun sources ->
                let first = List.head sources

                sources
                |> List.map _.Spec
                |> Lmm.compare (ModelSource.options request.Criterion request.Parameters first) first.Frame)

        match compared with
        | Ok table ->
            if request.AsJson then
                output.Write(ComparisonReport.toJson table + "\n")
            else
                output.Write(ComparisonReport.render SummaryFormat.Text table)

            ExitCode.success
        | Error problems -> ExitCode.refuse error problems

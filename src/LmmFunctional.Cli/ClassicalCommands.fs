namespace LmmFunctional.Cli

open System.IO
open LmmFunctional
open LmmFunctional.Classical

/// <summary>The commands <c>lmm ems</c> and <c>lmm anova-table</c>.</summary>
[<RequireQualifiedAccess>]
module internal ClassicalCommands =

    /// Prints expected mean squares, or the problems of the design; the exit code.
    let printEms (output: TextWriter) (error: TextWriter) (request: EmsRequest) : int =
        match BalancedDesign.parse request.Terms request.Random request.Levels request.Replicates with
        | Ok design ->
            output.Write(EmsReport.render SummaryFormat.Text request.Form request.Quasi design)
            ExitCode.success
        | Error problems -> ExitCode.refuse error problems

    /// Prints the analysis of variance of a file, or the problems; the exit code.
    let printAnova (output: TextWriter) (error: TextWriter) (request: AnovaRequest) : int =
        let model =
            ModelSource.read {
                ModelRequest.plain request.Data request.Formula with
                    Reading = request.Reading
            }
            |> Result.bind (fun source -> AnovaModel.create source.Spec request.Random source.Frame)

        match model with
        | Ok model ->
            let table = AnovaTable.create request.Kind request.Quasi model

            if request.AsJson then
                output.Write(AnovaJson.render request.Negative table + "\n")
            else
                output.Write(AnovaReport.render SummaryFormat.Text request.Negative table)

            ExitCode.success
        | Error problems -> ExitCode.refuse error problems

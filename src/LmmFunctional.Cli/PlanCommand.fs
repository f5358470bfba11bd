namespace LmmFunctional.Cli

open System.IO
open LmmFunctional

/// <summary>The command <c>lmm plan</c>.</summary>
[<RequireQualifiedAccess>]
module internal PlanCommand =

    /// Prints how a model would be fitted, or its problems; the exit code.
    let print (output: TextWriter) (error: TextWriter) (request: PlanRequest) : int =
        let planned =
            ModelSource.read request.Model
            |> Result.bind (fun source -> Lmm.planWith source.Known source.Frame source.Spec)

        match planned with
        | Ok plan ->
            if request.AsJson then
                output.Write(PlanReport.toJson plan + "\n")
            else
                output.Write(PlanReport.render SummaryFormat.Text plan)

            ExitCode.success
        | Error problems -> ExitCode.refuse error problems

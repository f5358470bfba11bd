namespace LmmFunctional.Cli

open System.IO
open LmmFunctional

/// <summary>The command <c>lmm ci</c>.</summary>
[<RequireQualifiedAccess>]
module internal IntervalCommand =

    let private intervalsOf (request: IntervalRequest) (fit: Fit) =
        match request.Method with
        | IntervalMethod.Profile -> Ok(IntervalReport.profile request.Level fit)
        | IntervalMethod.Wald -> Ok(IntervalReport.wald request.Level fit)
        | IntervalMethod.Bootstrap(replicates, kind, seed) ->
            let options = {
                BootstrapOptions.defaults with
                    Replicates = replicates
                    Seed = seed
            }

            Bootstrap.run options fit
            |> Result.map (IntervalReport.bootstrap kind request.Level)

    /// Prints intervals of all parameters, or the problems; the exit code.
    let print (output: TextWriter) (error: TextWriter) (request: IntervalRequest) : int =
        let fitted =
            ModelSource.read request.Model
            |> Result.bind (fun source ->
                Lmm.fit (ModelSource.options request.Criterion request.Parameters source) source.Frame source.Spec)
            |> Result.bind (fun fit -> intervalsOf request fit |> Result.map (fun table -> fit, table))

        match fitted with
        | Ok(fit, table) ->
            if request.AsJson then
                output.Write(IntervalReport.toJson fit table + "\n")
            else
                output.Write(IntervalReport.render SummaryFormat.Text fit table)

            ExitCode.ofCertificate fit.Certificate
        | Error problems -> ExitCode.refuse error problems

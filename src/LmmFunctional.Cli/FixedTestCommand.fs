namespace LmmFunctional.Cli

open System.IO
open LmmFunctional

/// <summary>The command <c>lmm anova</c>.</summary>
[<RequireQualifiedAccess>]
module internal FixedTestCommand =

    /// Prints the tests of the fixed terms, or the problems; the exit code.
    let print (output: TextWriter) (error: TextWriter) (request: FixedTestRequest) : int =
        let tested =
            FitCommand.run error request.Fit
            |> Result.bind (fun (fit, method, _) ->
                let method = defaultArg method DegreesOfFreedomMethod.satterthwaite

                Inference.create method fit
                |> Result.bind (fun inference ->
                    FitCommand.tests request.Fit inference
                    |> Result.map (fun tests -> fit, Anova.ofInference request.Type inference, tests)))

        match tested with
        | Ok(fit, table, tests) ->
            if request.Fit.AsJson then
                output.Write(FixedTestReport.toJsonWith fit table tests + "\n")
            else
                output.Write(FixedTestReport.renderHypotheses SummaryFormat.Text table tests)

            ExitCode.ofCertificate fit.Certificate
        | Error problems -> ExitCode.refuse error problems

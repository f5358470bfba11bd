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
                Anova.table request.Type method fit |> Result.map (fun table -> fit, table))

        match tested with
        | Ok(fit, table) ->
            if request.Fit.AsJson then
                output.Write(FixedTestReport.toJson fit table + "\n")
            else
                output.Write(FixedTestReport.render SummaryFormat.Text table)

            ExitCode.ofCertificate fit.Certificate
        | Error problems -> ExitCode.refuse error problems

namespace LmmFunctional.Cli

open System.IO
open LmmFunctional

/// <summary>The command <c>lmm verify</c>.</summary>
[<RequireQualifiedAccess>]
module internal VerifyCommand =

    /// Prints the identities of a fit, or its problems; the exit code.
    let print (output: TextWriter) (error: TextWriter) (request: VerifyRequest) : int =
        let fitted =
            ModelSource.read request.Model
            |> Result.bind (fun source ->
                Lmm.fit (ModelSource.options request.Criterion request.Parameters source) source.Frame source.Spec)

        match fitted with
        | Ok fit ->
            let checks = Identities.check fit

            if request.AsJson then
                output.Write(IdentityReport.toJson fit checks + "\n")
            else
                output.Write(IdentityReport.render SummaryFormat.Text fit checks)

            if (Identities.failures checks).IsEmpty then
                ExitCode.ofCertificate fit.Certificate
            else
                ExitCode.broken
        | Error problems -> ExitCode.refuse error problems

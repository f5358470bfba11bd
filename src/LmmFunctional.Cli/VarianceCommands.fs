namespace LmmFunctional.Cli

open System.IO
open LmmFunctional

/// <summary>The commands <c>lmm r2</c> and <c>lmm variance-test</c>.</summary>
[<RequireQualifiedAccess>]
module internal VarianceCommands =

    let private fit criterion parameters (model: ModelRequest) =
        ModelSource.read model
        |> Result.bind (fun source ->
            Lmm.fit (ModelSource.options criterion parameters source) source.Frame source.Spec)

    let private answer (output: TextWriter) (error: TextWriter) (fitted: Result<Fit, LmmError list>) found text =
        match
            fitted
            |> Result.bind (fun fit -> found fit |> Result.map (fun table -> fit, table))
        with
        | Ok(fit, table) ->
            output.Write(text fit table: string)
            ExitCode.ofCertificate fit.Certificate
        | Error problems -> ExitCode.refuse error problems

    /// Prints R², intraclass correlations and the shares of the random terms, or the problems; the exit code.
    let printShares (output: TextWriter) (error: TextWriter) (request: VerifyRequest) : int =
        answer
            output
            error
            (fit request.Criterion request.Parameters request.Model)
            VarianceShareReport.ofFit
            (fun fit table ->
                if request.AsJson then
                    VarianceShareReport.toJson fit table + "\n"
                else
                    VarianceShareReport.render SummaryFormat.Text fit table)

    /// Prints a test of every variance, or the problems; the exit code.
    let printTests (output: TextWriter) (error: TextWriter) (request: VarianceTestRequest) : int =
        let options: VarianceTestOptions = {
            Draws = request.Draws
            Seed = request.Seed
            Bootstrap =
                request.Replicates
                |> Option.map (fun replicates -> {
                    BootstrapOptions.defaults with
                        Replicates = replicates
                        Seed = request.Seed
                })
        }

        answer
            output
            error
            (fit request.Criterion request.Parameters request.Model)
            (VarianceTestReport.ofFit options)
            (fun fit table ->
                if request.AsJson then
                    VarianceTestReport.toJson fit table + "\n"
                else
                    VarianceTestReport.render SummaryFormat.Text fit table)

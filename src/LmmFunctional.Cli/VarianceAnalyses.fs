namespace LmmFunctional.Cli

open LmmFunctional
open LmmFunctional.Analysis
open LmmFunctional.Verification

/// <summary>The commands <c>lmm r2</c>, <c>lmm variance-test</c> and <c>lmm verify</c>.</summary>
[<RequireQualifiedAccess>]
module internal VarianceAnalyses =

    // Shares

    let private shareResult (fit: Fit) (table: VarianceShareTable) =
        CommandResult.create
            (fun () -> VarianceShareReport.render SummaryFormat.Text fit table)
            (fun () -> VarianceShareReport.toJson fit table)
            (fun () -> CommandTables.shares table)

    /// R², intraclass correlations and the shares of the random terms.
    let shares: Analysis = {
        Name = "r2"
        First = None
        Purpose = "R squared, intraclass correlations, and the shares of the random terms."
        Example = "sleepstudy.csv \"Reaction ~ Days + (Days | Subject)\""
        Options = []
        Methods = None
        Weights = ModelOptions.weights
        OfSums = false
        Check = fun _ -> []
        Read =
            fun _ _ -> Ok(fun _ fitted -> VarianceShareReport.ofFit fitted.Fit |> Result.map (shareResult fitted.Fit))
    }

    // Tests

    let private testResult (fit: Fit) (table: VarianceTestTable) =
        CommandResult.create
            (fun () -> VarianceTestReport.render SummaryFormat.Text fit table)
            (fun () -> VarianceTestReport.toJson fit table)
            (fun () -> CommandTables.varianceTests table)

    let private testOptions (values: OptionValues) : Result<(string -> unit) -> VarianceTestOptions, string> =
        match
            OptionValues.count "--draws" 100 10000 values,
            OptionValues.tryCount "--boot" 20 1000 values,
            OptionValues.count "--seed" 0 1 values
        with
        | Error problem, _, _
        | _, Error problem, _
        | _, _, Error problem -> Error problem
        | Ok draws, Ok replicates, Ok seed ->
            Ok(fun report -> {
                Draws = draws
                Seed = seed
                Bootstrap =
                    replicates
                    |> Option.map (fun replicates ->
                        RefitProgress.telling report {
                            BootstrapOptions.defaults with
                                Replicates = replicates
                                Seed = seed
                        })
            })

    /// A test of every variance.
    let tests: Analysis = {
        Name = "variance-test"
        First = None
        Purpose = "test whether variances are zero."
        Example = "sleepstudy.csv \"Reaction ~ Days + (Days | Subject)\""
        Options = [
            OptionTable.value
                "--draws"
                "NUMBER"
                "draws from the exact distribution, where it applies; 10000 is the default."
            OptionTable.value "--boot" "REPLICATES" "a parametric bootstrap of each test too, from so many replicates."
            OptionTable.value "--seed" "SEED" "of all draws; 1 is the default."
        ]
        Methods = None
        Weights = ModelOptions.weights
        OfSums = false
        Check = fun _ -> []
        Read =
            fun arguments _ ->
                testOptions arguments.Options
                |> Result.map (fun options report fitted ->
                    VarianceTestReport.ofFit (options report) fitted.Fit
                    |> Result.map (testResult fitted.Fit))
    }

    // Identities

    let private identityResult (fit: Fit) (checks: IdentityCheck list) = {
        CommandResult.create
            (fun () -> IdentityReport.render SummaryFormat.Text fit checks)
            (fun () -> IdentityReport.toJson fit checks)
            (fun () -> CommandTables.identities checks) with
            Code =
                if (Identities.failures checks).IsEmpty then
                    ExitCode.success
                else
                    ExitCode.broken
    }

    /// The identities of a fit.
    let verify: Analysis = {
        Name = "verify"
        First = None
        Purpose = "check on a fit the equations that every fit satisfies."
        Example = "sleepstudy.csv \"Reaction ~ Days + (Days | Subject)\""
        Options = []
        Methods = None
        Weights = ModelOptions.weights
        OfSums = false
        Check = fun _ -> []
        Read = fun _ _ -> Ok(fun _ fitted -> Ok(identityResult fitted.Fit (Identities.check fitted.Fit)))
    }

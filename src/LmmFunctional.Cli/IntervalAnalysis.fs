namespace LmmFunctional.Cli

open LmmFunctional
open LmmFunctional.Analysis

/// <summary>The command <c>lmm ci</c>.</summary>
[<RequireQualifiedAccess>]
module internal IntervalAnalysis =

    let private kinds = [
        "percentile", BootstrapInterval.Percentile
        "basic", BootstrapInterval.Basic
        "bca", BootstrapInterval.BiasCorrectedAccelerated
    ]

    let private options = [
        OptionTable.switch "--profile" "profile likelihood intervals; the default."
        OptionTable.switch "--wald" "intervals from the curvature of the likelihood."
        OptionTable.value "--boot" "REPLICATES" "parametric bootstrap intervals from so many replicates."
        OptionTable.choice "--interval" kinds "with --boot; percentile is the default."
        OptionTable.value "--seed" "SEED" "of the bootstrap; 1 is the default."
        OptionTable.value "--level" "LEVEL" "of confidence; 0.95 is the default."
    ]

    let private bootstrap replicates kind seed level report fit =
        let options = {
            BootstrapOptions.defaults with
                Replicates = replicates
                Seed = seed
        }

        Bootstrap.run (RefitProgress.telling report options) fit
        |> Result.map (IntervalReport.bootstrap kind level)

    /// How intervals of a level are made.
    let private method (values: OptionValues) =
        let isGiven name = OptionValues.contains name values
        let kind = OptionValues.choice "--interval" kinds values
        let seed = OptionValues.count "--seed" 0 1 values
        let replicates = OptionValues.tryCount "--boot" 20 1000 values

        let given = [ "--profile"; "--wald"; "--boot" ] |> List.filter isGiven

        match replicates, kind, seed, given with
        | Error problem, _, _, _
        | _, Error problem, _, _
        | _, _, Error problem, _ -> Error problem
        | _, _, _, _ :: _ :: _ -> Error "give one of --profile, --wald and --boot."
        | Ok None, _, _, _ when isGiven "--interval" || isGiven "--seed" ->
            Error "--interval and --seed belong to --boot; give a number of replicates."
        | Ok(Some replicates), Ok kind, Ok seed, _ -> Ok(bootstrap replicates kind seed)
        | Ok None, _, _, [ "--wald" ] -> Ok(fun level _ fit -> Ok(IntervalReport.wald level fit))
        | Ok None, _, _, _ -> Ok(fun level _ fit -> Ok(IntervalReport.profile level fit))

    let private result (fit: Fit) (table: IntervalTable) =
        CommandResult.create
            (fun () -> IntervalReport.render SummaryFormat.Text fit table)
            (fun () -> IntervalReport.toJson fit table)
            (fun () -> Tidy.intervals table.Intervals)

    let private read (arguments: Arguments) _ : Result<AnalysisRun, string> =
        match method arguments.Options, OptionValues.level arguments.Options with
        | Error problem, _
        | _, Error problem -> Error problem
        | Ok intervals, Ok level ->
            Ok(fun report fitted -> intervals level report fitted.Fit |> Result.map (result fitted.Fit))

    /// Intervals of all parameters.
    let analysis: Analysis = {
        Name = "ci"
        First = None
        Purpose = "confidence intervals of all parameters of a model."
        Example = "sleepstudy.csv \"Reaction ~ Days + (Days | Subject)\" --profile"
        Options = options
        Methods = None
        Weights = ModelOptions.weights
        OfSums = true
        Check = fun _ -> []
        Read = read
    }

namespace LmmFunctional.Cli

open System
open LmmFunctional
open LmmFunctional.Analysis

/// <summary>The command <c>lmm fit</c>.</summary>
[<RequireQualifiedAccess>]
module internal FitAnalysis =

    let private robustKinds = [
        "cr0", RobustKind.Cr0
        "cr1", RobustKind.Cr1
        "cr2", RobustKind.Cr2
        "cr3", RobustKind.Cr3
    ]

    let private options = [
        OptionTable.choice
            "--robust"
            robustKinds
            "standard errors that hold when the covariances within clusters are wrong."
        OptionTable.value
            "--cluster"
            "FACTOR"
            "the clusters of --robust, a factor or a column; without it the subjects of the model."
        HypothesisOption.option
    ]

    let private robust kind cluster fit : Result<RobustCovariance option, LmmError list> =
        match kind, cluster with
        | None, _ -> Ok None
        | Some kind, None -> RobustCovariance.ofSubjects kind fit |> Result.map Some
        | Some kind, Some cluster -> RobustCovariance.create kind cluster fit |> Result.map Some

    /// What the fixed effects are tested by, with the tests of linear functions.
    let private inference (values: OptionValues) (fitted: FittedModel) =
        match fitted.Method with
        | None when not (OptionValues.contains HypothesisOption.option.Name values) -> Ok None
        | method ->
            Inference.create (defaultArg method DegreesOfFreedomMethod.satterthwaite) fitted.Fit
            |> Result.bind (fun inference ->
                HypothesisOption.tests values inference
                |> Result.map (fun tests -> Some(inference, tests)))

    // Table

    // Without a method there are no tests, in a table either.
    let private untested (table: Frame) =
        CommandTables.columns table
        |> List.filter (fun (name, _) -> not (List.contains name [ "df"; "p"; "lower"; "upper" ]))
        |> CommandTables.frame

    let private plain (fit: Fit) =
        Inference.create DegreesOfFreedomMethod.Asymptotic fit
        |> Result.map (Tidy.fit 0.95 >> untested)

    // The robust errors of the fixed effects, which are the first rows.
    let private withRobust (robust: RobustCovariance option) (table: Frame) =
        match robust with
        | None -> table
        | Some robust ->
            let own = RobustCovariance.coefficients 0.95 robust

            let column name number =
                name,
                List.init table.Rows (fun row -> if row < own.Length then number own[row] else nan)
                |> Column.ofFloats

            CommandTables.frame (
                CommandTables.columns table
                @ [
                    column "seRobust" _.StandardError
                    column "dfRobust" _.Df
                    column "pRobust" _.P
                ]
            )

    // With linear functions the table is theirs.
    let private tableOf (fit: Fit) tested robust () =
        match tested with
        | Some(_, (_ :: _ as tests)) -> tests |> List.collect _.Estimates |> Tidy.estimates |> Ok
        | Some(inference, []) -> Tidy.fit 0.95 inference |> withRobust robust |> Ok
        | None -> plain fit |> Result.map (withRobust robust)

    // Result

    let private text (fit: Fit) tested robust =
        match tested, robust with
        | Some(inference, tests), robust -> Summary.renderHypotheses SummaryFormat.Text inference robust tests
        | None, Some robust -> Summary.renderRobust SummaryFormat.Text None robust
        | None, None -> Summary.render SummaryFormat.Text fit

    let private json (fitted: FittedModel) tested robust =
        match tested, robust with
        | Some(inference, tests), robust -> FitJson.renderHypotheses fitted.Reading inference robust tests
        | None, Some robust -> FitJson.renderRobust fitted.Reading None robust
        | None, None -> FitJson.render fitted.Reading fitted.Fit

    let private result (fitted: FittedModel) tested robust : CommandResult = {
        Text = fun _ -> text fitted.Fit tested robust
        Table = tableOf fitted.Fit tested robust
        Json = fun () -> json fitted tested robust
        Notes = []
        Save = None
        Code = ExitCode.success
    }

    let private read (arguments: Arguments) _ : Result<AnalysisRun, string> =
        let values = arguments.Options

        match OptionValues.tryChoice "--robust" robustKinds values, OptionValues.tryFind "--cluster" values with
        | Error problem, _ -> Error problem
        | Ok None, Some _ -> Error "--cluster goes with --robust; write for instance --robust cr2."
        | Ok kind, cluster ->
            Ok(fun _ fitted ->
                match inference values fitted, robust kind cluster fitted.Fit with
                | Ok tested, Ok robust -> Ok(result fitted tested robust)
                | tested, robust -> Error(Results.problems tested @ Results.problems robust))

    /// A fit and its summary.
    let analysis: Analysis = {
        Name = "fit"
        First = None
        Purpose = "fit a linear mixed model and print its summary."
        Example = "sleepstudy.csv \"Reaction ~ Days + (Days | Subject)\""
        Options = options
        Methods = Some MethodOptions.forSummary
        Weights = ModelOptions.weights
        OfSums = true
        Check = fun _ -> []
        Read = read
    }

namespace LmmFunctional.Cli

open LmmFunctional.Analysis
open LmmFunctional.Charts

/// <summary>The command <c>lmm plot</c>.</summary>
[<RequireQualifiedAccess>]
module internal PlotAnalysis =

    let private kinds = ChartKinds.all |> List.map (fun (name, shows, _) -> name, shows)

    let private options = [
        OptionTable.value
            "--by"
            "FACTOR"
            "of influence and outliers: row, or a grouping factor; of subjects the grouping factor; of predictions a factor."
        OptionTable.value
            "--along"
            "COVARIATE"
            "what subjects and predictions are drawn along; the first covariate without it."
        OptionTable.value
            "--over"
            "VARIABLES"
            "of means and interactions, such as \"Variety | nitroF\"; of field the columns of the map, such as row,column."
        OptionTable.value "--replicates" "NUMBER" "refits of bootstrap; 500 is the default."
        OptionTable.value "--seed" "SEED" "of bootstrap; 1 is the default."
    ]

    let private result (chart: ChartSpec) : CommandResult =
        let table = Chart.data chart

        {
            Text =
                fun most ->
                    (chart.Title :: chart.Subtitle)
                    @ [ "" ]
                    @ (FrameText.toTable most table |> List.map _.TrimEnd())
                    @ [ ""; "-o FILE draws it: .html, .svg or .json." ]
                    |> CommandResult.lines
            Table = fun () -> Ok table
            Json = fun () -> Json.toText (Chart.spec chart)
            Notes = []
            Save = Some(fun path -> Chart.save path chart)
            Code = ExitCode.success
        }

    let private read (arguments: Arguments) _ : Result<AnalysisRun, string> =
        let values = arguments.Options

        match
            ChartKinds.find arguments.Words.Head,
            OptionValues.count "--replicates" 2 500 values,
            OptionValues.count "--seed" 0 1 values
        with
        | Error problem, _, _
        | _, Error problem, _
        | _, _, Error problem -> Error problem
        | Ok draw, Ok replicates, Ok seed ->
            Ok(fun report fitted ->
                let by = OptionValues.tryFind "--by" values

                draw {
                    Fit = fitted.Fit
                    Inference = fun () -> FittedModel.inference fitted
                    Units = by |> Option.defaultValue "row" |> DiagnosticUnits.ofName
                    By = by
                    Along = OptionValues.tryFind "--along" values
                    Over = OptionValues.tryFind "--over" values
                    Bootstrap =
                        RefitProgress.telling report {
                            BootstrapOptions.defaults with
                                Replicates = replicates
                                Seed = seed
                        }
                }
                |> Result.map result)

    /// Charts of a fit.
    let analysis: Analysis = {
        Name = "plot"
        First = Some("KIND", kinds)
        Purpose = "draw a chart of a fit: residuals, quantiles, subjects, means, profiles and many more."
        Example = "panel sleepstudy.csv \"Reaction ~ Days + (Days | Subject)\" -o panel.html"
        Options = options
        Methods = Some MethodOptions.kenwardRoger
        Weights = ModelOptions.weights
        OfSums = false
        Check = fun _ -> []
        Read = read
    }

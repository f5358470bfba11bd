namespace LmmFunctional.Cli

open LmmFunctional
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

    /// The method that is asked for, or the usual one.
    let inference (request: FitRequest) (fit: Fit) : Result<Inference, LmmError list> =
        FitCommand.method request
        |> Result.bind (fun method ->
            let usual =
                match fit.Criterion with
                | Criterion.Reml -> DegreesOfFreedomMethod.kenwardRoger
                | Criterion.Ml -> DegreesOfFreedomMethod.satterthwaite

            match method with
            | Some method -> Inference.create method fit
            | None ->
                match Inference.create usual fit with
                | Ok found -> Ok found
                // What Kenward-Roger does not know has Satterthwaite's tests.
                | Error _ -> Inference.create DegreesOfFreedomMethod.satterthwaite fit)

    let private result (chart: ChartSpec) : AnalysisResult =
        let table = Chart.data chart

        {
            Text =
                fun most ->
                    (chart.Title :: chart.Subtitle)
                    @ [ "" ]
                    @ (FrameText.toTable most table |> List.map _.TrimEnd())
                    @ [ ""; "-o FILE draws it: .html, .svg or .json." ]
            Table = table
            Json = fun () -> Json.toText (Chart.spec chart)
            Notes = []
            Save = Some(fun path -> Chart.save path chart)
        }

    let private read values (request: FitRequest) =
        match OptionValues.tryFind "KIND" values with
        | None -> Error "a kind of chart is missing, such as lmm plot panel DATA FORMULA -o panel.html."
        | Some name ->
            match
                ChartKinds.find name,
                OptionValues.count "--replicates" 2 500 values,
                OptionValues.count "--seed" 0 1 values
            with
            | Error problem, _, _
            | _, Error problem, _
            | _, _, Error problem -> Error problem
            | Ok draw, Ok replicates, Ok seed ->
                Ok(fun fit ->
                    let by = OptionValues.tryFind "--by" values

                    draw {
                        Fit = fit
                        Inference = fun () -> inference request fit
                        Units = by |> Option.defaultValue "row" |> DiagnosticUnits.ofName
                        By = by
                        Along = OptionValues.tryFind "--along" values
                        Over = OptionValues.tryFind "--over" values
                        Bootstrap = {
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
        FitOptions = [ "--df"; "--convention" ]
        Read = read
    }

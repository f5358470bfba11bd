namespace LmmFunctional.Charts

open LmmFunctional
open LmmFunctional.Analysis

/// <summary>Interactions: marginal means of two variables as lines.</summary>
[<RequireQualifiedAccess>]
module internal InteractionChart =

    // Vega-Lite breaks a line at every step of an axis of names.
    let private positions title (levels: string list) =
        Channel.number "x" "place" title
        |> Channel.withProperty
            "axis"
            (Json.Object [
                "values", [ 0 .. levels.Length - 1 ] |> List.map float |> Json.numbers
                "labelExpr", Json.Text $"{Json.toText (Json.texts levels)}[datum.value]"
                "grid", Json.Bool false
            ])
        |> Channel.withProperty
            "scale"
            (Json.Object [
                "domain", Json.numbers [ -0.4; float levels.Length - 0.6 ]
                "nice", Json.Bool false
            ])

    /// Intervals, lines and points.
    let private layersOf (means: MarginalMeans) second x colour shape =
        let y field = Channel.number "y" field means.Quantity

        [
            Layer.create "rule" "means" [ x; y "lower"; Channel.other "y2" "upper"; colour ]
            |> Layer.styled [ "strokeWidth", Json.Number 1.8; "opacity", Json.Number 0.7 ]
            Drawing.line "means" [ x; y "mean"; colour ]
            Layer.create "point" "means" [ x; y "mean"; colour; shape ]
            |> Layer.styled [
                "filled", Json.Bool true
                "size", Json.Number 65.0
                "opacity", Json.Number 1.0
            ]
            |> Layer.telling (("line", second) :: MeanCharts.tooltip)
        ]

    /// The means of two factors as lines: one along x, a line for each level of the other.
    let create (means: MarginalMeans) : Result<ChartSpec, LmmError list> =
        let variables (mean: MarginalMean) = mean.Levels @ mean.Group

        match MeanCharts.known means with
        | [] -> Drawing.nothing "interaction" "the data determine none of the means."
        | found ->
            match means.Over @ means.By with
            | first :: second :: _ ->
                let level name (mean: MarginalMean) =
                    variables mean |> List.find (fun (own, _) -> own = name) |> snd

                let rest (mean: MarginalMean) =
                    variables mean
                    |> List.filter (fun (own, _) -> own <> first && own <> second)
                    |> MeanCharts.label

                let names f =
                    found |> List.map (fun (_, mean, _) -> f mean)

                let hasMore = names rest |> List.distinct |> List.length > 1

                let levels = names (level first) |> List.distinct
                let lines = names (level second) |> List.distinct

                // Lines stand a little beside each other, so that their intervals can be told apart.
                let place (mean: MarginalMean) =
                    let beside = float (List.findIndex ((=) (level second mean)) lines)
                    let apart = 0.3 / float (max 3 lines.Length)

                    float (List.findIndex ((=) (level first mean)) levels)
                    + apart * (beside - 0.5 * float (lines.Length - 1))

                let data =
                    Drawing.frame (
                        [
                            "level", names (level first) |> Column.ofStrings
                            "line", names (level second) |> Column.ofStrings
                            if hasMore then
                                "family", names rest |> Column.ofStrings
                            "place", found |> List.map (fun (_, mean, _) -> place mean) |> Column.ofFloats
                        ]
                        @ MeanCharts.columns found None
                    )

                let x = positions first levels
                let colour = Channel.namesIn lines "color" "line" second
                let shape = Channel.namesIn lines "shape" "line" second

                let layers = layersOf means second x colour shape

                {
                    Drawing.chart
                        "interaction"
                        $"{MeanCharts.capital means.Quantity}: {first} by {second}"
                        (MeanCharts.heading means @ [ "parallel lines mean no interaction" ])
                        $"Lines of {means.Quantity} over the levels of {first}, one for each of the {lines.Length} levels of {second}, with {MeanCharts.percent means} %% confidence intervals."
                        [ "means", data ]
                        (if hasMore then
                             View.Facets("family", 3, true, true, layers)
                         else
                             View.Layers layers) with
                        Width = if hasMore then 260 else 480
                }
                |> Ok
            | _ -> Drawing.nothing "interaction" "it needs the means of two variables, such as 'variety * nitro'."

namespace LmmFunctional.Charts

open LmmFunctional
open LmmFunctional.Estimation

/// <summary>Predicted random effects: against normal quantiles, and one by one with their intervals.</summary>
[<RequireQualifiedAccess>]
module internal EffectCharts =

    // Levels that have room for their names.
    let private mostNames = 60

    /// One effect of one term with its interval at every level.
    let private effectsOf z (term: RandomEffects) effect = [
        for level in 0 .. term.Levels.Length - 1 do
            let mode = term.Modes[level, effect]
            let error = term.PredictionErrors[level, effect]

            {|
                Panel = $"{term.Group}: {term.Effects[effect]}"
                Group = term.Group
                Level = term.Levels[level]
                Effect = term.Effects[effect]
                Mode = mode
                Error = error
                Lower = mode - z * error
                Upper = mode + z * error
            |}
    ]

    let private table
        (rows:
            {|
                Panel: string
                Group: string
                Level: string
                Effect: string
                Mode: float
                Error: float
                Lower: float
                Upper: float
            |} list)
        extra
        =
        Drawing.frame (
            [
                "panel", rows |> List.map _.Panel |> Column.ofStrings
                "level", rows |> List.map _.Level |> Column.ofStrings
                "effect", rows |> List.map _.Effect |> Column.ofStrings
                "mode", rows |> List.map _.Mode |> Column.ofFloats
                "se", rows |> List.map _.Error |> Column.ofFloats
                "lower", rows |> List.map _.Lower |> Column.ofFloats
                "upper", rows |> List.map _.Upper |> Column.ofFloats
            ]
            @ extra
        )

    let private tooltip = [
        "panel", "effect"
        "level", "level"
        "mode", "predicted"
        "lower", "from"
        "upper", "to"
    ]

    let private ofFit kind (fit: Fit) =
        match Fit.randomEffects fit with
        | [] -> Drawing.nothing kind "the model has no random effects."
        | terms -> Ok terms

    let private z = Drawing.normalQuantile 0.975

    let private intervalWords =
        "95 % intervals by the prediction error variance, covariance parameters taken as known"

    /// Predicted random effects against normal quantiles, each with its interval.
    let quantiles (fit: Fit) : Result<ChartSpec, LmmError list> =
        ofFit "effects-qq" fit
        |> Result.map (fun terms ->
            let panels = [
                for term in terms do
                    for effect in 0 .. term.Effects.Length - 1 do
                        let sorted = effectsOf z term effect |> List.sortBy _.Mode
                        let n = sorted.Length

                        let quantiles = Drawing.plottingPositions n |> Array.map Drawing.normalQuantile

                        let kept = Drawing.drawn n [ 0; n - 1 ]
                        // The line through the quartiles, as R's qqline.
                        let modes = sorted |> List.map _.Mode |> Array.ofList
                        let high, low = Drawing.quantile modes 0.75, Drawing.quantile modes 0.25
                        let slope = (high - low) / (2.0 * Drawing.normalQuantile 0.75)
                        let middle = 0.5 * (high + low)
                        let all = Array.ofList sorted

                        for k in kept do
                            all[k], quantiles[k], middle + slope * quantiles[k]
            ]

            let rows = panels |> List.map (fun (row, _, _) -> row)

            let data =
                table rows [
                    "theoretical", panels |> List.map (fun (_, quantile, _) -> quantile) |> Column.ofFloats
                    "line", panels |> List.map (fun (_, _, line) -> line) |> Column.ofFloats
                ]

            let x = Channel.number "x" "theoretical" "standard normal quantile"

            let y field =
                Channel.number "y" field $"effect on {Drawing.response fit}"

            let count = rows |> List.map _.Panel |> List.distinct |> List.length

            {
                Drawing.chart
                    "effects-qq"
                    "Normal quantile plot of the random effects"
                    [ Drawing.formula fit; intervalWords ]
                    $"Predicted random effects of {count} terms against standard normal quantiles, each with an interval."
                    [ "effects", data ]
                    (View.Facets(
                        "panel",
                        min 3 count,
                        true,
                        false,
                        [
                            Drawing.line "effects" [ x; y "line" ]
                            |> Layer.styled [
                                "color", Json.Text "currentColor"
                                "strokeWidth", Json.Number 1.0
                                "opacity", Json.Number 0.5
                            ]
                            Layer.create "rule" "effects" [ x; y "lower"; Channel.other "y2" "upper" ]
                            |> Layer.styled [ "color", Json.Text Theme.blue; "opacity", Json.Number 0.45 ]
                            Drawing.points rows.Length "effects" [ x; y "mode" ]
                            |> Drawing.coloured Theme.blue
                            |> Layer.telling tooltip
                        ]
                    )) with
                    Width = 280
                    Height = 260
            })

    /// Predicted random effects of every level with their intervals, sorted.
    let caterpillar (fit: Fit) : Result<ChartSpec, LmmError list> =
        ofFit "caterpillar" fit
        |> Result.map (fun terms ->
            let most = terms |> List.map _.Levels.Length |> List.max
            let hasNames = most <= mostNames

            let rows = [
                for term in terms do
                    // The levels of all effects of a term are in the order of its first effect.
                    let rank =
                        [| 0 .. term.Levels.Length - 1 |]
                        |> Array.sortBy (fun level -> -term.Modes[level, 0])

                    let kept = Drawing.drawn rank.Length [ 0; rank.Length - 1 ]

                    for effect in 0 .. term.Effects.Length - 1 do
                        let own = effectsOf z term effect |> Array.ofList

                        for k in kept do
                            own[rank[k]], term.Levels.Length - k
            ]

            let data =
                table (List.map fst rows) [ "rank", rows |> List.map snd |> Column.ofInts ]

            let y =
                if hasNames then
                    Channel.names "y" "level" ""
                    |> Channel.withProperty "axis" (Json.Object [ "grid", Json.Bool false ])
                else
                    Channel.number "y" "rank" "rank of the level"

            let x field =
                Channel.number "x" field $"effect on {Drawing.response fit}"

            let count =
                rows |> List.map (fun (row, _) -> row.Panel) |> List.distinct |> List.length

            {
                Drawing.chart
                    "caterpillar"
                    "Predicted random effects with intervals"
                    [ Drawing.formula fit; intervalWords ]
                    $"The predicted random effects of every level, sorted, with 95 %% intervals, in {count} panels."
                    [ "effects", data ]
                    (View.Facets(
                        "panel",
                        min 3 count,
                        false,
                        false,
                        [
                            Drawing.dashedRule "effects" [ Channel.datum "x" 0.0 None ]
                            |> Layer.where "datum.rank == 1"
                            Layer.create "rule" "effects" [ y; x "lower"; Channel.other "x2" "upper" ]
                            |> Layer.styled [ "color", Json.Text Theme.blue; "opacity", Json.Number 0.55 ]
                            Drawing.points rows.Length "effects" [ y; x "mode" ]
                            |> Drawing.coloured Theme.blue
                            |> Layer.telling tooltip
                        ]
                    )) with
                    Width = 280
                    Height = if hasNames then max 120 (14 * most) else 360
            })

namespace LmmFunctional.Charts

open System
open LmmFunctional
open LmmFunctional.Analysis

/// <summary>Fixed effects of one or several models with intervals.</summary>
[<RequireQualifiedAccess>]
module internal CoefficientCharts =

    let private intercept = "(Intercept)"
    let private level = 0.95

    /// A row for each effect of each model.
    let private dataOf several (rows: (string * Estimate) list) =
        let number f =
            rows |> List.map (snd >> f) |> Column.ofFloats

        Drawing.frame [
            if several then
                "model", rows |> List.map fst |> Column.ofStrings
            "name", rows |> List.map (fun (_, own) -> own.Name) |> Column.ofStrings
            "estimate", number _.Estimate
            "se", number _.StandardError
            "df", number _.Df
            "p", number _.P
            "lower", number _.Lower
            "upper", number _.Upper
        ]

    /// Intervals and points, a colour for each of several models.
    let private layers response names (models: string list) =
        let several = models.Length > 1

        let y =
            Channel.namesIn names "y" "name" ""
            |> Channel.withProperty "axis" (Json.Object [ "grid", Json.Bool false ])

        let x field =
            Channel.number "x" field $"effect on {response}"

        let ofModel = [
            if several then
                Channel.namesIn models "color" "model" "model"

                Channel.namesIn models "yOffset" "model" ""
        ]

        let dye layer =
            if several then layer else Drawing.coloured Theme.blue layer

        [
            Drawing.reference "x" 0.0
            Layer.create "rule" "coefficients" ([ y; x "lower"; Channel.other "x2" "upper" ] @ ofModel)
            |> dye
            |> Layer.styled [ "strokeWidth", Json.Number 2.5 ]
            Layer.create "point" "coefficients" ([ y; x "estimate" ] @ ofModel)
            |> dye
            |> Layer.styled [
                "filled", Json.Bool true
                "size", Json.Number 65.0
                "opacity", Json.Number 1.0
            ]
            |> Layer.telling [
                if several then
                    "model", "model"
                "name", "effect"
                "estimate", "estimate"
                "se", "standard error"
                "df", "df"
                "p", "p"
                "lower", "from"
                "upper", "to"
            ]
        ]

    /// <summary>Points with 95 % intervals, a colour for each model.</summary>
    /// <param name="models">Names with fits made ready for tests.</param>
    let create (models: (string * Inference) list) : Result<ChartSpec, LmmError list> =
        let all = [
            for name, inference in models do
                for own in Inference.coefficients level inference -> name, own
        ]

        let others = all |> List.filter (fun (_, own) -> own.Name <> intercept)
        // On its own it is worth drawing; beside others it stretches the axis.
        let rows = if others.IsEmpty then all else others

        if rows.IsEmpty then
            Drawing.nothing "coefficients" "the model has no fixed effects."
        else
            let several = models.Length > 1
            let names = rows |> List.map (fun (_, own) -> own.Name) |> List.distinct
            let response = models |> List.head |> snd |> _.Fit |> Drawing.response

            let methods =
                models
                |> List.map (fun (_, own) -> DegreesOfFreedomMethod.describe own.Method)
                |> List.distinct
                |> String.concat "; "

            {
                Drawing.chart
                    "coefficients"
                    (if several then
                         $"Fixed effects of {models.Length} models"
                     else
                         "Fixed effects")
                    [
                        if not several then
                            Drawing.formula (snd models.Head).Fit
                        $"95 %% confidence intervals, df {methods}"
                        if rows.Length < all.Length then
                            "the intercept is left out"
                    ]
                    $"Estimates of {names.Length} fixed effects on {response} with 95 %% confidence intervals."
                    [ "coefficients", dataOf several rows ]
                    (View.Layers(layers response names (List.map fst models))) with
                    Height = max 90 (names.Length * (if several then 14 + 12 * models.Length else 26))
            }
            |> Ok

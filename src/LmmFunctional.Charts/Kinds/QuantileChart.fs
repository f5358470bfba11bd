namespace LmmFunctional.Charts

open System
open LmmFunctional
open LmmFunctional.Analysis

/// <summary>The normal quantile plot of residuals.</summary>
[<RequireQualifiedAccess>]
module internal QuantileChart =

    /// Ordered studentised residuals against normal quantiles, with an envelope.
    let create (source: ResidualSource) : Result<ChartSpec, LmmError list> =
        ResidualSource.rows "qq" source
        |> Result.map (fun rows ->
            let table = source.Table.Value

            let ordered = rows |> Array.sortBy (fun row -> table.StudentizedConditional[row])

            let n = ordered.Length
            let values = ordered |> Array.map (fun row -> table.StudentizedConditional[row])

            let quantiles = Drawing.plottingPositions n |> Array.map Drawing.normalQuantile

            let envelope = NormalEnvelope.create source.Fit n

            let isOutside k =
                values[k] < envelope.Lower[k] || values[k] > envelope.Upper[k]

            let outside = [| 0 .. n - 1 |] |> Array.filter isOutside
            let drawn = Drawing.drawn n (Seq.append [ 0..24 ] [ n - 25 .. n - 1 ])

            let pick (all: float[]) =
                drawn |> Seq.map (fun k -> all[k]) |> Column.ofFloats

            let data =
                ResidualSource.columns source (drawn |> Array.map (fun k -> ordered[k])) [
                    "theoretical", pick quantiles
                    "residual", pick values
                    "lower", pick envelope.Lower
                    "upper", pick envelope.Upper
                    "place",
                    drawn
                    |> Seq.map (fun k -> if isOutside k then "outside" else "inside")
                    |> Column.ofStrings
                ]

            let x = Channel.number "x" "theoretical" "standard normal quantile"

            let y field =
                Channel.number "y" field (ResidualSource.title source)

            let points colour place = [
                if Drawing.hasText data "place" place then
                    Drawing.points drawn.Length "residuals" [ x; y "residual" ]
                    |> Drawing.coloured colour
                    |> Layer.where $"datum.place == '{place}'"
                    |> Layer.telling (
                        ResidualSource.tooltip source [
                            "residual", "studentised residual"
                            "theoretical", "normal quantile"
                            "lower", "envelope from"
                            "upper", "to"
                        ]
                    )
            ]

            Drawing.chart
                "qq"
                "Normal quantile plot of the residuals"
                (Drawing.formula source.Fit
                 :: $"{envelope.Words}; {outside.Length} of {n} outside"
                 :: Drawing.drawnNote drawn n)
                $"Ordered studentised residuals against standard normal quantiles with a {envelope.Words}; {outside.Length} of {n} residuals are outside."
                [ "residuals", data ]
                (View.Layers [
                    Drawing.band "residuals" [ x; y "lower"; Channel.other "y2" "upper" ]
                    |> Drawing.coloured Theme.blue
                    Drawing.line "residuals" [ x; y "theoretical" ]
                    |> Drawing.coloured Theme.blue
                    |> Layer.styled [ "strokeWidth", Json.Number 1.0; "opacity", Json.Number 0.7 ]
                    yield! points Theme.blue "inside"
                    yield! points Theme.vermilion "outside"
                ]))

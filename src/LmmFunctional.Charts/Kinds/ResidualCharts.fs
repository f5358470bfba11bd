namespace LmmFunctional.Charts

open System
open LmmFunctional
open LmmFunctional.Analysis

/// <summary>Residuals against fitted values, as they are and by their size; leverages.</summary>
[<RequireQualifiedAccess>]
module internal ResidualCharts =

    let private extremes (values: float[]) =
        let order =
            [| 0 .. values.Length - 1 |] |> Array.sortBy (fun row -> -(abs values[row]))

        order |> Array.truncate 50

    let private smoother (x: float[]) (y: float[]) =
        let curve = Lowess.curve (Array.zip x y)

        // Straight between the points of the fits: hundreds are not needed.
        curve
        |> Array.distinctBy fst
        |> fun points ->
            Drawing.drawn points.Length [ points.Length - 1 ]
            |> Array.map (fun k -> points[k])

    /// Points of a residual against the fitted values with a smooth curve.
    let private againstFitted kind title description (words: string) name (value: float -> float) lines source =
        ResidualSource.rows kind source
        |> Result.map (fun rows ->
            let table = source.Table.Value
            let fitted = rows |> Array.map (fun row -> table.Fitted[row])
            let values = rows |> Array.map (fun row -> value table.StudentizedConditional[row])
            let drawn = Drawing.drawn rows.Length (extremes values)
            let pick (all: float[]) = drawn |> Seq.map (fun k -> all[k])

            let data =
                ResidualSource.columns source (drawn |> Array.map (fun k -> rows[k])) [
                    "fitted", pick fitted |> Column.ofFloats
                    name, pick values |> Column.ofFloats
                ]

            let smoothX, smoothY = smoother fitted values |> Array.unzip

            let curve =
                Drawing.frame [ "fitted", Column.ofFloats smoothX; "smooth", Column.ofFloats smoothY ]

            let x = Channel.number "x" "fitted" $"fitted {Drawing.response source.Fit}"

            Drawing.chart
                kind
                title
                (Drawing.formula source.Fit :: Drawing.drawnNote drawn rows.Length)
                (description (smoothY |> Array.min) (smoothY |> Array.max))
                [ "residuals", data; "smoother", curve ]
                (View.Layers [
                    Drawing.points drawn.Length "residuals" [ x; Channel.number "y" name words ]
                    |> Drawing.coloured Theme.blue
                    |> Layer.telling (ResidualSource.tooltip source [ "fitted", "fitted"; name, words ])
                    yield! lines |> List.map (Drawing.reference "y")
                    Drawing.line "smoother" [ x; Channel.number "y" "smooth" words ]
                    |> Drawing.coloured Theme.vermilion
                ]))

    /// Studentised conditional residuals against fitted values.
    let againstFit (source: ResidualSource) : Result<ChartSpec, LmmError list> =
        againstFitted
            "residuals"
            "Residuals against fitted values"
            (fun low high ->
                $"Studentised conditional residuals of {Drawing.response source.Fit} against its fitted values; the smooth curve runs between {Drawing.number low} and {Drawing.number high}. A model that fits has a curve near zero.")
            (ResidualSource.title source)
            "residual"
            id
            [ 0.0 ]
            source

    /// Roots of the absolute residuals against fitted values: whether the spread changes.
    let scaleLocation (source: ResidualSource) : Result<ChartSpec, LmmError list> =
        againstFitted
            "scale-location"
            "Spread of the residuals along the fitted values"
            (fun low high ->
                $"Roots of absolute studentised residuals of {Drawing.response source.Fit} against its fitted values; the smooth curve runs between {Drawing.number low} and {Drawing.number high}. A level curve means equal variances.")
            "√|studentised residual|"
            "spread"
            (abs >> sqrt)
            []
            source

    // Leverage

    /// The largest of some values, to be labelled.
    let private labelled most (values: float[]) isHigh =
        [| 0 .. values.Length - 1 |]
        |> Array.filter isHigh
        |> Array.sortBy (fun k -> -values[k])
        |> Array.truncate most
        |> Set.ofArray

    /// Residuals against leverages, rows far beyond the mean leverage labelled.
    let leverage (source: ResidualSource) : Result<ChartSpec, LmmError list> =
        ResidualSource.rows "leverage" source
        |> Result.map (fun rows ->
            let table = source.Table.Value
            let leverages = rows |> Array.map (fun row -> table.Leverage[row])
            let mean = Seq.average table.Leverage
            let limit = 2.0 * mean
            let high = labelled 8 leverages (fun k -> leverages[k] > limit)
            let drawn = Drawing.drawn rows.Length high
            let kept = drawn |> Array.map (fun k -> rows[k])

            let data =
                ResidualSource.columns source kept [
                    "leverage", kept |> Seq.map (fun row -> table.Leverage[row]) |> Column.ofFloats
                    "leverageFixed", kept |> Seq.map (fun row -> table.LeverageFixed[row]) |> Column.ofFloats
                    "residual",
                    kept
                    |> Seq.map (fun row -> table.StudentizedConditional[row])
                    |> Column.ofFloats
                    "label",
                    drawn
                    |> Seq.map (fun k -> if high.Contains k then string table.Row[rows[k]] else "")
                    |> Column.ofStrings
                ]

            let above = leverages |> Array.filter (fun value -> value > limit) |> Array.length
            let x = Channel.number "x" "leverage" "leverage of the row"
            let y = Channel.number "y" "residual" (ResidualSource.title source)

            Drawing.chart
                "leverage"
                "Residuals against leverages"
                (Drawing.formula source.Fit
                 :: $"dashed: twice the mean leverage, {Drawing.number limit}; {above} of {rows.Length} rows above it"
                 :: Drawing.drawnNote drawn rows.Length)
                $"Studentised residuals against leverages of the fitted values; {above} of {rows.Length} rows have more than twice the mean leverage."
                [ "leverage", data ]
                (View.Layers [
                    Drawing.points drawn.Length "leverage" [ x; y ]
                    |> Drawing.coloured Theme.blue
                    |> Layer.telling (
                        ResidualSource.tooltip source [
                            "leverage", "leverage"
                            "leverageFixed", "of the fixed part"
                            "residual", "studentised residual"
                        ]
                    )
                    Drawing.reference "x" limit
                    Drawing.reference "y" 0.0
                    yield! Drawing.labels data "leverage" [ x; y ]
                ]))

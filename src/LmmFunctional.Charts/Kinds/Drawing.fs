namespace LmmFunctional.Charts

open System
open LmmFunctional
open LmmFunctional.Language
open LmmFunctional.Estimation
open LmmFunctional.Analysis

/// <summary>What kinds of charts have in common.</summary>
[<RequireQualifiedAccess>]
module internal Drawing =

    /// The response as the model writes it.
    let response (fit: Fit) = ExprText.deparse fit.Spec.Response

    /// The model as a formula.
    let formula (fit: Fit) = Formula.print fit.Spec

    let frame = ModelCheck.table

    /// There is nothing to draw, and why.
    let nothing kind reason : Result<'T, LmmError list> =
        Error [ LmmError.NothingToShow($"chart '{kind}'", reason) ]

    /// Whether the rows themselves are not at hand, but sums that stand for them.
    let isOfSums (fit: Fit) = fit.Design.Sums.IsSome

    /// Why such a fit has no chart of its rows.
    let noRows = "the model was fitted to sums of rows; fit the rows themselves."

    /// A sentence as it goes on after a colon.
    let lowered (sentence: string) =
        if sentence = "" then
            sentence
        else
            string (Char.ToLowerInvariant sentence[0]) + sentence.Substring 1

    /// Numbers in words: four significant digits.
    let number (value: float) = NumberText.significant 4 value

    /// A chart of common size without further changes.
    let chart kind title subtitle description tables view : ChartSpec = {
        Kind = kind
        Title = title
        Subtitle = subtitle
        Description = description
        Tables = tables
        View = view
        Width = 480
        Height = 320
        Changes = []
    }

    // Marks

    /// Points, paler where there are many.
    let points count table channels =
        let size, opacity =
            if count > 2000 then 12.0, 0.35
            elif count > 300 then 22.0, 0.5
            else 36.0, 0.7

        Layer.create "point" table channels
        |> Layer.styled [
            "filled", Json.Bool true
            "size", Json.Number size
            "opacity", Json.Number opacity
        ]

    /// The layer in one colour.
    let coloured (colour: string) layer =
        Layer.styled [ "color", Json.Text colour ] layer

    /// A line through the rows of a table in their order.
    let line table channels =
        Layer.create "line" table (channels @ [])
        |> Layer.styled [ "strokeWidth", Json.Number 2.0; "order", Json.Bool false ]

    /// A band between two fields.
    let band table channels =
        Layer.create "area" table channels
        |> Layer.styled [ "opacity", Json.Number 0.18; "tooltip", Json.Bool false ]

    let private dashed =
        Layer.styled [
            "strokeDash", Json.numbers [ 4.0; 4.0 ]
            "opacity", Json.Number 0.55
            "tooltip", Json.Bool false
        ]

    /// A dashed line at a value of x or y; its channel has the title of the axis, which it shares.
    let reference channel value =
        Layer.create "rule" "" [ Channel.datum channel value None ] |> dashed

    /// A dashed rule along fields of a table.
    let dashedRule table channels =
        Layer.create "rule" table channels |> dashed

    /// Names beside points, from the field label; no layer where there are none, which Vega-Lite would warn of.
    let labels (frame: Frame) table channels = [
        let hasLabels =
            match frame.TryColumn "label" with
            | Some(Column.Categorical(_, codes)) -> codes |> Seq.exists (fun code -> code >= 0)
            | _ -> false

        if hasLabels then
            Layer.create "text" table (channels @ [ Channel.text "label" ])
            |> Layer.styled [
                "align", Json.Text "left"
                "dx", Json.Number 6.0
                "dy", Json.Number -5.0
                "tooltip", Json.Bool false
            ]
            |> Layer.where "datum.label != null"
    ]

    /// Whether some row of a table has a text in a field.
    let hasText (frame: Frame) field text =
        match frame.TryColumn field with
        | Some(Column.Categorical(levels, codes)) -> codes |> Seq.exists (fun code -> code >= 0 && levels[code] = text)
        | _ -> false

    // Rows

    // More points than this make a page slow and a chart no clearer.
    let private mostPoints = 5000

    /// <summary>Rows to draw where there are too many: evenly among them, and those that must be there.</summary>
    /// <param name="count">Of all rows.</param>
    /// <param name="always">Rows that are drawn in any case.</param>
    let drawn (count: int) (always: int seq) : int[] =
        if count <= mostPoints then
            [| 0 .. count - 1 |]
        else
            let evenly =
                Seq.init mostPoints (fun k -> int (int64 k * int64 count / int64 mostPoints))

            Seq.append evenly always |> Seq.distinct |> Seq.sort |> Array.ofSeq

    /// What the subtitle says of rows that are not drawn.
    let drawnNote (drawn: int[]) count = [
        if drawn.Length < count then
            $"{drawn.Length:N0} of {count:N0} rows are drawn"
    ]

    /// The levels that rows have of the grouping factors, for tooltips: at most three factors.
    let levels (fit: Fit) (rows: int[]) : (string * Column) list =
        fit.Design.Random
        |> List.distinctBy _.Group
        |> List.truncate 3
        |> List.map (fun term ->
            term.Group, rows |> Seq.map (fun row -> term.Levels[term.Codes[row]]) |> Column.ofStrings)

    /// Some of many, evenly, and whether some are left out.
    let some most (items: 'T list) =
        if items.Length <= most then
            items
        else
            let all = Array.ofList items
            List.init most (fun k -> all[int (int64 k * int64 all.Length / int64 most)])

    // Distributions

    /// z with P(Z ≤ z) = p.
    let normalQuantile (p: float) =
        MathNet.Numerics.Distributions.Normal.InvCDF(0.0, 1.0, p)

    /// Probabilities at which n ordered values are plotted, as R's ppoints has them.
    let plottingPositions n =
        let a = if n <= 10 then 0.375 else 0.5
        Array.init n (fun i -> (float (i + 1) - a) / (float n + 1.0 - 2.0 * a))

    /// The p-quantile of sorted values, straight between them (R's type 7).
    let quantile (sorted: float[]) p =
        let at = p * float (sorted.Length - 1)
        let low = int (floor at) |> max 0 |> min (sorted.Length - 1)
        let high = min (sorted.Length - 1) (low + 1)
        sorted[low] + (at - float low) * (sorted[high] - sorted[low])

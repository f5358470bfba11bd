namespace LmmFunctional.Classical

open LmmFunctional
open LmmFunctional.Analysis

/// <summary>An analysis of variance as tables.</summary>
[<RequireQualifiedAccess>]
module AnovaReport =

    let private digits = 5

    let private left name = name, Alignment.Left
    let private right name = name, Alignment.Right

    // A column in which some cells are empty.
    let private column digits (values: float option list) =
        let texts = NumberText.column digits (values |> List.choose id)

        (texts, values)
        ||> List.mapFold (fun rest value ->
            match value, rest with
            | Some _, text :: rest -> text, rest
            | _ -> "", rest)
        |> fst

    let private pValue (p: float) =
        if p < 0.0001 then "<0.0001" else NumberText.fixedPoint 4 p

    let private df (value: float) =
        let nearest = System.Math.Round value

        if abs (value - nearest) < 1e-9 then
            NumberText.fixedPoint 0 value
        else
            NumberText.fixedPoint 2 value

    /// <summary>Sums of squares, mean squares with their expectations, and tests.</summary>
    let rows (table: AnovaTable) : Table =
        let dfOf source =
            table.Rows |> List.find (fun row -> row.Source = source) |> _.Df

        let tests = table.Rows |> List.map _.Test

        let squares =
            (table.Rows |> List.map _.SumOfSquares) @ [ table.TotalSumOfSquares ]
            |> NumberText.column digits

        let cells =
            [
                table.Rows |> List.map _.Source
                table.Rows |> List.map (fun row -> string row.Df)
                List.truncate table.Rows.Length squares
                table.Rows |> List.map _.MeanSquare |> column digits
                table.Rows |> List.map (fun row -> EmsText.numeric dfOf row.Source row.Expected)
                tests |> List.map (Option.map _.F) |> column 4
                tests
                |> List.map (Option.map (fun test -> df test.NumeratorDf) >> Option.defaultValue "")
                tests
                |> List.map (Option.map (fun test -> df test.DenominatorDf) >> Option.defaultValue "")
                tests
                |> List.map (Option.map (fun test -> pValue test.PValue) >> Option.defaultValue "")
            ]
            |> List.transpose

        let total = [ "Total"; string table.TotalDf; List.last squares; ""; ""; ""; ""; ""; "" ]

        Table.create
            [
                left "Source"
                right "df"
                right "SS"
                right "MS"
                left "E(MS)"
                right "F"
                right "df1"
                right "df2"
                right "p"
            ]
            (cells @ [ total ])

    /// <summary>Which mean squares each test compares.</summary>
    let ratios (table: AnovaTable) : Table =
        Table.create [ left "Source"; left "F" ] [
            for row in table.Rows do
                match row.Test with
                | Some test -> [ row.Source; MeanSquareRatio.describe test.Ratio ]
                | None -> ()
        ]

    let private limits pick (intervals: ConfidenceInterval option list) =
        intervals |> List.map (Option.map pick) |> column digits

    /// <summary>Variance components with standard errors and intervals of Satterthwaite and by modified large samples.
    /// </summary>
    /// <param name="level">The level of the intervals.</param>
    /// <param name="estimates">The estimates.</param>
    let components level (estimates: ComponentEstimate list) : Table =
        let combinations = estimates |> List.map _.Combination

        let satterthwaite =
            combinations |> List.map (MeanSquareCombination.satterthwaite level)

        let large =
            combinations |> List.map (VarianceIntervals.modifiedLargeSample level >> Some)

        let cells =
            [
                estimates |> List.map _.Source
                estimates |> List.map (fun e -> Some e.Estimate) |> column digits
                estimates |> List.map (fun e -> Some e.StandardError) |> column digits
                combinations
                |> List.map2
                    (fun interval parts ->
                        if Option.isSome interval then
                            df (MeanSquareCombination.satterthwaiteDf parts)
                        else
                            "")
                    satterthwaite
                limits _.Lower satterthwaite
                limits _.Upper satterthwaite
                limits _.Lower large
                limits _.Upper large
            ]
            |> List.transpose

        Table.create
            [
                left "Component"
                right "Estimate"
                right "Std. Error"
                right "df"
                right "lower"
                right "upper"
                right "MLS lower"
                right "MLS upper"
            ]
            cells

    let private title kind =
        match kind with
        | SumsOfSquares.TypeI -> "Analysis of variance, type I sums of squares, fixed terms first"
        | SumsOfSquares.TypeII -> "Analysis of variance, type II sums of squares"
        | SumsOfSquares.TypeIII -> "Analysis of variance, type III sums of squares"

    let private negatives (estimates: ComponentEstimate list) =
        let named predicate =
            estimates |> List.filter predicate |> List.map _.Source |> String.concat ", "

        [
            match named _.WasNegative with
            | "" -> ()
            | names -> Block.Line $"Negative estimates set to zero: {names}"

            match named (fun estimate -> estimate.Estimate < 0.0) with
            | "" -> ()
            | names -> Block.Line $"Negative estimates kept: {names}"
        ]

    /// <summary>The parts of the report.</summary>
    /// <param name="negative">What becomes of estimates below zero.</param>
    /// <param name="table">The analysis of variance.</param>
    let blocks negative (table: AnovaTable) : Block list =
        let level = 0.95

        [
            Block.Title(title table.Kind)
            Block.Code("Formula", table.Formula)
            Block.Heading "Sources"
            Block.Grid(rows table)
            Block.Heading "Tests"
            Block.Grid(ratios table)
        ]
        @ match AnovaEstimates.create negative table with
          | Ok estimates ->
              [
                  Block.Heading "Variance components, 95 % intervals"
                  Block.Grid(components level estimates)
              ]
              @ negatives estimates
          | Error problems -> problems |> List.map (LmmError.describe >> Block.Line)

    /// <summary>The report as text or Markdown.</summary>
    let render format negative (table: AnovaTable) : string =
        blocks negative table |> Report.render format

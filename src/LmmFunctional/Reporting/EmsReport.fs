namespace LmmFunctional.Classical

open LmmFunctional.Analysis

/// <summary>Expected mean squares of a balanced design as tables.</summary>
[<RequireQualifiedAccess>]
module EmsReport =

    let private left name = name, Alignment.Left
    let private right name = name, Alignment.Right

    let private kind isRandom = if isRandom then "R" else "F"

    /// <summary>The table of the rules: a row for each term, a column for each subscript with its levels and whether it
    /// is fixed (F) or random (R).</summary>
    let subscripts form (design: BalancedDesign) : Table =
        let heads =
            design.Factors
            |> List.map (fun factor -> right $"{factor.Name}: {factor.Levels} {kind factor.IsRandom}")

        let row (term: DesignTerm) =
            [ term.Name ]
            @ (design.Factors |> List.map (ExpectedMeanSquares.entry form term >> string))
            @ [ string design.Replicates ]

        let error =
            [ ExpectedMeanSquares.errorSource ]
            @ List.replicate (design.Factors.Length + 1) "1"

        Table.create
            ([ left "Source" ] @ heads @ [ right $"replicate: {design.Replicates} R" ])
            ((design.Terms |> List.map row) @ [ error ])

    /// <summary>Degrees of freedom, expected mean squares in symbols and in numbers, and the ratio that tests each
    /// source. </summary>
    let expected form quasi (design: BalancedDesign) : Table =
        let table = ExpectedMeanSquares.table form design

        let dfOf source =
            table |> List.find (fun row -> row.Source = source) |> _.Df

        let rows =
            table
            |> List.map (fun row ->
                let symbols =
                    match design.Terms |> List.tryFind (fun term -> term.Name = row.Source) with
                    | Some term -> EmsText.symbolic form design term
                    | None -> "σ²"

                let ratio =
                    MeanSquareRatio.find quasi table row.Source
                    |> Option.map MeanSquareRatio.describe
                    |> Option.defaultValue ""

                [
                    row.Source
                    string row.Df
                    symbols
                    EmsText.numeric dfOf row.Source row.Expected
                    ratio
                ])

        Table.create [ left "Source"; right "df"; left "E(MS)"; left "in numbers"; left "F" ] rows

    let private title form =
        match form with
        | InteractionForm.Unrestricted -> "Expected mean squares, unrestricted model"
        | InteractionForm.Restricted -> "Expected mean squares, restricted model"

    let private conditions form =
        match form with
        | InteractionForm.Unrestricted -> "Effects of random terms are independent."
        | InteractionForm.Restricted -> "Effects of a random interaction sum to zero over its fixed factors."

    /// <summary>The parts of the report.</summary>
    /// <param name="form">The side conditions of random interactions with fixed factors.</param>
    /// <param name="quasi">What to do where no single mean square is the right denominator.</param>
    /// <param name="design">The design.</param>
    let blocks form quasi (design: BalancedDesign) : Block list = [
        Block.Title(title form)
        Block.Line(conditions form)
        Block.Heading "Subscripts"
        Block.Grid(subscripts form design)
        Block.Heading "Expected mean squares"
        Block.Grid(expected form quasi design)
    ]

    /// <summary>The report as text or Markdown.</summary>
    let render format form quasi (design: BalancedDesign) : string =
        blocks form quasi design |> Report.render format

namespace LmmFunctional.Estimation

open LmmFunctional.Numerics

/// <summary>Where the elements of M go among the panels of its factor.</summary>
[<NoComparison; ReferenceEquality>]
type internal SeparablePlaces = {
    Tree: Supernodes
    /// The columns of M in which every row has elements, in the order of the row's loadings.
    Columns: int[]
    /// The places of the products of the loadings of the two rows of every link, those of the second varying fastest.
    Products: int[]
    /// The places of the elements of the grid, where cells have columns.
    Elements: int[]
    /// The column of every cell, where cells have columns.
    Cells: int[]
    /// The first column of every level of each term.
    Levels: int[][]
    /// The place of the diagonal element of every one of these levels' columns.
    Diagonals: int[][]
}

/// <summary>The system of a separable model before any number: levels of all terms, then cells.</summary>
[<RequireQualifiedAccess>]
module internal SeparablePlaces =

    /// The first node of each term; cells come after all of them.
    let firstNodes (terms: StandardisedTerm[]) =
        terms |> Array.scan (fun first term -> first + term.Levels) 0

    /// The nodes that every row has, its cell last, row by row.
    let nodesOfRows (grid: FieldGrid) hasNugget (terms: StandardisedTerm[]) =
        let first = firstNodes terms

        grid.CellOfRow
        |> Array.mapi (fun row cell ->
            Array.append
                (terms |> Array.mapi (fun t term -> first[t] + term.Codes[row]))
                (if hasNugget then [| first[terms.Length] + cell |] else [||]))

    /// The precision of rows given the effects of the system.
    let linksOf (grid: FieldGrid) hasNugget =
        if hasNugget then
            Array.init grid.CellOfRow.Length (fun row -> {
                First = row
                Second = row
                Along = AutoregressiveLine.lone
                Across = AutoregressiveLine.lone
            })
        else
            let rows: int[] = Array.zeroCreate grid.Cells
            grid.CellOfRow |> Array.iteri (fun row cell -> rows[cell] <- row)

            grid.Elements
            |> Array.map (fun element -> {
                element with
                    First = rows[element.First]
                    Second = rows[element.Second]
            })

    /// Which nodes of the system meet: those of linked rows, and neighbouring cells.
    let pattern (grid: FieldGrid) hasNugget (terms: StandardisedTerm[]) (nodes: int[][]) links =
        let cells = if hasNugget then grid.Cells else 0
        let count = Array.last (firstNodes terms) + cells

        let weights =
            Array.append
                (terms
                 |> Array.collect (fun term -> Array.create term.Levels term.Columns.Length))
                (Array.create cells 1)

        let key a b =
            int64 (min a b) * int64 count + int64 (max a b)

        let ofCells =
            if hasNugget then
                grid.Elements
                |> Seq.filter (fun element -> element.First <> element.Second)
                |> Seq.map (fun element -> key (count - cells + element.First) (count - cells + element.Second))
            else
                Seq.empty

        let ofRows =
            seq {
                for link: GridElement in links do
                    for a in nodes[link.First] do
                        for b in nodes[link.Second] do
                            if a <> b then
                                yield key a b
            }

        let keys = Seq.append ofCells ofRows |> Seq.distinct |> Array.ofSeq

        SymmetricPattern.ofEdges
            weights
            (keys |> Array.map (fun key -> int (key / int64 count)))
            (keys |> Array.map (fun key -> int (key % int64 count)))

    /// Where everything goes, for an analysis of that pattern.
    let places
        (grid: FieldGrid)
        hasNugget
        (terms: StandardisedTerm[])
        (nodes: int[][])
        (links: GridElement[])
        (analysis: SparseAnalysis)
        =
        let tree = Supernodes.create analysis

        let columnOf, supernodeOf =
            Array.zeroCreate analysis.Order.Length, Array.zeroCreate tree.Size

        analysis.Order
        |> Array.iteri (fun k node ->
            columnOf[node] <- tree.NodeColumns[k]

            for column in tree.NodeColumns[k] .. tree.NodeColumns[k + 1] - 1 do
                supernodeOf[column] <- tree.SupernodeOf[k])

        let locate (a: int) (b: int) =
            tree.Locate(supernodeOf[min a b], max a b, min a b)

        let first = firstNodes terms

        let cells =
            Array.init (if hasNugget then grid.Cells else 0) (fun cell -> columnOf[first[terms.Length] + cell])

        let columns =
            nodes
            |> Array.map (fun own ->
                own
                |> Array.mapi (fun at node ->
                    let size = if at < terms.Length then terms[at].Columns.Length else 1
                    Array.init size (fun k -> columnOf[node] + k))
                |> Array.concat)

        let levels =
            terms
            |> Array.mapi (fun t term -> Array.init term.Levels (fun level -> columnOf[first[t] + level]))

        {
            Tree = tree
            Columns = Array.concat columns
            Products =
                links
                |> Array.collect (fun link -> Array.allPairs columns[link.First] columns[link.Second])
                |> Array.map (fun (a, b) -> locate a b)
            Elements =
                if hasNugget then
                    grid.Elements
                    |> Array.map (fun element -> locate cells[element.First] cells[element.Second])
                else
                    [||]
            Cells = cells
            Levels = levels
            Diagonals =
                Array.map2
                    (fun (term: StandardisedTerm) (own: int[]) ->
                        own
                        |> Array.collect (fun column ->
                            Array.init term.Columns.Length (fun k -> locate (column + k) (column + k))))
                    terms
                    levels
        }

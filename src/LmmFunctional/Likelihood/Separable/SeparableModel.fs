namespace LmmFunctional

open LmmFunctional.Numerics

/// <summary>Where the elements of M go among the panels of its factor.</summary>
[<NoComparison; ReferenceEquality>]
type internal SeparablePlaces = {
    Tree: Supernodes
    /// The columns of M in which every row has elements, in the order of the row's loadings.
    Columns: int[]
    /// The places of the products of every row's loadings: lower triangle by rows.
    Products: int[]
    /// The places of the elements of the grid.
    Elements: int[]
    /// The column of every cell.
    Cells: int[]
    /// The first column of every level of each term.
    Levels: int[][]
    /// The place of the diagonal element of every one of these levels' columns.
    Diagonals: int[][]
}

/// <summary>A model whose residuals are an autoregressive process on fields of cells plus independent noise.</summary>
/// <remarks>V = ZGZ' + (1 − c) S(C₁ ⊗ C₂)S' + cI relative to σ², where S picks the cells with a plot. The process is an
/// effect of every cell with a sparse precision, which makes a sparse system of effects and cells. Rows are scaled by the
/// square roots of their weights.</remarks>
[<NoComparison; ReferenceEquality>]
type internal SeparableModel = {
    /// Parameters and forms, without blocks of rows.
    Marginal: MarginalModel
    Grid: FieldGrid
    Terms: StandardisedTerm[]
    /// Where each term starts among a row's loadings; the last one is the cell's.
    Offsets: int[]
    /// Z with one more column of ones for the cell, row by row.
    Loadings: float[]
    /// [X y], n×P by columns.
    Data: float[]
    /// Σ log w.
    SumOfLogWeights: float
    Analysis: SparseAnalysis
    Places: System.Lazy<SeparablePlaces>
} with

    /// n.
    member model.Rows = model.Grid.CellOfRow.Length

    /// Loadings of a row: effects of all terms, and its cell.
    member model.Width = Array.last model.Offsets + 1

    /// P = p + 1.
    member model.DataColumns = model.Marginal.FixedCount + 1

    /// Operations of one evaluation with derivatives, roughly.
    member model.Work = 3.0 * model.Analysis.Work

[<RequireQualifiedAccess>]
module internal SeparableModel =

    /// Whether residuals have the form: one or two autoregressive correlations and a nugget, nothing else.
    let isPossible (design: ResidualDesign) =
        let axes = design.Factors

        design.Term.HasNugget
        && design.Levels.IsNone
        && design.Variances.IsEmpty
        && (axes.Length = 1 || axes.Length = 2)
        && axes |> List.forall (fun axis -> axis.Structure = Structure.Autoregressive)

    // Below so many operations another order of elimination is not worth trying.
    let private cheap = 1e8

    /// The first node of each term; cells come after all of them.
    let private firstNodes (terms: StandardisedTerm[]) =
        terms |> Array.scan (fun first term -> first + term.Levels) 0

    /// The nodes that every row has, its cell last, row by row.
    let private nodesOfRows (grid: FieldGrid) (terms: StandardisedTerm[]) =
        let first = firstNodes terms

        grid.CellOfRow
        |> Array.mapi (fun row cell ->
            Array.append
                (terms |> Array.mapi (fun t term -> first[t] + term.Codes[row]))
                [| first[terms.Length] + cell |])

    let private pattern (grid: FieldGrid) (terms: StandardisedTerm[]) (nodes: int[][]) =
        let count = Array.last (firstNodes terms) + grid.Cells

        let weights =
            Array.append
                (terms
                 |> Array.collect (fun term -> Array.create term.Levels term.Columns.Length))
                (Array.create grid.Cells 1)

        let key a b =
            int64 (min a b) * int64 count + int64 (max a b)

        let ofCells =
            grid.Elements
            |> Seq.filter (fun element -> element.First <> element.Second)
            |> Seq.map (fun element -> key (count - grid.Cells + element.First) (count - grid.Cells + element.Second))

        let ofRows =
            seq {
                for own in nodes do
                    for a in 1 .. own.Length - 1 do
                        for b in 0 .. a - 1 do
                            yield key own[a] own[b]
            }

        let keys = Seq.append ofCells ofRows |> Seq.distinct |> Array.ofSeq

        SymmetricPattern.ofEdges
            weights
            (keys |> Array.map (fun key -> int (key / int64 count)))
            (keys |> Array.map (fun key -> int (key % int64 count)))

    let private places (grid: FieldGrid) (terms: StandardisedTerm[]) (nodes: int[][]) (analysis: SparseAnalysis) =
        let tree = Supernodes.create analysis
        let columnOf, supernodeOf = Array.zeroCreate analysis.Order.Length, Array.zeroCreate tree.Size

        analysis.Order
        |> Array.iteri (fun k node ->
            columnOf[node] <- tree.NodeColumns[k]

            for column in tree.NodeColumns[k] .. tree.NodeColumns[k + 1] - 1 do
                supernodeOf[column] <- tree.SupernodeOf[k])

        let locate (a: int) (b: int) =
            tree.Locate(supernodeOf[min a b], max a b, min a b)

        let first = firstNodes terms
        let cells = Array.init grid.Cells (fun cell -> columnOf[first[terms.Length] + cell])

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
                columns
                |> Array.collect (fun own -> [|
                    for a in 0 .. own.Length - 1 do
                        for b in 0..a do
                            locate own[a] own[b]
                |])
            Elements =
                grid.Elements
                |> Array.map (fun element -> locate cells[element.First] cells[element.Second])
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

    /// <summary>Orders and analyses a model; no number is computed.</summary>
    /// <param name="standard">The design on the inner scale.</param>
    /// <param name="residual">Its residuals, which are of the form.</param>
    /// <param name="marginal">Parameters and forms of the same design.</param>
    let create (standard: Standardised) (residual: ResidualDesign) (marginal: MarginalModel) : SeparableModel =
        let terms = Array.ofList standard.Terms
        let grid = FieldGrid.create residual
        let nodes = nodesOfRows grid terms
        let pattern = pattern grid terms nodes

        let analysis =
            let byDissection =
                FieldOrder.create grid (Array.last (firstNodes terms)) nodes
                |> SparseAnalysis.ofOrder pattern

            // Levels of terms that follow no field may leave less to dissect.
            if byDissection.Work < cheap then
                byDissection
            else
                [ byDissection; SparseAnalysis.create pattern ] |> List.minBy _.Work

        let offsets = terms |> Array.scan (fun at term -> at + term.Columns.Length) 0
        let root row = match standard.RootWeights with Some roots -> roots[row] | None -> 1.0

        {
            Marginal = marginal
            Grid = grid
            Terms = terms
            Offsets = offsets
            Loadings =
                Array.init standard.Rows (fun row ->
                    Array.append
                        (terms
                         |> Array.collect (fun term -> term.Columns |> Array.map (fun column -> root row * column[row])))
                        [| 1.0 |])
                |> Array.concat
            Data =
                Array.append standard.Fixed [| standard.Response |]
                |> Array.collect (Array.mapi (fun row value -> root row * value))
            SumOfLogWeights =
                match standard.RootWeights with
                | Some roots -> roots |> Array.sumBy (fun root -> 2.0 * log root)
                | None -> 0.0
            Analysis = analysis
            Places = lazy places grid terms nodes analysis
        }

    // Below so many operations dense blocks take no time worth saving.
    let private noticeable = 1e7

    /// <summary>The model of a design, where its residuals are of the form and that costs less than dense blocks.</summary>
    let tryCreate (design: Design) (standard: Standardised) (marginal: MarginalModel) : SeparableModel option =
        match design.Residual with
        | Some residual when isPossible residual && MarginalModel.work marginal > noticeable ->
            let model =
                create standard residual {
                    marginal with
                        Patterns = [||]
                }

            if
                model.Work < MarginalModel.work marginal
                && model.Analysis.PanelLength < int64 System.Array.MaxLength / 2L
            then
                Some model
            else
                None
        | _ -> None

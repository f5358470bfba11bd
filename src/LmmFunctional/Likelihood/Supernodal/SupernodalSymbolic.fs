namespace LmmFunctional.Estimation

open System
open LmmFunctional.Numerics

/// <summary>Where the blocks of Z'Z go among the panels of the factor.</summary>
[<NoComparison; ReferenceEquality>]
type internal NodePlaces = {
    Tree: Supernodes
    /// The first scalar column of every node, in the order of elimination.
    Columns: int[]
    /// The supernode of every node.
    Supernodes: int[]
    /// Rows of the panel that holds each node's columns.
    Strides: int[]
    /// The place of every node's diagonal block.
    Diagonals: int[]
    /// The place of every block of the pairs.
    Blocks: int[][]
    /// For every group the places of the blocks beside the diagonal of its A⁻¹.
    Priors: int[][]
}

/// <summary>What is known about the factor of a model before any number is: made once, shared by all workspaces.</summary>
[<NoComparison; ReferenceEquality>]
type internal SupernodalSymbolic = {
    Products: NodeProducts
    Analysis: SparseAnalysis
    FrontPlan: FrontPlan
    /// Rows of all fronts below their columns.
    RowLength: int64
    /// Made when the first workspace is.
    Places: Lazy<NodePlaces>
} with

    /// Multiplications and additions of one factor with its selected inverse, predicted.
    member symbolic.Work = symbolic.Analysis.Work

    /// Memory of one workspace, predicted: factor, inverse, updates, and scores.
    member symbolic.Bytes =
        let scores = 5.0 * float symbolic.Analysis.Size * float symbolic.Products.P

        8.0
        * (2.0 * float symbolic.Analysis.PanelLength
           + float symbolic.FrontPlan.Length
           + scores)

    /// Memory that all workspaces share, predicted: places and products.
    member symbolic.SharedBytes =
        let blocks =
            symbolic.Products.Pairs
            |> Array.sumBy (fun pairs -> 8.0 * float pairs.Values.Length + 8.0 * float pairs.Columns.Length)

        8.0 * float symbolic.RowLength + blocks

    /// Whether every array keeps below 2³¹ elements.
    member symbolic.IsPossible =
        // A buffer takes a few elements more, for its alignment.
        let limit = int64 Array.MaxLength - 64L

        symbolic.Analysis.PanelLength < limit
        && symbolic.FrontPlan.Length < limit
        && symbolic.RowLength < limit

/// <summary>Analyses of models for the supernodal engine.</summary>
[<RequireQualifiedAccess>]
module internal SupernodalPlan =

    let private pattern (products: NodeProducts) =
        let weights =
            products.Groups
            |> Array.collect (fun group -> Array.create group.Levels group.Order)

        let priorEdges (group: NodeGroup) =
            group.Prior |> Option.map _.Columns.Length |> Option.defaultValue 0

        let edges =
            (products.Pairs |> Array.sumBy (fun pairs -> pairs.Columns.Length))
            + (products.Groups |> Array.sumBy priorEdges)

        let rows = Array.zeroCreate edges
        let columns = Array.zeroCreate edges
        let mutable edge = 0

        for pairs in products.Pairs do
            for level in 0 .. pairs.Starts.Length - 2 do
                for entry in pairs.Starts[level] .. pairs.Starts[level + 1] - 1 do
                    rows[edge] <- products.Groups[pairs.Left].FirstNode + level
                    columns[edge] <- products.Groups[pairs.Right].FirstNode + pairs.Columns[entry]
                    edge <- edge + 1

        for group in products.Groups do
            match group.Prior with
            | None -> ()
            | Some prior ->
                for level in 0 .. group.Levels - 1 do
                    for entry in prior.Starts[level] .. prior.Starts[level + 1] - 1 do
                        rows[edge] <- group.FirstNode + level
                        columns[edge] <- group.FirstNode + prior.Columns[entry]
                        edge <- edge + 1

        SymmetricPattern.ofEdges weights rows columns

    let private places (products: NodeProducts) (analysis: SparseAnalysis) =
        let tree = Supernodes.create analysis
        let nodes = analysis.Order.Length
        let position = Array.zeroCreate nodes

        for k in 0 .. nodes - 1 do
            position[analysis.Order[k]] <- k

        let columns = position |> Array.map (fun k -> tree.NodeColumns[k])
        let supernodes = position |> Array.map (fun k -> tree.SupernodeOf[k])

        let locate a b =
            // The node that is eliminated first has the column.
            let node, row = if columns[a] < columns[b] then a, b else b, a
            tree.Locate(supernodes[node], columns[row], columns[node])

        let ofPairs (pairs: NodePairs) =
            let left, right = products.Groups[pairs.Left], products.Groups[pairs.Right]
            let result = Array.zeroCreate pairs.Columns.Length

            for level in 0 .. left.Levels - 1 do
                for entry in pairs.Starts[level] .. pairs.Starts[level + 1] - 1 do
                    result[entry] <- locate (left.FirstNode + level) (right.FirstNode + pairs.Columns[entry])

            result

        let ofPrior (group: NodeGroup) =
            match group.Prior with
            | None -> [||]
            | Some prior ->
                let result = Array.zeroCreate prior.Columns.Length

                for level in 0 .. group.Levels - 1 do
                    for entry in prior.Starts[level] .. prior.Starts[level + 1] - 1 do
                        result[entry] <- locate (group.FirstNode + level) (group.FirstNode + prior.Columns[entry])

                result

        {
            Tree = tree
            Columns = columns
            Supernodes = supernodes
            Strides = supernodes |> Array.map (fun s -> tree.Width s + tree.Height s)
            Diagonals = Array.init nodes (fun node -> tree.Locate(supernodes[node], columns[node], columns[node]))
            Blocks = Array.map ofPairs products.Pairs
            Priors = Array.map ofPrior products.Groups
        }

    /// <summary>Orders and analyses the products of a model: what their factor will cost, without factoring.</summary>
    /// <remarks>The order of elimination is the approximate minimum degree order of the levels of all grouping factors.
    /// </remarks>
    let ofProducts (products: NodeProducts) : SupernodalSymbolic =
        let analysis = SparseAnalysis.create (pattern products)

        {
            Products = products
            Analysis = analysis
            FrontPlan = FrontPlan.create analysis.Supernodes
            RowLength = Array.sum analysis.Supernodes.Heights
            Places = lazy places products analysis
        }

    /// The same for a model, with its cross-products.
    let analyse (model: Standardised) : SupernodalSymbolic = ofProducts (NodeProducts.create model)

    /// The same analysis with the cross-products of another response.
    let withResponse (model: Standardised) (symbolic: SupernodalSymbolic) : SupernodalSymbolic = {
        symbolic with
            Products = NodeProducts.withResponse model symbolic.Products
    }

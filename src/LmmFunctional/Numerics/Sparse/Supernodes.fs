namespace LmmFunctional.Numerics

open System

/// <summary>The supernodes of a Cholesky factor with their rows: the frame into which numbers are put.</summary>
/// <remarks>Rows and columns are scalar and in the order of elimination. A front has w columns and the r rows below; its
/// panel is (w + r)×w by columns.</remarks>
[<NoComparison; ReferenceEquality>]
type internal Supernodes = {
    /// The order of the whole matrix.
    Size: int
    /// The first column of each supernode; the last element is the size.
    Columns: int[]
    /// Where the rows of each supernode start.
    RowStarts: int[]
    /// The rows below the columns of each supernode, ascending.
    Rows: int[]
    /// The place of each of these rows in the parent's front.
    InParent: int[]
    Parents: int[]
    /// Where the children of each supernode start.
    ChildStarts: int[]
    Children: int[]
    /// Where the panel of each supernode starts.
    PanelStarts: int[]
    /// Elements of all panels.
    PanelLength: int
    /// First column of each node, by its place in the order of elimination.
    NodeColumns: int[]
    /// The supernode of each node, by its place.
    SupernodeOf: int[]
    Plan: FrontPlan
} with

    member tree.Count = tree.Parents.Length

    /// w.
    member tree.Width(s: int) = tree.Columns[s + 1] - tree.Columns[s]

    /// r.
    member tree.Height(s: int) =
        tree.RowStarts[s + 1] - tree.RowStarts[s]

    /// The place of element (row, column) of the factor in the panels, row ≥ column; −1 when it is not on the pattern.
    member tree.Locate(supernode: int, row: int, column: int) =
        let first = tree.Columns[supernode]
        let width = tree.Width supernode
        let order = width + tree.Height supernode

        let place =
            if row < first + width then
                row - first
            else
                let at =
                    Array.BinarySearch(tree.Rows, tree.RowStarts[supernode], tree.Height supernode, row)

                if at < 0 then
                    -1
                else
                    width + at - tree.RowStarts[supernode]

        if place < 0 then
            -1
        else
            tree.PanelStarts[supernode] + place + (column - first) * order

[<RequireQualifiedAccess>]
module internal Supernodes =

    let private starts (lengths: int seq) =
        lengths |> Seq.scan (+) 0 |> Array.ofSeq

    /// The places of the children of every supernode.
    let private childLists (parents: int[]) =
        let counts = Array.zeroCreate parents.Length

        for parent in parents do
            if parent >= 0 then
                counts[parent] <- counts[parent] + 1

        let childStarts = starts counts
        let next = Array.copy childStarts
        let children = Array.zeroCreate (Array.last childStarts)

        for s in 0 .. parents.Length - 1 do
            if parents[s] >= 0 then
                children[next[parents[s]]] <- s
                next[parents[s]] <- next[parents[s]] + 1

        childStarts, children

    /// The nodes below the columns of every supernode, ascending: those of its matrix columns and of its children.
    let private rowNodes (analysis: SparseAnalysis) (firstNodes: int[]) (childStarts: int[]) (children: int[]) =
        let pattern = analysis.Pattern
        let count = analysis.Supernodes.Widths.Length
        let rows: int[][] = Array.zeroCreate count
        let seen = Array.create pattern.Count -1
        let found = ResizeArray<int>()

        for s in 0 .. count - 1 do
            found.Clear()
            let last = firstNodes[s + 1] - 1

            let add node =
                if node > last && seen[node] <> s then
                    seen[node] <- s
                    found.Add node

            for node in firstNodes[s] .. last do
                for at in pattern.Starts[node] .. pattern.Starts[node + 1] - 1 do
                    add pattern.Neighbours[at]

            for k in childStarts[s] .. childStarts[s + 1] - 1 do
                for node in rows[children[k]] do
                    add node

            let own = found.ToArray()
            Array.Sort own
            rows[s] <- own

        rows

    /// <summary>The supernodes of an analysis; its panels must have fewer than 2³¹ elements.</summary>
    let create (analysis: SparseAnalysis) : Supernodes =
        let sizes = analysis.Supernodes
        let weights = analysis.Pattern.Weights
        let count = sizes.Widths.Length
        let nodeColumns = starts weights
        let firstNodes: int[] = Array.zeroCreate (count + 1)

        for s in sizes.SupernodeOf do
            firstNodes[s + 1] <- firstNodes[s + 1] + 1

        for s in 0 .. count - 1 do
            firstNodes[s + 1] <- firstNodes[s + 1] + firstNodes[s]

        let childStarts, children = childLists sizes.Parents
        let nodes = rowNodes analysis firstNodes childStarts children
        let columns = starts sizes.Widths
        let rowStarts = sizes.Heights |> Seq.map int |> starts

        let rows = Array.zeroCreate (Array.last rowStarts)

        for s in 0 .. count - 1 do
            let mutable at = rowStarts[s]

            for node in nodes[s] do
                for k in 0 .. weights[node] - 1 do
                    rows[at] <- nodeColumns[node] + k
                    at <- at + 1

        let inParent = Array.zeroCreate rows.Length

        for s in 0 .. count - 1 do
            let parent = sizes.Parents[s]

            if parent >= 0 then
                let first = columns[parent]
                let width = sizes.Widths[parent]
                let mutable at = rowStarts[parent]

                for k in rowStarts[s] .. rowStarts[s + 1] - 1 do
                    if rows[k] < first + width then
                        inParent[k] <- rows[k] - first
                    else
                        while rows[at] < rows[k] do
                            at <- at + 1

                        inParent[k] <- width + at - rowStarts[parent]

        let panelStarts =
            Seq.map2 (fun width height -> width * (width + int height)) sizes.Widths sizes.Heights
            |> starts

        {
            Size = Array.last nodeColumns
            Columns = columns
            RowStarts = rowStarts
            Rows = rows
            InParent = inParent
            Parents = sizes.Parents
            ChildStarts = childStarts
            Children = children
            PanelStarts = panelStarts
            PanelLength = Array.last panelStarts
            NodeColumns = nodeColumns
            SupernodeOf = sizes.SupernodeOf
            Plan = FrontPlan.create sizes
        }

namespace LmmFunctional.Numerics

open System

/// <summary>Which blocks of a sparse symmetric matrix are not zero, as a graph: one node per diagonal block.</summary>
[<NoComparison; ReferenceEquality>]
type internal SymmetricPattern = {
    /// The order of each diagonal block.
    Weights: int[]
    /// Where the neighbours of each node start; the last element is their number.
    Starts: int[]
    /// The neighbours of every node, both directions of every edge, without the node itself and without repetition.
    Neighbours: int[]
} with

    member pattern.Count = pattern.Weights.Length

[<RequireQualifiedAccess>]
module internal SymmetricPattern =

    /// <summary>The pattern with these edges; each pair occurs once, in any direction.</summary>
    let ofEdges (weights: int[]) (rows: int[]) (columns: int[]) : SymmetricPattern =
        let n = weights.Length
        let starts = Array.zeroCreate (n + 1)

        for e in 0 .. rows.Length - 1 do
            starts[rows[e] + 1] <- starts[rows[e] + 1] + 1
            starts[columns[e] + 1] <- starts[columns[e] + 1] + 1

        for node in 0 .. n - 1 do
            starts[node + 1] <- starts[node + 1] + starts[node]

        let next = Array.copy starts
        let neighbours = Array.zeroCreate starts[n]

        for e in 0 .. rows.Length - 1 do
            let i, j = rows[e], columns[e]
            neighbours[next[i]] <- j
            next[i] <- next[i] + 1
            neighbours[next[j]] <- i
            next[j] <- next[j] + 1

        {
            Weights = weights
            Starts = starts
            Neighbours = neighbours
        }

    /// The pattern with its nodes renumbered: new node k is the old node order[k]; neighbours ascend.
    let permute (order: int[]) (pattern: SymmetricPattern) : SymmetricPattern =
        let n = pattern.Count
        let position = Array.zeroCreate n

        for k in 0 .. n - 1 do
            position[order[k]] <- k

        let starts = Array.zeroCreate (n + 1)
        let neighbours = Array.zeroCreate pattern.Neighbours.Length

        for k in 0 .. n - 1 do
            let first, last = pattern.Starts[order[k]], pattern.Starts[order[k] + 1]
            starts[k + 1] <- starts[k] + last - first

            for e in first .. last - 1 do
                neighbours[starts[k] + e - first] <- position[pattern.Neighbours[e]]

            Array.Sort(neighbours, starts[k], last - first)

        {
            Weights = order |> Array.map (fun node -> pattern.Weights[node])
            Starts = starts
            Neighbours = neighbours
        }

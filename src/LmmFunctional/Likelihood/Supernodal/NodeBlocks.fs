namespace LmmFunctional.Estimation

open System

/// <summary>The effects of one grouping factor: one node per level, which the terms of the factor share.</summary>
/// <remarks>Terms of one factor with different relationships are groups of their own. Where a dense matrix A = LLᵀ relates the
/// levels, the nodes are the columns of L: Z is ZL, and they are independent.</remarks>
[<NoComparison; ReferenceEquality>]
type internal NodeGroup = {
    /// The terms, as positions among all terms.
    Terms: int[]
    /// Where the effects of each of these terms start within a node; the last element is S.
    Offsets: int[]
    Levels: int
    /// A⁻¹, where the levels are related by a sparse inverse.
    Prior: SparsePrecision option
    /// L, where the nodes are its columns.
    Root: DenseRoot option
    /// The node of the first level.
    FirstNode: int
    /// Per level the S×S block of Z'Z.
    Squares: float[]
    /// Per level and effect the P products with [X y].
    Fixed: float[]
} with

    /// S, effects per level.
    member group.Order = Array.last group.Offsets

/// <summary>The blocks of Z'Z between two grouping factors, where levels of both occur in a common row.</summary>
[<NoComparison; ReferenceEquality>]
type internal NodePairs = {
    /// Two groups, as positions; blocks are listed by the levels of the left one. Both are the same for the blocks beside the
    /// diagonal of one group, each listed once, to the right of it.
    Left: int
    Right: int
    /// Where the blocks of each left level start.
    Starts: int[]
    /// The right level of each block.
    Columns: int[]
    /// The blocks, S×S' by columns.
    Values: float[]
    /// For every right level where its blocks start, and then the left level and the number of each block.
    ByRight: Lazy<struct (int[] * int[] * int[])>
}

[<RequireQualifiedAccess>]
module internal NodePairs =

    /// For every right level where its blocks start, with the left level and the number of each block.
    let byRight levels (starts: int[]) (columns: int[]) =
        lazy
            (let order, rightStarts = CrossProducts.sortByLevel levels columns
             let lefts = Array.zeroCreate columns.Length

             for level in 0 .. starts.Length - 2 do
                 for entry in starts[level] .. starts[level + 1] - 1 do
                     lefts[entry] <- level

             struct (rightStarts, order |> Array.map (fun entry -> lefts[entry]), order))

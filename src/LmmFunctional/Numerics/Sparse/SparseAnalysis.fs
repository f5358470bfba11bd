namespace LmmFunctional.Numerics

/// <summary>What the pattern of a sparse symmetric matrix says about its Cholesky factor: order, supernodes, size, work.</summary>
[<NoComparison; ReferenceEquality>]
type internal SparseAnalysis = {
    /// The pattern in the order of elimination.
    Pattern: SymmetricPattern
    /// The original node at each place of that order.
    Order: int[]
    Supernodes: SupernodeSizes
    /// Elements of the factor without the zeros of joined supernodes, lower triangle.
    MinimalLength: int64
    /// Elements of all panels: dense columns of the fronts.
    PanelLength: int64
    /// Multiplications and additions of the factor and of the selected inverse.
    Work: float
} with

    /// Scalar rows and columns.
    member analysis.Size = Array.sum analysis.Pattern.Weights

[<RequireQualifiedAccess>]
module internal SparseAnalysis =

    /// <summary>The analysis for a given order of elimination.</summary>
    let ofOrder (pattern: SymmetricPattern) (order: int[]) : SparseAnalysis =
        let postorder =
            SymmetricPattern.permute order pattern
            |> EliminationTree.parents
            |> EliminationTree.postorder

        let eliminated = postorder |> Array.map (fun k -> order[k])
        let ordered = SymmetricPattern.permute eliminated pattern
        let parent = EliminationTree.parents ordered
        let counts = EliminationTree.columnCounts ordered parent
        let sizes = Amalgamation.create ordered parent counts

        // Columns of joined supernodes come together: any order with children before parents has the same factor.
        let final = Array.init ordered.Count id
        Array.sortInPlaceBy (fun node -> struct (sizes.SupernodeOf[node], node)) final
        let mutable panels = 0L
        let mutable work = 0.0

        for s in 0 .. sizes.Widths.Length - 1 do
            let width, height = int64 sizes.Widths[s], sizes.Heights[s]
            panels <- panels + width * (width + height)
            let n, r = float (width + height), float height
            work <- work + n * n * n - r * r * r

        let mutable minimal = 0L

        for node in 0 .. ordered.Count - 1 do
            let weight = int64 ordered.Weights[node]
            minimal <- minimal + weight * counts[node] - weight * (weight - 1L) / 2L

        {
            Pattern = SymmetricPattern.permute final ordered
            Order = final |> Array.map (fun node -> eliminated[node])
            Supernodes = {
                sizes with
                    SupernodeOf = final |> Array.map (fun node -> sizes.SupernodeOf[node])
            }
            MinimalLength = minimal
            PanelLength = panels
            Work = work
        }

    /// The analysis with the approximate minimum degree order.
    let create (pattern: SymmetricPattern) : SparseAnalysis =
        ofOrder pattern (MinimumDegree.order pattern)

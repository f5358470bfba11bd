namespace LmmFunctional.Estimation

open LmmFunctional.Model

/// <summary>The free entries of the relative covariance factor λ of one random term: Cov(effects) = σ² λ λᵀ, λ S×S.</summary>
/// <remarks>θ lists the free entries column by column, as lme4 does. The parametrisation never inverts the covariance, so
/// a variance of zero is an ordinary point (Bates, Mächler, Bolker and Walker 2015).</remarks>
[<NoComparison; ReferenceEquality>]
type internal RelativeFactor = {
    /// S, the number of effects.
    Order: int
    /// Row of each free entry.
    EntryRows: int[]
    /// Column of each free entry.
    EntryColumns: int[]
}

[<RequireQualifiedAccess>]
module internal RelativeFactor =

    /// The entries that a structure leaves free.
    let create structure order =
        let isDiagonal = (structure = Structure.Diagonal)
        let count = if isDiagonal then order else order * (order + 1) / 2
        let rows: int[] = Array.zeroCreate count
        let columns: int[] = Array.zeroCreate count
        let mutable at = 0

        for column in 0 .. order - 1 do
            for row in column .. (if isDiagonal then column else order - 1) do
                rows[at] <- row
                columns[at] <- column
                at <- at + 1

        {
            Order = order
            EntryRows = rows
            EntryColumns = columns
        }

    /// How many entries are free.
    let count factor = factor.EntryRows.Length

    /// λ from its free entries, which start at the given place of θ; by columns.
    let toMatrix (theta: float[]) start factor =
        let lambda = Array.zeroCreate (factor.Order * factor.Order)

        for k in 0 .. count factor - 1 do
            lambda[factor.EntryRows[k] + factor.EntryColumns[k] * factor.Order] <- theta[start + k]

        lambda

    /// λ of jets from its free entries; by columns.
    let toJets (own: Jet[]) factor =
        let lambda: Jet[] = Array.create (factor.Order * factor.Order) Jet.zero

        for k in 0 .. count factor - 1 do
            lambda[factor.EntryRows[k] + factor.EntryColumns[k] * factor.Order] <- own[k]

        lambda

    /// The free entries of a λ.
    let ofMatrix (lambda: float[]) factor =
        Array.init (count factor) (fun k -> lambda[factor.EntryRows[k] + factor.EntryColumns[k] * factor.Order])

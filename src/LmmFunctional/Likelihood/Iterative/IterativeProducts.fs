namespace LmmFunctional.Estimation

/// <summary>The sums of products of the columns of [Z X y] that the iterative engine needs: all of them sparse.</summary>
/// <remarks>As <see cref="T:LmmFunctional.Estimation.CrossProducts"/>, but for the products of the tail's effects with each other, of which
/// only those of effects that meet in a row are kept: the diagonal blocks level by level, the others as couplings.</remarks>
[<NoComparison; ReferenceEquality>]
type internal IterativeProducts = {
    Rows: int
    /// P = p + 1.
    P: int
    /// The terms of the leading factor, as positions among all terms.
    LeadTerms: int[]
    /// Where the effects of each leading term start within a leading block.
    LeadOffsets: int[]
    LeadLevels: int
    /// S₁, effects per leading level.
    LeadOrder: int
    /// Per leading level the S₁×S₁ block of Z'Z.
    LeadLead: float[]
    /// Per leading level and effect the P products with [X y].
    LeadFixed: float[]
    /// The other terms, as positions among all terms.
    TailTerms: int[]
    /// Where the effects of each tail term start; the last element is q₂.
    TailOffsets: int[]
    TailOrders: int[]
    /// Where the diagonal blocks of each tail term start; the last element is their length in all.
    BlockOffsets: int[]
    /// The diagonal blocks of Z₂'Z₂: S×S by columns, level after level, term after term.
    Blocks: float[]
    /// Per tail effect the P products with [X y].
    TailFixed: float[]
    /// The leading factor with the tail.
    Lead: EffectCoupling
    /// Each tail term but the last with the terms after it.
    Between: EffectCoupling[]
    /// How many windows the couplings are cut into.
    Windows: int
    /// [X y]'[X y], P×P.
    FixedFixed: float[]
} with

    /// q₂, the number of tail effects.
    member products.Tail = Array.last products.TailOffsets

    /// The number of levels of a tail term.
    member products.TailLevels(t: int) =
        (products.TailOffsets[t + 1] - products.TailOffsets[t]) / products.TailOrders[t]

    /// Entries of all couplings.
    member products.Entries =
        int64 products.Lead.Rows.Length
        + (products.Between |> Array.sumBy (fun coupling -> int64 coupling.Rows.Length))

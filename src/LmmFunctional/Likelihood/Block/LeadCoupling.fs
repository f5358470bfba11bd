namespace LmmFunctional.Estimation

open LmmFunctional.Numerics

/// <summary>The products that join the leading levels with the tail, a_j (S×q₂) for level j, and what is done with matrices
/// of their pattern.</summary>
/// <remarks>Levels with many entries are dense columns, multiplied by dense kernels at a hundred times the rate of the
/// others. Tiles are fixed by the pattern.</remarks>
[<Sealed>]
type internal LeadCoupling(cross: CrossProducts) =
    let tail = cross.Tail

    // An entry of a dense column costs about a twentieth of one done alone: pairs pay from a fifth of the tail on.
    let isDense level =
        tail > 0
        && 5 * (cross.EntryStarts[level + 1] - cross.EntryStarts[level]) >= tail

    let denseLevels, sparseLevels =
        Array.init cross.LeadLevels id |> Array.partition isDense

    let dense = DenseCoupling(cross, denseLevels)
    let sparse = SparseCoupling(cross, sparseLevels)
    let hasDense = denseLevels.Length > 0

    /// <summary>S −= Σ YᵀY on the lower triangle of the tail, and R −= Σ Yᵀ H on its products with X and y.</summary>
    /// <remarks>Y has S values per entry, H (reduced) P values per leading effect.</remarks>
    member _.SubtractSquares(y: float[], reduced: float[], s: Buffer, r: Buffer) =
        if hasDense then
            dense.SubtractSquares(y, reduced, s, r)

        sparse.SubtractSquares(y, reduced, s, r)

    /// <summary>target (q₂×q₂) ← Σ_j f_j g_jᵀ for one value of f and one of g per entry: element (row of u, row of t) sums
    /// f_u g_t.</summary>
    /// <remarks>With lower, only the lower triangle is right: enough where f is g.</remarks>
    member _.Outer(f: float[], g: float[], lower: bool, target: Buffer) =
        target.Span.Slice(0, tail * tail).Clear()
        sparse.Outer(f, g, lower, target)

        if hasDense then
            dense.Outer(f, g, lower, target)

    /// K = a M aᵀ per level, S×S, for a symmetric M (q₂×q₂, lower triangle).
    member _.Gather(m: Buffer, gathered: float[]) =
        sparse.Gather(m, gathered)

        if hasDense then
            dense.Gather(m, gathered)

    /// W += α a T: rows of the leading effects from those of the tail, m values side by side for each effect.
    member _.AddToLead(m: int, alpha: float, tailColumns: nativeptr<float>, lead: nativeptr<float>) =
        sparse.AddToLead(m, alpha, tailColumns, lead)

        if hasDense then
            dense.AddToLead(m, alpha, tailColumns, lead)

    /// T += a'W: as above, from the leading effects to the tail.
    member _.AddToTail(m: int, lead: nativeptr<float>, tailColumns: nativeptr<float>) =
        sparse.AddToTail(m, lead, tailColumns)

        if hasDense then
            dense.AddToTail(m, lead, tailColumns)

namespace LmmFunctional.Estimation

/// <summary>Where the intermediate results of eight groups stand in a workspace, in vectors of eight.</summary>
[<NoComparison; ReferenceEquality>]
type internal LaneLayout = {
    /// S.
    Order: int
    /// P.
    P: int
    /// Columns of the scatter.
    Scatter: int
    /// P columns and those of the scatter.
    Columns: int
    /// S(S + 1)/2.
    Triangle: int
    /// Numbers per group.
    Fields: int
    /// E = I + CᵀGC, then L below the diagonal, E = L D Lᵀ with ones on the diagonal of L; lower triangle by rows.
    Factor: int
    /// D⁻¹, S.
    Inverse: int
    /// L⁻¹C⁻¹Z'[X y], S for each column.
    Right: int
    /// K = L⁻¹Cᵀ, S×S by columns; Ω = KᵀD⁻¹K.
    Root: int
    /// D⁻¹K.
    Scaled: int
    /// The scores [E | v], S for each column.
    Scores: int
    /// Ω, lower triangle by rows, as all that follow.
    Omega: int
    /// v vᵀ, summed over the equal groups.
    Square: int
    /// E Eᵀ, summed over the equal groups.
    Gram: int
    /// Where the sums over groups start.
    Sums: int
    /// The blocks of the covariance.
    Blocks: EffectBlocks
} with

    /// log|E| and the lower triangle of [X y]'V⁻¹[X y], by rows.
    member layout.ValueSums = 1 + layout.P * (layout.P + 1) / 2

    /// The pairs of effects of one block.
    member layout.Inner = layout.Blocks.InnerFirst.Length

    /// Sums of Ω, v vᵀ and E Eᵀ.
    member layout.GradientSums = 3 * layout.Triangle

    /// Further sums of E_ax v_b for the pairs of one block, and of Ω_bc v_a v_d.
    member layout.AverageSums =
        layout.Inner * (layout.P - 1) + EffectBlocks.sums layout.Blocks

    /// Sums of Ω_bc (Ω − 2EEᵀ)_ad, and of E_ax E_bz for the pairs of one block and x ≥ z.
    member layout.TraceSums(reml: bool) =
        EffectBlocks.sums layout.Blocks
        + (if reml then
               layout.Inner * (layout.P - 1) * layout.P / 2
           else
               0)

[<RequireQualifiedAccess>]
module internal LaneLayout =

    /// The layout for some groups.
    let create (groups: LaneGroups) (blocks: EffectBlocks) : LaneLayout =
        let order = groups.Order
        let triangle = order * (order + 1) / 2
        let columns = groups.P + groups.Scatter
        let sizes = [| triangle; order; order * columns; order * order; order * order |]
        let further = [| order * columns; triangle; triangle; triangle |]
        let starts = Array.append sizes further |> Array.scan (+) 0

        {
            Order = order
            P = groups.P
            Scatter = groups.Scatter
            Columns = columns
            Triangle = triangle
            Fields = groups.Fields
            Factor = starts[0]
            Inverse = starts[1]
            Right = starts[2]
            Root = starts[3]
            Scaled = starts[4]
            Scores = starts[5]
            Omega = starts[6]
            Square = starts[7]
            Gram = starts[8]
            Sums = starts[9]
            Blocks = blocks
        }

    /// Vectors that a workspace needs.
    let vectors (layout: LaneLayout) =
        let scores = layout.GradientSums + layout.AverageSums
        layout.Sums + max layout.ValueSums (max scores (layout.TraceSums true))

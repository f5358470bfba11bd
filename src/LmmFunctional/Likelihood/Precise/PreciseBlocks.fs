namespace LmmFunctional.Estimation

open LmmFunctional.Numerics

/// <summary>One block at one λ: what follows from E = I + MΛΛᵀMᵀ.</summary>
[<NoComparison; ReferenceEquality>]
type internal PreciseState = {
    Block: PreciseBlock
    LogDeterminant: float
    /// E^(−½)M, r×q, and E^(−½)Q'[X y], r×P, by columns.
    Effect: float[]
    Fixed: float[]
}

/// <summary>A block after the fixed effects have been solved for.</summary>
[<NoComparison; ReferenceEquality>]
type internal PreciseScores = {
    /// Ω = Z'V⁻¹Z, q×q.
    Omega: float[]
    /// The scores [E | v], q×P by columns.
    Scores: float[]
}

[<RequireQualifiedAccess>]
module internal PreciseBlocks =

    /// <summary>B (q×m by columns) with each level's S rows multiplied by a matrix of its term, S×S by columns.</summary>
    let apply (orders: int[]) (matrices: float[][]) transposed (block: PreciseBlock) m (b: float[]) : float[] =
        let q = block.Effects
        let result: float[] = Array.zeroCreate (q * m)

        for k in 0 .. block.Terms.Length - 1 do
            let size = orders[block.Terms[k]]
            let matrix = matrices[block.Terms[k]]
            let start = block.Starts[k]

            for c in 0 .. m - 1 do
                for i in 0 .. size - 1 do
                    let mutable sum = 0.0

                    for j in 0 .. size - 1 do
                        let weight =
                            if transposed then
                                matrix[j + i * size]
                            else
                                matrix[i + j * size]

                        if weight <> 0.0 then
                            sum <- sum + weight * b[start + j + c * q]

                    result[start + i + c * q] <- sum

        result

    /// ΛᵀMᵀ, q×r by columns.
    let private scaled orders lambdas (block: PreciseBlock) =
        let r, q = block.Rank, block.Effects
        apply orders lambdas true block r (Array.init (q * r) (fun k -> block.Effect[k / q + k % q * r]))

    /// The root of I + A'A, A m×n, with its order.
    let private rootWithOnes m n (a: float[]) =
        let rows = m + n

        StableRoot.factor
            rows
            n
            (Array.init (rows * n) (fun k ->
                let i, j = k % rows, k / rows

                if i < m then a[i + j * m]
                elif i - m = j then 1.0
                else 0.0))

    /// A block at a λ.
    let create orders lambdas p (block: PreciseBlock) : PreciseState =
        let r, q = block.Rank, block.Effects
        let struct (lower, order) = rootWithOnes q r (scaled orders lambdas block)

        {
            Block = block
            LogDeterminant = 2.0 * Seq.sum (Seq.init r (fun i -> log lower[i + i * r]))
            Effect = StableRoot.solve r q lower order block.Effect
            Fixed = StableRoot.solve r p lower order block.Fixed
        }

    /// Ω and the scores, for the factor L of [X y]'V⁻¹[X y], P×P by columns.
    let solve p (factor: float[]) (state: PreciseState) : PreciseScores =
        let r, q = state.Block.Rank, state.Block.Effects
        let rows = Array.copy state.Fixed

        for c in 0 .. p - 1 do
            for i in 0 .. r - 1 do
                let mutable sum = rows[i + c * r]

                for k in 0 .. c - 1 do
                    sum <- sum - factor[c + k * p] * rows[i + k * r]

                rows[i + c * r] <- sum / factor[c + c * p]

        {
            Omega = Dense.Multiply(q, q, r, state.Effect, true, state.Effect, false)
            Scores = Dense.Multiply(q, p, r, state.Effect, true, rows, false)
        }

    /// B, q×q by columns, with BᵀB = Λ(ΛᵀZᵀZΛ + I)⁻¹Λᵀ: the covariance of the effects given the data and β, divided by σ².
    let conditionalRoot orders lambdas (block: PreciseBlock) : float[] =
        let r, q = block.Rank, block.Effects
        let across = scaled orders lambdas block

        let struct (lower, order) =
            rootWithOnes r q (Array.init (r * q) (fun k -> across[k / r + k % r * q]))

        let identity = Array.init (q * q) (fun k -> if k % q = k / q then 1.0 else 0.0)
        StableRoot.solve q q lower order (apply orders lambdas true block q identity)

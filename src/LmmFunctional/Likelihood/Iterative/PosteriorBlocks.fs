namespace LmmFunctional.Estimation

open LmmFunctional.Numerics

/// <summary>The effects of a term level by level, as if levels knew nothing of each other: with G = λλᵀ and K the information
/// about a level's effects (S×S), the covariance H = (G⁻¹ + K)⁻¹ of the effects given the data, divided by σ².</summary>
/// <remarks>With D = I + λᵀKλ = LLᵀ: R = λL⁻ᵀ, H = RRᵀ, and N = (I + KG)⁻¹, none of which asks for a regular G;
/// dH = Nᵀ dG N − H dK H. Overwritten by every <c>Move</c>.</remarks>
[<Sealed>]
type internal PosteriorBlocks(order: int, levels: int) =
    let square = order * order
    let chunk = 2048
    let chunks = (levels + chunk - 1) / chunk
    let r: float[] = Array.zeroCreate (levels * square)
    let h: float[] = Array.zeroCreate (levels * square)
    let n: float[] = Array.zeroCreate (levels * square)

    /// Level by level; log|D|, not a number where D is not positive definite.
    let moveLevel (k: float[]) atK (lambda: float[]) (g: float[]) (scratch: float[]) level =
        let at = level * square

        if order = 1 then
            let d = 1.0 + k[atK + level] * g[0]
            n[level] <- 1.0 / d
            h[level] <- g[0] / d
            r[level] <- lambda[0] / sqrt d
            log d
        else
            let from = atK + at
            // D in the second half of the scratch, then its factor.
            Small.Multiply(order, k, from, false, lambda, 0, scratch, 0)
            Small.Multiply(order, lambda, 0, true, scratch, 0, scratch, square)

            for i in 0 .. order - 1 do
                scratch[square + i + i * order] <- scratch[square + i + i * order] + 1.0

            let isPositive = Small.Cholesky(order, scratch, square)
            let mutable logDeterminant = if isPositive then 0.0 else nan

            for i in 0 .. order - 1 do
                logDeterminant <- logDeterminant + 2.0 * log scratch[square + i + i * order]

                for j in 0 .. order - 1 do
                    scratch[i + j * order] <- lambda[j + i * order]

            // L⁻¹λᵀ, and its transpose.
            Small.SolveLower(order, scratch, square, order, scratch, 0)

            for i in 0 .. order - 1 do
                for j in 0 .. order - 1 do
                    r[at + i + j * order] <- scratch[j + i * order]

            Small.MultiplyByTranspose(order, r, at, r, at, h, at)
            Small.Multiply(order, k, from, false, g, 0, scratch, 0)

            for i in 0 .. order - 1 do
                scratch[i + i * order] <- scratch[i + i * order] + 1.0

            Small.Invert(order, scratch, n, at)
            logDeterminant

    member _.Order = order
    member _.Levels = levels

    /// Per level R, S×S by columns.
    member _.R = r

    /// Per level H, S×S.
    member _.H = h

    /// Per level N, S×S.
    member _.N = n

    /// <summary>Moves to λ, S×S, with the K of all levels from a place of an array on.</summary>
    /// <returns>Σ log|D|, not a number where some D is not positive definite.</returns>
    member _.Move(k: float[], atK: int, lambda: float[]) : float =
        let g: float[] = Array.zeroCreate square
        Small.MultiplyByTranspose(order, lambda, 0, lambda, 0, g, 0)
        let logs: float[] = Array.zeroCreate chunks

        Tiles.Run(
            chunks,
            float levels * float (20 + 10 * order * square),
            fun tile ->
                let scratch: float[] = Array.zeroCreate (2 * square)
                let mutable sum = 0.0

                for level in tile * chunk .. min levels ((tile + 1) * chunk) - 1 do
                    sum <- sum + moveLevel k atK lambda g scratch level

                logs[tile] <- sum
        )

        Array.sum logs

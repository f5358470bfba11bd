namespace LmmFunctional.Estimation

open System
open LmmFunctional.Numerics

/// <summary>The leading factor taken out of the equations, level by level.</summary>
/// <remarks>Per level j, with A = Z'Z (S×S), λ the factor of the leading covariance, G = λλᵀ and D = λᵀAλ + I = LLᵀ:
/// B = L⁻¹λᵀ, N = (I + A G)⁻¹, and for the entries a of Z₂'Z₁ that belong to j, Y = B aᵀ. N is solved for rather than
/// formed as I − A λD⁻¹λᵀ, which cancels when the group's information is large. Overwritten by every elimination.</remarks>
[<Sealed>]
type internal LeadElimination(cross: CrossProducts) =
    let order = cross.LeadOrder
    let square = order * order
    let levels = cross.LeadLevels
    let p = cross.P
    let tail = cross.Tail
    let chunk = 512
    let chunks = (levels + chunk - 1) / chunk
    let b: float[] = Array.zeroCreate (levels * square)
    let n: float[] = Array.zeroCreate (levels * square)
    let reduced: float[] = Array.zeroCreate (levels * order * p)
    let y: float[] = Array.zeroCreate cross.EntryValues.Length
    let gathered: float[] = Array.zeroCreate (if tail > 0 then levels * square else 0)

    let coupling = LeadCoupling cross

    /// Per level N, S×S.
    member _.N = n

    /// Per level B, S×S.
    member _.B = b

    /// Per level and effect, P values of B Z₁'[X y].
    member _.Reduced = reduced

    /// Per level K = a (ΛCΛ') aᵀ after a gather.
    member _.Gathered = gathered

    /// Y, S values per entry.
    member _.Y = y

    member private _.EliminateLevel(level: int, lambda: float[], g: float[], scratch: float[]) : float =
        let at = level * square
        let mutable logDeterminant = 0.0

        if order = 1 then
            let d = 1.0 + cross.LeadLead[level] * g[0]
            b[level] <- lambda[0] / sqrt d
            n[level] <- 1.0 / d
            logDeterminant <- log d
        else
            // D = λᵀ(Aλ) + I in the second half of the scratch, then its factor.
            Small.Multiply(order, cross.LeadLead, at, false, lambda, 0, scratch, 0)
            Small.Multiply(order, lambda, 0, true, scratch, 0, scratch, square)

            for i in 0 .. order - 1 do
                scratch[square + i + i * order] <- scratch[square + i + i * order] + 1.0

            Small.Cholesky(order, scratch, square) |> ignore

            for i in 0 .. order - 1 do
                logDeterminant <- logDeterminant + 2.0 * log scratch[square + i + i * order]

                for j in 0 .. order - 1 do
                    b[at + i + j * order] <- lambda[j + i * order]

            Small.SolveLower(order, scratch, square, order, b, at)
            Small.Multiply(order, cross.LeadLead, at, false, g, 0, scratch, 0)

            for i in 0 .. order - 1 do
                scratch[i + i * order] <- scratch[i + i * order] + 1.0

            Small.Invert(order, scratch, n, at)

        for i in 0 .. order - 1 do
            let target = (level * order + i) * p

            for c in 0 .. p - 1 do
                reduced[target + c] <- 0.0

            for k in 0 .. order - 1 do
                let factor = b[at + i + k * order]

                if factor <> 0.0 then
                    let source = (level * order + k) * p

                    for c in 0 .. p - 1 do
                        reduced[target + c] <- reduced[target + c] + factor * cross.LeadFixed[source + c]

        for entry in cross.EntryStarts[level] .. cross.EntryStarts[level + 1] - 1 do
            for i in 0 .. order - 1 do
                let mutable sum = 0.0

                for k in 0 .. order - 1 do
                    sum <- sum + b[at + i + k * order] * cross.EntryValues[entry * order + k]

                y[entry * order + i] <- sum

        logDeterminant

    /// <summary>Eliminates all levels for a factor λ (S×S) and subtracts their part from [X y]'[X y].</summary>
    /// <returns>Σ log|D|.</returns>
    member this.Eliminate(lambda: float[], fixedFixed: float[]) : float =
        let g = Array.zeroCreate square
        Small.MultiplyByTranspose(order, lambda, 0, lambda, 0, g, 0)
        let logs = Array.zeroCreate chunks
        let sums = Array.init chunks (fun _ -> Array.zeroCreate<float>(p * p))

        let work =
            float levels * float (4 * order * square + order * p * (order + p))
            + float y.Length * float order

        Tiles.Run(
            chunks,
            work,
            fun tile ->
                let scratch = Array.zeroCreate (2 * square)
                let sum = sums[tile]

                for level in tile * chunk .. min levels ((tile + 1) * chunk) - 1 do
                    logs[tile] <- logs[tile] + this.EliminateLevel(level, lambda, g, scratch)

                    for row in level * order .. level * order + order - 1 do
                        for c in 0 .. p - 1 do
                            let factor = reduced[row * p + c]

                            for d in c .. p - 1 do
                                sum[d + c * p] <- sum[d + c * p] + factor * reduced[row * p + d]
        )

        for sum in sums do
            for c in 0 .. p - 1 do
                for d in c .. p - 1 do
                    fixedFixed[d + c * p] <- fixedFixed[d + c * p] - sum[d + c * p]

        Array.sum logs

    /// The products that join the leading levels with the tail.
    member _.Coupling = coupling

    /// S −= Σ YᵀY on the lower triangle of the tail, and R −= Σ Yᵀ B Z₁'[X y] on its products with X and y.
    member _.SubtractFromTail(s: Buffer, r: Buffer) =
        coupling.SubtractSquares(y, reduced, s, r)

    /// K = a M aᵀ per level, for a symmetric M (q₂×q₂, lower triangle) and the entries a of Z₁'Z₂.
    member _.Gather(m: Buffer) = coupling.Gather(m, gathered)

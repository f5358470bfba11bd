namespace LmmFunctional

open System
open FSharp.NativeInterop
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

    // Columns of the tail are cut into windows whose part of a q₂×q₂ matrix stays in the second-level cache.
    let windows =
        let wanted = max 1 (int (float tail * float tail * 4.0 / 4e5))
        let count = min 64 wanted
        // Equal areas of the lower triangle.
        Array.init (count + 1) (fun k ->
            if k = count then
                tail
            else
                int (float tail * (1.0 - sqrt (1.0 - float k / float count))))

    /// Per window and level the first entry whose tail effect is in the window.
    let windowStarts =
        Array.init windows.Length (fun w ->
            Array.init levels (fun level ->
                let first = cross.EntryStarts[level]

                let found =
                    Array.BinarySearch(cross.EntryRows, first, cross.EntryStarts[level + 1] - first, windows[w])

                if found >= 0 then found else ~~~found))

    let windowWork =
        let mutable pairs = 0.0

        for level in 0 .. levels - 1 do
            let count = float (cross.EntryStarts[level + 1] - cross.EntryStarts[level])
            pairs <- pairs + count * count

        pairs * float order

    let partials: float[] =
        Array.zeroCreate (
            if tail > 0 && windows.Length > 2 then
                (windows.Length - 1) * levels * square
            else
                0
        )

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

    /// S −= Σ YᵀY on the lower triangle of the tail, and R −= Σ Yᵀ B Z₁'[X y] on its products with X and y.
    member _.SubtractFromTail(s: Buffer, r: Buffer) =
        let rows = cross.EntryRows

        Tiles.Run(
            windows.Length - 1,
            windowWork,
            fun w ->
                for level in 0 .. levels - 1 do
                    let last = cross.EntryStarts[level + 1] - 1

                    for t in windowStarts[w][level] .. windowStarts[w + 1][level] - 1 do
                        let column = NativePtr.add s.Pointer (rows[t] * tail)

                        if order = 1 then
                            let factor = y[t]

                            for u in t..last do
                                let row = rows[u]
                                NativePtr.set column row (NativePtr.get column row - factor * y[u])
                        else
                            for u in t..last do
                                let mutable sum = 0.0

                                for k in 0 .. order - 1 do
                                    sum <- sum + y[t * order + k] * y[u * order + k]

                                let row = rows[u]
                                NativePtr.set column row (NativePtr.get column row - sum)

                        for c in 0 .. p - 1 do
                            let mutable sum = 0.0

                            for k in 0 .. order - 1 do
                                sum <- sum + y[t * order + k] * reduced[(level * order + k) * p + c]

                            let index = rows[t] + c * tail
                            r[index] <- r[index] - sum
        )

    /// <summary>target (q₂×q₂, full) ← Σ_j f_j g_jᵀ, for two values f, g per entry: element (row of u, row of t) sums f_u g_t.</summary>
    member _.Outer(f: float[], g: float[], target: Buffer) =
        let rows = cross.EntryRows
        target.Span.Slice(0, tail * tail).Clear()

        Tiles.Run(
            windows.Length - 1,
            2.0 * windowWork,
            fun w ->
                for level in 0 .. levels - 1 do
                    let first = cross.EntryStarts[level]
                    let last = cross.EntryStarts[level + 1] - 1

                    for t in windowStarts[w][level] .. windowStarts[w + 1][level] - 1 do
                        let column = NativePtr.add target.Pointer (rows[t] * tail)
                        let factor = g[t]

                        for u in first..last do
                            let row = rows[u]
                            NativePtr.set column row (NativePtr.get column row + factor * f[u])
        )

    /// K = a M aᵀ per level, for a symmetric M (q₂×q₂, lower triangle) and the entries a of Z₁'Z₂.
    member _.Gather(m: Buffer) =
        let rows = cross.EntryRows
        let values = cross.EntryValues
        let target = if partials.Length = 0 then gathered else partials

        Tiles.Run(
            windows.Length - 1,
            windowWork,
            fun w ->
                let sums: float[] = Array.zeroCreate order

                for level in 0 .. levels - 1 do
                    let last = cross.EntryStarts[level + 1] - 1
                    let at = (w * levels + level) * square
                    Array.Clear(target, at, square)

                    for t in windowStarts[w][level] .. windowStarts[w + 1][level] - 1 do
                        let column = NativePtr.add m.Pointer (rows[t] * tail)
                        let diagonal = 0.5 * NativePtr.get column rows[t]

                        if order = 1 then
                            let mutable sum = diagonal * values[t]

                            for u in t + 1 .. last do
                                sum <- sum + NativePtr.get column rows[u] * values[u]

                            target[at] <- target[at] + 2.0 * values[t] * sum
                        else
                            for k in 0 .. order - 1 do
                                sums[k] <- diagonal * values[t * order + k]

                            for u in t + 1 .. last do
                                let element = NativePtr.get column rows[u]

                                for k in 0 .. order - 1 do
                                    sums[k] <- sums[k] + element * values[u * order + k]

                            for i in 0 .. order - 1 do
                                for k in 0 .. order - 1 do
                                    let both = values[t * order + i] * sums[k] + sums[i] * values[t * order + k]
                                    target[at + i + k * order] <- target[at + i + k * order] + both
        )

        if partials.Length > 0 then
            Array.Clear gathered

            for w in 0 .. windows.Length - 2 do
                for k in 0 .. gathered.Length - 1 do
                    gathered[k] <- gathered[k] + partials[w * gathered.Length + k]

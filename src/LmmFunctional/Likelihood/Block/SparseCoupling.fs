namespace LmmFunctional.Estimation

open System
open FSharp.NativeInterop
open LmmFunctional.Numerics

/// <summary>The levels with few entries beside the tail: their products are done entry by entry, in windows of the tail.
/// </summary>
[<Sealed>]
type internal SparseCoupling(cross: CrossProducts, sparseLevels: int[]) =
    let order = cross.LeadOrder
    let square = order * order
    let tail = cross.Tail

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

    /// Per window and sparse level the first entry whose tail effect is in the window.
    let windowStarts =
        Array.init windows.Length (fun w ->
            Array.init sparseLevels.Length (fun index ->
                let level = sparseLevels[index]
                let first = cross.EntryStarts[level]

                let found =
                    Array.BinarySearch(cross.EntryRows, first, cross.EntryStarts[level + 1] - first, windows[w])

                if found >= 0 then found else ~~~found))

    let windowWork =
        let mutable pairs = 0.0

        for level in sparseLevels do
            let count = float (cross.EntryStarts[level + 1] - cross.EntryStarts[level])
            pairs <- pairs + count * count

        pairs * float order

    let partials: float[] =
        Array.zeroCreate (
            if tail > 0 && windows.Length > 2 then
                (windows.Length - 1) * sparseLevels.Length * square
            else
                0
        )

    /// <summary>S −= Σ YᵀY on the lower triangle of the tail, and R −= Σ Yᵀ H on its products with X and y.</summary>
    /// <remarks>Y has S values per entry, H (reduced) P values per leading effect.</remarks>
    member _.SubtractSquares(y: float[], reduced: float[], s: Buffer, r: Buffer) =
        let rows = cross.EntryRows
        let p = cross.P

        Tiles.Run(
            windows.Length - 1,
            windowWork,
            fun w ->
                for index in 0 .. sparseLevels.Length - 1 do
                    let level = sparseLevels[index]
                    let last = cross.EntryStarts[level + 1] - 1

                    for t in windowStarts[w][index] .. windowStarts[w + 1][index] - 1 do
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

    /// target (q₂×q₂) += Σ_j f_j g_jᵀ for one value of f and one of g per entry.
    member _.Outer(f: float[], g: float[], lower: bool, target: Buffer) =
        let rows = cross.EntryRows

        Tiles.Run(
            windows.Length - 1,
            2.0 * windowWork,
            fun w ->
                for index in 0 .. sparseLevels.Length - 1 do
                    let level = sparseLevels[index]
                    let first = cross.EntryStarts[level]
                    let last = cross.EntryStarts[level + 1] - 1

                    for t in windowStarts[w][index] .. windowStarts[w + 1][index] - 1 do
                        let column = NativePtr.add target.Pointer (rows[t] * tail)
                        let factor = g[t]

                        for u in (if lower then t else first) .. last do
                            let row = rows[u]
                            NativePtr.set column row (NativePtr.get column row + factor * f[u])
        )

    /// K = a M aᵀ per level, S×S, for a symmetric M (q₂×q₂, lower triangle).
    member _.Gather(m: Buffer, gathered: float[]) =
        let rows = cross.EntryRows
        let values = cross.EntryValues
        let hasPartials = partials.Length > 0

        Tiles.Run(
            windows.Length - 1,
            windowWork,
            fun w ->
                let sums: float[] = Array.zeroCreate order

                for index in 0 .. sparseLevels.Length - 1 do
                    let level = sparseLevels[index]
                    let last = cross.EntryStarts[level + 1] - 1
                    let target = if hasPartials then partials else gathered

                    let at =
                        if hasPartials then
                            (w * sparseLevels.Length + index) * square
                        else
                            level * square

                    Array.Clear(target, at, square)

                    for t in windowStarts[w][index] .. windowStarts[w + 1][index] - 1 do
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

        if hasPartials then
            for index in 0 .. sparseLevels.Length - 1 do
                for k in 0 .. square - 1 do
                    let mutable sum = 0.0

                    for w in 0 .. windows.Length - 2 do
                        sum <- sum + partials[(w * sparseLevels.Length + index) * square + k]

                    gathered[sparseLevels[index] * square + k] <- sum

    /// <summary>W += α a T: rows of the leading effects from those of the tail, m values side by side for each effect.</summary>
    member _.AddToLead(m: int, alpha: float, tailColumns: nativeptr<float>, lead: nativeptr<float>) =
        let chunk = 512

        Tiles.Run(
            (sparseLevels.Length + chunk - 1) / chunk,
            float cross.EntryRows.Length * float (order * m),
            fun tile ->
                for index in tile * chunk .. min sparseLevels.Length ((tile + 1) * chunk) - 1 do
                    let level = sparseLevels[index]

                    for entry in cross.EntryStarts[level] .. cross.EntryStarts[level + 1] - 1 do
                        let source = NativePtr.add tailColumns (cross.EntryRows[entry] * m)

                        for a in 0 .. order - 1 do
                            let target = NativePtr.add lead ((level * order + a) * m)
                            VectorKernel.AddScaled(m, alpha * cross.EntryValues[entry * order + a], source, target)
        )

    /// T += a'W: as above, from the leading effects to the tail.
    member _.AddToTail(m: int, lead: nativeptr<float>, tailColumns: nativeptr<float>) =
        for level in sparseLevels do
            for entry in cross.EntryStarts[level] .. cross.EntryStarts[level + 1] - 1 do
                let target = NativePtr.add tailColumns (cross.EntryRows[entry] * m)

                for a in 0 .. order - 1 do
                    let source = NativePtr.add lead ((level * order + a) * m)
                    VectorKernel.AddScaled(m, cross.EntryValues[entry * order + a], source, target)

namespace LmmFunctional

open System
open FSharp.NativeInterop
open LmmFunctional.Numerics

/// <summary>The products that join the leading levels with the tail, a_j (S×q₂) for level j, and what is done with matrices
/// of their pattern.</summary>
/// <remarks>Levels with many entries are dense columns, multiplied by dense kernels at a hundred times the rate of the
/// others; these are done entry by entry, in windows of the tail. Tiles are fixed by the pattern.</remarks>
[<Sealed>]
type internal LeadCoupling(cross: CrossProducts) =
    let order = cross.LeadOrder
    let square = order * order
    let levels = cross.LeadLevels
    let tail = cross.Tail

    // An entry of a dense column costs about a twentieth of one done alone: pairs pay from a fifth of the tail on.
    let isDense level =
        5 * (cross.EntryStarts[level + 1] - cross.EntryStarts[level]) >= tail

    let denseLevels =
        if tail > 0 then
            Array.init levels id |> Array.filter isDense
        else
            [||]

    let denseColumns = denseLevels.Length * order

    let sparseLevels =
        if denseLevels.Length = 0 then
            Array.init levels id
        else
            Array.init levels id |> Array.filter (isDense >> not)

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

    /// Values with the pattern of the entries, one for each effect, as columns of the dense levels: q₂×(levels × width).
    let scatter width (values: float[]) (target: Buffer) =
        target.Span.Slice(0, tail * denseLevels.Length * width).Clear()

        for index in 0 .. denseLevels.Length - 1 do
            let level = denseLevels[index]

            for entry in cross.EntryStarts[level] .. cross.EntryStarts[level + 1] - 1 do
                for a in 0 .. width - 1 do
                    target[cross.EntryRows[entry] + (index * width + a) * tail] <- values[entry * width + a]

    let dense =
        let columns = Buffer(max 1 (tail * denseColumns))
        scatter order cross.EntryValues columns
        columns

    let subtractDense (y: float[]) (reduced: float[]) (s: Buffer) (r: Buffer) =
        let p = cross.P
        let columns = Workspace.Rent(max 1 (tail * denseColumns))
        scatter order y columns
        let at = columns.Pointer
        Product.Add(tail, tail, denseColumns, -1.0, at, tail, false, at, tail, true, s.Pointer, tail, true)

        for index in 0 .. denseColumns - 1 do
            let row = denseLevels[index / order] * order + index % order

            for c in 0 .. p - 1 do
                VectorKernel.AddScaled(
                    tail,
                    -reduced[row * p + c],
                    NativePtr.add at (index * tail),
                    NativePtr.add r.Pointer (c * tail)
                )

        Workspace.Return columns

    let gatherDense (m: Buffer) (gathered: float[]) =
        let full = Workspace.Rent(tail * tail)
        let images = Workspace.Rent(tail * denseColumns)
        Symmetric.Mirror(tail, m.Pointer, full.Pointer)
        images.Span.Slice(0, tail * denseColumns).Clear()

        Product.Add(
            tail,
            denseColumns,
            tail,
            1.0,
            full.Pointer,
            tail,
            false,
            dense.Pointer,
            tail,
            false,
            images.Pointer,
            tail,
            false
        )

        for index in 0 .. denseLevels.Length - 1 do
            for k in 0 .. order - 1 do
                for i in 0..k do
                    let sum =
                        VectorKernel.Dot(
                            tail,
                            NativePtr.add dense.Pointer ((index * order + i) * tail),
                            NativePtr.add images.Pointer ((index * order + k) * tail)
                        )

                    gathered[denseLevels[index] * square + i + k * order] <- sum
                    gathered[denseLevels[index] * square + k + i * order] <- sum

        Workspace.Return full
        Workspace.Return images

    /// <summary>S −= Σ YᵀY on the lower triangle of the tail, and R −= Σ Yᵀ H on its products with X and y.</summary>
    /// <remarks>Y has S values per entry, H (reduced) P values per leading effect.</remarks>
    member _.SubtractSquares(y: float[], reduced: float[], s: Buffer, r: Buffer) =
        let rows = cross.EntryRows
        let p = cross.P

        if denseColumns > 0 then
            subtractDense y reduced s r

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

    /// <summary>target (q₂×q₂) ← Σ_j f_j g_jᵀ for one value of f and one of g per entry: element (row of u, row of t) sums
    /// f_u g_t.</summary>
    member _.Outer(f: float[], g: float[], target: Buffer) =
        let rows = cross.EntryRows
        target.Span.Slice(0, tail * tail).Clear()

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

                        for u in first..last do
                            let row = rows[u]
                            NativePtr.set column row (NativePtr.get column row + factor * f[u])
        )

        if denseColumns > 0 then
            let width = denseLevels.Length
            let left = Workspace.Rent(tail * width)
            let right = Workspace.Rent(tail * width)
            scatter 1 f left
            scatter 1 g right
            let l, r = left.Pointer, right.Pointer
            Product.Add(tail, tail, width, 1.0, l, tail, false, r, tail, true, target.Pointer, tail, false)
            Workspace.Return left
            Workspace.Return right

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

        if denseColumns > 0 then
            gatherDense m gathered

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

        if denseColumns > 0 then
            let image = Workspace.Rent(m * denseColumns)
            image.Span.Slice(0, m * denseColumns).Clear()
            let at = image.Pointer
            Product.Add(m, denseColumns, tail, alpha, tailColumns, m, false, dense.Pointer, tail, false, at, m, false)

            for index in 0 .. denseLevels.Length - 1 do
                VectorKernel.AddScaled(
                    m * order,
                    1.0,
                    NativePtr.add at (index * order * m),
                    NativePtr.add lead (denseLevels[index] * order * m)
                )

            Workspace.Return image

    /// T += a'W: as above, from the leading effects to the tail.
    member _.AddToTail(m: int, lead: nativeptr<float>, tailColumns: nativeptr<float>) =
        for level in sparseLevels do
            for entry in cross.EntryStarts[level] .. cross.EntryStarts[level + 1] - 1 do
                let target = NativePtr.add tailColumns (cross.EntryRows[entry] * m)

                for a in 0 .. order - 1 do
                    let source = NativePtr.add lead ((level * order + a) * m)
                    VectorKernel.AddScaled(m, cross.EntryValues[entry * order + a], source, target)

        if denseColumns > 0 then
            let rows = Workspace.Rent(m * denseColumns)

            for index in 0 .. denseLevels.Length - 1 do
                let source =
                    Span<float>(NativePtr.toVoidPtr (NativePtr.add lead (denseLevels[index] * order * m)), m * order)

                source.CopyTo(rows.Span.Slice(index * order * m))

            let at = rows.Pointer
            Product.Add(m, tail, denseColumns, 1.0, at, m, false, dense.Pointer, tail, true, tailColumns, m, false)
            Workspace.Return rows

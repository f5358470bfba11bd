namespace LmmFunctional.Estimation

open System
open FSharp.NativeInterop
open LmmFunctional.Numerics

/// <summary>The levels with many entries beside the tail: full columns, one for each of their effects, multiplied by the
/// dense kernels.</summary>
[<Sealed>]
type internal DenseCoupling(cross: CrossProducts, denseLevels: int[]) =
    let order = cross.LeadOrder
    let square = order * order
    let tail = cross.Tail
    let denseColumns = denseLevels.Length * order

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

    /// S −= Σ YᵀY on the lower triangle, and R −= Σ Yᵀ H, as for the sparse levels.
    member _.SubtractSquares(y: float[], reduced: float[], s: Buffer, r: Buffer) =
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

    /// target (q₂×q₂) += Σ_j f_j g_jᵀ for one value of f and one of g per entry.
    member _.Outer(f: float[], g: float[], lower: bool, target: Buffer) =
        let width = denseLevels.Length
        let left = Workspace.Rent(tail * width)
        let right = Workspace.Rent(tail * width)
        scatter 1 f left
        scatter 1 g right
        let l, r = left.Pointer, right.Pointer
        Product.Add(tail, tail, width, 1.0, l, tail, false, r, tail, true, target.Pointer, tail, lower)
        Workspace.Return left
        Workspace.Return right

    /// K = a M aᵀ per level, S×S, for a symmetric M (q₂×q₂, lower triangle).
    member _.Gather(m: Buffer, gathered: float[]) =
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

    /// W += α a T: rows of the leading effects from those of the tail, m values side by side for each effect.
    member _.AddToLead(m: int, alpha: float, tailColumns: nativeptr<float>, lead: nativeptr<float>) =
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
        let rows = Workspace.Rent(m * denseColumns)

        for index in 0 .. denseLevels.Length - 1 do
            let source =
                Span<float>(NativePtr.toVoidPtr (NativePtr.add lead (denseLevels[index] * order * m)), m * order)

            source.CopyTo(rows.Span.Slice(index * order * m))

        let at = rows.Pointer
        Product.Add(m, tail, denseColumns, 1.0, at, m, false, dense.Pointer, tail, true, tailColumns, m, false)
        Workspace.Return rows

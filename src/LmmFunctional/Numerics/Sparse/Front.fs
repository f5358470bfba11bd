namespace LmmFunctional.Numerics

open System
open FSharp.NativeInterop

/// <summary>The dense arithmetic of one front: w columns to factor, r rows below, n = w + r.</summary>
/// <remarks>The panel is n×w, the update r×r, both column-major with their lower triangles in use; what is above the diagonal
/// is unspecified. Small fronts take plain loops, which need no packing.</remarks>
[<AbstractClass; Sealed>]
type internal Front private () =

    // Below so many operations packing costs more than it saves.
    static let isSmall w r =
        let n = float (w + r)
        float w * n * n < 20000.0

    static member private FactorSmall(w: int, r: int, panel: nativeptr<float>, update: nativeptr<float>) =
        let n = w + r
        let mutable positive = true
        let mutable k = 0

        while positive && k < w do
            let column = NativePtr.add panel (k * n)
            let pivot = NativePtr.get column k

            if pivot > 0.0 then
                let root = sqrt pivot
                NativePtr.set column k root
                VectorKernel.Scale(n - k - 1, 1.0 / root, NativePtr.add column (k + 1))

                for j in k + 1 .. w - 1 do
                    VectorKernel.AddScaled(
                        n - j,
                        -NativePtr.get column j,
                        NativePtr.add column j,
                        NativePtr.add panel (j + j * n)
                    )

                for j in 0 .. r - 1 do
                    VectorKernel.AddScaled(
                        r - j,
                        -NativePtr.get column (w + j),
                        NativePtr.add column (w + j),
                        NativePtr.add update (j + j * r)
                    )

                k <- k + 1
            else
                positive <- false

        positive

    /// <summary>Factors the columns of a front: panel ← [L₁₁; L₂₁], update ← update − L₂₁L₂₁ᵀ.</summary>
    /// <returns>False when a pivot is not positive; what panel and update hold is then unspecified.</returns>
    static member Factor(w: int, r: int, panel: nativeptr<float>, update: nativeptr<float>) : bool =
        let n = w + r

        if isSmall w r then
            Front.FactorSmall(w, r, panel, update)
        elif Cholesky.Factor(w, panel, n) then
            let below = NativePtr.add panel w
            Triangular.SolveRight(r, w, panel, n, true, below, n)
            Product.Add(r, r, w, -1.0, below, n, false, below, n, true, update, r, true)
            true
        else
            false

    /// y ← y + F x for one column of a symmetric matrix F: its element on the diagonal and the `below` ones under it.
    static member private MultiplyColumn
        (below: int, column: nativeptr<float>, x: nativeptr<float>, y: nativeptr<float>)
        =
        let own = NativePtr.get x 0
        let under = NativePtr.add column 1

        let dot = VectorKernel.Dot(below, under, NativePtr.add x 1)
        NativePtr.set y 0 (NativePtr.get y 0 + NativePtr.get column 0 * own + dot)
        VectorKernel.AddScaled(below, own, under, NativePtr.add y 1)

    static member private InvertSmall(w, r, l: nativeptr<float>, below: nativeptr<float>, inverse: nativeptr<float>) =
        let n = w + r
        Span<float>(NativePtr.toVoidPtr inverse, n * w).Clear()

        for j in w - 1 .. -1 .. 0 do
            let factor = NativePtr.add l (j * n)
            let column = NativePtr.add inverse (j * n)

            for k in j + 1 .. w - 1 do
                Front.MultiplyColumn(
                    n - k - 1,
                    NativePtr.add inverse (k + k * n),
                    NativePtr.add factor k,
                    NativePtr.add column k
                )

            for k in 0 .. r - 1 do
                Front.MultiplyColumn(
                    r - k - 1,
                    NativePtr.add below (k + k * r),
                    NativePtr.add factor (w + k),
                    NativePtr.add column (w + k)
                )

            let scale = 1.0 / NativePtr.get factor j
            let under = n - j - 1
            VectorKernel.Scale(under, -scale, NativePtr.add column (j + 1))

            let dot =
                VectorKernel.Dot(under, NativePtr.add factor (j + 1), NativePtr.add column (j + 1))

            NativePtr.set column j ((scale - dot) * scale)

    /// The upper triangle from the lower, in blocks that stay in the cache.
    static member private Mirror(n: int, a: nativeptr<float>) =
        let block = 32
        let blocks = (n + block - 1) / block

        Tiles.Run(
            blocks,
            float n * float n,
            fun tile ->
                let j0 = tile * block

                for i0 in j0..block .. n - 1 do
                    for j in j0 .. min n (j0 + block) - 1 do
                        for i in max (j + 1) i0 .. min n (i0 + block) - 1 do
                            NativePtr.set a (j + i * n) (NativePtr.get a (i + j * n))
        )

    /// <summary>The inverse on the pattern of a front: inverse ← [Z₁₁; Z₂₁] from the factor's panel l and Z₂₂.</summary>
    /// <remarks>Z₂₁ = −Z₂₂ Y and Z₁₁ = (L₁₁L₁₁ᵀ)⁻¹ − Yᵀ Z₂₁ with Y = L₂₁L₁₁⁻¹. Source: Takahashi, Fagan and Chin (1973), by
    /// supernodes. Z₂₂ is overwritten with its full square.</remarks>
    static member Invert(w: int, r: int, l: nativeptr<float>, below: nativeptr<float>, inverse: nativeptr<float>) =
        let n = w + r

        if isSmall w r then
            Front.InvertSmall(w, r, l, below, inverse)
        else
            Span<float>(NativePtr.toVoidPtr inverse, n * w).Clear()

            for j in 0 .. w - 1 do
                let at = j + j * n
                let source = Span<float>(NativePtr.toVoidPtr (NativePtr.add l at), w - j)
                source.CopyTo(Span<float>(NativePtr.toVoidPtr (NativePtr.add inverse at), w - j))

            Cholesky.Invert(w, inverse, n)

            if r > 0 then
                let y = Workspace.Rent(r * w)

                for j in 0 .. w - 1 do
                    let source = Span<float>(NativePtr.toVoidPtr (NativePtr.add l (w + j * n)), r)
                    source.CopyTo(y.Span.Slice(j * r, r))

                Triangular.SolveRight(r, w, l, n, false, y.Pointer, r)
                Front.Mirror(r, below)
                let z21 = NativePtr.add inverse w
                Product.Add(r, w, r, -1.0, below, r, false, y.Pointer, r, false, z21, n, false)
                Product.Add(w, w, r, -1.0, y.Pointer, r, true, z21, n, false, inverse, n, true)
                Workspace.Return y

namespace LmmFunctional.Numerics

open System
open FSharp.NativeInterop

/// <summary>Solves and products with lower triangular matrices, column-major, in place.</summary>
/// <remarks>Recursive halving turns nearly all of the work into matrix products; blocks of at most <c>Base</c> columns are
/// solved by a product with their explicit inverse. Only the lower triangle of L is read.</remarks>
[<AbstractClass; Sealed>]
type internal Triangular private () =

    static let baseOrder = 48

    /// The order below which a triangle is inverted explicitly.
    static member Base = baseOrder

    /// Where to cut a triangle in two: a multiple of the base order near the middle.
    static member Half(n: int) =
        (n / 2 + baseOrder - 1) / baseOrder * baseOrder

    /// <summary>The inverse of a small lower triangle L (n×n), written to x with stride n; its upper triangle is zero.</summary>
    static member InvertSmall(n: int, l: nativeptr<float>, stride: int, x: nativeptr<float>) =
        Span<float>(NativePtr.toVoidPtr x, n * n).Clear()

        for j in 0 .. n - 1 do
            let column = NativePtr.add x (j * n)
            NativePtr.set column j 1.0

            for k in j .. n - 1 do
                let value = NativePtr.get column k / NativePtr.get l (k + k * stride)
                NativePtr.set column k value
                let below = k + 1

                VectorKernel.AddScaled(
                    n - below,
                    -value,
                    NativePtr.add l (below + k * stride),
                    NativePtr.add column below
                )

    static member private CopyOut(m: int, n: int, a: nativeptr<float>, stride: int, copy: nativeptr<float>) =
        for j in 0 .. n - 1 do
            let source = Span<float>(NativePtr.toVoidPtr (NativePtr.add a (j * stride)), m)
            source.CopyTo(Span<float>(NativePtr.toVoidPtr (NativePtr.add copy (j * m)), m))
            source.Clear()

    /// A ← A op(X) (right) or A ← op(X) A (left) for a small square X of stride n.
    static member private ApplySmall(m, n, a: nativeptr<float>, stride, x: nativeptr<float>, transposed, right) =
        let copy = Workspace.Rent(m * n)
        Triangular.CopyOut(m, n, a, stride, copy.Pointer)

        if right then
            Product.Add(m, n, n, 1.0, copy.Pointer, m, false, x, n, transposed, a, stride, false)
        else
            Product.Add(m, n, m, 1.0, x, m, transposed, copy.Pointer, m, false, a, stride, false)

        Workspace.Return copy

    /// A (m×n) ← A L⁻ᵀ (transposed) or A L⁻¹, with L n×n.
    static member SolveRight
        (m: int, n: int, l: nativeptr<float>, strideL: int, transposed: bool, a: nativeptr<float>, strideA: int)
        : unit =
        if m > 0 && n > 0 then
            if n <= baseOrder then
                let inverse = Workspace.Rent(n * n)
                Triangular.InvertSmall(n, l, strideL, inverse.Pointer)
                Triangular.ApplySmall(m, n, a, strideA, inverse.Pointer, transposed, true)
                Workspace.Return inverse
            else
                let half = Triangular.Half n
                let rest = n - half
                let l21 = NativePtr.add l half
                let l22 = NativePtr.add l (half + half * strideL)
                let a2 = NativePtr.add a (half * strideA)

                if transposed then
                    Triangular.SolveRight(m, half, l, strideL, true, a, strideA)
                    Product.Add(m, rest, half, -1.0, a, strideA, false, l21, strideL, true, a2, strideA, false)
                    Triangular.SolveRight(m, rest, l22, strideL, true, a2, strideA)
                else
                    Triangular.SolveRight(m, rest, l22, strideL, false, a2, strideA)
                    Product.Add(m, half, rest, -1.0, a2, strideA, false, l21, strideL, false, a, strideA, false)
                    Triangular.SolveRight(m, half, l, strideL, false, a, strideA)

    /// A (m×n) ← L⁻¹ A, or L⁻ᵀ A (transposed), with L m×m.
    static member SolveLeft
        (m: int, n: int, l: nativeptr<float>, strideL: int, transposed: bool, a: nativeptr<float>, strideA: int)
        : unit =
        if m > 0 && n > 0 then
            if m <= baseOrder then
                let inverse = Workspace.Rent(m * m)
                Triangular.InvertSmall(m, l, strideL, inverse.Pointer)
                Triangular.ApplySmall(m, n, a, strideA, inverse.Pointer, transposed, false)
                Workspace.Return inverse
            else
                let half = Triangular.Half m
                let rest = m - half
                let l21 = NativePtr.add l half
                let l22 = NativePtr.add l (half + half * strideL)
                let a2 = NativePtr.add a half

                if transposed then
                    Triangular.SolveLeft(rest, n, l22, strideL, true, a2, strideA)
                    Product.Add(half, n, rest, -1.0, l21, strideL, true, a2, strideA, false, a, strideA, false)
                    Triangular.SolveLeft(half, n, l, strideL, true, a, strideA)
                else
                    Triangular.SolveLeft(half, n, l, strideL, false, a, strideA)
                    Product.Add(rest, n, half, -1.0, l21, strideL, false, a, strideA, false, a2, strideA, false)
                    Triangular.SolveLeft(rest, n, l22, strideL, false, a2, strideA)

    /// A (m×n) ← Lᵀ A, with L m×m.
    static member MultiplyTransposed
        (m: int, n: int, l: nativeptr<float>, strideL: int, a: nativeptr<float>, strideA: int)
        : unit =
        if m > 0 && n > 0 then
            if m <= baseOrder then
                let clean = Workspace.Rent(m * m)
                Span<float>(NativePtr.toVoidPtr clean.Pointer, m * m).Clear()

                for j in 0 .. m - 1 do
                    for i in j .. m - 1 do
                        NativePtr.set clean.Pointer (i + j * m) (NativePtr.get l (i + j * strideL))

                Triangular.ApplySmall(m, n, a, strideA, clean.Pointer, true, false)
                Workspace.Return clean
            else
                let half = Triangular.Half m
                let rest = m - half
                let a2 = NativePtr.add a half
                Triangular.MultiplyTransposed(half, n, l, strideL, a, strideA)

                Product.Add(
                    half,
                    n,
                    rest,
                    1.0,
                    NativePtr.add l half,
                    strideL,
                    true,
                    a2,
                    strideA,
                    false,
                    a,
                    strideA,
                    false
                )

                Triangular.MultiplyTransposed(rest, n, NativePtr.add l (half + half * strideL), strideL, a2, strideA)

    /// L ← L⁻¹ (n×n, lower).
    static member Invert(n: int, l: nativeptr<float>, stride: int) : unit =
        if n <= baseOrder then
            let inverse = Workspace.Rent(n * n)
            Triangular.InvertSmall(n, l, stride, inverse.Pointer)

            for j in 0 .. n - 1 do
                for i in j .. n - 1 do
                    NativePtr.set l (i + j * stride) (NativePtr.get inverse.Pointer (i + j * n))

            Workspace.Return inverse
        else
            let half = Triangular.Half n
            let rest = n - half
            let l21 = NativePtr.add l half
            let l22 = NativePtr.add l (half + half * stride)
            Triangular.SolveRight(rest, half, l, stride, false, l21, stride)
            Triangular.SolveLeft(rest, half, l22, stride, false, l21, stride)

            for j in 0 .. half - 1 do
                VectorKernel.Scale(rest, -1.0, NativePtr.add l21 (j * stride))

            Triangular.Invert(half, l, stride)
            Triangular.Invert(rest, l22, stride)

    /// The lower triangle of LᵀL over L (n×n, lower).
    static member Square(n: int, l: nativeptr<float>, stride: int) : unit =
        if n <= baseOrder then
            for j in 0 .. n - 1 do
                for i in j .. n - 1 do
                    let columnI = NativePtr.add l (i + i * stride)
                    let columnJ = NativePtr.add l (i + j * stride)
                    // Row i of the result needs rows i.. of L only, so it may overwrite element (i, j).
                    NativePtr.set l (i + j * stride) (VectorKernel.Dot(n - i, columnI, columnJ))
        else
            let half = Triangular.Half n
            let rest = n - half
            let l21 = NativePtr.add l half
            let l22 = NativePtr.add l (half + half * stride)
            Triangular.Square(half, l, stride)
            Product.Add(half, half, rest, 1.0, l21, stride, true, l21, stride, false, l, stride, true)
            Triangular.MultiplyTransposed(rest, half, l22, stride, l21, stride)
            Triangular.Square(rest, l22, stride)

namespace LmmFunctional.Numerics

open FSharp.NativeInterop

/// <summary>Cholesky factors of dense symmetric matrices, column-major, lower triangle, in place.</summary>
[<AbstractClass; Sealed>]
type internal Cholesky private () =

    // From this order on panels pay for their packing.
    static let panelled = 240

    /// <summary>A ← L with A = L Lᵀ. Only the lower triangle is read and written.</summary>
    /// <returns>False when A is not positive definite; what it holds is then unspecified.</returns>
    static member Factor(n: int, a: nativeptr<float>, stride: int) : bool =
        if n <= Triangular.Base then
            PanelCholesky.FactorSmall(n, a, stride)
        elif n >= panelled then
            PanelCholesky.Factor(n, a, stride)
        else
            let half = Triangular.Half n
            let rest = n - half
            let a21 = NativePtr.add a half
            let a22 = NativePtr.add a (half + half * stride)

            if Cholesky.Factor(half, a, stride) then
                Triangular.SolveRight(rest, half, a, stride, true, a21, stride)
                Product.Add(rest, rest, half, -1.0, a21, stride, false, a21, stride, true, a22, stride, true)
                Cholesky.Factor(rest, a22, stride)
            else
                false

    /// <summary>L ← (L Lᵀ)⁻¹, lower triangle, from a Cholesky factor.</summary>
    static member Invert(n: int, l: nativeptr<float>, stride: int) =
        if n >= panelled then
            PanelInverse.Invert(n, l, stride)
        else
            Triangular.Invert(n, l, stride)
            Triangular.Square(n, l, stride)

    /// 2 Σ log of the diagonal of a factor: the log determinant of L Lᵀ.
    static member LogDeterminant(n: int, l: nativeptr<float>, stride: int) =
        let mutable sum = 0.0

        for i in 0 .. n - 1 do
            sum <- sum + log (NativePtr.get l (i + i * stride))

        2.0 * sum

namespace LmmFunctional.Numerics

open FSharp.NativeInterop

#nowarn "9"

/// <summary>Dense matrices in arrays, by columns: plain loops for small ones, the blocked kernels for the rest.</summary>
[<AbstractClass; Sealed>]
type internal Dense private () =

    // Below so many multiplications packing costs more than it saves.
    static let blocked = 8192.0

    // Columns shorter than this are added up one element after the other.
    static let vectorised = 8

    static member private MultiplySmall
        (m, n, k, a: float[], atA, transposeA, b: float[], atB, transposeB, c: float[], atC)
        =
        use left = fixed &a[atA]
        use target = fixed &c[atC]

        for j in 0 .. n - 1 do
            for l in 0 .. k - 1 do
                let factor =
                    if transposeB then
                        b[atB + j + l * n]
                    else
                        b[atB + l + j * k]

                if factor <> 0.0 then
                    if transposeA then
                        for i in 0 .. m - 1 do
                            c[atC + i + j * m] <- c[atC + i + j * m] + a[atA + l + i * k] * factor
                    elif m < vectorised then
                        for i in 0 .. m - 1 do
                            c[atC + i + j * m] <- c[atC + i + j * m] + a[atA + i + l * m] * factor
                    else
                        VectorKernel.AddScaled(m, factor, NativePtr.add left (l * m), NativePtr.add target (j * m))

    /// <summary>C (m×n) += op(A) op(B), inner dimension k, each at an offset and without gaps between its columns.</summary>
    static member Add
        (m: int, n: int, k: int, a: float[], atA, transposeA, b: float[], atB, transposeB, c: float[], atC)
        : unit =
        if m > 0 && n > 0 && k > 0 then
            if float m * float n * float k < blocked then
                Dense.MultiplySmall(m, n, k, a, atA, transposeA, b, atB, transposeB, c, atC)
            else
                use left = fixed &a[atA]
                use right = fixed &b[atB]
                use target = fixed &c[atC]
                let strideA = if transposeA then k else m
                let strideB = if transposeB then n else k
                Product.Add(m, n, k, 1.0, left, strideA, transposeA, right, strideB, transposeB, target, m, false)

    /// The lower triangle of C (m×m) += A Aᵀ, A m×k, blocked.
    static member AddSquare(m: int, k: int, a: float[], c: float[], atC: int) : unit =
        if m > 0 && k > 0 then
            use left = fixed &a[0]
            use target = fixed &c[atC]
            Product.Add(m, m, k, 1.0, left, m, false, left, m, true, target, m, true)

    /// op(A) op(B), m×n with inner dimension k.
    static member Multiply(m: int, n: int, k: int, a: float[], transposeA, b: float[], transposeB) : float[] =
        let c: float[] = Array.zeroCreate (m * n)
        Dense.Add(m, n, k, a, 0, transposeA, b, 0, transposeB, c, 0)
        c

    /// <summary>A (n×n) ← L with A = L Lᵀ, its upper triangle zero.</summary>
    /// <returns>False when A is not positive definite.</returns>
    static member Factor(n: int, a: float[]) : bool =
        if n <= 24 then
            Small.Cholesky(n, a, 0)
        else
            use pointer = fixed &a[0]
            let isPositive = Cholesky.Factor(n, pointer, n)

            for j in 1 .. n - 1 do
                for i in 0 .. j - 1 do
                    a[i + j * n] <- 0.0

            isPositive

    /// B (n×m) ← L⁻¹ B, or L⁻ᵀ B (transposed).
    static member Solve(n: int, m: int, l: float[], transposed: bool, b: float[]) : unit =
        if n > 0 && m > 0 then
            if n <= 24 then
                if transposed then
                    Small.SolveLowerTransposed(n, l, 0, m, b, 0)
                else
                    Small.SolveLower(n, l, 0, m, b, 0)
            else
                use factor = fixed &l[0]
                use target = fixed &b[0]
                Triangular.SolveLeft(n, m, factor, n, transposed, target, n)

    /// (L Lᵀ)⁻¹, both triangles.
    static member Inverse(n: int, l: float[]) : float[] =
        let inverse: float[] = Array.zeroCreate (n * n)

        if n <= 24 then
            for i in 0 .. n - 1 do
                inverse[i + i * n] <- 1.0

            Small.SolveLower(n, l, 0, n, inverse, 0)
            Small.SolveLowerTransposed(n, l, 0, n, inverse, 0)
        else
            System.Array.Copy(l, inverse, l.Length)
            use pointer = fixed &inverse[0]
            Cholesky.Invert(n, pointer, n)

            for j in 1 .. n - 1 do
                for i in 0 .. j - 1 do
                    inverse[i + j * n] <- inverse[j + i * n]

        inverse

    /// Σ a_i b_i.
    static member Dot(a: float[], b: float[]) : float =
        let mutable sum = 0.0

        for i in 0 .. a.Length - 1 do
            sum <- sum + a[i] * b[i]

        sum

namespace LmmFunctional.Estimation

open System
open MathNet.Numerics.LinearAlgebra
open LmmFunctional.Numerics

/// <summary>Small positive semidefinite matrices, n×n by columns: factors that allow rank below n, and eigenvalues.</summary>
[<RequireQualifiedAccess>]
module internal Semidefinite =

    /// n, of the n² elements of a square matrix.
    let order (elements: 'element[]) : int = int (sqrt (float elements.Length))

    /// <summary>The lower triangular L with a = L Lᵀ; a pivot that is zero to working precision gives a zero column.</summary>
    let factor n (a: float[]) : float[] =
        let l = Array.copy a

        for j in 0 .. n - 1 do
            let mutable pivot = l[j + j * n]

            for k in 0 .. j - 1 do
                pivot <- pivot - l[j + k * n] * l[j + k * n]

            let root = if pivot > 1e-14 * a[j + j * n] then sqrt pivot else 0.0

            for i in j + 1 .. n - 1 do
                let mutable sum = l[i + j * n]

                for k in 0 .. j - 1 do
                    sum <- sum - l[i + k * n] * l[j + k * n]

                l[i + j * n] <- if root > 0.0 then sum / root else 0.0
                l[j + i * n] <- 0.0

            l[j + j * n] <- root

        l

    /// <summary>An n×r matrix L by columns with a = L Lᵀ to working precision, and its rank r: the largest pivot first.</summary>
    /// <remarks>What the triangular factor leaves out beside a small pivot may be as large as the root of that pivot; here all
    /// that is left is as small as the pivots themselves.</remarks>
    let root n (a: float[]) : struct (int * float[]) =
        let remaining = Array.init n (fun i -> a[i + i * n])
        let smallest = float n * Math.ScaleB(1.0, -52) * Array.fold max 0.0 remaining
        let l: float[] = Array.zeroCreate (n * n)
        let mutable rank = 0
        let mutable isDone = n = 0

        while not isDone do
            let pivot = Seq.maxBy (fun i -> remaining[i]) (seq { 0 .. n - 1 })

            if rank = n || remaining[pivot] <= smallest then
                isDone <- true
            else
                let size = sqrt remaining[pivot]

                for i in 0 .. n - 1 do
                    let mutable sum = a[i + pivot * n]

                    for k in 0 .. rank - 1 do
                        sum <- sum - l[i + k * n] * l[pivot + k * n]

                    let value = sum / size
                    l[i + rank * n] <- value
                    remaining[i] <- remaining[i] - value * value

                remaining[pivot] <- 0.0
                rank <- rank + 1

        struct (rank, Array.sub l 0 (n * rank))

    /// a aᵀ.
    let square n (a: float[]) : float[] =
        if n <= 16 then
            let product: float[] = Array.zeroCreate (n * n)
            Small.MultiplyByTranspose(n, a, 0, a, 0, product, 0)
            product
        else
            Dense.Multiply(n, n, n, a, false, a, true)

    /// t a tᵀ.
    let congruence n (t: float[]) (a: float[]) : float[] =
        let left = Dense.Multiply(n, n, n, t, false, a, false)
        Dense.Multiply(n, n, n, left, false, t, true)

    /// Eigenvalues, ascending, and the eigenvectors in the columns, n×n by columns.
    let eigen n (a: float[]) : struct (float[] * float[]) =
        let symmetric: float[] = Array.zeroCreate (n * n)

        for j in 0 .. n - 1 do
            for i in 0 .. n - 1 do
                symmetric[i + j * n] <- 0.5 * (a[i + j * n] + a[j + i * n])

        SymmetricEigen.Decompose(n, symmetric)

    /// The nearest positive semidefinite matrix: negative eigenvalues set to zero.
    let positivePart n (a: float[]) : float[] =
        if n = 1 then
            [| max 0.0 a[0] |]
        else
            let struct (values, vectors) = eigen n a
            let part: float[] = Array.zeroCreate (n * n)

            for k in 0 .. n - 1 do
                if values[k] > 0.0 then
                    for j in 0 .. n - 1 do
                        for i in 0 .. n - 1 do
                            part[i + j * n] <- part[i + j * n] + values[k] * vectors[i + k * n] * vectors[j + k * n]

            part

    /// The inverse of a lower triangular or any regular matrix.
    let inverse n (a: float[]) =
        Matrix<float>.Build.Dense(n, n, Array.copy a).Inverse().ToColumnMajorArray()

    /// Whether every element is finite.
    let isFinite (a: float[]) = a |> Array.forall Double.IsFinite

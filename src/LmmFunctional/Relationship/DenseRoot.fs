namespace LmmFunctional.Estimation

open System
open FSharp.NativeInterop
open LmmFunctional.Numerics

/// <summary>A factor of a positive semidefinite matrix A between levels: A = L Lᵀ.</summary>
[<NoComparison; ReferenceEquality>]
type internal DenseRoot = {
    /// q, the order of A.
    Count: int
    /// r, its rank to working precision.
    Rank: int
    /// L, q×r by columns.
    Values: float[]
    /// The diagonal of A.
    Variances: float[]
}

/// <summary>Factors of semidefinite matrices.</summary>
[<RequireQualifiedAccess>]
module internal DenseRoot =

    // A pivot this small relative to the largest element of the diagonal is rounding.
    let private negligible = 1e-10

    // Negative by more than this, and the matrix is no covariance matrix.
    let private negative = 1e-6

    let private diagonalOf n (a: float[]) = Array.init n (fun i -> a[i + i * n])

    /// L by the dense kernels, when A is positive definite by a margin.
    let private tryDefinite n (a: float[]) : float[] option =
        let work = Workspace.Rent(n * n)
        a.AsSpan().CopyTo work.Span
        let isPositive = Cholesky.Factor(n, work.Pointer, n)
        let smallest = negligible * (Seq.init n (fun i -> a[i + i * n]) |> Seq.max)

        let result =
            if
                isPositive
                && Seq.forall (fun i -> work[i + i * n] * work[i + i * n] > smallest) (seq { 0 .. n - 1 })
            then
                Some(Array.init (n * n) (fun k -> if k % n >= k / n then work[k] else 0.0))
            else
                None

        Workspace.Return work
        result

    /// Columns of L one by one, the largest remaining pivot first; None when A is not positive semidefinite.
    let private tryPivoted n (a: float[]) : DenseRoot option =
        let remaining = Array.init n (fun i -> a[i + i * n])
        let largest = Array.max remaining
        let buffer = Buffer(n * n + n)
        let column k = NativePtr.add buffer.Pointer (k * n)
        let mutable rank = 0
        let mutable isDone = n = 0

        while not isDone do
            let pivot = Seq.maxBy (fun i -> remaining[i]) (seq { 0 .. n - 1 })

            if rank = n || remaining[pivot] <= negligible * largest then
                isDone <- true
            else
                let own = column rank

                for i in 0 .. n - 1 do
                    NativePtr.set own i a[i + pivot * n]

                for k in 0 .. rank - 1 do
                    VectorKernel.AddScaled(n, -NativePtr.get (column k) pivot, column k, own)

                VectorKernel.Scale(n, 1.0 / sqrt remaining[pivot], own)

                for i in 0 .. n - 1 do
                    let value = NativePtr.get own i
                    remaining[i] <- remaining[i] - value * value

                remaining[pivot] <- 0.0
                rank <- rank + 1

        // What the columns do not explain must vanish: the diagonal alone would not show a matrix with negative eigenvalues.
        let image = Buffer(max 1 (n * n))
        a.AsSpan().CopyTo image.Span
        Product.Add(n, n, rank, -1.0, buffer.Pointer, n, false, buffer.Pointer, n, true, image.Pointer, n, false)
        let mutable worst = 0.0

        for k in 0 .. n * n - 1 do
            worst <- max worst (abs image[k])

        if worst > negative * largest then
            None
        else
            Some {
                Count = n
                Rank = rank
                Values = buffer.Span.Slice(0, n * rank).ToArray()
                Variances = diagonalOf n a
            }

    /// <summary>The factor of a symmetric matrix, n×n by columns; None when it is not positive semidefinite.</summary>
    let tryCreate n (a: float[]) : DenseRoot option =
        match tryDefinite n a with
        | Some l ->
            Some {
                Count = n
                Rank = n
                Values = l
                Variances = diagonalOf n a
            }
        | None -> tryPivoted n a

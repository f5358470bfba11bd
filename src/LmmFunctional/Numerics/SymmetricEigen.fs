namespace LmmFunctional.Numerics

open System

/// <summary>Eigenvalues and eigenvectors of small symmetric matrices, by Jacobi's rotations.</summary>
/// <remarks>Slower than tridiagonal methods for large matrices, faster and more accurate for those of a few rows (Golub and
/// Van Loan 2013, section 8.5).</remarks>
[<AbstractClass; Sealed>]
type internal SymmetricEigen private () =

    /// An element this much smaller than the diagonal beside it no longer changes an eigenvalue.
    static member private Negligible = 1e-17

    /// Rotates rows and columns i and j so that a_ij vanishes, and the columns of the vectors with them.
    static member private Rotate(n: int, a: float[], vectors: float[], i: int, j: int) =
        let element = a[i + j * n]
        let ratio = (a[j + j * n] - a[i + i * n]) / (2.0 * element)

        let tangent =
            float (if ratio < 0.0 then -1 else 1) / (abs ratio + sqrt (ratio * ratio + 1.0))

        let cosine = 1.0 / sqrt (tangent * tangent + 1.0)
        let sine = tangent * cosine

        VectorKernel.Rotate(n, cosine, sine, a, i * n, j * n)
        VectorKernel.Rotate(n, cosine, sine, vectors, i * n, j * n)

        // The rows are the columns, but for the elements that both of them rotate.
        let first = cosine * a[i + i * n] - sine * a[j + i * n]
        let second = sine * a[i + j * n] + cosine * a[j + j * n]

        for k in 0 .. n - 1 do
            a[i + k * n] <- a[k + i * n]
            a[j + k * n] <- a[k + j * n]

        a[i + i * n] <- first
        a[j + j * n] <- second
        a[i + j * n] <- 0.0
        a[j + i * n] <- 0.0

    /// Orders the eigenvalues, ascending, and their vectors.
    static member private Sort(n: int, values: float[], vectors: float[]) =
        for i in 0 .. n - 2 do
            let mutable least = i

            for j in i + 1 .. n - 1 do
                if values[j] < values[least] then
                    least <- j

            if least <> i then
                let value = values[i]
                values[i] <- values[least]
                values[least] <- value

                for k in 0 .. n - 1 do
                    let element = vectors[k + i * n]
                    vectors[k + i * n] <- vectors[k + least * n]
                    vectors[k + least * n] <- element

    /// <summary>Eigenvalues of a symmetric matrix, ascending, with eigenvectors of length one in the columns.</summary>
    /// <param name="n">The order.</param>
    /// <param name="a">The matrix, n×n by columns, finite; both triangles are read and overwritten.</param>
    static member Decompose(n: int, a: float[]) : struct (float[] * float[]) =
        let vectors: float[] = Array.zeroCreate (n * n)
        let mutable norm = 0.0

        for k in 0 .. n * n - 1 do
            norm <- norm + a[k] * a[k]

        norm <- sqrt norm

        for i in 0 .. n - 1 do
            vectors[i + i * n] <- 1.0

        let mutable isDiagonal = not (Double.IsFinite norm)
        let mutable sweeps = 0

        while not isDiagonal && sweeps < 60 do
            isDiagonal <- true
            sweeps <- sweeps + 1

            for j in 1 .. n - 1 do
                for i in 0 .. j - 1 do
                    let element = abs a[i + j * n]
                    let beside = sqrt (abs a[i + i * n] * abs a[j + j * n])

                    if element > SymmetricEigen.Negligible * max beside (1e-3 * norm) then
                        SymmetricEigen.Rotate(n, a, vectors, i, j)
                        isDiagonal <- false

        let values: float[] = Array.zeroCreate n

        for i in 0 .. n - 1 do
            values[i] <- a[i + i * n]

        SymmetricEigen.Sort(n, values, vectors)
        struct (values, vectors)

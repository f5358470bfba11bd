namespace LmmFunctional.Classical

open FSharp.NativeInterop
open LmmFunctional.Numerics

/// <summary>Square matrices of the order of the random effects, in flat arrays by columns, by the engines'
/// kernels.</summary>
[<RequireQualifiedAccess>]
module internal Dense =

    /// A ← A⁻¹ for a symmetric positive definite matrix, both triangles filled.
    let invertPositive n (a: float[]) =
        if n > 0 then
            use at = fixed a
            Cholesky.Factor(n, at, n) |> ignore
            Cholesky.Invert(n, at, n)

            for j in 0 .. n - 1 do
                for i in 0 .. j - 1 do
                    a[i + j * n] <- a[j + i * n]

    /// The product A B of n×n matrices.
    let multiply n (a: float[]) (b: float[]) : float[] =
        let c = Array.zeroCreate (n * n)

        if n > 0 then
            use atA = fixed a
            use atB = fixed b
            use atC = fixed c
            Product.Add(n, n, n, 1.0, atA, n, false, atB, n, false, atC, n, false)

        c

    /// The product A v.
    let apply n (a: float[]) (v: float[]) : float[] =
        let result = Array.zeroCreate<float> n

        for j in 0 .. n - 1 do
            for i in 0 .. n - 1 do
                result[i] <- result[i] + a[i + j * n] * v[j]

        result

    /// The solution of a small square system; None when it is singular or nearly so.
    let solve (matrix: float[,]) (right: float[]) : float[] option =
        let n = right.Length

        let scale =
            Array.init n (fun i -> let d = abs matrix[i, i] in if d > 0.0 then sqrt d else 1.0)

        let flat =
            Array.init (n * n) (fun k -> matrix[k % n, k / n] / scale[k % n] / scale[k / n])

        let inverse = Array.zeroCreate (n * n)
        Small.Invert(n, Array.copy flat, inverse, 0)

        let size (a: float[]) =
            a |> Array.fold (fun most x -> if abs x <= most then most else abs x) 0.0

        let bound = 1e13

        if size flat * size inverse < bound then
            Array.init n (fun i ->
                Seq.sum (Seq.init n (fun j -> inverse[i + j * n] * right[j] / scale[j]))
                / scale[i])
            |> Some
        else
            None

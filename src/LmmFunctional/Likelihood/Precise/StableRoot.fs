namespace LmmFunctional.Estimation

open System
open LmmFunctional.Numerics

/// <summary>The triangle of a matrix whose rows are of very different sizes, each row to its own digits.</summary>
/// <remarks>Householder's reflections with the longest column first and the rows in descending order: the error of each row
/// is relative to that row (Powell and Reid 1969; Cox and Higham 1998).</remarks>
[<RequireQualifiedAccess>]
module internal StableRoot =

    let private squareFrom m (a: float[]) row column =
        let mutable sum = 0.0

        for i in row .. m - 1 do
            sum <- sum + a[i + column * m] * a[i + column * m]

        sum

    /// The rows in descending order of their largest elements.
    let private sortRows m n (a: float[]) : float[] =
        let largest =
            Array.init m (fun i -> Seq.init n (fun j -> abs a[i + j * m]) |> Seq.fold max 0.0)

        let order = Array.init m id |> Array.sortBy (fun i -> -largest[i])
        Array.init (m * n) (fun k -> a[order[k % m] + k / m * m])

    let private swap m (a: float[]) j k =
        for i in 0 .. m - 1 do
            let own = a[i + j * m]
            a[i + j * m] <- a[i + k * m]
            a[i + k * m] <- own

    // Reflects column j onto its element j, and the later columns with it.
    let private reflect m n (a: float[]) j =
        let square = squareFrom m a j j

        if square > 0.0 then
            let length = sqrt square
            let alpha = a[j + j * m]
            let head = if alpha < 0.0 then alpha - length else alpha + length
            let factor = 2.0 / (square - alpha * alpha + head * head)

            for k in j + 1 .. n - 1 do
                let mutable dot = head * a[j + k * m]

                for i in j + 1 .. m - 1 do
                    dot <- dot + a[i + j * m] * a[i + k * m]

                let step = factor * dot
                a[j + k * m] <- a[j + k * m] - step * head

                for i in j + 1 .. m - 1 do
                    a[i + k * m] <- a[i + k * m] - step * a[i + j * m]

            a[j + j * m] <- if alpha < 0.0 then length else -length

    /// <summary>L (n×n, lower, by columns, its diagonal positive) and the order π of the columns of A (m×n by columns) with
    /// A'A = L Lᵀ in that order.</summary>
    let factor m n (a: float[]) : struct (float[] * int[]) =
        let work = sortRows m n a
        let order = Array.init n id

        for j in 0 .. n - 1 do
            let mutable best = j
            let mutable most = squareFrom m work j j

            for k in j + 1 .. n - 1 do
                let square = squareFrom m work j k

                if square > most then
                    best <- k
                    most <- square

            if best <> j then
                swap m work j best
                let own = order[j]
                order[j] <- order[best]
                order[best] <- own

            reflect m n work j

        let lower: float[] = Array.zeroCreate (n * n)

        for j in 0 .. n - 1 do
            let sign = if work[j + j * m] < 0.0 then -1.0 else 1.0

            for i in j .. n - 1 do
                lower[i + j * n] <- sign * work[j + i * m]

        struct (lower, order)

    /// L⁻¹ of c columns of B (n×c by columns), whose rows are taken in an order.
    let solve n c (lower: float[]) (order: int[]) (b: float[]) : float[] =
        let result = Array.init (n * c) (fun k -> b[order[k % n] + k / n * n])
        Small.SolveLower(n, lower, 0, c, result, 0)
        result

namespace LmmFunctional.Estimation

open FSharp.NativeInterop
open LmmFunctional.Numerics

/// <summary>The root C of one group's Z'Z where a Cholesky factor would lose digits.</summary>
/// <remarks>Rounding makes pivots negative where the columns of Z depend on one another in a group, and by much if a small
/// pivot came before. Eigenvalues lose nothing: Z'Z = R Rᵀ, R = V E^½, and C = R Q is lower triangular for rotations Q.
/// </remarks>
[<RequireQualifiedAccess>]
module internal GroupRoot =

    // An eigenvalue below this share of the largest is zero; a positive one above it does no harm, though it be rounding.
    let private negligible = 1e-20

    /// R with R Rᵀ = a for a positive semidefinite a (S×S, overwritten), by columns; R is not triangular.
    let ofSymmetric order (a: float[]) : float[] =
        let struct (values, vectors) = SymmetricEigen.Decompose(order, a)
        Array.init (order * order) (fun k -> vectors[k] * sqrt (max 0.0 values[k / order]))

    /// Rotates columns i and k of the root so that its element (i, k) vanishes, and rows i and k of what follows.
    let private rotate order columns (root: float[]) (right: float[]) i k =
        let own, above = root[i + i * order], root[i + k * order]

        if above <> 0.0 then
            let length = sqrt (own * own + above * above)
            let cosine, sine = own / length, above / length

            for row in 0 .. order - 1 do
                let one, other = root[row + i * order], root[row + k * order]
                root[row + i * order] <- cosine * one + sine * other
                root[row + k * order] <- cosine * other - sine * one

            for c in 0 .. columns - 1 do
                let one, other = right[i + c * order], right[k + c * order]
                right[i + c * order] <- cosine * one + sine * other
                right[k + c * order] <- cosine * other - sine * one

    /// <summary>Overwrites Z'Z of a group by C (lower triangle by rows) and the columns after it by C⁻¹ times them.</summary>
    /// <remarks>The numbers of a group are eight apart. Where C is singular, C⁻¹ is that of its range.</remarks>
    let factor order columns (lane: nativeptr<float>) =
        let get k = NativePtr.get lane (k * 8)
        let set k value = NativePtr.set lane (k * 8) value
        let place i j = i * (i + 1) / 2 + j
        let triangle = place order 0

        let products =
            Array.init (order * order) (fun k ->
                let i, j = k % order, k / order
                get (place (max i j) (min i j)))

        let struct (values, vectors) = SymmetricEigen.Decompose(order, products)
        let least = negligible * values[order - 1]

        let root =
            Array.init (order * order) (fun k ->
                let value = values[k / order]
                if value > least then vectors[k] * sqrt value else 0.0)

        let right =
            Array.init (order * columns) (fun k ->
                let i, c = k % order, k / order
                let mutable sum = 0.0

                for row in 0 .. order - 1 do
                    sum <- sum + vectors[row + i * order] * get (triangle + c * order + row)

                if values[i] > least then sum / sqrt values[i] else 0.0)

        for i in 0 .. order - 1 do
            for k in i + 1 .. order - 1 do
                rotate order columns root right i k

        for i in 0 .. order - 1 do
            for j in 0..i do
                set (place i j) (root[i + j * order])

        for k in 0 .. order * columns - 1 do
            set (triangle + k) (right[k])

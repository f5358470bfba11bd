namespace LmmFunctional.Estimation

open System
open LmmFunctional.Numerics

/// <summary>What is known of the effects of each group at one λ: scores, and covariances given the data and β.</summary>
[<Sealed>]
type internal ConditionalEffects private (products: GroupProducts, lambda: float[], scores: float[]) =
    let order = products.Order
    let square = order * order

    /// Per group S values of Z'V⁻¹(y − Xβ)/r.
    member _.Scores = scores

    /// λ(M⁻¹)_jjλᵀ of the effects first .. last − 1 of a group, by columns: Bᵀ B with B = L⁻¹λᵀ, λᵀZ'Zλ + I = L Lᵀ.
    member _.Covariance(first: int, last: int, level: int) : float[] =
        let factor: float[] = Array.zeroCreate square
        let image: float[] = Array.zeroCreate square
        let root: float[] = Array.zeroCreate square

        for j in 0 .. order - 1 do
            for i in 0 .. order - 1 do
                root[i + j * order] <- products.Square(level, i, j)

        Small.Multiply(order, root, 0, false, lambda, 0, image, 0)
        Small.Multiply(order, lambda, 0, true, image, 0, factor, 0)

        for i in 0 .. order - 1 do
            factor[i + i * order] <- factor[i + i * order] + 1.0

            for j in 0 .. order - 1 do
                root[i + j * order] <- lambda[j + i * order]

        Small.Cholesky(order, factor, 0) |> ignore
        Small.SolveLower(order, factor, 0, order, root, 0)
        let size = last - first

        Array.init (size * size) (fun index ->
            let i, j = first + index % size, first + index / size
            let mutable sum = 0.0

            for k in 0 .. order - 1 do
                sum <- sum + root[k + i * order] * root[k + j * order]

            sum)

    /// <summary>The effects at a λ (S×S) and the factor of [X y]'V⁻¹[X y] there (P×P).</summary>
    /// <remarks>(I + Z'Z G) v = Z'(y − Xβ)/r, solved group by group.</remarks>
    static member create (products: GroupProducts) (lambda: float[]) (fixedFactor: float[]) =
        let order, p = products.Order, products.P
        let square = order * order
        let last = p - 1
        let g: float[] = Array.zeroCreate square
        Small.MultiplyByTranspose(order, lambda, 0, lambda, 0, g, 0)
        // (β, −1) / −r: the combination of the columns of [X y] that the scores are of.
        let weights: float[] = Array.zeroCreate p
        weights[last] <- 1.0

        for i in last - 1 .. -1 .. 0 do
            let mutable sum = -fixedFactor[last + i * p]

            for k in i + 1 .. last - 1 do
                sum <- sum - fixedFactor[k + i * p] * weights[k]

            weights[i] <- sum / fixedFactor[i + i * p]

        for i in 0..last do
            weights[i] <- weights[i] / fixedFactor[last + last * p]

        let scores: float[] = Array.zeroCreate (products.Levels * order)
        let chunk = 1024

        Tiles.Run(
            (products.Levels + chunk - 1) / chunk,
            float products.Levels * float (order * (square + p)),
            fun tile ->
                let left: float[] = Array.zeroCreate square
                let inverse: float[] = Array.zeroCreate square
                let right: float[] = Array.zeroCreate order

                for level in tile * chunk .. min products.Levels ((tile + 1) * chunk) - 1 do
                    for i in 0 .. order - 1 do
                        let mutable sum = 0.0

                        for c in 0..last do
                            sum <- sum + products.Fixed(level, i, c) * weights[c]

                        right[i] <- sum

                        for j in 0 .. order - 1 do
                            let mutable sum = if i = j then 1.0 else 0.0

                            for k in 0 .. order - 1 do
                                sum <- sum + products.Square(level, i, k) * g[k + j * order]

                            left[i + j * order] <- sum

                    Small.Invert(order, left, inverse, 0)

                    for i in 0 .. order - 1 do
                        let mutable sum = 0.0

                        for k in 0 .. order - 1 do
                            sum <- sum + inverse[i + k * order] * right[k]

                        scores[level * order + i] <- sum
        )

        ConditionalEffects(products, Array.copy lambda, scores)

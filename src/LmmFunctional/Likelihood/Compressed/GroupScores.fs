namespace LmmFunctional.Estimation

open LmmFunctional.Numerics

/// <summary>E = Z'V⁻¹X L⁻ᵀ of one group, where LLᵀ = X'V⁻¹X: what the estimation of β does to its effects.</summary>
[<RequireQualifiedAccess>]
module internal GroupScores =

    /// <summary>S×p by columns, from (I + Z'Z G) W = Z'X and E Lᵀ = W.</summary>
    let create (products: GroupProducts) (lambda: float[]) (fixedFactor: float[]) level : float[] =
        let order, size = products.Order, products.P
        let p = size - 1
        let g: float[] = Array.zeroCreate (order * order)
        Small.MultiplyByTranspose(order, lambda, 0, lambda, 0, g, 0)

        let square =
            Array.init (order * order) (fun k -> products.Square(level, k % order, k / order))

        let left: float[] = Array.zeroCreate (order * order)
        Small.Multiply(order, square, 0, false, g, 0, left, 0)

        for i in 0 .. order - 1 do
            left[i + i * order] <- left[i + i * order] + 1.0

        let inverse: float[] = Array.zeroCreate (order * order)
        Small.Invert(order, left, inverse, 0)
        let e: float[] = Array.zeroCreate (order * p)

        for c in 0 .. p - 1 do
            for i in 0 .. order - 1 do
                let mutable sum = 0.0

                for k in 0 .. order - 1 do
                    sum <- sum + inverse[i + k * order] * products.Fixed(level, k, c)

                for d in 0 .. c - 1 do
                    sum <- sum - fixedFactor[c + d * size] * e[i + d * order]

                e[i + c * order] <- sum / fixedFactor[c + c * size]

        e

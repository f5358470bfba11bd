namespace LmmFunctional

open MathNet.Numerics.LinearAlgebra
open LmmFunctional.Numerics

/// <summary>UᵀB_kU, UᵀB_kΩB_lU and tr(ΩB_kΩB_l) of the compressed engine, group by group: what derivatives along matrices B_k of
/// the effects are made of, at k S³ operations a group.</summary>
[<RequireQualifiedAccess>]
module internal GroupForms =

    // Sums of a fixed number of parts, added up in their order.
    let private parts = 64

    // Up to this order plain loops are quicker.
    let private small = 24

    /// (I + Z'Z G)⁻¹ applied to Z'Z and to Z'[X y]: S×(S + P).
    let private solved (products: GroupProducts) (g: float[]) level : float[] =
        let order, p = products.Order, products.P

        let square =
            Array.init (order * order) (fun k -> products.Square(level, k % order, k / order))

        let right =
            Array.init (order * (order + p)) (fun k ->
                let i, c = k % order, k / order

                if c < order then
                    square[k]
                else
                    products.Fixed(level, i, c - order))

        let left = Dense.Multiply(order, order, order, square, false, g, false)

        for i in 0 .. order - 1 do
            left[i + i * order] <- left[i + i * order] + 1.0

        if order <= small then
            let inverse: float[] = Array.zeroCreate (order * order)
            Small.Invert(order, left, inverse, 0)
            Dense.Multiply(order, order + p, order, inverse, false, right, false)
        else
            let factor = Matrix<float>.Build.Dense(order, order, left).LU()
            factor.Solve(Matrix<float>.Build.Dense(order, order + p, right)).ToColumnMajorArray()

    /// Ω = Z'V⁻¹Z (S×S) and U = [E | v] (S×P) of a group.
    let private ofGroup (products: GroupProducts) g (fixedFactor: float[]) level : struct (float[] * float[]) =
        let order, p = products.Order, products.P
        let both = solved products g level
        let omega = Array.sub both 0 (order * order)
        let scores = Array.sub both (order * order) (order * p)

        // Row by row times L⁻ᵀ from the right, by forward substitution.
        for c in 0 .. p - 1 do
            for i in 0 .. order - 1 do
                let mutable sum = scores[i + c * order]

                for d in 0 .. c - 1 do
                    sum <- sum - fixedFactor[c + d * p] * scores[i + d * order]

                scores[i + c * order] <- sum / fixedFactor[c + c * p]

        struct (omega, scores)

    /// Sums over the groups of as many numbers, of an action that adds those of one group.
    let private total (products: GroupProducts) work count (add: int -> float[] -> unit) : float[] =
        let chunk = max 1 ((products.Levels + parts - 1) / parts)
        let chunks = (products.Levels + chunk - 1) / chunk
        let sums = Array.init chunks (fun _ -> Array.zeroCreate<float> count)

        Tiles.Run(
            chunks,
            float products.Levels * work,
            fun tile ->
                for level in tile * chunk .. min products.Levels ((tile + 1) * chunk) - 1 do
                    add level sums[tile]
        )

        sums |> Array.reduce (Array.map2 (+))

    /// <summary>UᵀB_kU and UᵀB_kΩB_lU, P×P, for matrices B_k (S×S) of the effects of a group, at a λ and the factor of [X y]'V⁻¹[X y]
    /// there.</summary>
    let scores (products: GroupProducts) lambda fixedFactor (forms: float[][]) : struct (float[][] * float[][]) =
        let order, p = products.Order, products.P
        let k, size = forms.Length, p * p
        let g = Semidefinite.square order lambda

        let all =
            total
                products
                (float (order * (order + p) * (order + k * p) + k * k * size * order))
                ((k + k * (k + 1) / 2) * size)
                (fun level sums ->
                    let struct (omega, u) = ofGroup products g fixedFactor level

                    let directions =
                        forms
                        |> Array.map (fun form -> Dense.Multiply(order, p, order, form, false, u, false))

                    for a in 0 .. k - 1 do
                        Dense.Add(p, p, order, u, 0, true, directions[a], 0, false, sums, a * size)
                        let image = Dense.Multiply(order, p, order, omega, false, directions[a], false)

                        for b in 0 .. k - 1 do
                            if b >= a then
                                let at = (k + b * (b + 1) / 2 + a) * size
                                Dense.Add(p, p, order, directions[b], 0, true, image, 0, false, sums, at))

        let part at = Array.sub all (at * size) size
        struct (Array.init k part, Array.init (k * (k + 1) / 2) (fun pair -> part (k + pair)))

    /// tr(ΩB_kΩB_l), k×k.
    let traces (products: GroupProducts) lambda fixedFactor (forms: float[][]) : float[,] =
        let order = products.Order
        let k, square = forms.Length, products.Order * products.Order
        let g = Semidefinite.square order lambda
        let sideBySide = Array.concat forms

        let all =
            total products (float (2 * k * square) * float (order + k)) (k * k) (fun level sums ->
                let struct (omega, _) = ofGroup products g fixedFactor level

                // ΩB_1, ΩB_2 …, and their transposes: the trace of a product is the sum over elements of one and the other.
                let products =
                    Dense.Multiply(order, k * order, order, omega, false, sideBySide, false)

                let transposes =
                    Array.init products.Length (fun at ->
                        let own = at % square
                        products[at - own + own / order + own % order * order])

                Dense.Add(k, k, square, products, 0, true, transposes, 0, false, sums, 0))

        Array2D.init k k (fun i j -> 0.5 * (all[i + j * k] + all[j + i * k]))

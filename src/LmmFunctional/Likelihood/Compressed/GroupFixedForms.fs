namespace LmmFunctional

open LmmFunctional.Numerics

/// <summary>EᵀB_kE and EᵀB_kΩB_lE of the compressed engine, group by group: what inference about β needs of
/// V.</summary>
[<RequireQualifiedAccess>]
module internal GroupFixedForms =

    /// E = Z'V⁻¹XL⁻ᵀ (S×p) and Ω = Z'V⁻¹Z (S×S) of a group: (I + Z'Z G) is solved for Z'X and for Z'Z.
    let private ofGroup
        (products: GroupProducts)
        (g: float[])
        (fixedFactor: float[])
        level
        (e: float[])
        (omega: float[])
        =
        let order, p = products.Order, products.P
        let left: float[] = Array.zeroCreate (order * order)
        let inverse: float[] = Array.zeroCreate (order * order)

        for i in 0 .. order - 1 do
            for j in 0 .. order - 1 do
                let mutable sum = if i = j then 1.0 else 0.0

                for k in 0 .. order - 1 do
                    sum <- sum + products.Square(level, i, k) * g[k + j * order]

                left[i + j * order] <- sum

        Small.Invert(order, left, inverse, 0)

        for i in 0 .. order - 1 do
            for j in 0 .. order - 1 do
                let mutable sum = 0.0

                for k in 0 .. order - 1 do
                    sum <- sum + inverse[i + k * order] * products.Square(level, k, j)

                omega[i + j * order] <- sum

            // Row i of Z'V⁻¹X, then times L⁻ᵀ from the right by forward substitution.
            for c in 0 .. p - 2 do
                let mutable sum = 0.0

                for k in 0 .. order - 1 do
                    sum <- sum + inverse[i + k * order] * products.Fixed(level, k, c)

                for d in 0 .. c - 1 do
                    sum <- sum - fixedFactor[c + d * p] * e[i + d * order]

                e[i + c * order] <- sum / fixedFactor[c + c * p]

    /// target (p×p) += aᵀ b, both S×p.
    let private addProduct order p (a: float[]) (b: float[]) (target: float[]) =
        for d in 0 .. p - 1 do
            for c in 0 .. p - 1 do
                let mutable sum = 0.0

                for i in 0 .. order - 1 do
                    sum <- sum + a[i + c * order] * b[i + d * order]

                target[c + d * p] <- target[c + d * p] + sum

    /// a b, a S×S and b S×p.
    let private times order p (a: float[]) (b: float[]) : float[] =
        Array.init (order * p) (fun index ->
            let i, c = index % order, index / order
            let mutable sum = 0.0

            for k in 0 .. order - 1 do
                sum <- sum + a[i + k * order] * b[k + c * order]

            sum)

    /// <summary>The products for matrices B_k (S×S) of the effects of a group, at a λ and the factor of [X y]'V⁻¹[X y]
    /// there.
    /// </summary>
    let create
        (products: GroupProducts)
        (lambda: float[])
        (fixedFactor: float[])
        (forms: float[][])
        : struct (float[][] * float[][]) =
        let order, p = products.Order, products.P - 1
        let k = forms.Length
        let pairs = k * (k + 1) / 2
        let g = Semidefinite.square order lambda
        let chunk = 1024
        let chunks = (products.Levels + chunk - 1) / chunk

        let zero count =
            Array.init count (fun _ -> Array.zeroCreate<float>(p * p))

        let partial = Array.init chunks (fun _ -> struct (zero k, zero pairs))

        Tiles.Run(
            chunks,
            float products.Levels * float (order * (order + p) * (k + 1) + pairs * p * p),
            fun tile ->
                let struct (first, second) = partial[tile]
                let e: float[] = Array.zeroCreate (order * p)
                let omega: float[] = Array.zeroCreate (order * order)

                for level in tile * chunk .. min products.Levels ((tile + 1) * chunk) - 1 do
                    ofGroup products g fixedFactor level e omega
                    let directions = forms |> Array.map (fun form -> times order p form e)
                    let images = directions |> Array.map (times order p omega)

                    for a in 0 .. k - 1 do
                        addProduct order p e directions[a] first[a]

                        for b in 0..a do
                            addProduct order p directions[a] images[b] second[a * (a + 1) / 2 + b]
        )

        let total (pick: struct (float[][] * float[][]) -> float[][]) count =
            Array.init count (fun index ->
                partial
                |> Array.map (fun part -> (pick part)[index])
                |> Array.reduce (Array.map2 (+)))

        struct (total (fun (struct (first, _)) -> first) k, total (fun (struct (_, second)) -> second) pairs)

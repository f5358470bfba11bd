namespace LmmFunctional.Estimation

open LmmFunctional.Numerics

/// <summary>Products of block-diagonal matrices of the effects with Ω and the scores, added up over the blocks.</summary>
[<RequireQualifiedAccess>]
module internal PreciseForms =

    /// Γ = e_r bᵀ + b e_rᵀ of one entry, zero for all other terms; b is column c of the term's basis.
    let private direction (orders: int[]) (bases: float[][]) (entry: Entry) : float[][] =
        let own = orders[entry.Term]
        let gamma: float[] = Array.zeroCreate (own * own)

        for i in 0 .. own - 1 do
            let b = bases[entry.Term].[i + entry.Column * own]
            gamma[entry.Row + i * own] <- gamma[entry.Row + i * own] + b
            gamma[i + entry.Row * own] <- gamma[i + entry.Row * own] + b

        orders
        |> Array.mapi (fun t size ->
            if t = entry.Term then
                gamma
            else
                Array.zeroCreate (size * size))

    let private addTo (target: float[]) (values: float[]) =
        for i in 0 .. target.Length - 1 do
            target[i] <- target[i] + values[i]

    let private symmetric k f =
        let result = SquareBlock.zero k

        for i in 0 .. k - 1 do
            for j in 0..i do
                let value = f i j
                result[i, j] <- value
                result[j, i] <- value

        result

    /// F along the directions of entries.
    let average orders bases p (entries: Entry[]) (parts: (PreciseBlock * PreciseScores) seq) : SquareBlock =
        let k = entries.Length
        let directions = entries |> Array.map (direction orders bases)
        let squares = SquareBlock.zero k
        let onFixed = Array.init k (fun _ -> Array.zeroCreate<float>(p - 1))

        for block, scores in parts do
            let q = block.Effects
            let v = Array.sub scores.Scores ((p - 1) * q) q

            let along =
                directions
                |> Array.map (fun gamma -> PreciseBlocks.apply orders gamma false block 1 v)

            let images =
                along
                |> Array.map (fun w -> Dense.Multiply(q, 1, q, scores.Omega, false, w, false))

            for i in 0 .. k - 1 do
                for j in 0..i do
                    squares[i, j] <- squares[i, j] + Dense.Dot(along[i], images[j])

                for x in 0 .. p - 2 do
                    for e in 0 .. q - 1 do
                        onFixed[i].[x] <- onFixed[i].[x] + scores.Scores[e + x * q] * along[i].[e]

        symmetric k (fun i j -> squares[i, j] - Dense.Dot(onFixed[i], onFixed[j]))

    /// tr(A B) of two q×q matrices.
    let private traceOfProduct q (a: float[]) (b: float[]) =
        let mutable sum = 0.0

        for i in 0 .. q - 1 do
            for j in 0 .. q - 1 do
                sum <- sum + a[i + j * q] * b[j + i * q]

        sum

    /// T along the directions of entries; Q = P under REML, V⁻¹ otherwise.
    let trace orders bases p reml (entries: Entry[]) (parts: (PreciseBlock * PreciseScores) seq) : SquareBlock =
        let k, x = entries.Length, p - 1
        let directions = entries |> Array.map (direction orders bases)
        let sums = SquareBlock.zero k
        let onFixed = Array.init k (fun _ -> Array.zeroCreate<float>(x * x))

        for block, scores in parts do
            let q = block.Effects

            let images =
                directions
                |> Array.map (fun gamma -> PreciseBlocks.apply orders gamma false block q scores.Omega)

            let fixedScores = Array.sub scores.Scores 0 (x * q)

            let along =
                if reml then
                    directions
                    |> Array.map (fun gamma -> PreciseBlocks.apply orders gamma false block x fixedScores)
                else
                    [||]

            let through =
                along
                |> Array.map (fun a -> Dense.Multiply(q, x, q, scores.Omega, false, a, false))

            for i in 0 .. k - 1 do
                for j in 0..i do
                    let onEffects = traceOfProduct q images[i] images[j]
                    let both = if reml then 2.0 * Dense.Dot(along[i], through[j]) else 0.0
                    sums[i, j] <- sums[i, j] + onEffects - both

                if reml then
                    addTo onFixed[i] (Dense.Multiply(x, x, q, fixedScores, true, along[i], false))

        symmetric k (fun i j -> sums[i, j] + (if reml then traceOfProduct x onFixed[i] onFixed[j] else 0.0))

    /// UᵀB_kU, and UᵀB_kΩB_lU for l ≤ k at k(k + 1)/2 + l, P×P by columns, U = [E | v] the scores.
    let scores orders p (forms: float[][][]) (parts: (PreciseBlock * PreciseScores) seq) =
        let k = forms.Length
        let first = Array.init k (fun _ -> Array.zeroCreate<float>(p * p))
        let second = Array.init (k * (k + 1) / 2) (fun _ -> Array.zeroCreate<float>(p * p))

        for block, own in parts do
            let q = block.Effects

            let along =
                forms
                |> Array.map (fun form -> PreciseBlocks.apply orders form false block p own.Scores)

            let back =
                forms
                |> Array.map (fun form -> PreciseBlocks.apply orders form true block p own.Scores)

            let through =
                along
                |> Array.map (fun a -> Dense.Multiply(q, p, q, own.Omega, false, a, false))

            for i in 0 .. k - 1 do
                addTo first[i] (Dense.Multiply(p, p, q, own.Scores, true, along[i], false))

                for j in 0..i do
                    addTo second[i * (i + 1) / 2 + j] (Dense.Multiply(p, p, q, back[i], true, through[j], false))

        struct (first, second)

    /// tr(ΩB_kΩB_l), k×k.
    let traces orders (forms: float[][][]) (parts: (PreciseBlock * PreciseScores) seq) : SquareBlock =
        let sums = SquareBlock.zero forms.Length

        for block, own in parts do
            let q = block.Effects

            let images =
                forms
                |> Array.map (fun form -> PreciseBlocks.apply orders form false block q own.Omega)

            for i in 0 .. forms.Length - 1 do
                for j in 0..i do
                    sums[i, j] <- sums[i, j] + traceOfProduct q images[i] images[j]

        symmetric forms.Length (fun i j -> sums[i, j])

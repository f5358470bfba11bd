namespace LmmFunctional.Estimation

open System
open LmmFunctional.Numerics

/// <summary>M⁻¹ between levels, L(M⁻¹)Lᵀ where the nodes of a group are the columns of L.</summary>
[<RequireQualifiedAccess>]
module internal RootCovariances =

    /// The number of the pairs of two groups.
    let private pairsOf (products: NodeProducts) g h =
        products.Pairs
        |> Array.findIndex (fun pairs -> pairs.Left = g && pairs.Right = h)

    /// (M⁻¹) between effect a of all nodes of a group and effect b of all nodes of the same, r×r by columns.
    let private within (factor: SupernodalFactor) g a b =
        let products = factor.Symbolic.Products
        let r = products.Groups[g].Levels
        let result = Buffer(max 1 (r * r))
        let k = pairsOf products g g
        let pairs = products.Pairs[k]

        for c in 0 .. r - 1 do
            result[c + c * r] <- NodeInverse.ofNode factor g c a b

            for entry in pairs.Starts[c] .. pairs.Starts[c + 1] - 1 do
                let d = pairs.Columns[entry]
                result[c + d * r] <- NodeInverse.ofPair factor k c entry a b
                result[d + c * r] <- NodeInverse.ofPair factor k c entry b a

        result

    /// The same between the nodes of two groups, of which the first is on the left of their pairs; no pair is missing.
    let private across (factor: SupernodalFactor) g a h b =
        let products = factor.Symbolic.Products
        let rows = products.Groups[g].Levels
        let result = Buffer(max 1 (rows * products.Groups[h].Levels))
        let k = pairsOf products g h
        let pairs = products.Pairs[k]

        for c in 0 .. rows - 1 do
            for entry in pairs.Starts[c] .. pairs.Starts[c + 1] - 1 do
                result[c + pairs.Columns[entry] * rows] <- NodeInverse.ofPair factor k c entry a b

        result

    /// L x for m columns of nodes: q×m from r×m.
    let private expand (root: DenseRoot) m (x: Buffer) =
        let result = Buffer(max 1 (root.Count * m))
        let l = Buffer(max 1 (root.Count * root.Rank))
        root.Values.AsSpan().CopyTo l.Span
        let q, r = root.Count, root.Rank
        Product.Add(q, m, r, 1.0, l.Pointer, q, false, x.Pointer, r, false, result.Pointer, q, false)
        result

    let private transposed rows columns (x: Buffer) =
        let result = Buffer(max 1 (rows * columns))

        for j in 0 .. columns - 1 do
            for i in 0 .. rows - 1 do
                result[j + i * columns] <- x[i + j * rows]

        result

    let private levelsOf (group: NodeGroup) =
        match group.Root with
        | Some root -> root.Count
        | None -> group.Levels

    /// <summary>M⁻¹ between effect a of all levels of a group and effect b of all levels of another, of which one at least
    /// has a factor L, the first on the left of their pairs; or of the same group.</summary>
    let between (factor: SupernodalFactor) g a h b : Buffer =
        let products = factor.Symbolic.Products
        let left, right = products.Groups[g], products.Groups[h]

        let ofNodes = if g = h then within factor g a b else across factor g a h b

        let half =
            match left.Root with
            | Some root -> expand root right.Levels ofNodes
            | None -> ofNodes

        match right.Root with
        | Some root ->
            let rows = levelsOf left

            transposed rows right.Levels half
            |> expand root rows
            |> transposed root.Count rows
        | None -> half

    /// Per level the S×S block, by columns.
    let create (factor: SupernodalFactor) g (root: DenseRoot) : float[] =
        let group = factor.Symbolic.Products.Groups[g]
        let q, r, size = root.Count, root.Rank, group.Order
        let result: float[] = Array.zeroCreate (q * size * size)
        let l = Buffer(max 1 (q * r))
        root.Values.AsSpan().CopyTo l.Span

        for a in 0 .. size - 1 do
            for b in 0..a do
                let inverse = within factor g a b
                let image = Buffer(max 1 (q * r))
                Product.Add(q, r, r, 1.0, l.Pointer, q, false, inverse.Pointer, r, false, image.Pointer, q, false)

                for level in 0 .. q - 1 do
                    let mutable sum = 0.0

                    for c in 0 .. r - 1 do
                        sum <- sum + image[level + c * q] * l[level + c * q]

                    result[level * size * size + a + b * size] <- sum
                    result[level * size * size + b + a * size] <- sum

        result

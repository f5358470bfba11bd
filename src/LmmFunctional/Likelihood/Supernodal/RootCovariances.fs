namespace LmmFunctional

open System
open LmmFunctional.Numerics

/// <summary>L(M⁻¹)Lᵀ, level by level, for a group whose nodes are the columns of L.</summary>
[<RequireQualifiedAccess>]
module internal RootCovariances =

    /// (M⁻¹) between effect a of all nodes and effect b of all nodes, r×r by columns.
    let private between (factor: SupernodalFactor) g a b =
        let places = factor.Symbolic.Places.Value
        let products = factor.Symbolic.Products
        let group = products.Groups[g]
        let inverse = factor.Cholesky.Inverse
        let r = group.Levels
        let result = Buffer(max 1 (r * r))

        let pairIndex =
            products.Pairs
            |> Array.findIndex (fun pairs -> pairs.Left = g && pairs.Right = g)

        let pairs = products.Pairs[pairIndex]

        for c in 0 .. r - 1 do
            let own = group.FirstNode + c
            result[c + c * r] <- inverse[places.Diagonals[own] + max a b + min a b * places.Strides[own]]

            for entry in pairs.Starts[c] .. pairs.Starts[c + 1] - 1 do
                let d = pairs.Columns[entry]
                let other = group.FirstNode + d
                let at = places.Blocks[pairIndex].[entry]

                // Element (effect i of c, effect j of d) of the inverse.
                let element i j =
                    if places.Columns[own] < places.Columns[other] then
                        inverse[at + j + i * places.Strides[own]]
                    else
                        inverse[at + i + j * places.Strides[other]]

                result[c + d * r] <- element a b
                result[d + c * r] <- element b a

        result

    /// Per level the S×S block, by columns.
    let create (factor: SupernodalFactor) g (root: DenseRoot) : float[] =
        let group = factor.Symbolic.Products.Groups[g]
        let q, r, size = root.Count, root.Rank, group.Order
        let result: float[] = Array.zeroCreate (q * size * size)
        let l = Buffer(max 1 (q * r))
        root.Values.AsSpan().CopyTo l.Span

        for a in 0 .. size - 1 do
            for b in 0..a do
                let inverse = between factor g a b
                let image = Buffer(max 1 (q * r))
                Product.Add(q, r, r, 1.0, l.Pointer, q, false, inverse.Pointer, r, false, image.Pointer, q, false)

                for level in 0 .. q - 1 do
                    let mutable sum = 0.0

                    for c in 0 .. r - 1 do
                        sum <- sum + image[level + c * q] * l[level + c * q]

                    result[level * size * size + a + b * size] <- sum
                    result[level * size * size + b + a * size] <- sum

        result

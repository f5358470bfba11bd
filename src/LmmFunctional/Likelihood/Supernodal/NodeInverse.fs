namespace LmmFunctional.Estimation

/// <summary>Elements of M⁻¹ on the pattern of M, by the levels and effects they belong to; after <c>Solve</c>.</summary>
[<RequireQualifiedAccess>]
module internal NodeInverse =

    /// Of effects i and j of one node of a group.
    let ofNode (factor: SupernodalFactor) g node i j =
        let places = factor.Symbolic.Places.Value
        let own = factor.Symbolic.Products.Groups[g].FirstNode + node
        factor.Cholesky.Inverse[places.Diagonals[own] + max i j + min i j * places.Strides[own]]

    /// Of effect i of a left node and effect j of the right node of one of its blocks.
    let ofPair (factor: SupernodalFactor) k node entry i j =
        let places = factor.Symbolic.Places.Value
        let products = factor.Symbolic.Products
        let pairs = products.Pairs[k]
        let left = products.Groups[pairs.Left].FirstNode + node
        let right = products.Groups[pairs.Right].FirstNode + pairs.Columns[entry]
        let at = places.Blocks[k].[entry]

        if places.Columns[left] < places.Columns[right] then
            factor.Cholesky.Inverse[at + j + i * places.Strides[left]]
        else
            factor.Cholesky.Inverse[at + i + j * places.Strides[right]]

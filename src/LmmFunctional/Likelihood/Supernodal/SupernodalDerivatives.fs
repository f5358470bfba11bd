namespace LmmFunctional.Estimation

open FSharp.NativeInterop
open LmmFunctional.Numerics

/// <summary>First derivatives by the covariance of each term, from the selected inverse; engine.md, 3.3.</summary>
[<RequireQualifiedAccess>]
module internal SupernodalDerivatives =

    /// sum ← sum + op(a) λ z, where a is rows×columns (of the array at a place) and z columns×rows.
    let private addProduct
        rows
        columns
        (a: float[])
        at
        transposeA
        (lambda: float[])
        (z: int -> int -> float)
        (work: float[])
        (sum: float[])
        =
        // work = λ z, columns×rows
        for j in 0 .. rows - 1 do
            for i in 0 .. columns - 1 do
                let mutable value = 0.0

                for k in 0 .. columns - 1 do
                    value <- value + lambda[i + k * columns] * z k j

                work[i + j * columns] <- value

        for j in 0 .. rows - 1 do
            for i in 0 .. rows - 1 do
                let mutable value = 0.0

                for k in 0 .. columns - 1 do
                    let element =
                        if transposeA then
                            a[at + k + i * columns]
                        else
                            a[at + i + k * rows]

                    value <- value + element * work[k + j * columns]

                sum[i + j * rows] <- sum[i + j * rows] + value

    /// Σ_j (Z'V⁻¹ZΛK⁻¹)_jj = Σ_j (Z'ZΛM⁻¹)_jj of every group, S×S: it needs the inverse on the pattern of Z'Z only.
    let private alongFactors (factor: SupernodalFactor) : float[][] =
        let products = factor.Symbolic.Products
        let places = factor.Symbolic.Places.Value
        let inverse = factor.Cholesky.Inverse
        let lambdas = factor.GroupLambdas

        let sums =
            products.Groups
            |> Array.map (fun group -> Array.zeroCreate (group.Order * group.Order))

        for g in 0 .. products.Groups.Length - 1 do
            let group = products.Groups[g]
            let order = group.Order
            let work = Array.zeroCreate (order * order)

            for level in 0 .. group.Levels - 1 do
                let node = group.FirstNode + level
                let at, stride = places.Diagonals[node], places.Strides[node]

                let z i j =
                    inverse[at + max i j + min i j * stride]

                addProduct order order group.Squares (level * order * order) false lambdas[g] z work sums[g]

        for k in 0 .. products.Pairs.Length - 1 do
            let pairs = products.Pairs[k]
            let left, right = products.Groups[pairs.Left], products.Groups[pairs.Right]
            let rows, columns = left.Order, right.Order
            let work = Array.zeroCreate (rows * columns)
            let ofLeft, ofRight = lambdas[pairs.Left], lambdas[pairs.Right]
            let sumLeft, sumRight = sums[pairs.Left], sums[pairs.Right]

            if rows = 1 && columns = 1 then
                let mutable sum = 0.0

                for entry in 0 .. pairs.Columns.Length - 1 do
                    sum <- sum + pairs.Values[entry] * inverse[places.Blocks[k].[entry]]

                sumLeft[0] <- sumLeft[0] + ofRight[0] * sum
                sumRight[0] <- sumRight[0] + ofLeft[0] * sum
            else
                for level in 0 .. left.Levels - 1 do
                    let a = left.FirstNode + level

                    for entry in pairs.Starts[level] .. pairs.Starts[level + 1] - 1 do
                        let b = right.FirstNode + pairs.Columns[entry]
                        let at = places.Blocks[k].[entry]
                        let isLeftColumn = places.Columns[a] < places.Columns[b]

                        let stride =
                            if isLeftColumn then
                                places.Strides[a]
                            else
                                places.Strides[b]

                        // Element (effect of a, effect of b) of the inverse.
                        let z i j =
                            if isLeftColumn then
                                inverse[at + j + i * stride]
                            else
                                inverse[at + i + j * stride]

                        let block = entry * rows * columns
                        addProduct rows columns pairs.Values block false ofRight (fun i j -> z j i) work sumLeft
                        addProduct columns rows pairs.Values block true ofLeft z work sumRight

        sums

    /// The part of a group's sum that belongs to a term, times λ⁻¹ of the term; symmetric.
    let private traceOf (group: NodeGroup) index (lambda: float[]) (sum: float[]) =
        let first = group.Offsets[index]
        let size = group.Offsets[index + 1] - first

        let own =
            Array.init (size * size) (fun k -> sum[first + k % size + (first + k / size) * group.Order])

        let inverse: float[] = Array.zeroCreate (size * size)
        Small.Invert(size, Array.copy lambda, inverse, 0)
        let product: float[] = Array.zeroCreate (size * size)
        Small.Multiply(size, own, 0, false, inverse, 0, product, 0)
        Array.init (size * size) (fun k -> 0.5 * (product[k] + product[k / size + k % size * size]))

    /// Σ over levels of products of score columns with their related ones of a term, S×S.
    let private scoreProducts (factor: SupernodalFactor) term firstColumn lastColumn =
        let products = factor.Symbolic.Products
        let places = factor.Symbolic.Places.Value
        let q = places.Tree.Size
        let struct (g, index) = products.Places[term]
        let group = products.Groups[g]
        let first = group.Offsets[index]
        let size = group.Offsets[index + 1] - first
        let sum = Array.zeroCreate (size * size)

        for column in firstColumn..lastColumn do
            let scores = NativePtr.add factor.Scores.Pointer (column * q)
            let related = NativePtr.add factor.Related.Pointer (column * q)

            for level in 0 .. group.Levels - 1 do
                let at = places.Columns[group.FirstNode + level] + first
                let own, other = NativePtr.add scores at, NativePtr.add related at

                for j in 0 .. size - 1 do
                    for i in 0 .. size - 1 do
                        sum[i + j * size] <- sum[i + j * size] + NativePtr.get own i * NativePtr.get other j

        // Symmetric but for rounding where levels are related.
        Array.init (size * size) (fun k -> 0.5 * (sum[k] + sum[k / size + k % size * size]))

    /// <summary>The parts of ∂f/∂G of every term, in the order of the terms; <c>Solve</c> comes first.</summary>
    let create (factor: SupernodalFactor) reml : TermDerivative[] =
        let products = factor.Symbolic.Products
        let p = products.P
        let sums = lazy (alongFactors factor)

        products.Places
        |> Array.mapi (fun term (struct (g, index)) ->
            let group = products.Groups[g]
            let lambda = factor.Working term

            let trace =
                if group.Prior.IsSome || SupernodalFactor.IsInvertible lambda then
                    traceOf group index lambda sums.Value[g]
                else
                    DirectTraces.create factor term

            if reml then
                let products = scoreProducts factor term 0 (p - 2)
                Array.iteri (fun k value -> trace[k] <- trace[k] - value) products

            {
                Trace = trace
                Square = scoreProducts factor term (p - 1) (p - 1)
            })

namespace LmmFunctional.Estimation

open FSharp.NativeInterop
open LmmFunctional.Numerics

/// <summary>Vectors of effects, m columns of length q in the order of elimination, and the products with Z'Z and Λ.</summary>
[<RequireQualifiedAccess>]
module internal NodeVectors =

    /// The block-diagonal λ of each group from the λ of its terms.
    let groupLambdas (products: NodeProducts) (lambdas: float[][]) : float[][] =
        products.Groups
        |> Array.map (fun group ->
            let order = group.Order
            let result = Array.zeroCreate (order * order)

            group.Terms
            |> Array.iteri (fun k term ->
                let at = group.Offsets[k]
                let size = group.Offsets[k + 1] - at

                for j in 0 .. size - 1 do
                    for i in 0 .. size - 1 do
                        result[at + i + (at + j) * order] <- lambdas[term][i + j * size])

            result)

    let private eachColumn m work (body: int -> unit) = Tiles.Run(m, work * float m, body)

    /// x ← diag(matrix of each group) x, or with their transposes.
    let applyBlocks (symbolic: SupernodalSymbolic) (matrices: float[][]) transposed m (x: nativeptr<float>) =
        let groups = symbolic.Products.Groups
        let columns = symbolic.Places.Value.Columns
        let q = symbolic.Places.Value.Tree.Size

        eachColumn m (4.0 * float q) (fun c ->
            let vector = NativePtr.add x (c * q)

            for g in 0 .. groups.Length - 1 do
                let group = groups[g]
                let order = group.Order
                let matrix = matrices[g]
                let copy: float[] = Array.zeroCreate order

                for node in group.FirstNode .. group.FirstNode + group.Levels - 1 do
                    let segment = NativePtr.add vector columns[node]

                    if order = 1 then
                        NativePtr.write segment (matrix[0] * NativePtr.read segment)
                    else
                        for i in 0 .. order - 1 do
                            copy[i] <- NativePtr.get segment i

                        for i in 0 .. order - 1 do
                            let mutable sum = 0.0

                            for k in 0 .. order - 1 do
                                let element =
                                    if transposed then
                                        matrix[k + i * order]
                                    else
                                        matrix[i + k * order]

                                sum <- sum + element * copy[k]

                            NativePtr.set segment i sum)

    /// target ← (target +) block x, or its transpose: rows×columns by columns at a place of an array.
    let private addBlock (values: float[]) at rows columns transposed (x: nativeptr<float>) (target: nativeptr<float>) =
        for j in 0 .. columns - 1 do
            if transposed then
                let mutable sum = NativePtr.get target j

                for i in 0 .. rows - 1 do
                    sum <- sum + values[at + i + j * rows] * NativePtr.get x i

                NativePtr.set target j sum
            else
                let value = NativePtr.get x j

                for i in 0 .. rows - 1 do
                    NativePtr.set target i (NativePtr.get target i + values[at + i + j * rows] * value)

    /// y ← Z'Z x.
    let multiply (symbolic: SupernodalSymbolic) m (x: nativeptr<float>) (y: nativeptr<float>) =
        let products = symbolic.Products
        let columns = symbolic.Places.Value.Columns
        let q = symbolic.Places.Value.Tree.Size

        let blocks = products.Pairs |> Array.sumBy (fun pairs -> float pairs.Values.Length)

        eachColumn m (4.0 * (blocks + float q)) (fun c ->
            let source = NativePtr.add x (c * q)
            let target = NativePtr.add y (c * q)

            for i in 0 .. q - 1 do
                NativePtr.set target i 0.0

            for group in products.Groups do
                let order = group.Order

                for level in 0 .. group.Levels - 1 do
                    let at = columns[group.FirstNode + level]
                    let own = NativePtr.add source at
                    addBlock group.Squares (level * order * order) order order false own (NativePtr.add target at)

            for pairs in products.Pairs do
                let left, right = products.Groups[pairs.Left], products.Groups[pairs.Right]
                let rows, width = left.Order, right.Order

                for level in 0 .. left.Levels - 1 do
                    let a = columns[left.FirstNode + level]

                    for entry in pairs.Starts[level] .. pairs.Starts[level + 1] - 1 do
                        let b = columns[right.FirstNode + pairs.Columns[entry]]
                        let at = entry * rows * width
                        let ofA, ofB = NativePtr.add source a, NativePtr.add source b
                        addBlock pairs.Values at rows width false ofB (NativePtr.add target a)
                        addBlock pairs.Values at rows width true ofA (NativePtr.add target b))

    /// Maps the vectors over the levels of every effect, where the group has such a map.
    let private mapLevels
        (symbolic: SupernodalSymbolic)
        (map: NodeGroup -> (float[] -> unit) option)
        m
        (x: nativeptr<float>)
        =
        let groups = symbolic.Products.Groups
        let columns = symbolic.Places.Value.Columns
        let q = symbolic.Places.Value.Tree.Size

        eachColumn m (20.0 * float q) (fun c ->
            let vector = NativePtr.add x (c * q)

            for group in groups do
                match map group with
                | None -> ()
                | Some apply ->
                    let values: float[] = Array.zeroCreate group.Levels

                    for effect in 0 .. group.Order - 1 do
                        for level in 0 .. group.Levels - 1 do
                            values[level] <- NativePtr.get vector (columns[group.FirstNode + level] + effect)

                        apply values

                        for level in 0 .. group.Levels - 1 do
                            NativePtr.set vector (columns[group.FirstNode + level] + effect) values[level])

    /// x ← K x, where K has the inverse of each group's relationship.
    let applyPrecision symbolic m x =
        mapLevels symbolic (fun group -> group.Prior |> Option.map SparsePrecision.multiply) m x

    /// x ← K⁻¹ x: the relationship of each group applied.
    let applyRelationship symbolic m x =
        mapLevels symbolic (fun group -> group.Prior |> Option.map _.Solve) m x

    /// target ← Z'[X y], q×P.
    let copyFixed (symbolic: SupernodalSymbolic) (target: nativeptr<float>) =
        let products = symbolic.Products
        let columns = symbolic.Places.Value.Columns
        let q = symbolic.Places.Value.Tree.Size
        let p = products.P

        for group in products.Groups do
            let order = group.Order

            for level in 0 .. group.Levels - 1 do
                for i in 0 .. order - 1 do
                    let at = columns[group.FirstNode + level] + i

                    for c in 0 .. p - 1 do
                        NativePtr.set target (at + c * q) group.Fixed[(level * order + i) * p + c]

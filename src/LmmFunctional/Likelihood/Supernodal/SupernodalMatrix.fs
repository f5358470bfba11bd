namespace LmmFunctional.Estimation

open LmmFunctional.Numerics

/// <summary>The matrix M = ΛᵀZᵀZΛ + K, block by block, where K is A⁻¹ for related levels and I for others.</summary>
[<RequireQualifiedAccess>]
module internal SupernodalMatrix =

    /// left' block right by columns; work holds rows×columns.
    let private congruence
        (left: float[])
        (values: float[])
        at
        rows
        (right: float[])
        columns
        (work: float[])
        (result: float[])
        =
        for j in 0 .. columns - 1 do
            for i in 0 .. rows - 1 do
                let mutable sum = 0.0

                for k in 0 .. columns - 1 do
                    sum <- sum + values[at + i + k * rows] * right[k + j * columns]

                work[i + j * rows] <- sum

        for j in 0 .. columns - 1 do
            for i in 0 .. rows - 1 do
                let mutable sum = 0.0

                for k in 0 .. rows - 1 do
                    sum <- sum + left[k + i * rows] * work[k + j * rows]

                result[i + j * rows] <- sum

    /// The lower triangle of M, for the λ of every group, in the panels of a factor; everything else is zero.
    let assemble (symbolic: SupernodalSymbolic) (lambdas: float[][]) (panels: Buffer) =
        let products = symbolic.Products
        let places = symbolic.Places.Value
        panels.Span.Clear()

        for g in 0 .. products.Groups.Length - 1 do
            let group = products.Groups[g]
            let order = group.Order
            let work, block = Array.zeroCreate (order * order), Array.zeroCreate (order * order)

            for level in 0 .. group.Levels - 1 do
                let node = group.FirstNode + level
                let at, stride = places.Diagonals[node], places.Strides[node]
                congruence lambdas[g] group.Squares (level * order * order) order lambdas[g] order work block

                let own =
                    match group.Prior with
                    | Some prior -> prior.Diagonal[level]
                    | None -> 1.0

                for j in 0 .. order - 1 do
                    for i in j .. order - 1 do
                        panels[at + i + j * stride] <- block[i + j * order] + (if i = j then own else 0.0)

            match group.Prior with
            | None -> ()
            | Some prior ->
                for level in 0 .. group.Levels - 1 do
                    let a = group.FirstNode + level

                    for entry in prior.Starts[level] .. prior.Starts[level + 1] - 1 do
                        let b = group.FirstNode + prior.Columns[entry]
                        let stride = places.Strides[if places.Columns[a] < places.Columns[b] then a else b]

                        for i in 0 .. order - 1 do
                            panels[places.Priors[g].[entry] + i * (stride + 1)] <- prior.Values[entry]

        for k in 0 .. products.Pairs.Length - 1 do
            let pairs = products.Pairs[k]
            let left, right = products.Groups[pairs.Left], products.Groups[pairs.Right]
            let rows, columns = left.Order, right.Order

            let work, block =
                Array.zeroCreate (rows * columns), Array.zeroCreate (rows * columns)

            let factor = lambdas[pairs.Left][0] * lambdas[pairs.Right][0]

            for level in 0 .. left.Levels - 1 do
                let a = left.FirstNode + level

                for entry in pairs.Starts[level] .. pairs.Starts[level + 1] - 1 do
                    let at = places.Blocks[k].[entry]

                    if rows = 1 && columns = 1 then
                        panels[at] <- panels[at] + factor * pairs.Values[entry]
                    else
                        let b = right.FirstNode + pairs.Columns[entry]

                        congruence
                            lambdas[pairs.Left]
                            pairs.Values
                            (entry * rows * columns)
                            rows
                            lambdas[pairs.Right]
                            columns
                            work
                            block

                        let isLeftColumn = places.Columns[a] < places.Columns[b]

                        let stride =
                            if isLeftColumn then
                                places.Strides[a]
                            else
                                places.Strides[b]

                        for j in 0 .. columns - 1 do
                            for i in 0 .. rows - 1 do
                                let place = if isLeftColumn then j + i * stride else i + j * stride
                                panels[at + place] <- panels[at + place] + block[i + j * rows]

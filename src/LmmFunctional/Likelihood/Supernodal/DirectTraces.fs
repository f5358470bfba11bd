namespace LmmFunctional.Estimation

open System
open FSharp.NativeInterop
open LmmFunctional.Numerics

/// <summary>Σ_j (Z'V⁻¹Z)_jj of a term whose λ cannot be inverted: A_jj − ‖L⁻¹ΛᵀA e_j‖² per effect, by sparse solves.</summary>
/// <remarks>It needs the selected inverse too. A solve visits only the supernodes on the way from a level's neighbours to the root. Levels that are near in the
/// order of elimination are solved together.</remarks>
[<RequireQualifiedAccess>]
module internal DirectTraces =

    // Right-hand sides of one solve, and parts that may run at once: fixed, so that sums have the same bits on any machine.
    let private batchColumns = 32
    let private parts = 16

    // A root's form is taken element by element when so many of its columns are zero for each that is not.
    let private sparsity = 4.0

    /// Writes Λᵀ times the block of A in the row of a node into one column; the block is at the given place.
    let private put (lambda: float[]) order (element: int -> float) (target: nativeptr<float>) =
        for i in 0 .. order - 1 do
            let mutable sum = 0.0

            for k in 0 .. order - 1 do
                sum <- sum + lambda[k + i * order] * element k

            NativePtr.set target i sum

    /// Calls visit with every node that has a block with this one: its group, its node, and the element (k, effect).
    let private neighbours (products: NodeProducts) g level effect (visit: int -> int -> (int -> float) -> unit) =
        let own = products.Groups[g]
        let size = own.Order

        visit g (own.FirstNode + level) (fun k -> own.Squares[(level * size + effect) * size + k])

        for pairs in products.Pairs do
            let left, right = products.Groups[pairs.Left], products.Groups[pairs.Right]
            let area = left.Order * right.Order

            if pairs.Left = g then
                for entry in pairs.Starts[level] .. pairs.Starts[level + 1] - 1 do
                    visit pairs.Right (right.FirstNode + pairs.Columns[entry]) (fun k ->
                        pairs.Values[entry * area + effect + k * left.Order])

            // The blocks beside the diagonal of one group are listed on one side only.
            if pairs.Right = g then
                let struct (starts, lefts, entries) = pairs.ByRight.Value

                for at in starts[level] .. starts[level + 1] - 1 do
                    visit pairs.Left (left.FirstNode + lefts[at]) (fun k ->
                        pairs.Values[entries[at] * area + k + effect * left.Order])

    /// <summary>The sum over all levels, S×S.</summary>
    let create (factor: SupernodalFactor) term : float[] =
        let symbolic = factor.Symbolic
        let products = symbolic.Products
        let places = symbolic.Places.Value
        let tree = places.Tree
        let q = tree.Size
        let struct (g, index) = products.Places[term]
        let group = products.Groups[g]
        let first = group.Offsets[index]
        let size = group.Offsets[index + 1] - first
        let levels = Array.init group.Levels id
        Array.sortInPlaceBy (fun level -> places.Columns[group.FirstNode + level]) levels
        let perBatch = max 1 (batchColumns / size)
        let batches = (levels.Length + perBatch - 1) / perBatch
        let sums = Array.init batches (fun _ -> Array.zeroCreate<float>(size * size))

        /// The places in a root's columns where a column is not zero.
        let support (x: Buffer) root c = [|
            for k in 0 .. tree.Width root - 1 do
                if x[tree.Columns[root] + k + c * q] <> 0.0 then
                    k
        |]

        /// xᵀZy for two sparse columns of a root.
        let rootForm root (a: int[]) (x: nativeptr<float>) (b: int[]) (y: nativeptr<float>) =
            let inverse = factor.Cholesky.Inverse
            let start, order = tree.PanelStarts[root], tree.Width root
            let mutable sum = 0.0

            for j in b do
                let value = NativePtr.get y j

                for i in a do
                    sum <- sum + NativePtr.get x i * value * inverse[start + max i j + min i j * order]

            sum

        let solveBatch batch (x: Buffer) (mark: int[]) (reach: ResizeArray<int>) =
            let own = levels[batch * perBatch .. min levels.Length ((batch + 1) * perBatch) - 1]
            let m = own.Length * size
            reach.Clear()

            own
            |> Array.iteri (fun at level ->
                for effect in 0 .. size - 1 do
                    let column = NativePtr.add x.Pointer ((at * size + effect) * q)

                    neighbours products g level (first + effect) (fun other node element ->
                        let place = places.Columns[node]
                        let lambda = factor.GroupLambdas[other]
                        put lambda products.Groups[other].Order element (NativePtr.add column place)
                        let mutable s = places.Supernodes[node]

                        while s >= 0 && mark[s] <> batch do
                            mark[s] <- batch
                            reach.Add s
                            s <- tree.Parents[s]))

            let path = reach.ToArray()
            Array.Sort path
            // All columns of a tree end at its root, where the inverse is known: xᵀZx is cheap while x is sparse.
            let below = path |> Array.filter (fun s -> tree.Parents[s] >= 0)
            SparseSolve.ForwardOn(factor.Cholesky, below, m, x.Pointer)

            let roots =
                path
                |> Array.filter (fun s -> tree.Parents[s] < 0)
                |> Array.map (fun s -> struct (s, Array.init m (fun c -> support x s c)))

            let isSparse (struct (s, supports: int[][])) =
                supports
                |> Array.forall (fun places -> sparsity * float places.Length < float (tree.Width s))

            let sparse, dense = roots |> Array.partition isSparse
            let solved = dense |> Array.map (fun (struct (s, _)) -> s)
            SparseSolve.ForwardOn(factor.Cholesky, solved, m, x.Pointer)
            let squared = Array.append below solved

            for at in 0 .. own.Length - 1 do
                for j in 0 .. size - 1 do
                    for i in 0..j do
                        let ofI, ofJ = at * size + i, at * size + j
                        let left = NativePtr.add x.Pointer (ofI * q)
                        let right = NativePtr.add x.Pointer (ofJ * q)
                        let square = (own[at] * group.Order + first + j) * group.Order + first + i
                        let mutable value = group.Squares[square]

                        for s in squared do
                            let column = tree.Columns[s]

                            value <-
                                value
                                - VectorKernel.Dot(tree.Width s, NativePtr.add left column, NativePtr.add right column)

                        for struct (s, supports) in sparse do
                            let column = tree.Columns[s]
                            let ofLeft, ofRight = NativePtr.add left column, NativePtr.add right column
                            value <- value - rootForm s supports[ofI] ofLeft supports[ofJ] ofRight

                        sums[batch].[i + j * size] <- sums[batch].[i + j * size] + value

            // Only the path was written to.
            for s in path do
                for c in 0 .. m - 1 do
                    x.Span.Slice(tree.Columns[s] + c * q, tree.Width s).Clear()

        let perPart = (batches + parts - 1) / parts

        Tiles.Run(
            parts,
            float symbolic.Analysis.PanelLength * float batches,
            fun part ->
                let last = min batches ((part + 1) * perPart) - 1

                if part * perPart <= last then
                    let columns = q * perBatch * size
                    let x = Workspace.Rent columns
                    x.Span.Slice(0, columns).Clear()
                    let mark = Array.create tree.Count -1
                    let reach = ResizeArray<int>()

                    for batch in part * perPart .. last do
                        solveBatch batch x mark reach

                    Workspace.Return x
        )

        Array.init (size * size) (fun k ->
            let i, j = min (k % size) (k / size), max (k % size) (k / size)
            sums |> Array.sumBy (fun sum -> sum[i + j * size]))

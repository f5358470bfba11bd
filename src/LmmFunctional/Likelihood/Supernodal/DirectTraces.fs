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

    /// The levels of a term in the order of their columns, solved in batches.
    [<NoEquality; NoComparison>]
    type private Solves = {
        Factor: SupernodalFactor
        Group: int
        /// Where the term's effects begin among those of the group, and how many they are: S.
        First: int
        Size: int
        Levels: int[]
        PerBatch: int
    } with

        member own.Places = own.Factor.Symbolic.Places.Value

        member own.Products = own.Factor.Symbolic.Products

        /// The levels of a batch.
        member own.Batch(batch: int) =
            own.Levels[batch * own.PerBatch .. min own.Levels.Length ((batch + 1) * own.PerBatch) - 1]

    let private solves (factor: SupernodalFactor) term =
        let symbolic = factor.Symbolic
        let struct (g, index) = symbolic.Products.Places[term]
        let group = symbolic.Products.Groups[g]
        let first = group.Offsets[index]
        let size = group.Offsets[index + 1] - first
        let levels = Array.init group.Levels id
        let columns = symbolic.Places.Value.Columns
        Array.sortInPlaceBy (fun level -> columns[group.FirstNode + level]) levels

        {
            Factor = factor
            Group = g
            First = first
            Size = size
            Levels = levels
            PerBatch = max 1 (batchColumns / size)
        }

    /// Writes ΛᵀA e_j of the effects of some levels into columns; the supernodes on their ways to the root, from the leaves.
    let private fill (solves: Solves) batch (own: int[]) (x: Buffer) (mark: int[]) (reach: ResizeArray<int>) : int[] =
        let places, products = solves.Places, solves.Products
        reach.Clear()

        own
        |> Array.iteri (fun at level ->
            for effect in 0 .. solves.Size - 1 do
                let column =
                    NativePtr.add x.Pointer ((at * solves.Size + effect) * places.Tree.Size)

                neighbours products solves.Group level (solves.First + effect) (fun other node element ->
                    let lambda = solves.Factor.GroupLambdas[other]
                    put lambda products.Groups[other].Order element (NativePtr.add column places.Columns[node])
                    let mutable s = places.Supernodes[node]

                    while s >= 0 && mark[s] <> batch do
                        mark[s] <- batch
                        reach.Add s
                        s <- places.Tree.Parents[s]))

        let path = reach.ToArray()
        Array.Sort path
        path

    /// The places in a root's columns where a column is not zero.
    let private support (solves: Solves) (x: Buffer) root c = [|
        let tree = solves.Places.Tree

        for k in 0 .. tree.Width root - 1 do
            if x[tree.Columns[root] + k + c * tree.Size] <> 0.0 then
                k
    |]

    /// xᵀZy for two sparse columns of a root.
    let private rootForm (solves: Solves) root (a: int[]) (x: nativeptr<float>) (b: int[]) (y: nativeptr<float>) =
        let inverse = solves.Factor.Cholesky.Inverse
        let tree = solves.Places.Tree
        let start, order = tree.PanelStarts[root], tree.Width root
        let mutable sum = 0.0

        for j in b do
            let value = NativePtr.get y j

            for i in a do
                sum <- sum + NativePtr.get x i * value * inverse[start + max i j + min i j * order]

        sum

    /// Solves as far as it must: the supernodes whose parts are squared, and the sparse roots with the supports of all columns.
    let private solve (solves: Solves) (path: int[]) m (x: Buffer) =
        let tree = solves.Places.Tree
        // All columns of a tree end at its root, where the inverse is known: xᵀZx is cheap while x is sparse.
        let below = path |> Array.filter (fun s -> tree.Parents[s] >= 0)
        SparseSolve.ForwardOn(solves.Factor.Cholesky, below, m, x.Pointer)

        let roots =
            path
            |> Array.filter (fun s -> tree.Parents[s] < 0)
            |> Array.map (fun s -> struct (s, Array.init m (support solves x s)))

        let isSparse (struct (s, supports: int[][])) =
            supports
            |> Array.forall (fun places -> sparsity * float places.Length < float (tree.Width s))

        let sparse, dense = roots |> Array.partition isSparse
        let solved = dense |> Array.map (fun (struct (s, _)) -> s)
        SparseSolve.ForwardOn(solves.Factor.Cholesky, solved, m, x.Pointer)
        Array.append below solved, sparse

    /// Adds A_jj − ‖L⁻¹ΛᵀA e_j‖² of the levels of a batch to a sum, S×S, upper triangle.
    let private addBatch (solves: Solves) batch (x: Buffer) (mark: int[]) (reach: ResizeArray<int>) (sum: float[]) =
        let tree, group, size =
            solves.Places.Tree, solves.Products.Groups[solves.Group], solves.Size

        let own = solves.Batch batch
        let m = own.Length * size
        let path = fill solves batch own x mark reach
        let squared, sparse = solve solves path m x

        for at in 0 .. own.Length - 1 do
            for j in 0 .. size - 1 do
                for i in 0..j do
                    let ofI, ofJ = at * size + i, at * size + j
                    let left = NativePtr.add x.Pointer (ofI * tree.Size)
                    let right = NativePtr.add x.Pointer (ofJ * tree.Size)

                    let square =
                        (own[at] * group.Order + solves.First + j) * group.Order + solves.First + i

                    let mutable value = group.Squares[square]

                    for s in squared do
                        let column = tree.Columns[s]

                        value <-
                            value
                            - VectorKernel.Dot(tree.Width s, NativePtr.add left column, NativePtr.add right column)

                    for struct (s, supports: int[][]) in sparse do
                        let column = tree.Columns[s]
                        let ofLeft, ofRight = NativePtr.add left column, NativePtr.add right column
                        value <- value - rootForm solves s supports[ofI] ofLeft supports[ofJ] ofRight

                    sum[i + j * size] <- sum[i + j * size] + value

        // Only the path was written to.
        for s in path do
            for c in 0 .. m - 1 do
                x.Span.Slice(tree.Columns[s] + c * tree.Size, tree.Width s).Clear()

    /// <summary>The sum over all levels, S×S.</summary>
    let create (factor: SupernodalFactor) term : float[] =
        let solves = solves factor term
        let tree, size = solves.Places.Tree, solves.Size
        let batches = (solves.Levels.Length + solves.PerBatch - 1) / solves.PerBatch
        let sums = Array.init batches (fun _ -> Array.zeroCreate<float>(size * size))
        let perPart = (batches + parts - 1) / parts

        Tiles.Run(
            parts,
            float factor.Symbolic.Analysis.PanelLength * float batches,
            fun part ->
                let last = min batches ((part + 1) * perPart) - 1

                if part * perPart <= last then
                    let columns = tree.Size * solves.PerBatch * size
                    let x = Workspace.Rent columns
                    x.Span.Slice(0, columns).Clear()
                    let mark = Array.create tree.Count -1
                    let reach = ResizeArray<int>()

                    for batch in part * perPart .. last do
                        addBatch solves batch x mark reach sums[batch]

                    Workspace.Return x
        )

        Array.init (size * size) (fun k ->
            let i, j = min (k % size) (k / size), max (k % size) (k / size)
            sums |> Array.sumBy (fun sum -> sum[i + j * size]))

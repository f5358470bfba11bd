namespace LmmFunctional.Estimation

open FSharp.NativeInterop
open LmmFunctional.Numerics

/// <summary>Products of groups whose levels a dense matrix A = LLᵀ relates: from those of the levels to those of the columns
/// of L, which are independent effects with the rows of ZL.</summary>
[<RequireQualifiedAccess>]
module internal RootProducts =

    /// Lᵀ x: r values of m columns from q, both by columns.
    let private project (root: DenseRoot) m (x: Buffer) : Buffer =
        let q, r = root.Count, root.Rank
        let result = Buffer(max 1 (r * m))
        let l = Buffer(max 1 root.Values.Length)
        System.MemoryExtensions.AsSpan(root.Values).CopyTo l.Span
        Product.Add(r, m, q, 1.0, l.Pointer, q, true, x.Pointer, q, false, result.Pointer, r, false)
        result

    /// AL for one element of the blocks of A, q×r, from the diagonal blocks and those beside the diagonal.
    let private multiplied (group: NodeGroup) (root: DenseRoot) (beside: NodePairs option) a b : Buffer =
        let q, r, size = root.Count, root.Rank, group.Order
        let area = size * size
        let result = Buffer(max 1 (q * r))

        for c in 0 .. r - 1 do
            for i in 0 .. q - 1 do
                result[i + c * q] <- root.Values[i + c * q] * group.Squares[i * area + a + b * size]

            match beside with
            | None -> ()
            | Some pairs ->
                for i in 0 .. q - 1 do
                    for entry in pairs.Starts[i] .. pairs.Starts[i + 1] - 1 do
                        let j = pairs.Columns[entry]

                        let own, other =
                            pairs.Values[entry * area + a + b * size], pairs.Values[entry * area + b + a * size]

                        result[i + c * q] <- result[i + c * q] + own * root.Values[j + c * q]
                        result[j + c * q] <- result[j + c * q] + other * root.Values[i + c * q]

        result

    /// Blocks of one group between all pairs of its nodes from a full matrix for every two effects.
    let private ofGroup p g (group: NodeGroup) (root: DenseRoot) (beside: NodePairs option) =
        let q, r, size = root.Count, root.Rank, group.Order
        let area = size * size
        let squares: float[] = Array.zeroCreate (r * area)
        let starts = Array.init (r + 1) (fun c -> c * (r - 1) - c * (c - 1) / 2)
        let columns: int[] = Array.zeroCreate starts[r]
        let values: float[] = Array.zeroCreate (starts[r] * area)

        for c in 0 .. r - 1 do
            for d in c + 1 .. r - 1 do
                columns[starts[c] + d - c - 1] <- d

        for a in 0 .. size - 1 do
            for b in 0..a do
                let product = project root r (multiplied group root beside a b)

                for c in 0 .. r - 1 do
                    squares[c * area + a + b * size] <- product[c + c * r]
                    squares[c * area + b + a * size] <- product[c + c * r]

                    for d in c + 1 .. r - 1 do
                        let at = (starts[c] + d - c - 1) * area
                        values[at + a + b * size] <- product[c + d * r]
                        values[at + b + a * size] <- product[d + c * r]

        let fixedColumns = size * p
        let levels = Buffer(max 1 (q * fixedColumns))

        for i in 0 .. q - 1 do
            for k in 0 .. fixedColumns - 1 do
                levels[i + k * q] <- group.Fixed[i * fixedColumns + k]

        let onNodes = project root fixedColumns levels

        {
            group with
                Levels = r
                Squares = squares
                Fixed =
                    Array.init (r * fixedColumns) (fun index ->
                        onNodes[index / fixedColumns + index % fixedColumns * r])
        },
        {
            Left = g
            Right = g
            Starts = starts
            Columns = columns
            Values = values
            ByRight = NodePairs.byRight r starts columns
        }

    /// The blocks of a pair with the left and the right group's levels, by columns for each element of a block.
    let private spread (groups: NodeGroup[]) (pairs: NodePairs) =
        let left, right = groups[pairs.Left], groups[pairs.Right]
        let area = left.Order * right.Order
        let rows, columns = left.Levels, right.Levels

        Array.init area (fun element ->
            let dense = Buffer(max 1 (rows * columns))

            for level in 0 .. rows - 1 do
                for entry in pairs.Starts[level] .. pairs.Starts[level + 1] - 1 do
                    dense[level + pairs.Columns[entry] * rows] <- pairs.Values[entry * area + element]

            dense)

    let private transposed rows columns (x: Buffer) =
        let result = Buffer(max 1 (rows * columns))

        for j in 0 .. columns - 1 do
            for i in 0 .. rows - 1 do
                result[j + i * columns] <- x[i + j * rows]

        result

    let private ofPair (groups: NodeGroup[]) (pairs: NodePairs) =
        let left, right = groups[pairs.Left], groups[pairs.Right]

        match left.Root, right.Root with
        | None, None -> pairs
        | ofLeft, ofRight ->
            let rows = ofLeft |> Option.map _.Rank |> Option.defaultValue left.Levels
            let columns = ofRight |> Option.map _.Rank |> Option.defaultValue right.Levels

            let elements =
                spread groups pairs
                |> Array.map (fun dense ->
                    let dense =
                        match ofLeft with
                        | Some root -> project root right.Levels dense
                        | None -> dense

                    match ofRight with
                    | Some root -> transposed columns rows (project root rows (transposed rows right.Levels dense))
                    | None -> dense)

            let area = elements.Length
            let starts = Array.init (rows + 1) (fun level -> level * columns)
            let found = Array.init (rows * columns) (fun entry -> entry % columns)

            {
                pairs with
                    Starts = starts
                    Columns = found
                    Values =
                        Array.init (rows * columns * area) (fun index ->
                            let entry = index / area
                            elements[index % area].[entry / columns + entry % columns * rows])
                    ByRight = NodePairs.byRight columns starts found
            }

    /// Groups and pairs with the columns of L for levels, wherever a group has such a factor.
    /// Pairs of levels of one such group go into its own pairs of nodes, which come last.
    let apply p (groups: NodeGroup[]) (pairs: NodePairs[]) : NodeGroup[] * NodePairs[] =
        let inGroup, pairs =
            pairs
            |> Array.partition (fun pairs -> pairs.Left = pairs.Right && groups[pairs.Left].Root.IsSome)

        let pairs = pairs |> Array.map (ofPair groups)

        let own =
            groups
            |> Array.mapi (fun g group ->
                match group.Root with
                | Some root ->
                    let beside = inGroup |> Array.tryFind (fun pairs -> pairs.Left = g)
                    let group, pairs = ofGroup p g group root beside
                    group, Some pairs
                | None -> group, None)

        Array.map fst own, Array.append pairs (own |> Array.choose snd)

namespace LmmFunctional.Tests

open System
open LmmFunctional.Numerics

/// <summary>Sparse symmetric patterns and matrices for tests of ordering and factor.</summary>
[<RequireQualifiedAccess>]
module internal SparsePatterns =

    let private ofPairs weights (pairs: (int * int) seq) =
        let pairs = pairs |> Seq.distinct |> Array.ofSeq
        SymmetricPattern.ofEdges weights (Array.map fst pairs) (Array.map snd pairs)

    /// Between 1 and 60 blocks of order 1 to 3, sparse to half full.
    let random seed =
        let random = Random(seed: int)
        let n = 1 + random.Next 60
        let share = 0.02 + 0.5 * random.NextDouble() * random.NextDouble()
        let weights = Array.init n (fun _ -> 1 + random.Next 3)

        ofPairs weights [
            for i in 0 .. n - 1 do
                for j in 0 .. i - 1 do
                    if random.NextDouble() < share then
                        i, j
        ]

    /// A tree whose nodes come in random order.
    let tree seed n =
        let random = Random(seed: int)
        let names = Array.init n id
        random.Shuffle names
        ofPairs (Array.create n 1) [ for k in 1 .. n - 1 -> names[k], names[random.Next k] ]

    /// The five-point grid of side k.
    let grid k =
        ofPairs (Array.create (k * k) 1) [
            for x in 0 .. k - 1 do
                for y in 0 .. k - 1 do
                    if x + 1 < k then
                        x + k * y, x + 1 + k * y

                    if y + 1 < k then
                        x + k * y, x + k * (y + 1)
        ]

    /// The order of the whole matrix.
    let size (pattern: SymmetricPattern) = Array.sum pattern.Weights

    /// Elements of the factor's lower triangle for an order of elimination, by plain symbolic elimination.
    let fill (pattern: SymmetricPattern) (order: int[]) =
        let n = pattern.Count
        let position = Array.zeroCreate n
        order |> Array.iteri (fun k node -> position[node] <- k)
        let below = Array.init n (fun _ -> Collections.Generic.HashSet<int>())

        for node in 0 .. n - 1 do
            for at in pattern.Starts[node] .. pattern.Starts[node + 1] - 1 do
                let a, b = position[node], position[pattern.Neighbours[at]]

                if b > a then
                    below[a].Add b |> ignore

        let mutable total = 0L

        for k in 0 .. n - 1 do
            if below[k].Count > 0 then
                let first = Seq.min below[k]

                for row in below[k] do
                    if row <> first then
                        below[first].Add row |> ignore

            let own = int64 pattern.Weights[order[k]]
            let rows = below[k] |> Seq.sumBy (fun row -> int64 pattern.Weights[order[row]])
            total <- total + own * (own + 1L) / 2L + own * rows

        total

    /// <summary>A factor of a random positive definite matrix with an analysis' pattern, and that matrix, both in the order of
    /// elimination; the matrix is full, by columns.</summary>
    let filled seed (analysis: SparseAnalysis) =
        let random = Random(seed: int)
        let tree = Supernodes.create analysis
        let cholesky = SparseCholesky tree
        let n = tree.Size
        let matrix: float[] = Array.zeroCreate (n * n)
        let pattern = analysis.Pattern

        for node in 0 .. pattern.Count - 1 do
            let first = tree.NodeColumns[node]

            let others =
                pattern.Neighbours[pattern.Starts[node] .. pattern.Starts[node + 1] - 1]
                |> Array.filter (fun other -> other > node)

            for other in Array.append [| node |] others do
                for j in first .. tree.NodeColumns[node + 1] - 1 do
                    for i in max j tree.NodeColumns[other] .. tree.NodeColumns[other + 1] - 1 do
                        let value = random.NextDouble() - 0.5
                        matrix[i + j * n] <- value
                        matrix[j + i * n] <- value

        for i in 0 .. n - 1 do
            let row = Seq.init n (fun j -> abs matrix[i + j * n]) |> Seq.sum
            matrix[i + i * n] <- 0.5 + row

        for node in 0 .. pattern.Count - 1 do
            for j in tree.NodeColumns[node] .. tree.NodeColumns[node + 1] - 1 do
                for i in j .. n - 1 do
                    let at = tree.Locate(tree.SupernodeOf[node], i, j)

                    if at >= 0 then
                        cholesky.Panels[at] <- matrix[i + j * n]

        cholesky, matrix

    /// An element of the panels, in the factor or the inverse; zero off the pattern.
    let element (tree: Supernodes) (panels: Buffer) i j =
        let s = Array.FindLastIndex(tree.Columns, (fun first -> first <= j))
        let s = min s (tree.Count - 1)
        let at = tree.Locate(s, i, j)
        if at < 0 then 0.0 else panels[at]

    /// The inverse of a full positive definite matrix.
    let invert n (matrix: float[]) =
        let buffer = Buffer(n * n)
        matrix.AsSpan().CopyTo buffer.Span
        Cholesky.Factor(n, buffer.Pointer, n) |> ignore
        Cholesky.Invert(n, buffer.Pointer, n)
        Array.init (n * n) (fun k -> buffer[max (k % n) (k / n) + min (k % n) (k / n) * n])

namespace LmmFunctional.Analysis

open System
open System.Collections.Generic
open LmmFunctional.Numerics
open LmmFunctional
open LmmFunctional.Estimation
// Again, so that Buffer is ours and not that of System.

#nowarn "9"

/// <summary>The equations of the random effects, M = Z'R⁻¹Z + K relative to σ²: their sparse factor, and products with Z.</summary>
/// <remarks>Columns of Z are those of the inner scale, in the order of elimination. M is sparse; nothing has n×n elements.</remarks>
/// <param name="fit">The fit.</param>
/// <param name="residual">R⁻¹.</param>
/// <param name="layout">The unknowns, and K.</param>
[<Sealed>]
type internal EffectEquations(fit: Fit, residual: ResidualPrecision, layout: EffectLayout) =
    let n = residual.Rows
    let design = Array.ofList fit.Design.Random
    let terms = Array.ofList fit.Model.Standard.Terms

    // The analysis of M: pairs of nodes that share a row, or rows that share an element of R⁻¹.
    let nodesOf =
        let cells = residual.Latent |> Option.map _.CellOfRow

        fun row -> [|
            for t in 0 .. terms.Length - 1 do
                let place = layout.Places[t]

                if place.Root.IsSome then
                    place.FirstNode
                else
                    place.FirstNode + design[t].Codes[row]

            match cells with
            | Some cells -> layout.FirstCell + cells[row]
            | None -> ()
        |]

    let analysis =
        let nodes = Array.init n nodesOf
        let count = int64 layout.Weights.Length
        let edges = HashSet<int64>()

        let connect a b =
            if a <> b then
                edges.Add(int64 (min a b) * count + int64 (max a b)) |> ignore

        for row in 0 .. n - 1 do
            for at in residual.Starts[row] .. residual.Starts[row + 1] - 1 do
                let other = residual.Columns[at]

                if other <= row then
                    for a in nodes[row] do
                        for b in nodes[other] do
                            connect a b

        for struct (a, b, _) in layout.Priors do
            connect a b

        let keys = Seq.toArray edges
        Array.sortInPlace keys

        SymmetricPattern.ofEdges
            layout.Weights
            (keys |> Array.map (fun key -> int (key / count)))
            (keys |> Array.map (fun key -> int (key % count)))
        |> SparseAnalysis.create

    let tree = Supernodes.create analysis

    // The first column of every node in the order of elimination, and the supernode of every column.
    let nodeColumn =
        let columns: int[] = Array.zeroCreate layout.Weights.Length

        analysis.Order
        |> Array.iteri (fun k node -> columns[node] <- tree.NodeColumns[k])

        columns

    let supernodeOf =
        let supernodes: int[] = Array.zeroCreate tree.Size

        for s in 0 .. tree.Count - 1 do
            for column in tree.Columns[s] .. tree.Columns[s + 1] - 1 do
                supernodes[column] <- s

        supernodes

    let locate i j =
        let row, column = max i j, min i j
        tree.Locate(supernodeOf[column], row, column)

    /// Z, row by row.
    let z =
        SparseRows.create n (fun row add ->
            for t in 0 .. terms.Length - 1 do
                let columns = terms[t].Columns

                EffectLayout.loadings
                    layout.Places[t]
                    layout.Places[t].Lambda
                    design[t].Codes[row]
                    (fun i -> columns[i][row])
                    (fun node offset value -> add (nodeColumn[node] + offset) value)

            match residual.Latent with
            | Some field -> add nodeColumn[layout.FirstCell + field.CellOfRow[row]] field.Loadings[row]
            | None -> ())

    let ownPrior =
        lazy
            (let result: float[] = Array.zeroCreate tree.Size

             for node in 0 .. layout.Weights.Length - 1 do
                 for k in 0 .. layout.Weights[node] - 1 do
                     result[nodeColumn[node] + k] <- layout.OwnPrior[node]

             result)

    let priorElements =
        lazy
            [|
                for struct (a, b, value) in layout.Priors do
                    for k in 0 .. layout.Weights[a] - 1 do
                        struct (nodeColumn[a] + k, nodeColumn[b] + k, value)
            |]

    let cholesky = SparseCholesky tree

    let assemble () =
        let panels = cholesky.Panels
        panels.Span.Clear()

        for node in 0 .. layout.Weights.Length - 1 do
            for k in 0 .. layout.Weights[node] - 1 do
                let column = nodeColumn[node] + k
                panels[locate column column] <- layout.OwnPrior[node]

        for struct (a, b, value) in layout.Priors do
            for k in 0 .. layout.Weights[a] - 1 do
                panels[locate (nodeColumn[a] + k) (nodeColumn[b] + k)] <- value

        for row in 0 .. n - 1 do
            for at in residual.Starts[row] .. residual.Starts[row + 1] - 1 do
                let other = residual.Columns[at]
                let precision = residual.Values[at]

                for left in z.Starts[row] .. z.Starts[row + 1] - 1 do
                    let i = z.Positions[left]
                    let value = precision * z.Values[left]

                    for right in z.Starts[other] .. z.Starts[other + 1] - 1 do
                        let j = z.Positions[right]

                        if j <= i then
                            let place = locate i j
                            panels[place] <- panels[place] + value * z.Values[right]

    let isPositive =
        assemble ()
        cholesky.Factor()

    let inverted =
        lazy
            (cholesky.Invert()
             cholesky.Inverse)

    let precisionBlocks =
        PrecisionBlocks(residual, z, cholesky, supernodeOf, locate, inverted)

    /// Z'W for k columns W of n rows: q×k.
    let timesTransposedZ k (w: float[]) (target: Buffer) =
        let q = tree.Size
        target.Span.Slice(0, q * k).Clear()

        for c in 0 .. k - 1 do
            for row in 0 .. n - 1 do
                let value = w[c * n + row]

                for at in z.Starts[row] .. z.Starts[row + 1] - 1 do
                    let place = c * q + z.Positions[at]
                    target[place] <- target[place] + value * z.Values[at]

    /// W −= Z B for k columns B of q rows.
    let subtractZ k (b: Buffer) (w: float[]) =
        let q = tree.Size

        for c in 0 .. k - 1 do
            for row in 0 .. n - 1 do
                let mutable sum = 0.0

                for at in z.Starts[row] .. z.Starts[row + 1] - 1 do
                    sum <- sum + z.Values[at] * b[c * q + z.Positions[at]]

                w[c * n + row] <- w[c * n + row] - sum

    /// q, and where its elements are.
    member _.Tree = tree

    /// Z, row by row.
    member _.Z = z

    /// The first column of every node in the order of elimination.
    member _.NodeColumn = nodeColumn

    /// The place of an element of M; −1 off the pattern.
    member _.Locate(i: int, j: int) = locate i j

    /// The prior precision of an unknown with itself.
    member _.OwnPrior(unknown: int) = ownPrior.Value[unknown]

    /// The prior precision between unknowns, each pair once.
    member _.PriorElements: struct (int * int * float)[] = priorElements.Value

    /// Whether M is positive definite to working precision.
    member _.IsPositive = isPositive

    /// M⁻¹ on the pattern of the factor.
    member _.Inverse = inverted.Value

    /// W −= Z B for k columns B of q rows.
    member _.SubtractZ(k: int, b: Buffer, w: float[]) = subtractZ k b w

    /// B ← M⁻¹B for k columns of q rows.
    member _.Solve(k: int, b: Buffer) =
        if tree.Size > 0 then
            SparseSolve.Forward(cholesky, k, b.Pointer)
            SparseSolve.Backward(cholesky, k, b.Pointer)

    /// B ← F⁻¹B with M = FFᵀ, for k columns of q rows.
    member _.SolveHalf(k: int, b: Buffer) =
        if tree.Size > 0 then
            SparseSolve.Forward(cholesky, k, b.Pointer)

    /// M⁻¹Z'R⁻¹W, from R⁻¹W: k columns of q rows.
    member own.EffectsOf(k: int, precisionTimesW: float[]) =
        let b = Buffer(max 1 (tree.Size * k))
        timesTransposedZ k precisionTimesW b
        own.Solve(k, b)
        b

    /// Blocks of V⁻¹.
    member _.PrecisionBlocks = precisionBlocks

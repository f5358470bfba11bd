namespace LmmFunctional.Analysis

open System.Collections.Generic
open LmmFunctional.Numerics

/// <summary>L⁻¹(y − Xβ̂) with V = LLᵀ and rows in the order of the data: each residual less its prediction from the rows
/// before it, over the standard deviation of what is left.</summary>
/// <remarks>Computed row by row from the distribution of the random effects given the rows before, so that no matrix has
/// n×n elements: rows that share no effects, directly or by others, are independent and are treated apart.</remarks>
[<RequireQualifiedAccess>]
module internal Decorrelation =

    // Multiplications allowed: about five seconds.
    let private mostWork = 1e10

    /// A part of the rows and unknowns that shares nothing with the rest.
    type private Part = { Rows: int[]; Unknowns: int[] }

    let rec private rootOf (parents: int[]) node =
        if parents[node] = node then
            node
        else
            parents[node] <- parents[parents[node]]
            rootOf parents parents[node]

    /// Rows and unknowns in their independent parts, in the order of the first rows.
    let private parts (equations: MixedModelEquations) : Part[] =
        let rows = equations.RowFunctions.Random
        let residual = equations.Residual
        let n, q = equations.Rows, equations.Unknowns
        let parents = Array.init (n + q) id

        let join a b =
            let a, b = rootOf parents a, rootOf parents b

            if a <> b then
                parents[max a b] <- min a b

        for row in 0 .. n - 1 do
            for at in rows.Starts[row] .. rows.Starts[row + 1] - 1 do
                join row (n + rows.Positions[at])

            for at in residual.Starts[row] .. residual.Starts[row + 1] - 1 do
                join row residual.Columns[at]

        for struct (i, j, _) in equations.PriorElements do
            join (n + i) (n + j)

        let found = Dictionary<int, ResizeArray<int> * ResizeArray<int>>()

        for node in 0 .. n + q - 1 do
            let root = rootOf parents node

            if not (found.ContainsKey root) then
                found[root] <- (ResizeArray<int>(), ResizeArray<int>())

            let ofRows, ofUnknowns = found[root]

            if node < n then
                ofRows.Add node
            else
                ofUnknowns.Add(node - n)

        found.Values
        |> Seq.filter (fun (ofRows, _) -> ofRows.Count > 0)
        |> Seq.map (fun (ofRows, ofUnknowns) -> {
            Rows = ofRows.ToArray()
            Unknowns = ofUnknowns.ToArray()
        })
        |> Array.ofSeq

    /// Blocks of linked rows of a part, each in the order of the data.
    let private blocks (residual: ResidualPrecision) (rows: int[]) =
        let seen = HashSet<int>()

        [|
            for row in rows do
                if seen.Add row then
                    let own = [|
                        for at in residual.Starts[row] .. residual.Starts[row + 1] - 1 do
                            residual.Columns[at]
                    |]

                    for other in own do
                        seen.Add other |> ignore

                    Array.sort own
        |]

    /// The lower factor W of a block's R⁻¹ = WᵀW, W = L⁻¹ with R = LLᵀ: m×m by columns.
    let private whitening (residual: ResidualPrecision) (rows: int[]) =
        let m = rows.Length
        let place = Dictionary<int, int>()
        rows |> Array.iteri (fun k row -> place[row] <- k)
        let precision: float[] = Array.zeroCreate (m * m)

        for i in 0 .. m - 1 do
            for at in residual.Starts[rows[i]] .. residual.Starts[rows[i] + 1] - 1 do
                precision[i + place[residual.Columns[at]] * m] <- residual.Values[at]

        // R = (R⁻¹)⁻¹, then L and its inverse.
        Dense.Factor(m, precision) |> ignore
        let covariance = Dense.Inverse(m, precision)
        Dense.Factor(m, covariance) |> ignore
        let inverse = Array.init (m * m) (fun k -> if k % m = k / m then 1.0 else 0.0)
        Dense.Solve(m, m, covariance, false, inverse)
        inverse

    /// The covariance of the unknowns before any row: the inverse of their prior precision.
    let private prior (equations: MixedModelEquations) (unknowns: int[]) =
        let q = unknowns.Length
        let place = Dictionary<int, int>()
        unknowns |> Array.iteri (fun k unknown -> place[unknown] <- k)
        let precision: float[] = Array.zeroCreate (q * q)

        for k in 0 .. q - 1 do
            precision[k * (q + 1)] <- equations.OwnPrior unknowns[k]

        let mutable isDiagonal = true

        for struct (i, j, value) in equations.PriorElements do
            match place.TryGetValue i, place.TryGetValue j with
            | (true, a), (true, b) ->
                isDiagonal <- false
                precision[a + b * q] <- value
                precision[b + a * q] <- value
            | _ -> ()

        if isDiagonal then
            for k in 0 .. q - 1 do
                precision[k * (q + 1)] <- 1.0 / precision[k * (q + 1)]

            precision
        else
            Dense.Factor(q, precision) |> ignore
            Dense.Inverse(q, precision)

    /// The rows of a part one after the other: unknowns with mean m and covariance C given the rows before.
    let private sweep (equations: MixedModelEquations) (residuals: float[]) (part: Part) (result: float[]) =
        let q = part.Unknowns.Length
        let place = Dictionary<int, int>()
        part.Unknowns |> Array.iteri (fun k unknown -> place[unknown] <- k)
        let c = prior equations part.Unknowns
        let mean: float[] = Array.zeroCreate q
        let image: float[] = Array.zeroCreate q
        let z: float[] = Array.zeroCreate q
        let rows = equations.RowFunctions.Random
        let whitened = Dictionary<int, int[] * float[] * int>()

        for block in blocks equations.Residual part.Rows do
            let w = whitening equations.Residual block
            block |> Array.iteri (fun k row -> whitened[row] <- (block, w, k))

        for row in part.Rows do
            let block, w, k = whitened[row]
            let m = block.Length
            // The row of W(y − Xβ̂) and of WZ; rows after it in its block have no share.
            let mutable own = 0.0
            System.Array.Clear z

            for j in 0..k do
                let share = w[k + j * m]
                own <- own + share * residuals[block[j]]

                for at in rows.Starts[block[j]] .. rows.Starts[block[j] + 1] - 1 do
                    let position = place[rows.Positions[at]]
                    z[position] <- z[position] + share * rows.Values[at]

            let mutable predicted = 0.0
            System.Array.Clear image

            for j in 0 .. q - 1 do
                if z[j] <> 0.0 then
                    predicted <- predicted + z[j] * mean[j]

                    for i in 0 .. q - 1 do
                        image[i] <- image[i] + c[i + j * q] * z[j]

            let mutable variance = 1.0

            for j in 0 .. q - 1 do
                variance <- variance + z[j] * image[j]

            let innovation = own - predicted
            result[row] <- innovation / sqrt variance

            for j in 0 .. q - 1 do
                mean[j] <- mean[j] + image[j] * innovation / variance

                if image[j] <> 0.0 then
                    let share = image[j] / variance

                    for i in 0 .. q - 1 do
                        c[i + j * q] <- c[i + j * q] - image[i] * share

    /// <summary>The decorrelated residuals, with variance one; n.</summary>
    /// <param name="equations">The equations of the fit.</param>
    /// <param name="marginal">y − Xβ̂ in units of σ.</param>
    /// <returns>The values, or None where they would take too long or too much memory.</returns>
    let compute (equations: MixedModelEquations) (marginal: float[]) : float[] option =
        let parts = parts equations

        let work =
            parts
            |> Array.sumBy (fun part ->
                let q, m = float part.Unknowns.Length, float part.Rows.Length
                m * q * q + q * q * q)

        let linked =
            // A field without a nugget links rows beyond their neighbours.
            if RowDiagonals.isBlocks equations.Residual then
                0.0
            else
                infinity

        if work + linked > mostWork then
            None
        else
            let result: float[] = Array.zeroCreate equations.Rows

            for part in parts do
                sweep equations marginal part result

            Some result

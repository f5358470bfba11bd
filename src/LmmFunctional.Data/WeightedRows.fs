namespace LmmFunctional.Data

open System
open System.Collections.Generic
open LmmFunctional

/// <summary>A few weighted rows with the sums of many.</summary>
/// <remarks>A cell of total weight W whose products have rank r becomes r + 1 rows of weight W/(r + 1): the mean plus the
/// corners of a simplex, √((r + 1)/W) L s with L L' the products and Σ s = 0, Σ s s' = I. Their weighted sums of 1, z and
/// z z' are those of the cell, and so is the likelihood but for the number of rows and Σ log w.</remarks>
[<RequireQualifiedAccess>]
module internal WeightedRows =

    // Of the diagonal of the products: what is less is rounding.
    let private rankTolerance = 1e-14

    /// Columns of L, m elements each, by Cholesky with pivots; as many as the rank.
    let private root m (products: float[]) : float[] list =
        let a =
            Array2D.init m m (fun i j ->
                let i, j = max i j, min i j
                products[i * (i + 1) / 2 + j])

        let first = Array.init m (fun i -> a[i, i])

        // The largest share of its own variance that a column has left.
        let rec next columns =
            let pivot =
                [ 0 .. m - 1 ]
                |> List.filter (fun i -> a[i, i] > rankTolerance * first[i])
                |> function
                    | [] -> None
                    | left -> Some(left |> List.maxBy (fun i -> a[i, i] / first[i]))

            match pivot with
            | None -> List.rev columns
            | Some pivot ->
                let size = sqrt a[pivot, pivot]
                let column = Array.init m (fun i -> a[i, pivot] / size)

                for i in 0 .. m - 1 do
                    for j in 0 .. m - 1 do
                        a[i, j] <- a[i, j] - column[i] * column[j]

                a[pivot, pivot] <- 0.0
                next (column :: columns)

        next []

    /// Corner k of a simplex of r + 1 corners: Helmert's contrasts, each of length one.
    let private corner r k =
        Array.init r (fun i ->
            let size = sqrt (float (i + 1) * float (i + 2))

            if k <= i then 1.0 / size
            elif k = i + 1 then -float(i + 1) / size
            else 0.0)

    /// <summary>The rows of all cells: for each its cell, its weight and its m values.</summary>
    let ofCells (sums: CellSums) : struct (int * float * float[])[] = [|
        for cell in 0 .. sums.Counts.Length - 1 do
            let mean = sums.Means[cell]
            let columns = root mean.Length sums.Products[cell]
            let r = columns.Length
            let weight = sums.Weights[cell] / float (r + 1)

            for k in 0..r do
                let values = Array.copy mean

                for share, column in Seq.zip (corner r k) columns do
                    for i in 0 .. values.Length - 1 do
                        values[i] <- values[i] + share * column[i] / sqrt weight

                struct (cell, weight, values)
    |]

    // A name that no column has.
    let rec private freeName (taken: HashSet<string>) name =
        if taken.Contains name then
            freeName taken (name + "_")
        else
            name

    // The rows of a cell share those that it sums.
    let private multiplicities (sums: CellSums) (cells: int[]) =
        let shares = Array.zeroCreate<float> sums.Counts.Length

        for cell in cells do
            shares[cell] <- shares[cell] + 1.0

        cells |> Array.map (fun cell -> float sums.Counts[cell] / shares[cell])

    /// <summary>The data set of the rows, the name of its column of weights, and how many rows of the data each stands for.
    /// </summary>
    let toFrame (sums: CellSums) : Result<Frame * string * float[], LmmError list> =
        let rows = ofCells sums
        let cells = rows |> Array.map (fun struct (cell, _, _) -> cell)

        let taken =
            HashSet<string>(List.map fst sums.Keys @ sums.Summed, StringComparer.Ordinal)

        let weights = freeName taken "weight of the sums"

        [
            for name, column in sums.Keys do
                name, Column.select cells column

            for k, name in List.indexed sums.Summed do
                name, Column.ofFloats (rows |> Seq.map (fun struct (_, _, values) -> values[k]))

            weights, Column.ofFloats (rows |> Seq.map (fun struct (_, weight, _) -> weight))
        ]
        |> Frame.ofColumns
        |> Result.map (fun frame -> frame, weights, multiplicities sums cells)

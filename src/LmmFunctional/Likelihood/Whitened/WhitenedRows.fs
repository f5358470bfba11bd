namespace LmmFunctional.Estimation

open LmmFunctional.Numerics

/// <summary>The rows of a model block by block: residuals of different blocks are independent.</summary>
/// <remarks>A place is a row in this order: the blocks of a pattern, which have the same R, stand one after the other.</remarks>
[<NoComparison; ReferenceEquality>]
type internal WhitenedRows = {
    /// The residuals alone: the patterns of their blocks, without random terms.
    Residual: MarginalModel
    /// The row of the design at every place.
    Order: int[]
    /// The place of the first row of every block, and the number of rows.
    Starts: int[]
    /// The pattern of every block.
    Patterns: int[]
    /// The first block of every pattern, and the number of blocks.
    FirstBlocks: int[]
    /// [X y], n×P by columns, at their places.
    Data: float[]
} with

    /// n.
    member rows.Count = rows.Order.Length

    /// P = p + 1.
    member rows.DataColumns = rows.Residual.FixedCount + 1

[<RequireQualifiedAccess>]
module internal WhitenedRows =

    /// The rows of a design on the inner scale.
    let create (design: Design) (standard: Standardised) : WhitenedRows =
        let alone = { standard with Terms = [] }

        let residual =
            MarginalModel.create { design with Random = [] } alone (ThetaLayout.create alone)

        let patterns = residual.Patterns
        let order = patterns |> Array.collect _.Members

        {
            Residual = residual
            Order = order
            Starts =
                patterns
                |> Array.collect (fun pattern -> Array.create pattern.Count pattern.Size)
                |> Array.scan (+) 0
            Patterns =
                patterns
                |> Array.mapi (fun index pattern -> Array.create pattern.Count index)
                |> Array.concat
            FirstBlocks = patterns |> Array.scan (fun first pattern -> first + pattern.Count) 0
            Data =
                Array.append standard.Fixed [| standard.Response |]
                |> Array.collect (fun column -> order |> Array.map (fun row -> column[row]))
        }

    /// The same rows with another response.
    let withResponse (standard: Standardised) (rows: WhitenedRows) : WhitenedRows =
        let data = Array.copy rows.Data
        let first = data.Length - rows.Count

        for place in 0 .. rows.Count - 1 do
            data[first + place] <- standard.Response[rows.Order[place]]

        { rows with Data = data }

    /// Operations of one evaluation on the rows with so many effects for each, roughly.
    let work effects (rows: WhitenedRows) =
        let p = float rows.DataColumns

        rows.Residual.Patterns
        |> Array.sumBy (fun pattern ->
            let m, count = float pattern.Size, float pattern.Count
            // Products and traces visit every pair of rows out of order: each counts as several operations.
            4.0 * m * m * m + count * m * m * (10.0 * effects * effects + 4.0 * p))

    /// The first place and the number of the rows of a pattern.
    let placesOf (rows: WhitenedRows) pattern : struct (int * int) =
        let first = rows.Starts[rows.FirstBlocks[pattern]]
        struct (first, rows.Starts[rows.FirstBlocks[pattern + 1]] - first)

    // At most so many sums for the blocks of one pattern, whatever the number of threads.
    let private parts = 16

    /// <summary>Runs of blocks of one pattern, which sums are made of: pattern, first block, and the block after the last one.
    /// </summary>
    let runs (rows: WhitenedRows) : struct (int * int * int)[] = [|
        for index in 0 .. rows.Residual.Patterns.Length - 1 do
            let first = rows.FirstBlocks[index]
            let count = rows.FirstBlocks[index + 1] - first
            let number = max 1 (min parts (count / 16))

            for part in 0 .. number - 1 do
                struct (index, first + part * count / number, first + (part + 1) * count / number)
    |]

    /// <summary>BW for m columns W of n places, with a matrix B for each pattern.</summary>
    let multiply (rows: WhitenedRows) (matrices: float[][]) (m: int) (w: float[]) : float[] =
        let n = rows.Count
        let result: float[] = Array.zeroCreate (n * m)

        for index in 0 .. matrices.Length - 1 do
            let struct (first, count) = placesOf rows index
            let size = rows.Residual.Patterns[index].Size

            if matrices[index].Length > 0 then
                for c in 0 .. m - 1 do
                    let at = first + c * n
                    Dense.Add(size, count / size, size, matrices[index], 0, false, w, at, false, result, at)

        result

namespace LmmFunctional

open LmmFunctional.Numerics

/// <summary>The rows of one random term within a block: their level, counted within the block, and their coefficients.</summary>
[<NoComparison; ReferenceEquality>]
type internal PatternTerm = {
    /// The level of every row, from zero.
    Codes: int[]
    /// S columns of m values.
    Columns: float[][]
}

/// <summary>Blocks of rows, independent of each other, that have the same covariance matrix whatever the parameters.</summary>
[<NoComparison; ReferenceEquality>]
type internal MarginalPattern = {
    /// m, the rows of a block.
    Size: int
    /// How many blocks there are.
    Count: int
    /// r, the number of data vectors: the blocks themselves, or fewer with the same cross-products.
    Vectors: int
    /// [X y] of all vectors: column c of vector j starts at (c r + j) m.
    Data: float[]
    /// What the residual covariance needs to know of the rows.
    Rows: ResidualRows
    Terms: PatternTerm[]
    /// The rows of the design, block after block, m each in the pattern's order.
    Members: int[]
}

[<RequireQualifiedAccess>]
module internal MarginalPattern =

    // A direction this much smaller than its column, squared, is rounding of the cross-products.
    let private negligible = 1e-15

    // So few blocks are as quick as their cross-products.
    let private fewBlocks = 12

    // So many blocks are held at a time while their cross-products are added up.
    let private batch = 256

    /// <summary>Vectors with the same cross-products: B with BᵀB = AᵀA, from A, K×N by columns (one column per block).</summary>
    /// <param name="k">K.</param>
    /// <param name="n">N.</param>
    /// <param name="fill">Writes columns of A, given by the first and their number, to the start of an array.</param>
    /// <remarks>A Cholesky factor of A Aᵀ with pivoting, stopped at its rank: blocks that differ in a few numbers only, as the
    /// baseline values and responses of subjects do, collapse to as many vectors as there are such numbers.</remarks>
    let private condense k n (fill: int -> int -> float[] -> unit) : struct (int * float[]) =
        let gram: float[] = Array.zeroCreate (k * k)
        let columns: float[] = Array.zeroCreate (k * min n batch)

        for first in 0..batch .. n - 1 do
            let count = min batch (n - first)
            fill first count columns
            Dense.AddSquare(k, count, columns, gram, 0)

        for j in 1 .. k - 1 do
            for i in 0 .. j - 1 do
                gram[i + j * k] <- gram[j + i * k]

        let remaining = Array.init k (fun i -> gram[i + i * k])
        let least = remaining |> Array.map (fun d -> negligible * d)
        let rows = ResizeArray<float[]>()
        let mutable isDone = false

        while not isDone do
            let mutable pivot = -1
            let mutable largest = 0.0

            for i in 0 .. k - 1 do
                if remaining[i] > least[i] then
                    let share = remaining[i] / gram[i + i * k]

                    if share > largest then
                        largest <- share
                        pivot <- i

            if pivot < 0 || rows.Count >= n then
                isDone <- true
            else
                let root = sqrt remaining[pivot]

                let row = Array.sub gram (pivot * k) k

                for previous in rows do
                    let factor = previous[pivot]

                    for i in 0 .. k - 1 do
                        row[i] <- row[i] - previous[i] * factor

                for i in 0 .. k - 1 do
                    row[i] <- row[i] / root

                for i in 0 .. k - 1 do
                    remaining[i] <- remaining[i] - row[i] * row[i]

                remaining[pivot] <- 0.0
                rows.Add row

        struct (rows.Count, Array.concat rows)

    /// From vectors one after the other, P columns of m each, to columns that hold all vectors.
    let private interleave m p r (vectors: float[]) =
        let data: float[] = Array.zeroCreate vectors.Length

        for j in 0 .. r - 1 do
            for c in 0 .. p - 1 do
                Array.blit vectors ((j * p + c) * m) data ((c * r + j) * m) m

        data

    /// <summary>A pattern from its blocks.</summary>
    /// <param name="rows">What the residual covariance needs to know of the m rows.</param>
    /// <param name="terms">The random terms within a block.</param>
    /// <param name="columns">[X y], P columns of length n.</param>
    /// <param name="members">Rows of the design, block after block.</param>
    /// <param name="size">m, the rows of a block.</param>
    let create rows terms (columns: float[][]) (members: int[]) (size: int) =
        let p = columns.Length
        let count = members.Length / size
        let k = size * p

        let fill first number (into: float[]) =
            for block in 0 .. number - 1 do
                for c in 0 .. p - 1 do
                    let column = columns[c]

                    for i in 0 .. size - 1 do
                        into[block * k + c * size + i] <- column[members[(first + block) * size + i]]

        let struct (r, condensed) =
            if count > fewBlocks then
                condense k count fill
            else
                let vectors: float[] = Array.zeroCreate (count * k)
                fill 0 count vectors
                struct (count, vectors)

        {
            Size = size
            Count = count
            Vectors = r
            Data = interleave size p r condensed
            Rows = rows
            Terms = terms
            Members = members
        }

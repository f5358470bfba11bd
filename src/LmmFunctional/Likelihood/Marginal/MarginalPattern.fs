namespace LmmFunctional.Estimation

open System
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

    /// From vectors one after the other, P columns of m each, to columns that hold all vectors.
    let private interleave m p r (vectors: float[]) =
        let data: float[] = Array.zeroCreate vectors.Length

        for j in 0 .. r - 1 do
            for c in 0 .. p - 1 do
                Array.blit vectors ((j * p + c) * m) data ((c * r + j) * m) m

        data

    // Patterns are gathered in so many groups at most, whatever the number of threads.
    let private groups = 8

    /// The vectors of some patterns: their blocks are taken in the order of the rows, so that memory is read in its order.
    let private gather (columns: float[][]) (members: int[][]) (sizes: int[]) (own: int[]) =
        let vectors =
            own
            |> Array.map (fun index ->
                PatternVectors(sizes[index] * columns.Length, members[index].Length / sizes[index]))

        let blocks = own |> Array.sumBy (fun index -> members[index].Length / sizes[index])
        let firstRows: int[] = Array.zeroCreate blocks
        let places: struct (int * int)[] = Array.zeroCreate blocks
        let mutable block = 0

        for place in 0 .. own.Length - 1 do
            let rows = members[own[place]]

            for start in 0 .. sizes[own[place]] .. rows.Length - 1 do
                firstRows[block] <- rows[start]
                places[block] <- struct (place, start)
                block <- block + 1

        Array.Sort(firstRows, places)

        for struct (place, start) in places do
            vectors[place].Add(columns, members[own[place]], start)

        Array.map2 (fun index (own: PatternVectors) -> struct (index, own.Finish())) own vectors

    /// <summary>Patterns with data.</summary>
    /// <param name="shapes">For each pattern what the residual covariance needs to know of the m rows of a block, and its
    /// random terms.</param>
    /// <param name="columns">[X y], P columns of length n.</param>
    /// <param name="members">For each pattern the rows of the design, block after block.</param>
    let create (shapes: (ResidualRows * PatternTerm[])[]) (columns: float[][]) (members: int[][]) : MarginalPattern[] =
        let sizes = shapes |> Array.map (fun (rows, _) -> rows.Subjects.Length)
        let p = columns.Length
        let count = min groups shapes.Length
        let gathered = Array.create count [||]
        let work = members |> Array.sumBy (fun own -> float own.Length * float p)

        Tiles.Run(
            count,
            work,
            fun group ->
                let own = [| group..count .. shapes.Length - 1 |]

                gathered[group] <-
                    gather columns members sizes own
                    |> Array.map (fun struct (index, vectors) ->
                        let struct (r, values) = vectors
                        let rows, terms = shapes[index]

                        {
                            Size = sizes[index]
                            Count = members[index].Length / sizes[index]
                            Vectors = r
                            Data = interleave sizes[index] p r values
                            Rows = rows
                            Terms = terms
                            Members = members[index]
                        })
        )

        Array.init shapes.Length (fun index -> gathered[index % count].[index / count])

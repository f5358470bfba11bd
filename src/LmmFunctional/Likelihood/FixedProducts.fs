namespace LmmFunctional.Estimation

open System
open FSharp.NativeInterop
open LmmFunctional.Numerics

#nowarn "9"

/// <summary>The cross-products of the columns of X and y.</summary>
[<RequireQualifiedAccess>]
module internal FixedProducts =

    // Rows whose products with one another are summed at a time.
    let private chunkRows = 4096

    /// [X y]'[X y], P×P by columns, weighted by row: by chunks of rows, added up in their order.
    let create rows (columns: float[][]) (weights: float[] option) : float[] =
        let p = columns.Length
        let chunks = (rows + chunkRows - 1) / chunkRows
        let sums: float[] = Array.zeroCreate (chunks * p * p)

        Tiles.Run(
            chunks,
            float rows * float (p * p),
            fun chunk ->
                let first = chunk * chunkRows
                let count = min chunkRows (rows - first)
                let block = Workspace.Rent(p * count)

                for c in 0 .. p - 1 do
                    let target = block.Span.Slice(c * count, count)
                    columns[c].AsSpan(first, count).CopyTo target

                    match weights with
                    | None -> ()
                    | Some weights ->
                        for i in 0 .. count - 1 do
                            target[i] <- target[i] * weights[first + i]

                for c in 0 .. p - 1 do
                    for d in 0..c do
                        let left = NativePtr.add block.Pointer (c * count)
                        let right = NativePtr.add block.Pointer (d * count)
                        sums[(chunk * p + d) * p + c] <- VectorKernel.Dot(count, left, right)

                Workspace.Return block
        )

        let total: float[] = Array.zeroCreate (p * p)

        for chunk in 0 .. chunks - 1 do
            for d in 0 .. p - 1 do
                for c in d .. p - 1 do
                    total[c + d * p] <- total[c + d * p] + sums[(chunk * p + d) * p + c]

        for d in 0 .. p - 1 do
            for c in 0 .. d - 1 do
                total[c + d * p] <- total[d + c * p]

        total

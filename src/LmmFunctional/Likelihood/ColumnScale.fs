namespace LmmFunctional.Estimation

open System
open System.Runtime.Intrinsics
open LmmFunctional.Numerics
open LmmFunctional
open LmmFunctional.Model

/// <summary>Shifts and scales of columns: powers of two, so that scaling rounds nothing.</summary>
[<RequireQualifiedAccess>]
module internal ColumnScale =

    let powerOfTwoNear size =
        if size > 0.0 && Double.IsFinite size then
            Math.ScaleB(1.0, int (round (Math.Log2 size)))
        else
            1.0

    // Rows summed at a time, so that sums do not depend on the number of threads.
    let chunkRows = 16384

    /// Sums of a number of each chunk of rows, added up in their order.
    let total rows (ofChunk: int -> int -> float) =
        let chunks = (rows + chunkRows - 1) / chunkRows
        let sums: float[] = Array.zeroCreate chunks

        Tiles.Run(
            chunks,
            float rows,
            fun chunk -> sums[chunk] <- ofChunk (chunk * chunkRows) (min rows ((chunk + 1) * chunkRows))
        )

        Array.sum sums

    let mean (values: ReadOnlyMemory<float>) =
        let sum first last =
            let values = values.Span
            let mutable sums = Vector512<float>.Zero
            let mutable row = first

            while row + 8 <= last do
                sums <- sums + Vector512.LoadUnsafe(&values[row])
                row <- row + 8

            let mutable sum = Vector512.Sum sums

            while row < last do
                sum <- sum + values[row]
                row <- row + 1

            sum

        total values.Length sum / float values.Length

    let rootMeanSquare (shift: float) (values: ReadOnlyMemory<float>) =
        let sum first last =
            let values = values.Span
            let mutable sums = Vector512<float>.Zero
            let mutable row = first

            while row + 8 <= last do
                let deviation = Vector512.LoadUnsafe(&values[row]) - Vector512.Create shift
                sums <- sums + deviation * deviation
                row <- row + 8

            let mutable sum = Vector512.Sum sums

            while row < last do
                sum <- sum + (values[row] - shift) * (values[row] - shift)
                row <- row + 1

            sum

        sqrt (total values.Length sum / float values.Length)

    let standardise (shift: float) (scale: float) (values: ReadOnlyMemory<float>) : float[] =
        let inverse = 1.0 / scale
        let result: float[] = GC.AllocateUninitializedArray values.Length

        Tiles.Run(
            (values.Length + chunkRows - 1) / chunkRows,
            float values.Length,
            fun chunk ->
                let values = values.Span
                let last = min values.Length ((chunk + 1) * chunkRows)
                let mutable row = chunk * chunkRows

                while row + 8 <= last do
                    let deviation = Vector512.LoadUnsafe(&values[row]) - Vector512.Create shift
                    Vector512.StoreUnsafe(deviation * Vector512.Create inverse, &result[row])
                    row <- row + 8

                while row < last do
                    result[row] <- (values[row] - shift) * inverse
                    row <- row + 1
        )

        result

    /// The same for an array, which is not copied where nothing changes.
    let standardiseColumn shift scale (values: float[]) =
        if shift = 0.0 && scale = 1.0 then
            values
        else
            standardise shift scale (ReadOnlyMemory values)

namespace LmmFunctional.Numerics

open System

/// <summary>Linear combinations of columns that are rounded once: products and sums with their errors.</summary>
/// <remarks>Each sum is held as a number and its error, so that it has twice the digits (Dekker 1971; Ogita, Rump and Oishi
/// 2005).</remarks>
[<RequireQualifiedAccess>]
module internal ExactSums =

    // Rows summed at a time, each by itself: the number of threads changes nothing.
    let private chunkRows = 4096

    /// <summary>Σ_k w_k x_k for columns given by their array and the place where they start.</summary>
    /// <returns>One number for each of n rows.</returns>
    let combine rows (columns: struct (float[] * int)[]) (weights: float[]) : float[] =
        let used = [|
            for k in 0 .. weights.Length - 1 do
                if weights[k] <> 0.0 then
                    k
        |]

        let result: float[] = Array.zeroCreate rows

        Tiles.Run(
            (rows + chunkRows - 1) / chunkRows,
            20.0 * float rows * float used.Length,
            fun chunk ->
                for row in chunk * chunkRows .. min rows ((chunk + 1) * chunkRows) - 1 do
                    let mutable sum = 0.0
                    let mutable error = 0.0

                    for k in used do
                        let struct (values, start) = columns[k]
                        let value = values[start + row]
                        let product = weights[k] * value
                        let ofProduct = Math.FusedMultiplyAdd(weights[k], value, -product)
                        let total = sum + product
                        let part = total - sum
                        let ofSum = (sum - (total - part)) + (product - part)
                        sum <- total
                        error <- error + (ofProduct + ofSum)

                    result[row] <- sum + error
        )

        result

namespace LmmFunctional.Estimation

open LmmFunctional.Numerics

/// <summary>Vectors of patterns on all positions, so many at a time.</summary>
[<RequireQualifiedAccess>]
module internal SpreadVectors =

    // So many vectors are multiplied at a time.
    let batch = 128

    /// The patterns of a chunk, level after level.
    let byLevel (patterns: MarginalPattern[]) (own: int[]) =
        own |> Array.groupBy (fun index -> patterns[index].Rows.Levels[0])

    /// U of the vectors of some patterns, spread to all positions: (Mp) × vectors by columns.
    let spreadEffects m p (patterns: MarginalPattern[]) (sums: MarginalSums[]) (own: int[]) =
        let length = m * p
        let count = own |> Array.sumBy (fun index -> patterns[index].Vectors)
        let result: float[] = Array.zeroCreate (length * count)
        let mutable first = 0

        for index in own do
            let pattern = patterns[index]
            let positions, effects = pattern.Rows.Positions, sums[index].Effects
            let size, r = pattern.Size, pattern.Vectors

            for c in 0 .. p - 1 do
                for j in 0 .. r - 1 do
                    let from = (c * r + j) * size
                    let into = (first + j) * length + c * m

                    for i in 0 .. size - 1 do
                        result[into + positions[i]] <- effects[from + i]

            first <- first + r

        struct (count, result)

    /// ε of the same: M × vectors by columns.
    let spreadResiduals m (patterns: MarginalPattern[]) (sums: MarginalSums[]) count (own: int[]) =
        let result: float[] = Array.zeroCreate (m * count)
        let mutable first = 0

        for index in own do
            let pattern = patterns[index]
            let positions, residuals = pattern.Rows.Positions, sums[index].Residuals

            for j in 0 .. pattern.Vectors - 1 do
                for i in 0 .. pattern.Size - 1 do
                    result[(first + j) * m + positions[i]] <- residuals[j * pattern.Size + i]

            first <- first + pattern.Vectors

        result

    /// Patterns in groups of about one batch of vectors.
    let batches (patterns: MarginalPattern[]) (own: int[]) = [
        let group = ResizeArray<int>()
        let mutable vectors = 0

        for index in own do
            group.Add index
            vectors <- vectors + patterns[index].Vectors

            if vectors >= batch then
                group.ToArray()
                group.Clear()
                vectors <- 0

        if group.Count > 0 then
            group.ToArray()
    ]

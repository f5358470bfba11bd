namespace LmmFunctional.Estimation

open LmmFunctional.Numerics

/// <summary>Gathers the blocks of a pattern, as vectors a of K numbers each, into as few vectors b as have the same
/// cross-products: Σ b bᵀ = Σ a aᵀ.</summary>
/// <remarks>A Cholesky factor of the cross-products with pivoting, stopped at its rank: blocks that differ in a few numbers
/// only, as the baseline values and responses of subjects do, collapse to as many vectors as there are such numbers. Places
/// with the same number in every block (covariates of a subject at all its visits, indicators of visits) share a row of the
/// cross-products, which are added up in one pass over the data. A mutable kernel: what it was given, in its order, decides
/// the result.</remarks>
[<Sealed>]
type internal PatternVectors(k: int, count: int) =

    // A direction this much smaller than its row, squared, is rounding of the cross-products.
    static let negligible = 1e-15

    // So few blocks are as quick as their cross-products.
    static let fewBlocks = 12

    // So many blocks are held at a time while their cross-products are added up.
    static let batch = 16

    let capacity = if count <= fewBlocks then count else batch
    let buffer: float[] = Array.zeroCreate (k * capacity)
    let compact: float[] = Array.zeroCreate (k * capacity)
    let mutable filled = 0

    /// For every place the first place whose number has been the same in all blocks.
    let alike: int[] = Array.zeroCreate k
    let mutable distinct = [| 0 |]
    /// Cross-products of distinct places, the lower triangle by columns.
    let mutable gram: float[] = [| 0.0 |]

    /// Parts places that are no longer alike; true when there are any.
    let refine () =
        let mutable hasParted = false

        for block in 0 .. filled - 1 do
            let at = block * k

            for i in 0 .. k - 1 do
                let first = alike[i]

                // Those that differ from their first place in the same way stay together.
                if buffer[at + i] <> buffer[at + first] then
                    let value = buffer[at + i]
                    hasParted <- true
                    alike[i] <- i

                    for j in i + 1 .. k - 1 do
                        if alike[j] = first && buffer[at + j] = value then
                            alike[j] <- i

        hasParted

    let placeOf (distinct: int[]) =
        let places: int[] = Array.zeroCreate k
        distinct |> Array.iteri (fun place i -> places[i] <- place)
        places

    /// Until now the places that part had the same cross-products.
    let part (before: int[]) =
        let placesBefore = placeOf distinct
        let sizeBefore = distinct.Length
        distinct <- [| 0 .. k - 1 |] |> Array.filter (fun i -> alike[i] = i)
        let own = distinct |> Array.map (fun i -> placesBefore[before[i]])
        let d = distinct.Length
        let old = gram

        gram <-
            Array.init (d * d) (fun at ->
                let a, b = own[at % d], own[at / d]
                old[max a b + min a b * sizeBefore])

    let flush () =
        let before = Array.copy alike

        if refine () then
            part before

        let d = distinct.Length

        for block in 0 .. filled - 1 do
            for place in 0 .. d - 1 do
                compact[place + block * d] <- buffer[distinct[place] + block * k]

        Dense.AddSquare(d, filled, compact, gram, 0)
        filled <- 0

    /// The rows of the pivoted factor of the cross-products, each over all distinct places.
    let factorRows () =
        let d = distinct.Length

        for j in 1 .. d - 1 do
            for i in 0 .. j - 1 do
                gram[i + j * d] <- gram[j + i * d]

        let remaining = Array.init d (fun i -> gram[i + i * d])
        let least = remaining |> Array.map (fun square -> negligible * square)
        let rows = ResizeArray<float[]>()
        let mutable isDone = false

        while not isDone do
            let mutable pivot = -1
            let mutable largest = 0.0

            for i in 0 .. d - 1 do
                if remaining[i] > least[i] then
                    let share = remaining[i] / gram[i + i * d]

                    if share > largest then
                        largest <- share
                        pivot <- i

            if pivot < 0 || rows.Count >= count then
                isDone <- true
            else
                let root = sqrt remaining[pivot]
                let row = Array.sub gram (pivot * d) d

                for previous in rows do
                    let factor = previous[pivot]

                    for i in 0 .. d - 1 do
                        row[i] <- row[i] - previous[i] * factor

                for i in 0 .. d - 1 do
                    row[i] <- row[i] / root
                    remaining[i] <- remaining[i] - row[i] * row[i]

                remaining[pivot] <- 0.0
                rows.Add row

        rows

    /// <summary>Takes one more block: the columns' values at some rows, column after column.</summary>
    /// <param name="columns">P columns of all rows.</param>
    /// <param name="members">Numbers of rows.</param>
    /// <param name="start">Where the block's rows start among them.</param>
    member _.Add(columns: float[][], members: int[], start: int) =
        let m = k / columns.Length

        for c in 0 .. columns.Length - 1 do
            let column = columns[c]
            let target = filled * k + c * m

            for i in 0 .. m - 1 do
                buffer[target + i] <- column[members[start + i]]

        filled <- filled + 1

        if filled = capacity && count > fewBlocks then
            flush ()

    /// The vectors, K numbers each, one after the other, and how many they are.
    member _.Finish() : struct (int * float[]) =
        if count <= fewBlocks then
            struct (count, buffer)
        else
            if filled > 0 then
                flush ()

            let rows = factorRows ()
            let places = placeOf distinct

            let spread (row: float[]) =
                alike |> Array.map (fun first -> row[places[first]])

            struct (rows.Count, rows |> Seq.map spread |> Array.concat)

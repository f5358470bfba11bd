namespace LmmFunctional.Estimation

open LmmFunctional.Numerics

/// <summary>What the blocks of one pattern contribute to derivatives by τ: symmetric m×m matrices.</summary>
[<NoComparison; ReferenceEquality>]
type internal WhitenedSums = {
    /// Σ_s (V⁻¹)_ss.
    Inverse: float[]
    /// Σ_s E_s E_sᵀ, E = V⁻¹XL⁻ᵀ.
    Leverage: float[]
    /// Σ_s ε_s ε_sᵀ.
    Square: float[]
}

[<RequireQualifiedAccess>]
module internal WhitenedSums =

    /// What multiplies ∂R in the derivative of the log determinants.
    let trace (sums: WhitenedSums) =
        Array.map2 (-) sums.Inverse sums.Leverage

/// <summary>Sums over the blocks of every pattern at the point a factor holds.</summary>
[<RequireQualifiedAccess>]
module internal WhitenedTraces =

    /// z_iᵀ H z_j for a block H at a place.
    let private form (left: float[]) i rows (h: float[]) at (right: float[]) j columns =
        if rows = 1 && columns = 1 then
            left[i] * h[at] * right[j]
        else
            let mutable sum = 0.0

            for b in 0 .. columns - 1 do
                let value = right[j * columns + b]

                if value <> 0.0 then
                    for a in 0 .. rows - 1 do
                        sum <- sum + left[i * rows + a] * h[at + a + b * rows] * value

            sum

    /// Half of Σ_s Z_s H Z_sᵀ over a run of blocks, the other half being its transpose.
    let private addEffects
        (model: WhitenedModel)
        (diagonals: float[][])
        (beside: float[][])
        m
        first
        last
        (sum: float[])
        =
        for block in first .. last - 1 do
            let start = model.Rows.Starts[block]

            for g in 0 .. model.Groups.Length - 1 do
                let group = model.Groups[g]
                let order = group.Order
                let area = order * order

                for j in 0 .. m - 1 do
                    let level = group.Codes[start + j]

                    for i in 0 .. m - 1 do
                        if group.Codes[start + i] = level then
                            let value =
                                form
                                    group.Loadings
                                    (start + i)
                                    order
                                    diagonals[g]
                                    (level * area)
                                    group.Loadings
                                    (start + j)
                                    order

                            sum[i + j * m] <- sum[i + j * m] + 0.5 * value

            for k in 0 .. model.Links.Length - 1 do
                let links = model.Links[k]
                let left, right = model.Groups[links.Left], model.Groups[links.Right]
                let area = left.Order * right.Order
                let isOne = links.Left = links.Right
                let table, count = links.Starts[block], left.CountOf block

                for j in 0 .. m - 1 do
                    let column = right.Locals[start + j]

                    for i in 0 .. m - 1 do
                        let row = left.Locals[start + i]

                        if not isOne || row < column then
                            let at = area * links.Entries[table + row + column * count]

                            let value =
                                form
                                    left.Loadings
                                    (start + i)
                                    left.Order
                                    beside[k]
                                    at
                                    right.Loadings
                                    (start + j)
                                    right.Order

                            sum[i + j * m] <- sum[i + j * m] + value

    /// Σ_s w_s w_sᵀ over the blocks of a pattern, for columns of n places.
    let private squares (rows: WhitenedRows) index firstColumn lastColumn (w: float[]) : float[] =
        let struct (first, count) = WhitenedRows.placesOf rows index
        let m = rows.Residual.Patterns[index].Size
        let result: float[] = Array.zeroCreate (m * m)

        for c in firstColumn..lastColumn do
            let at = first + c * rows.Count
            Dense.Add(m, m, count / m, w, at, false, w, at, true, result, 0)

        result

    /// The sums of every pattern; <c>Solve</c> of the equations comes first.
    let create reml (factor: WhitenedFactor) : WhitenedSums[] =
        let model = factor.Model
        let rows = model.Rows
        let patterns = rows.Residual.Patterns
        let p = rows.Residual.FixedCount
        let scores = factor.Scores
        let equations = factor.Engine.Equations
        let diagonals: float[][] = Array.create model.Groups.Length [||]
        let beside: float[][] = Array.create model.Links.Length [||]

        Tiles.Run(
            diagonals.Length + beside.Length,
            1e6,
            fun index ->
                if index < diagonals.Length then
                    diagonals[index] <- WhitenedCovariances.ofLevels model equations index
                else
                    let k = index - diagonals.Length
                    beside[k] <- WhitenedCovariances.ofLinks model equations k
        )

        let runs = WhitenedRows.runs rows
        let ofRuns: float[][] = Array.create runs.Length [||]

        Tiles.Run(
            runs.Length,
            model.Work,
            fun index ->
                let struct (pattern, first, last) = runs[index]
                let m = patterns[pattern].Size
                let sum: float[] = Array.zeroCreate (m * m)
                addEffects model diagonals beside m first last sum
                ofRuns[index] <- sum
        )

        let ofPatterns =
            patterns
            |> Array.map (fun pattern -> Array.zeroCreate<float>(pattern.Size * pattern.Size))

        for index in 0 .. runs.Length - 1 do
            let struct (pattern, _, _) = runs[index]
            let total = ofPatterns[pattern]

            for k in 0 .. total.Length - 1 do
                total[k] <- total[k] + ofRuns[index].[k]

        let sums: WhitenedSums option[] = Array.create patterns.Length None

        Tiles.Run(
            patterns.Length,
            model.Work,
            fun index ->
                let m = patterns[index].Size
                let precision = factor.Residual.Precisions[index]
                let half = ofPatterns[index]
                let effects = Array.init (m * m) (fun k -> half[k] + half[k / m + k % m * m])
                let left = Dense.Multiply(m, m, m, precision, false, effects, false)
                let taken = Dense.Multiply(m, m, m, left, false, precision, false)
                let count = float patterns[index].Count

                sums[index] <-
                    Some {
                        Inverse = Array.map2 (fun own taken -> count * own - taken) precision taken
                        Leverage =
                            if reml then
                                squares rows index 0 (p - 1) scores
                            else
                                Array.zeroCreate (m * m)
                        Square = squares rows index p p scores
                    }
        )

        Array.choose id sums

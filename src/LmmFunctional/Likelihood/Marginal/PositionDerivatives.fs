namespace LmmFunctional.Estimation

open System.Collections.Immutable
open LmmFunctional.Numerics

/// <summary>Derivatives where the covariances of rows depend on their places only: sums over all patterns for pairs of
/// positions, and pairs of pairs, contracted with the derivatives of the matrix of all positions once.</summary>
/// <remarks>A pattern of m visits costs m⁴ whatever the number of parameters: with an unstructured matrix that number is
/// M(M + 1)/2.</remarks>
[<RequireQualifiedAccess>]
module internal PositionDerivatives =

    /// First derivatives of the elements of one level: pairs × k by columns, and M×M × k.
    let private derivatives m k (elements: Jet[]) =
        let q = m * (m + 1) / 2
        let ofPairs: float[] = Array.zeroCreate (q * k)
        let full: float[] = Array.zeroCreate (m * m * k)

        for j in 0 .. m - 1 do
            for i in 0 .. m - 1 do
                let jet = elements[i + j * m]

                for place in 0 .. jet.Support.Length - 1 do
                    full[i + j * m + jet.Support[place] * m * m] <- jet.First[place]

                    if i >= j then
                        ofPairs[i * (i + 1) / 2 + j + jet.Support[place] * q] <- jet.First[place]

        struct (ofPairs, full)

    /// All that the sums are over.
    [<NoEquality; NoComparison>]
    type private Sizes = {
        Patterns: MarginalPattern[]
        Sums: MarginalSums[]
        /// M, the positions, and how many pairs i ≥ j they have.
        Positions: int
        Pairs: int
        Levels: int
        /// p, the columns of X.
        Fixed: int
        /// k.
        Parameters: int
        /// Of each level: pairs × k, and M×M × k, by columns.
        Derivatives: struct (float[] * float[])[]
    } with

        /// Operations of something that takes this power of M for each pattern.
        member sizes.Work(power: int) =
            float sizes.Patterns.Length * pown (float sizes.Positions) power

    /// Trace and square parts by pairs; those off the diagonal count twice.
    let private linear (sizes: Sizes) : float[] =
        let patterns, sums, q = sizes.Patterns, sizes.Sums, sizes.Pairs

        MarginalSweep.sum (sizes.Work 2) patterns (2 * q * sizes.Levels) (fun index total ->
            let pattern, own = patterns[index], sums[index]
            let size, positions = pattern.Size, pattern.Rows.Positions
            let start = 2 * q * pattern.Rows.Levels[0]
            let count = float pattern.Count

            for j in 0 .. size - 1 do
                for i in j .. size - 1 do
                    let at = i + j * size
                    let times = if i = j then 1.0 else 2.0
                    let high, low = max positions[i] positions[j], min positions[i] positions[j]
                    let pair = start + high * (high + 1) / 2 + low
                    total[pair] <- total[pair] + times * (count * own.Inverse[at] - own.Leverage[at])
                    total[q + pair] <- total[q + pair] + times * own.Square[at])

    /// Such parts by the parameters.
    let private contract (sizes: Sizes) (linear: float[]) offset : float[] =
        let levels, k, q = sizes.Levels, sizes.Parameters, sizes.Pairs
        let result: float[] = Array.zeroCreate k

        for level in 0 .. levels - 1 do
            let struct (ofPairs, _) = sizes.Derivatives[level]
            let start = 2 * q * level + offset

            for l in 0 .. k - 1 do
                for x in 0 .. q - 1 do
                    result[l] <- result[l] + linear[start + x] * ofPairs[x + l * q]

        result

    /// Σ_levels D'W D, where W are weights of pairs of pairs.
    let private quadratic (sizes: Sizes) a t : float[] =
        let patterns, sums = sizes.Patterns, sizes.Sums
        let m, levels, k, q = sizes.Positions, sizes.Levels, sizes.Parameters, sizes.Pairs
        let length = q * (q + 1) / 2

        let packed =
            MarginalSweep.sum (4.0 * sizes.Work 4) patterns (length * levels) (fun index total ->
                let pattern, own = patterns[index], sums[index]
                let positions = pattern.Rows.Positions
                let count = t * float pattern.Count
                let isPresent: bool[] = Array.zeroCreate m

                for position in positions do
                    isPresent[position] <- true

                let other =
                    Array.init own.Inverse.Length (fun at ->
                        a * own.Square[at] + count * own.Inverse[at] - 2.0 * t * own.Leverage[at])

                PairWeights.addPairs
                    isPresent
                    (PairWeights.spread positions m own.Inverse)
                    (PairWeights.spread positions m other)
                    total
                    (length * pattern.Rows.Levels[0]))

        let result: float[] = Array.zeroCreate (k * k)

        for level in 0 .. levels - 1 do
            let struct (ofPairs, _) = sizes.Derivatives[level]
            let weights = PairWeights.unpack m packed (length * level)
            let half = Dense.Multiply(q, k, q, weights, false, ofPairs, false)
            Dense.Add(k, k, q, ofPairs, 0, true, half, 0, false, result, 0)

        result

    /// What β takes from F: c_k'c_l with c_k = L⁻¹ Σ U'V̇_k ε.
    let private ofEffects (sizes: Sizes) (inverse: float[]) : float[] =
        let patterns, sums = sizes.Patterns, sizes.Sums
        let m, levels, p, k = sizes.Positions, sizes.Levels, sizes.Fixed, sizes.Parameters
        let block = m * p * m

        let crossed =
            MarginalSweep.sumOfChunks (sizes.Work 2 * float p) patterns (block * levels) (fun own total ->
                for level, own in SpreadVectors.byLevel patterns own do
                    for group in SpreadVectors.batches patterns own do
                        let struct (count, effects) = SpreadVectors.spreadEffects m p patterns sums group
                        let residuals = SpreadVectors.spreadResiduals m patterns sums count group
                        Dense.Add(m * p, m, count, effects, 0, false, residuals, 0, true, total, block * level))

        let projections: float[] = Array.zeroCreate (p * k)

        for level in 0 .. levels - 1 do
            let struct (_, full) = sizes.Derivatives[level]
            // Element (i, j) of column c of X: i + j M for each c.
            let ordered: float[] = Array.zeroCreate block

            for j in 0 .. m - 1 do
                for c in 0 .. p - 1 do
                    Array.blit crossed (block * level + c * m + j * m * p) ordered (c * m * m + j * m) m

            Dense.Add(p, k, m * m, ordered, 0, true, full, 0, false, projections, 0)

        let reduced = Dense.Multiply(p, k, p, inverse, false, projections, false)
        Dense.Multiply(k, k, p, reduced, true, reduced, false)

    /// What β adds to T: tr(Φ P_k Φ P_l) with P_k = Σ U'V̇_kU.
    let private ofLeverage (sizes: Sizes) (inverse: float[]) : float[] =
        let patterns, sums = sizes.Patterns, sizes.Sums
        let m, levels, p, k = sizes.Positions, sizes.Levels, sizes.Fixed, sizes.Parameters
        let n = m * p

        let gram =
            MarginalSweep.sumOfChunks (sizes.Work 2 * float (p * p)) patterns (n * n * levels) (fun own total ->
                for level, own in SpreadVectors.byLevel patterns own do
                    for group in SpreadVectors.batches patterns own do
                        let struct (count, effects) = SpreadVectors.spreadEffects m p patterns sums group
                        Dense.AddSquare(n, count, effects, total, n * n * level))

        let columns = p * (p + 1) / 2
        let packed: float[] = Array.zeroCreate (columns * k)

        for level in 0 .. levels - 1 do
            let struct (_, full) = sizes.Derivatives[level]
            let ordered: float[] = Array.zeroCreate (m * m * columns)
            let mutable pair = 0

            for c in 0 .. p - 1 do
                for d in 0..c do
                    for j in 0 .. m - 1 do
                        for i in 0 .. m - 1 do
                            let row, column = c * m + i, d * m + j

                            ordered[pair * m * m + i + j * m] <-
                                gram[n * n * level + max row column + min row column * n]

                    pair <- pair + 1

            Dense.Add(columns, k, m * m, ordered, 0, true, full, 0, false, packed, 0)

        // L⁻¹ P_k L⁻ᵀ, one after the other.
        let whitened: float[] = Array.zeroCreate (p * p * k)

        for l in 0 .. k - 1 do
            let own =
                Array.init (p * p) (fun at ->
                    let c, d = max (at % p) (at / p), min (at % p) (at / p)
                    packed[l * columns + c * (c + 1) / 2 + d])

            let half = Dense.Multiply(p, p, p, inverse, false, own, false)
            Dense.Add(p, p, p, half, 0, false, inverse, 0, true, whitened, l * p * p)

        Dense.Multiply(k, k, p * p, whitened, true, whitened, false)

    /// The second derivatives of the matrix, weighted.
    let private curvature (sizes: Sizes) (elements: Jet[][]) (linear: float[]) df =
        let m, levels, k, q = sizes.Positions, sizes.Levels, sizes.Parameters, sizes.Pairs
        let result: float[] = Array.zeroCreate (k * k)

        for level in 0 .. levels - 1 do
            let start = 2 * q * level

            for i in 0 .. m - 1 do
                for j in 0..i do
                    let pair = start + i * (i + 1) / 2 + j
                    Jet.addSecond (linear[pair] - df * linear[q + pair]) k result elements[level].[i + j * m]

        SquareBlock.init k (fun i j -> result[i + j * k])

    /// First derivatives, and the rest when asked for.
    let parts
        reml
        (model: MarginalModel)
        (theta: ImmutableArray<float>)
        (grid: PositionGrid)
        (factor: MarginalFactor)
        (sums: MarginalSums[])
        : CriterionParts =
        let k = model.Parameters

        let elements =
            MarginalModel.gridElements model grid (Jet.variables (MarginalModel.residualParameters model theta))

        let sizes = {
            Patterns = model.Patterns
            Sums = sums
            Positions = grid.Positions
            Pairs = PositionGrid.pairs grid
            Levels = grid.Levels
            Fixed = model.FixedCount
            Parameters = k
            Derivatives = elements |> Array.map (derivatives grid.Positions k)
        }

        let linear = linear sizes
        let inverse = lazy (MarginalSweep.inverseFactor sizes.Fixed factor.FixedFactor)

        let information a t =
            let result = quadratic sizes a t

            let add weight (part: Sizes -> float[] -> float[]) =
                if weight <> 0.0 && sizes.Fixed > 0 then
                    let own = part sizes inverse.Value

                    for at in 0 .. result.Length - 1 do
                        result[at] <- result[at] + weight * own[at]

            add -a ofEffects
            add (if reml then t else 0.0) ofLeverage
            SquareBlock.init k (fun i j -> result[i + j * k])

        {
            Traces = contract sizes linear 0
            Squares = contract sizes linear sizes.Pairs
            Combined = information
            Curvature = curvature sizes elements linear
        }

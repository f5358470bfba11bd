namespace LmmFunctional.Estimation

open System
open LmmFunctional.Numerics

/// <summary>All patterns factored at one point: [X y]'V⁻¹[X y] and log|V|, V relative to σ².</summary>
[<NoComparison; ReferenceEquality>]
type internal MarginalFactor = {
    /// Lower Cholesky factors of V, one for each pattern.
    Factors: float[][]
    /// L⁻¹[X y] of all vectors, one for each pattern.
    Whitened: float[][]
    LogDeterminant: float
    /// The lower Cholesky factor of [X y]'V⁻¹[X y], P×P by columns.
    FixedFactor: float[]
}

[<RequireQualifiedAccess>]
module internal MarginalFactor =

    /// What stands where V is not positive definite: no number at all.
    let undefined p (patterns: MarginalPattern[]) = {
        Factors =
            patterns
            |> Array.map (fun pattern -> Array.create (pattern.Size * pattern.Size) nan)
        Whitened = patterns |> Array.map (fun pattern -> Array.create pattern.Data.Length nan)
        LogDeterminant = nan
        FixedFactor = Array.create ((p + 1) * (p + 1)) nan
    }

/// <summary>What one pattern contributes to derivatives: symmetric m×m matrices, and vectors V⁻¹X and V⁻¹(y − Xβ)/r.</summary>
[<NoComparison; ReferenceEquality>]
type internal MarginalSums = {
    /// V⁻¹.
    Inverse: float[]
    /// Σ_j ε_j ε_jᵀ, ε_j = V⁻¹(y_j − X_jβ)/r.
    Square: float[]
    /// Σ_j U_j Φ U_jᵀ, U_j = V⁻¹X_j; zero for ML.
    Leverage: float[]
    /// U: column c of vector j starts at (c r + j) m.
    Effects: float[]
    /// ε: vector j starts at j m.
    Residuals: float[]
}

/// <summary>Sweeps over patterns, each with small dense matrices, in chunks that do not depend on the number of threads.</summary>
[<RequireQualifiedAccess>]
module internal MarginalSweep =

    /// At most so many chunks, each with sums of its own.
    let private chunks = 16

    // So many sums are held in all chunks together, or two chunks' worth.
    let private mostSums = 8_000_000

    /// Σ over chunks of patterns, given by their numbers, of what each chunk adds to an array of sums, in a fixed order.
    let sumOfChunks (work: float) (patterns: MarginalPattern[]) length (add: int[] -> float[] -> unit) : float[] =
        let count =
            min chunks patterns.Length |> min (max 2 (mostSums / max 1 length)) |> max 1

        let parts = Array.init count (fun _ -> Array.zeroCreate<float> length)
        Tiles.Run(count, work, (fun chunk -> add [| chunk..count .. patterns.Length - 1 |] parts[chunk]))

        let total: float[] = Array.zeroCreate length

        for part in parts do
            for i in 0 .. length - 1 do
                total[i] <- total[i] + part[i]

        total

    /// Σ over patterns of what each adds to an array of sums, in a fixed order.
    let sum work patterns length (add: int -> float[] -> unit) : float[] =
        sumOfChunks work patterns length (fun own total ->
            for index in own do
                add index total)

    /// Operations of one sweep, roughly.
    let work (p: int) (patterns: MarginalPattern[]) =
        patterns
        |> Array.sumBy (fun pattern ->
            let m = float pattern.Size
            m * m * m + m * float (pattern.Vectors * (p + 1)) * (m + float (p + 1)))

    // Of a diagonal element of a factor: fourth powers of its exponential are still numbers.
    let private mostLogarithm = 175.0

    /// <summary>Factors all patterns.</summary>
    /// <param name="p">The columns of X.</param>
    /// <param name="patterns">The patterns.</param>
    /// <param name="covariance">V of a pattern, given by its number, m×m; the array is overwritten.</param>
    /// <returns>None when a matrix is not positive definite to working precision, or so large or small that derivatives would
    /// overflow.</returns>
    let factor (p: int) (patterns: MarginalPattern[]) (covariance: int -> float[]) : MarginalFactor option =
        let columns = p + 1
        let factors: float[][] = Array.zeroCreate patterns.Length
        let whitened: float[][] = Array.zeroCreate patterns.Length
        let gram = columns * columns

        let total =
            sum (work p patterns) patterns (gram + 2) (fun index sums ->
                let pattern = patterns[index]
                let m = pattern.Size
                let v = covariance index

                if Dense.Factor(m, v) then
                    let w = Array.copy pattern.Data
                    Dense.Solve(m, pattern.Vectors * columns, v, false, w)
                    Dense.Add(columns, columns, m * pattern.Vectors, w, 0, true, w, 0, false, sums, 0)
                    let mutable logs = 0.0
                    let mutable farthest = 0.0

                    for i in 0 .. m - 1 do
                        let own = log v[i + i * m]
                        logs <- logs + own
                        farthest <- max farthest (abs own)

                    if farthest > mostLogarithm then
                        sums[gram + 1] <- sums[gram + 1] + 1.0

                    sums[gram] <- sums[gram] + 2.0 * float pattern.Count * logs
                    factors[index] <- v
                    whitened[index] <- w
                else
                    sums[gram + 1] <- sums[gram + 1] + 1.0)

        let fixedFactor = Array.sub total 0 gram

        if
            total[gram + 1] > 0.0
            || not (Double.IsFinite total[gram])
            || not (Small.Cholesky(columns, fixedFactor, 0))
        then
            None
        else
            Some {
                Factors = factors
                Whitened = whitened
                LogDeterminant = total[gram]
                FixedFactor = fixedFactor
            }

    /// The inverse of the leading p×p part of the factor of [X y]'V⁻¹[X y], lower, by columns.
    let inverseFactor p (l: float[]) =
        let leading = Array.init (p * p) (fun k -> l[k % p + k / p * (p + 1)])
        let inverse: float[] = Array.zeroCreate (p * p)

        for i in 0 .. p - 1 do
            inverse[i + i * p] <- 1.0

        Dense.Solve(p, p, leading, false, inverse)
        inverse

    /// What each pattern contributes to derivatives.
    let sums reml p (patterns: MarginalPattern[]) (factor: MarginalFactor) : MarginalSums[] =
        let columns = p + 1
        let inverse = inverseFactor p factor.FixedFactor
        let r = factor.FixedFactor[columns * columns - 1]
        // β = L⁻ᵀ l_y: the coefficients of the whitened columns in y − Xβ.
        let ly: float[] = Array.init p (fun i -> factor.FixedFactor[p + i * columns])
        let beta = Dense.Multiply(p, 1, p, inverse, true, ly, false)
        let weights = Array.init columns (fun c -> if c < p then -beta[c] / r else 1.0 / r)
        let results: MarginalSums[] = Array.zeroCreate patterns.Length
        let count = min chunks patterns.Length

        let one index =
            let pattern = patterns[index]
            let m, vectors = pattern.Size, pattern.Vectors
            let l = factor.Factors[index]
            let length = m * vectors
            let solved = Array.copy factor.Whitened[index]
            Dense.Solve(m, vectors * columns, l, true, solved)
            let residuals = Dense.Multiply(length, 1, columns, solved, false, weights, false)
            let effects = Array.sub solved 0 (length * p)

            let leverage =
                if reml && p > 0 then
                    // U Φ Uᵀ = (U L⁻ᵀ)(U L⁻ᵀ)ᵀ.
                    let root = Dense.Multiply(length, p, p, effects, false, inverse, true)
                    Dense.Multiply(m, m, vectors * p, root, false, root, true)
                else
                    Array.zeroCreate (m * m)

            results[index] <- {
                Inverse = Dense.Inverse(m, l)
                Square = Dense.Multiply(m, m, vectors, residuals, false, residuals, true)
                Leverage = leverage
                Effects = effects
                Residuals = residuals
            }

        Tiles.Run(
            count,
            2.0 * work p patterns,
            fun chunk ->
                for index in chunk..count .. patterns.Length - 1 do
                    one index
        )

        results

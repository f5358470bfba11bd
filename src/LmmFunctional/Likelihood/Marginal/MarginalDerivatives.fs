namespace LmmFunctional.Estimation

open LmmFunctional.Numerics

/// <summary>The covariance matrix of a pattern, given by its number, as a function of k parameters at one point.</summary>
[<NoComparison; NoEquality>]
type internal MarginalCovariance = {
    /// k.
    Parameters: int
    /// V relative to σ², m×m.
    Matrix: int -> float[]
    /// ∂V/∂ψ_k, m×m each; empty where it is zero.
    First: int -> float[][]
    /// Adds Σ_ij W_ij ∂²V_ij/∂ψ_k∂ψ_l for a symmetric W to a k×k array.
    AddSecond: int -> float[] -> SquareBlock -> unit
}

/// <summary>Sums over all patterns that make score and information.</summary>
[<RequireQualifiedAccess>]
module internal MarginalDerivatives =

    let private square k (values: float[]) offset =
        SquareBlock.init k (fun i j -> values[offset + i + j * k])

    /// L⁻¹ A L⁻ᵀ for a symmetric A.
    let private whiten n (l: float[]) (a: float[]) =
        let left = Array.copy a
        Dense.Solve(n, n, l, false, left)
        let turned = Array.init (n * n) (fun k -> left[k / n + k % n * n])
        Dense.Solve(n, n, l, false, turned)
        turned

    /// The matrices of those parameters that have one, side by side, each after a transformation.
    let private stack length (first: float[][]) (transform: float[] -> float[]) =
        let stacked: float[] = Array.zeroCreate (length * first.Length)

        first
        |> Array.iteri (fun k derivative ->
            if derivative.Length > 0 then
                Array.blit (transform derivative) 0 stacked (k * length) length)

        stacked

    /// L⁻¹ V̇_k B for m×c matrices B, side by side.
    let private solvedProducts m c l (first: float[][]) b =
        stack (m * c) first (fun derivative ->
            let product = Dense.Multiply(m, c, m, derivative, false, b, false)
            Dense.Solve(m, c, l, false, product)
            product)

    /// B with BBᵀ = UΦUᵀ, m×c: UL⁻ᵀ itself, or where that has more columns as many as the rank. It is low, and a factor
    /// without pivots would lose half of the digits.
    let private leverageRoot m r p (inverse: float[]) (own: MarginalSums) : struct (int * float[]) =
        if r * p <= m then
            struct (r * p, Dense.Multiply(m * r, p, p, own.Effects, false, inverse, true))
        else
            Semidefinite.root m own.Leverage

    /// All that is summed over.
    [<NoEquality; NoComparison>]
    type private Sweep = {
        Reml: bool
        /// p, the columns of X.
        Fixed: int
        /// k.
        Parameters: int
        Patterns: MarginalPattern[]
        Covariance: MarginalCovariance
        Factor: MarginalFactor
        Sums: MarginalSums[]
        /// L⁻¹, p×p by columns.
        Inverse: float[]
        /// The derivatives of each pattern.
        First: float[][][]
    } with

        /// Operations of something that takes this power of m for each parameter.
        member sweep.Work(power: int) =
            sweep.Patterns
            |> Array.sumBy (fun pattern ->
                float sweep.Parameters
                * pown (float pattern.Size) power
                * float (1 + pattern.Vectors / pattern.Size))

    /// Trace parts, then square parts.
    let private linear (sweep: Sweep) : float[] =
        let patterns, sums, first = sweep.Patterns, sweep.Sums, sweep.First
        let k = sweep.Parameters

        MarginalSweep.sum (sweep.Work 2) patterns (2 * k) (fun index total ->
            let own = sums[index]
            let count = float patterns[index].Count

            for i in 0 .. k - 1 do
                let derivative = first[index][i]

                if derivative.Length > 0 then
                    let trace =
                        count * Dense.Dot(own.Inverse, derivative) - Dense.Dot(own.Leverage, derivative)

                    total[i] <- total[i] + trace
                    total[k + i] <- total[k + i] + Dense.Dot(own.Square, derivative))

    /// Weights of average information: Σ_j U_j'V̇_kε_j needs V̇_kε, which F needs too.
    let private averages (sweep: Sweep) : SquareBlock =
        let patterns, sums, first = sweep.Patterns, sweep.Sums, sweep.First
        let k, p = sweep.Parameters, sweep.Fixed
        let inverse, factor = sweep.Inverse, sweep.Factor

        let total =
            MarginalSweep.sum (sweep.Work 3) patterns (k * k + p * k) (fun index total ->
                let pattern, own = patterns[index], sums[index]
                let m, r = pattern.Size, pattern.Vectors

                let weighted =
                    stack (m * r) first[index] (fun derivative ->
                        Dense.Multiply(m, r, m, derivative, false, own.Residuals, false))

                Dense.Add(p, k, m * r, own.Effects, 0, true, weighted, 0, false, total, k * k)
                Dense.Solve(m, r * k, factor.Factors[index], false, weighted)
                Dense.Add(k, k, m * r, weighted, 0, true, weighted, 0, false, total, 0))

        let projections = Array.sub total (k * k) (p * k)
        let reduced = Dense.Multiply(p, k, p, inverse, false, projections, false)
        let taken = Dense.Multiply(k, k, p, reduced, true, reduced, false)
        SquareBlock.init k (fun i j -> total[i + j * k] - taken[i + j * k])

    /// Traces of products of derivatives.
    let private products (sweep: Sweep) : SquareBlock =
        let patterns, sums, first = sweep.Patterns, sweep.Sums, sweep.First
        let k, p = sweep.Parameters, sweep.Fixed
        let inverse, factor, reml = sweep.Inverse, sweep.Factor, sweep.Reml
        let fixedLength = if reml then p * p * k else 0

        let total =
            MarginalSweep.sum (2.0 * sweep.Work 3) patterns (k * k + fixedLength) (fun index total ->
                let pattern, own = patterns[index], sums[index]
                let m, r = pattern.Size, pattern.Vectors
                let l = factor.Factors[index]
                let whitened = stack (m * m) first[index] (whiten m l)
                let own1: float[] = Dense.Multiply(k, k, m * m, whitened, true, whitened, false)

                for i in 0 .. k * k - 1 do
                    total[i] <- total[i] + float pattern.Count * own1[i]

                if reml && p > 0 then
                    let struct (columns, root) = leverageRoot m r p inverse own
                    let crossed = solvedProducts m columns l first[index] root
                    let own2: float[] = Dense.Multiply(k, k, m * columns, crossed, true, crossed, false)

                    for i in 0 .. k * k - 1 do
                        total[i] <- total[i] - 2.0 * own2[i]

                    for i in 0 .. k - 1 do
                        let derivative = first[index][i]

                        if derivative.Length > 0 then
                            let applied = Dense.Multiply(m, r * p, m, derivative, false, own.Effects, false)

                            Dense.Add(p, p, m * r, own.Effects, 0, true, applied, 0, false, total, k * k + i * p * p))

        let result = square k total 0

        if reml && p > 0 then
            let whitened =
                Array.init k (fun i ->
                    // L⁻¹ P_k L⁻ᵀ with the explicit inverse.
                    let own = Array.sub total (k * k + i * p * p) (p * p)
                    let half = Dense.Multiply(p, p, p, inverse, false, own, false)
                    Dense.Multiply(p, p, p, half, false, inverse, true))

            SquareBlock.init k (fun i j -> result[i, j] + Dense.Dot(whitened[i], whitened[j]))
        else
            result

    /// The second derivatives of the matrix, weighted.
    let private curvature (sweep: Sweep) df =
        let patterns, sums = sweep.Patterns, sweep.Sums
        let k = sweep.Parameters
        let covariance = sweep.Covariance

        let total =
            MarginalSweep.sum (sweep.Work 2) patterns (k * k) (fun index total ->
                let own = sums[index]
                let count = float patterns[index].Count

                let weights =
                    Array.init own.Inverse.Length (fun i ->
                        count * own.Inverse[i] - own.Leverage[i] - df * own.Square[i])

                let second = SquareBlock.zero k
                covariance.AddSecond index weights second

                for j in 0 .. k - 1 do
                    for i in 0 .. k - 1 do
                        total[i + j * k] <- total[i + j * k] + second[i, j])

        square k total 0

    /// First derivatives and lazily the rest.
    let parts
        reml
        p
        (patterns: MarginalPattern[])
        (covariance: MarginalCovariance)
        (factor: MarginalFactor)
        (sums: MarginalSums[])
        =
        let k = covariance.Parameters

        let sweep = {
            Reml = reml
            Fixed = p
            Parameters = k
            Patterns = patterns
            Covariance = covariance
            Factor = factor
            Sums = sums
            Inverse = MarginalSweep.inverseFactor p factor.FixedFactor
            First = Array.init patterns.Length covariance.First
        }

        let linear = linear sweep

        {
            Traces = Array.sub linear 0 k
            Squares = Array.sub linear k k
            Combined = CriterionParts.combined (fun () -> averages sweep) (fun () -> products sweep)
            Curvature = curvature sweep
        }

namespace LmmFunctional.Analysis

open System.Threading.Tasks
open LmmFunctional.Numerics

/// <summary>What a fit with θ known becomes without the rows I of a unit, in the coordinates of orthonormal fixed effects.
/// </summary>
/// <remarks>With φ̂ = P_II⁻¹(Py)_I the mean shifts of the rows, β̂ − β̂₍I₎ = MX'V⁻¹δφ̂ and M₍I₎⁻¹ = M⁻¹ − B'(V⁻¹)_II⁻¹B for the
/// rows B of V⁻¹X (Haslett and Hayes 1998; Christensen, Pearson and Johnson 1992).</remarks>
[<NoComparison; ReferenceEquality>]
type internal Deletion = {
    /// Lᵀ(β̂ − β̂₍I₎) in units of the response, p; LLᵀ = X'V⁻¹X relative to σ².
    Change: float[]
    /// M^½ M₍I₎⁻¹ M^½, p×p by columns: the identity when the rows carry nothing.
    Remaining: float[]
    /// φ̂'P_II φ̂, squared units of the response.
    ShiftSquare: float
}

/// <summary>Deletions of units.</summary>
[<RequireQualifiedAccess>]
module internal Deletion =

    // A pivot this small relative to the diagonal is rounding.
    let private dependent = 1e-10

    /// B = R⁻¹A of some rows, m×p by columns.
    let private basisOf n p (weighted: float[]) (rows: int[]) =
        Array.init (rows.Length * p) (fun k -> weighted[rows[k % rows.Length] + k / rows.Length * n])

    /// Whether a matrix that has been factored is regular by a margin.
    let private isRegular m (before: float[]) (factor: float[]) =
        Seq.forall
            (fun i ->
                let pivot = factor[i * (m + 1)]
                pivot * pivot > dependent * before[i * (m + 1)])
            (seq { 0 .. m - 1 })

    /// <summary>The deletion of the rows of a unit.</summary>
    /// <param name="equations">The equations of the fit.</param>
    /// <param name="weighted">R⁻¹A, n×p by columns.</param>
    /// <param name="projected">Py, n, with P relative to σ².</param>
    /// <param name="rows">The rows I.</param>
    /// <returns>None where the other rows do not determine all fixed effects.</returns>
    let private ofRows (equations: MixedModelEquations) (weighted: float[]) (projected: float[]) (rows: int[]) =
        let n, p, m = equations.Rows, equations.FixedCount, rows.Length
        let b = basisOf n p weighted rows
        let precision = equations.PrecisionBlock rows
        let projection = Array.copy precision
        let shared: float[] = Array.zeroCreate (m * m)
        Dense.Add(m, m, p, b, 0, false, b, 0, true, shared, 0)

        for k in 0 .. m * m - 1 do
            projection[k] <- projection[k] - shared[k]

        let projectionFactor = Array.copy projection
        let precisionFactor = Array.copy precision

        if
            not (Dense.Factor(m, projectionFactor))
            || not (isRegular m precision projectionFactor)
            || not (Dense.Factor(m, precisionFactor))
        then
            None
        else
            let own = rows |> Array.map (fun row -> projected[row])
            let half = Array.copy own
            Dense.Solve(m, 1, projectionFactor, false, half)
            let shift = Array.copy half
            Dense.Solve(m, 1, projectionFactor, true, shift)
            // (V⁻¹)_II = FFᵀ: B'(V⁻¹)_II⁻¹B from F⁻¹B.
            let image = Array.copy b
            Dense.Solve(m, p, precisionFactor, false, image)
            let taken = Dense.Multiply(p, p, m, image, true, image, false)

            Some {
                Change = Dense.Multiply(p, 1, m, b, true, shift, false)
                Remaining = Array.init (p * p) (fun k -> (if k % p = k / p then 1.0 else 0.0) - taken[k])
                ShiftSquare = Dense.Dot(half, half)
            }

    /// The deletions of all units; the same numbers at any number of threads.
    let all (equations: MixedModelEquations) (units: DiagnosticUnit[]) : Deletion option[] =
        let weighted = equations.WeightedBasis
        let projected = ResidualPrecision.multiply equations.Residual 1 equations.Residuals
        let result = Array.create units.Length None
        // Before the threads, which all look at it.
        equations.Inverse |> ignore

        Parallel.For(
            0,
            units.Length,
            fun index -> result[index] <- ofRows equations weighted projected (Seq.toArray units[index].Rows)
        )
        |> ignore

        result

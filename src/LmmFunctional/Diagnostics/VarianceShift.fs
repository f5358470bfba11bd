namespace LmmFunctional.Analysis

open System
open System.Collections.Immutable
open System.Threading.Tasks
open MathNet.Numerics.RootFinding
open LmmFunctional.Numerics
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>The variance shift of one unit: V + σ²ₒδδ', δ n×|I| with a one for each row of the unit (alternative outlier
/// model; Gumedze, Welham, Gogel and Thompson 2010).</summary>
[<ReferenceEquality; StructuredFormatDisplay("{Display}")>]
type VarianceShift = {
    Unit: DiagnosticUnit
    /// σ̂²ₒ by REML, in squared units of the response; zero where the rows vary no more than others.
    Variance: float
    /// ∂ℓ/∂σ²ₒ of the restricted log likelihood at zero, all else as in the fit.
    Score: float
    /// The score over its standard deviation, σ² estimated.
    StandardisedScore: float
    /// Twice the rise of the restricted log likelihood.
    LikelihoodRatio: float
    /// P of the likelihood ratio: half of χ² on one degree of freedom, half of zero.
    P: float
    /// Whether all covariance parameters were estimated again; else they are in the fit's ratios to σ².
    IsRefitted: bool
    /// õ, one for each row of the unit, or one for the effect of a level: the part of its residual that the shift explains.
    Shifts: float list
} with

    member private this.Display =
        let variance, ratio =
            Display.number this.Variance, Display.number this.LikelihoodRatio

        $"{this.Unit}: variance {variance}, likelihood ratio {ratio}, p {Display.number this.P}"

    /// The unit with its variance, likelihood ratio and p.
    override this.ToString() = this.Display

/// <summary>Rows with what they have of a shift: one each of their own, or an effect that they share.</summary>
[<NoComparison; ReferenceEquality>]
type internal ShiftedUnit = {
    Unit: DiagnosticUnit
    /// Coefficients of the shared effect, one for each row.
    Shared: float[] option
}

/// <summary>The variance shifts of one unit with the ratios of covariance parameters fixed.</summary>
[<RequireQualifiedAccess>]
module internal FixedRatioShift =

    // Ratios σ²ₒ/σ² beyond this are taken for infinite.
    let private largest = 1e12

    /// P_II relative to σ², m×m by columns.
    let private projectionOf (equations: MixedModelEquations) (rows: int[]) =
        let m, n, p = rows.Length, equations.Rows, equations.FixedCount
        let result = equations.PrecisionBlock rows
        let b = equations.WeightedBasis

        for i in 0 .. m - 1 do
            for j in 0 .. m - 1 do
                let mutable sum = 0.0

                for c in 0 .. p - 1 do
                    sum <- sum + b[rows[i] + c * n] * b[rows[j] + c * n]

                result[i + j * m] <- result[i + j * m] - sum

        result

    /// Half of P(χ²₁ > x); one at zero.
    let upper x =
        if x > 0.0 then
            0.5 * Probability.upperF 1 infinity x
        else
            1.0

    /// <summary>The shift of a unit.</summary>
    /// <param name="equations">The equations of the fit.</param>
    /// <param name="projected">Py/σ, P relative to σ².</param>
    /// <param name="total">y'Py/σ².</param>
    /// <param name="shifted">The unit.</param>
    let ofUnit (equations: MixedModelEquations) (projected: float[]) (total: float) (shifted: ShiftedUnit) =
        let fit = equations.Fit
        let rows = Seq.toArray shifted.Unit.Rows
        let freedom = float (fit.Observations - fit.FixedCount)

        // δ'Pδ and δ'Py.
        let projection, own =
            let whole = projectionOf equations rows
            let own = rows |> Array.map (fun row -> projected[row])

            match shifted.Shared with
            | None -> whole, own
            | Some shared ->
                let m = rows.Length
                let image = Dense.Multiply(m, 1, m, whole, false, shared, false)
                [| Dense.Dot(shared, image) |], [| Dense.Dot(shared, own) |]

        let m = own.Length
        let struct (eigenvalues, vectors) = Semidefinite.eigen m projection
        let values = eigenvalues |> Array.map (max 0.0)

        let sum (f: int -> float) =
            let mutable sum = 0.0

            for k in 0 .. m - 1 do
                sum <- sum + f k

            sum

        let turned = Array.init m (fun k -> sum (fun i -> vectors[i + k * m] * own[i]))

        let square = Dense.Dot(own, own)
        let trace = sum (fun i -> projection[i * (m + 1)])
        let traceOfSquare = Dense.Dot(projection, projection)

        // −2 restricted log likelihood with σ² profiled, less its value at zero, and its slope by ω = σ²ₒ/σ².
        let taken omega =
            sum (fun k -> turned[k] * turned[k] / (1.0 + omega * values[k]))

        // Rows that their shift explains to rounding leave nothing.
        let left omega =
            max (1e-15 * total) (total - omega * taken omega)

        let value omega =
            let logs = sum (fun k -> Math.Log(1.0 + omega * values[k]))
            logs + freedom * Math.Log(max Double.Epsilon (left omega) / total)

        let slope omega =
            let traces = sum (fun k -> values[k] / (1.0 + omega * values[k]))

            let squares =
                sum (fun k ->
                    let share = turned[k] / (1.0 + omega * values[k])
                    share * share)

            traces - freedom * squares / left omega

        let omega =
            // Not a number where the fit leaves no residuals at all.
            if not (slope 0.0 < 0.0) then
                0.0
            elif m = 1 then
                // With a = (δ'Py)²/(δ'Pδ y'Py) and u = 1 + ωδ'Pδ the slope is zero where (1 − a)u + a = (n − p)a.
                let share = turned[0] * turned[0] / (values[0] * total)
                let u = share * (freedom - 1.0) / (1.0 - share)
                let omega = (u - 1.0) / values[0]
                if omega > 0.0 && omega < largest then omega else largest
            else
                let mutable high = 1.0

                while slope high < 0.0 && high < largest do
                    high <- 4.0 * high

                if high >= largest then
                    largest
                else
                    Brent.FindRoot(slope, 0.0, high, 1e-12 * high, 200)

        let ratio = max 0.0 -(value omega)
        let variance = fit.Sigma * fit.Sigma
        let spread = 0.5 * (traceOfSquare - trace * trace / freedom)
        let score = 0.5 * (square - trace)

        // õ = ω(I + ωP_II)⁻¹(Py)_I.
        let shifts =
            Array.init m (fun i ->
                fit.Sigma
                * sum (fun k -> vectors[i + k * m] * omega * turned[k] / (1.0 + omega * values[k])))

        {
            Unit = shifted.Unit
            Variance = omega * variance * left omega / freedom
            Score = score / variance
            StandardisedScore = if spread > 0.0 then score / sqrt spread else nan
            LikelihoodRatio = ratio
            P = upper ratio
            IsRefitted = false
            Shifts = List.ofArray shifts
        }

    /// The shifts of all units; the same numbers at any number of threads.
    let all (equations: MixedModelEquations) (units: ShiftedUnit[]) : VarianceShift[] =
        let fit = equations.Fit

        let projected =
            ResidualPrecision.multiply equations.Residual 1 equations.Residuals
            |> Array.map (fun value -> value / fit.Sigma)

        let marginal = ResidualTable.marginal fit

        let total =
            Array.fold2 (fun sum r p -> sum + r * p) 0.0 marginal projected / fit.Sigma

        let result: VarianceShift[] = Array.zeroCreate units.Length
        // Before the threads, which all look at it.
        equations.Inverse |> ignore

        Parallel.For(0, units.Length, fun index -> result[index] <- ofUnit equations projected total units[index])
        |> ignore

        result

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

    /// −2 restricted log likelihood of a shift ω = σ²ₒ/σ² of a unit's rows, σ² profiled, less its value at zero.
    [<NoEquality; NoComparison>]
    type private Profile = {
        /// Eigenvalues and vectors of δ'Pδ, and δ'Py along the vectors.
        Values: float[]
        Vectors: float[]
        Turned: float[]
        /// y'Py/σ².
        Total: float
        /// n − p.
        Freedom: float
    } with

        member own.Sum(f: int -> float) : float =
            let mutable sum = 0.0

            for k in 0 .. own.Values.Length - 1 do
                sum <- sum + f k

            sum

        /// y'Py/σ² once the rows are shifted. Rows that their shift explains to rounding leave nothing.
        member own.Left(omega: float) : float =
            let taken =
                own.Sum(fun k -> own.Turned[k] * own.Turned[k] / (1.0 + omega * own.Values[k]))

            max (1e-15 * own.Total) (own.Total - omega * taken)

        member own.Value(omega: float) : float =
            let logs = own.Sum(fun k -> Math.Log(1.0 + omega * own.Values[k]))
            logs + own.Freedom * Math.Log(max Double.Epsilon (own.Left omega) / own.Total)

        member own.Slope(omega: float) : float =
            let traces = own.Sum(fun k -> own.Values[k] / (1.0 + omega * own.Values[k]))

            let squares =
                own.Sum(fun k ->
                    let share = own.Turned[k] / (1.0 + omega * own.Values[k])
                    share * share)

            traces - own.Freedom * squares / own.Left omega

        /// The ω that is best.
        member own.Best: float =
            // Not a number where the fit leaves no residuals at all.
            if not (own.Slope 0.0 < 0.0) then
                0.0
            elif own.Values.Length = 1 then
                // With a = (δ'Py)²/(δ'Pδ y'Py) and u = 1 + ωδ'Pδ the slope is zero where (1 − a)u + a = (n − p)a.
                let share = own.Turned[0] * own.Turned[0] / (own.Values[0] * own.Total)
                let u = share * (own.Freedom - 1.0) / (1.0 - share)
                let omega = (u - 1.0) / own.Values[0]
                if omega > 0.0 && omega < largest then omega else largest
            else
                let mutable high = 1.0

                while own.Slope high < 0.0 && high < largest do
                    high <- 4.0 * high

                if high >= largest then
                    largest
                else
                    Brent.FindRoot((fun omega -> own.Slope omega), 0.0, high, 1e-12 * high, 200)

        /// õ = ω(I + ωP_II)⁻¹(Py)_I, over σ.
        member own.Shifts(omega: float) : float[] =
            let m = own.Values.Length

            Array.init m (fun i ->
                own.Sum(fun k -> own.Vectors[i + k * m] * omega * own.Turned[k] / (1.0 + omega * own.Values[k])))

    /// <summary>The shift of a unit.</summary>
    /// <param name="equations">The equations of the fit.</param>
    /// <param name="projected">Py/σ, P relative to σ².</param>
    /// <param name="total">y'Py/σ².</param>
    /// <param name="shifted">The unit.</param>
    let ofUnit (equations: MixedModelEquations) (projected: float[]) (total: float) (shifted: ShiftedUnit) =
        let fit = equations.Fit
        let rows = Seq.toArray shifted.Unit.Rows

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

        let profile = {
            Values = eigenvalues |> Array.map (max 0.0)
            Vectors = vectors
            Turned = Array.init m (fun k -> Dense.Dot(Array.sub vectors (k * m) m, own))
            Total = total
            Freedom = float (fit.Observations - fit.FixedCount)
        }

        let trace = profile.Sum(fun i -> projection[i * (m + 1)])
        let omega = profile.Best
        let ratio = max 0.0 -(profile.Value omega)
        let variance = fit.Sigma * fit.Sigma

        let spread =
            0.5 * (Dense.Dot(projection, projection) - trace * trace / profile.Freedom)

        let score = 0.5 * (Dense.Dot(own, own) - trace)

        {
            Unit = shifted.Unit
            Variance = omega * variance * profile.Left omega / profile.Freedom
            Score = score / variance
            StandardisedScore = if spread > 0.0 then score / sqrt spread else nan
            LikelihoodRatio = ratio
            P = upper ratio
            IsRefitted = false
            Shifts = profile.Shifts omega |> Array.map ((*) fit.Sigma) |> List.ofArray
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

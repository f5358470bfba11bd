namespace LmmFunctional.Analysis

open LmmFunctional.Numerics
open LmmFunctional
open LmmFunctional.Estimation

/// <summary>The fixed effects once the random ones are known: T = M⁻¹Z'R⁻¹X, LLᵀ = X'V⁻¹X and A = (X − ZT)L⁻ᵀ, relative to σ².
/// </summary>
/// <param name="standard">The columns on the inner scale.</param>
/// <param name="residual">R⁻¹.</param>
/// <param name="equations">M.</param>
[<Sealed>]
type internal FixedEquations(standard: Standardised, residual: ResidualPrecision, equations: EffectEquations) =
    let n = residual.Rows
    let p = standard.Fixed.Length
    let subtractZ k b w = equations.SubtractZ(k, b, w)
    let effectsOf k w = equations.EffectsOf(k, w)
    let x = Array.concat standard.Fixed

    // T = M⁻¹Z'R⁻¹X, and L.
    let struct (t, l) =
        let weighted = ResidualPrecision.multiply residual p x
        let t = effectsOf p weighted
        let rest = Array.copy x
        subtractZ p t rest
        let cross = Dense.Multiply(p, p, n, weighted, true, rest, false)

        let symmetric =
            Array.init (p * p) (fun at -> 0.5 * (cross[at] + cross[at / p + at % p * p]))

        Dense.Factor(p, symmetric) |> ignore
        struct (t, symmetric)

    /// The rows of A = (X − ZT)L⁻ᵀ, p×n by columns.
    let a =
        let rest = Array.copy x
        subtractZ p t rest
        let byRows = Array.init (n * p) (fun at -> rest[at / p + at % p * n])
        Dense.Solve(p, n, l, false, byRows)
        byRows

    let aByColumns = lazy Array.init (n * p) (fun at -> a[at / n + at % n * p])

    let weightedBasis = lazy ResidualPrecision.multiply residual p aByColumns.Value

    /// The part of Py's coordinates that the fixed effects explain: A'R⁻¹W, p×k.
    let fixedPart k (precisionTimesW: float[]) =
        let result: float[] = Array.zeroCreate (p * k)

        for c in 0 .. k - 1 do
            for row in 0 .. n - 1 do
                let value = precisionTimesW[c * n + row]

                for j in 0 .. p - 1 do
                    result[c * p + j] <- result[c * p + j] + value * a[row * p + j]

        result

    /// XL⁻ᵀ, p×n by columns.
    let columnsByRows () =
        let byRows = Array.init (n * p) (fun at -> x[at / p + at % p * n])
        Dense.Solve(p, n, l, false, byRows)
        byRows

    /// T, q×p by columns.
    member _.T = t

    /// L, p×p by columns.
    member _.L = l

    /// The rows of A, p×n by columns.
    member _.Rows = a

    /// XL⁻ᵀ, p×n by columns, made anew.
    member _.ColumnsByRows() = columnsByRows ()

    /// XL⁻ᵀ, n×p by columns.
    member _.Columns: float[] =
        let byRows = columnsByRows ()
        Array.init (n * p) (fun at -> byRows[at / n + at % n * p])

    /// A, n×p by columns.
    member _.Basis = aByColumns.Value

    /// R⁻¹A, n×p by columns.
    member _.WeightedBasis = weightedBasis.Value

    /// A'R⁻¹W from R⁻¹W, p×k by columns.
    member _.Part(k: int, precisionTimesW: float[]) = fixedPart k precisionTimesW

    /// |δ'V⁻¹XL⁻ᵀ|² for δ one in some rows.
    member _.Share(rows: int[]) =
        let mutable sum = 0.0

        for j in 0 .. p - 1 do
            let own = rows |> Array.sumBy (fun row -> weightedBasis.Value[row + j * n])
            sum <- sum + own * own

        sum

    /// K, p×p by columns, with Cov(β̂)/σ² = KKᵀ.
    member _.Root: float[] =
        let map = Standardised.coefficientMap standard
        let transposed = Array.init (p * p) (fun at -> map[at / p + at % p * p])
        Dense.Solve(p, p, l, false, transposed)
        Array.init (p * p) (fun at -> transposed[at / p + at % p * p])

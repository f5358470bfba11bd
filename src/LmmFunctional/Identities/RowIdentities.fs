namespace LmmFunctional.Verification

open System
open MathNet.Numerics.LinearAlgebra

/// <summary>What holds of predictions of the data, leverages, deletions and shifts of rows, covariance parameters fixed.</summary>
[<RequireQualifiedAccess>]
module internal RowIdentities =

    open IdentityWords

    // Rows that a check looks at, spread over all of them.
    let private sampled = 6

    // A row of which the others say all but this share of its weight leaves rounding to compare.
    let private determined = 1e-4

    /// What the residual of a row is a difference of.
    let private partsOf (setting: Setting) row =
        let y = setting.Model.Response[row]
        abs y + abs (y - setting.MarginalResidual[row, 0])

    /// Digits lost in residuals, each beside the standard deviation of its row: a row that is known well weighs most.
    let private cancellation (setting: Setting) =
        match setting.Dense with
        | Some dense ->
            Seq.max (
                seq {
                    for row in 0 .. setting.N - 1 do
                        partsOf setting row / sqrt dense.Value.V[row, row]
                }
            )
        | None -> setting.ConditionalCancellation

    let private tolerance (setting: Setting) =
        8.0
        * setting.Rounding
        * sqrt (float setting.N)
        * setting.FixedCondition
        * max 1.0 (max (cancellation setting) setting.ConditionalCancellation)

    /// A check of what a fit says of its rows.
    let private onRows (test: Setting -> RowClaims -> IdentityOutcome) (setting: Setting) =
        match setting.Claims.Rows |> Option.bind _.Value with
        | Some claims -> test setting claims
        | None -> IdentityOutcome.NotApplicable "the mixed model equations are singular to working precision"

    let private chosen n =
        [| for k in 0 .. sampled - 1 -> k * n / sampled |] |> Array.distinct

    /// Columns of I.
    let private units n (rows: int[]) =
        Matrix<float>.Build.Dense(n, rows.Length, fun i c -> if i = rows[c] then 1.0 else 0.0)

    let private column (values: float[]) =
        Matrix<float>.Build.Dense(values.Length, 1, values)

    let private predictions (setting: Setting) (claims: RowClaims) =
        let model = setting.Model

        let byEffects =
            model.Fixed * Vector<float>.Build.Dense setting.Claims.Beta
            + (Marginal.timesZ model setting.Effects).Column 0

        let withOffset = byEffects.MapIndexed(fun row value -> value + setting.Offset row)

        largest [
            distance (column claims.Predictions) (column setting.Claims.Fitted)
            distance (column claims.Predictions) (withOffset.ToColumnMatrix())
        ]
        |> within (tolerance setting)

    /// Diagonal elements of E'W for columns E of I.
    let private picked (rows: int[]) (w: Matrix<float>) =
        rows |> Array.mapi (fun c row -> w[row, c])

    let private predictionErrors (setting: Setting) (claims: RowClaims) =
        let rows = chosen setting.N
        let r = Marginal.timesR setting.Model (units setting.N rows)
        let rpr = Marginal.timesR setting.Model (setting.Project r)
        let own = picked rows r

        rows
        |> Array.mapi (fun c row -> gap own[c] claims.PredictionVariances[row] (own[c] - rpr[row, c]))
        |> largest
        |> within (tolerance setting)

    let private leverages (setting: Setting) (claims: RowClaims) =
        let rows = chosen setting.N
        let rp = Marginal.timesR setting.Model (setting.Project(units setting.N rows))
        let v = Marginal.timesV setting.Model (units setting.N rows)

        let fixedPart row =
            (setting.WeightedBasis.Row row * setting.BasisCovariance).DotProduct(setting.Basis.Row row)

        rows
        |> Array.mapi (fun c row ->
            // I − RP is a difference of numbers as large as R against V is small.
            let size = max 1.0 (v[row, c] / max Double.Epsilon (abs (v[row, c] * rp[row, c])))

            max
                (gap (max 1.0 (min size 1e3)) claims.Leverage[row] (1.0 - rp[row, c]))
                (gap 1.0 claims.FixedLeverage[row] (fixedPart row)))
        |> largest
        |> within (tolerance setting)

    let private sumOfLeverages (setting: Setting) (claims: RowClaims) =
        setting
        |> onDense (fun setting dense ->
            let hat = float setting.N - (Marginal.timesR setting.Model dense.Projection).Trace()

            gap (float setting.N) (Array.sum claims.Leverage) hat
            |> within (tolerance setting))

    let private without (rows: int[]) n = [| 0 .. n - 1 |] |> Array.except rows

    let private part (m: Matrix<float>) (rows: int[]) (columns: int[]) =
        Matrix<float>.Build.Dense(rows.Length, columns.Length, fun i j -> m[rows[i], columns[j]])

    /// Least squares from some rows: V⁻¹ of these, and the change of the coefficients of the basis.
    let private refit (setting: Setting) (dense: Dense) (rows: int[]) =
        let keep = without rows setting.N
        // By Cholesky's factor, which variances of very different sizes do not harm.
        let w =
            (part dense.V keep keep).Cholesky().Solve(Matrix<float>.Build.DenseIdentity keep.Length)

        let b = part setting.Basis keep [| 0 .. setting.Basis.ColumnCount - 1 |]
        let r = part setting.MarginalResidual keep [| 0 |]
        let information = b.TransposeThisAndMultiply(w * b)
        let change = information.Solve(b.TransposeThisAndMultiply(w * r))
        struct (keep, w, r - b * change, change)

    let private isDetermined (dense: Dense) row =
        dense.Projection[row, row] < determined * dense.Precision[row, row]

    let private deletedUnit (setting: Setting) (claims: RowClaims) =
        match claims.BetaChange with
        | None -> IdentityOutcome.NotApplicable "the other rows do not determine the fixed effects"
        | Some claimed ->
            setting
            |> onDense (fun setting dense ->
                let struct (_, _, _, change) = refit setting dense claims.Unit
                let own = setting.Triangle * Matrix<float>.Build.Dense(claimed.Length, 1, claimed)

                if claims.Unit |> Array.exists (isDetermined dense) then
                    IdentityOutcome.NotApplicable "the fixed effects determine a row"
                else
                    // Changes are of the size of their standard errors.
                    distanceOf (sqrt (setting.BasisCovariance.Trace())) change own
                    |> within (tolerance setting / determined))

    let private indicator (setting: Setting) (claims: RowClaims) =
        Matrix<float>.Build.Dense(setting.N, 1, fun i _ -> if Array.contains i claims.Unit then 1.0 else 0.0)

    /// Least squares with an indicator of the unit among the columns of X.
    let private meanShift (setting: Setting) (claims: RowClaims) =
        match claims.Shift with
        | None -> IdentityOutcome.NotApplicable "the fixed effects determine the unit"
        | Some(struct (shift, error)) ->
            let delta = indicator setting claims
            let wider = setting.Basis.Append delta
            let weighted = setting.WeightedBasis.Append(setting.SolveV delta)
            let inverse = (wider.TransposeThisAndMultiply weighted).Inverse()
            let estimates = inverse * weighted.TransposeThisAndMultiply setting.Deviations
            let last = wider.ColumnCount - 1

            largest [
                gap (sqrt inverse[last, last]) shift estimates[last, 0]
                gap inverse[last, last] (error * error) inverse[last, last]
            ]
            |> within (tolerance setting / determined)

    let private varianceShift (setting: Setting) (claims: RowClaims) =
        let image = setting.Project(units setting.N claims.Unit)
        let py = setting.Project setting.Deviations
        let square = claims.Unit |> Array.sumBy (fun row -> py[row, 0] * py[row, 0])
        let trace = Array.sum (picked claims.Unit image)

        gap (square + trace) claims.VarianceScore (0.5 * (square - trace))
        |> within (tolerance setting)

    let private decorrelated (setting: Setting) (claims: RowClaims) =
        if claims.Decorrelated.Length = 0 then
            IdentityOutcome.NotApplicable "decorrelated residuals were not computed: they take too long"
        else
            setting
            |> onDense (fun setting dense ->
                let l = dense.V.Cholesky().Factor

                distance (l * column claims.Decorrelated) setting.MarginalResidual
                |> within (tolerance setting))

    let private haslett = "Haslett & Hayes (1998), J. R. Statist. Soc. B 60, 201–215"
    let private cook = "Cook, Holschuh & Weisberg (1982), Technometrics 24, 25–32"
    let private henderson75 = "Henderson (1975), Biometrics 31, 423–447"

    /// <summary>The identities.</summary>
    let all: Identity list = [
        create
            "predictions of the data"
            "x'β̂ + z'ũ of the rows of the data are the fitted values"
            henderson75
            (onRows predictions)
        create "errors of fitted values" "var(Xβ̂ + Zũ − Xβ − Zu) = R − RPR" henderson75 (onRows predictionErrors)
        create
            "leverages"
            "hᵢᵢ = (I − RP)ᵢᵢ, of the fixed part (XMXᵀV⁻¹)ᵢᵢ"
            "Nobre & Singer (2011), J. Appl. Statist. 38, 1063–1072"
            (onRows leverages)
        create
            "sum of leverages"
            "Σ hᵢᵢ = tr(I − RP)"
            "Hodges & Sargent (2001), Biometrika 88, 367–379"
            (onRows sumOfLeverages)
        create
            "deletion of a unit"
            "β̂₍I₎ − β̂ = −MXᵀV⁻¹δ(δᵀPδ)⁻¹δᵀPy"
            "Christensen, Pearson & Johnson (1992), Technometrics 34, 38–45"
            (onRows deletedUnit)
        create "mean shift" "φ̂ = (δᵀPδ)⁻¹δᵀPy, var(φ̂) = (δᵀPδ)⁻¹: GLS with δ beside X" haslett (onRows meanShift)
        create "score of a variance shift" "∂ℓ_R/∂σ²ₒ = ½{yᵀPδδᵀPy − tr(δᵀPδ)} at σ²ₒ = 0" cook (onRows varianceShift)
        create
            "decorrelated residuals"
            "Le = y − Xβ̂ with V = LLᵀ"
            "Houseman, Ryan & Coull (2004), J. Am. Statist. Assoc. 99, 383–394"
            (onRows decorrelated)
    ]

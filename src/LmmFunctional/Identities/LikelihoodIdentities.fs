namespace LmmFunctional.Verification

open System
open MathNet.Numerics.LinearAlgebra

/// <summary>The forms of the log likelihood.</summary>
[<RequireQualifiedAccess>]
module internal LikelihoodIdentities =

    open IdentityWords

    let private tolerance (setting: Setting) =
        setting.Rounding * sqrt (float setting.N) * setting.FixedCondition

    let private compareTo tolerance (setting: Setting) claimed value =
        gap (max (float setting.N) (abs value)) claimed value |> within tolerance

    /// The claimed criterion against a value of it.
    let private compare (setting: Setting) claimed value =
        compareTo (tolerance setting) setting claimed value

    /// log|XᵀX|.
    let private logGram (setting: Setting) =
        2.0 * (setting.Triangle.Diagonal() |> Seq.sumBy (abs >> log))

    let private quadratic (setting: Setting) =
        let r = setting.Deviations
        (r.TransposeThisAndMultiply(setting.Project r))[0, 0]

    let private logDeterminant (a: Matrix<float>) =
        if a.RowCount = 0 then 0.0 else a.Cholesky().DeterminantLn

    let private byV (setting: Setting) (dense: Dense) =
        let fixedPart =
            if setting.IsRestricted then
                logGram setting - logDeterminant setting.BasisCovariance
            else
                0.0

        setting.Df * log (2.0 * Math.PI)
        + dense.LogDeterminant
        + fixedPart
        + quadratic setting
        |> compare setting setting.Claims.Criterion

    let private byC (setting: Setting) (dense: Dense) =
        setting.Df * log (2.0 * Math.PI)
        + Marginal.logDeterminantR setting.Model
        + logDeterminant dense.Henderson
        + logGram setting
        + quadratic setting
        |> compare setting setting.Claims.Criterion

    /// The integral over b of exp(−½ …) is that of a normal density: its mode and its curvature give it exactly.
    let private integrated (setting: Setting) (dense: Dense) =
        let p = setting.Basis.ColumnCount
        let q = dense.Henderson.RowCount - p
        let residual = setting.ConditionalResidual
        let weighted = Marginal.solveR setting.Model residual

        let spherical =
            Marginal.timesTransposedFactor setting.Model (Marginal.timesTransposedZ setting.Model weighted)

        let square =
            (residual.TransposeThisAndMultiply weighted)[0, 0] + norm spherical ** 2.0

        let n = float setting.N

        let residualPart =
            if setting.Claims.IsScaleFree then
                // σ² is profiled out of the claim: V is as good as any multiple of itself.
                n * (1.0 + log (2.0 * Math.PI * square / n))
            else
                n * log (2.0 * Math.PI) + square

        residualPart
        + Marginal.logDeterminantR setting.Model
        + logDeterminant (dense.Henderson.SubMatrix(p, q, p, q))
        |> compareTo (tolerance setting * max 1.0 setting.ConditionalCancellation) setting setting.Claims.Deviance

    let private bySummation (setting: Setting) =
        let blocks = setting.Blocks.Value
        let work = blocks |> List.sumBy (fun rows -> float rows.Length ** 3.0)

        match blocks with
        | []
        | [ _ ] -> IdentityOutcome.NotApplicable "all rows hang together"
        | _ when
            work > Setting.mostWork
            || blocks |> List.exists (fun rows -> rows.Length > Setting.denseRows)
            ->
            IdentityOutcome.NotApplicable "the independent blocks of rows are too large"
        | _ ->
            let residual = setting.MarginalResidual

            let parts =
                blocks
                |> List.map (fun rows ->
                    let factor =
                        (FormedCovariance.covariance (IndependentRows.restrict rows setting.Model)).Cholesky()

                    let pick (a: Matrix<float>) =
                        Matrix<float>.Build.Dense(rows.Length, a.ColumnCount, fun i j -> a[rows[i], j])

                    let x, r = pick setting.Basis, pick residual

                    struct (factor.DeterminantLn,
                            (r.TransposeThisAndMultiply(factor.Solve r))[0, 0],
                            x.TransposeThisAndMultiply(factor.Solve x)))

            let logs = parts |> List.sumBy (fun struct (value, _, _) -> value)
            let squares = parts |> List.sumBy (fun struct (_, value, _) -> value)

            let information =
                parts |> List.map (fun struct (_, _, value) -> value) |> List.reduce (+)

            let fixedPart =
                if setting.IsRestricted then
                    logGram setting + logDeterminant information
                else
                    0.0

            let value = setting.Df * log (2.0 * Math.PI) + logs + fixedPart + squares

            largest [
                gap (max (float setting.N) (abs value)) setting.Claims.Criterion value
                distance (information.Inverse()) setting.BasisCovariance
            ]
            |> within (tolerance setting)

    /// <summary>The identities.</summary>
    let all: Identity list = [
        create
            "likelihood by V"
            "−2ℓ_R = (n − p) log 2π + log|V| + log|XᵀV⁻¹X| + yᵀPy; without XᵀV⁻¹X and p under ML"
            "Patterson & Thompson (1971), Biometrika 58, 545–554"
            (onDense byV)
        create
            "likelihood by C"
            "−2ℓ_R = (n − p) log 2π + log|R| + log|G| + log|C| + yᵀPy"
            "Graser, Smith & Tier (1987), J. Anim. Sci. 64, 1362–1370"
            (underReml (onDense byC))
        create
            "likelihood with u integrated out"
            "log|V| = log|R| + log|G| + log|ZᵀR⁻¹Z + G⁻¹|, rᵀV⁻¹r = ẽᵀR⁻¹ẽ + ũᵀG⁻¹ũ"
            "Harville (1977), J. Am. Statist. Assoc. 72, 320–338"
            (onDense integrated)
        create
            "summation over independent blocks"
            "log|V| = Σ log|Vᵢ|, rᵀV⁻¹r = Σ rᵢᵀVᵢ⁻¹rᵢ, XᵀV⁻¹X = Σ XᵢᵀVᵢ⁻¹Xᵢ"
            "Laird & Ware (1982), Biometrics 38, 963–974"
            bySummation
    ]

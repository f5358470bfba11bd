namespace LmmFunctional.Verification

open System
open MathNet.Numerics.LinearAlgebra

/// <summary>The forms of P and V⁻¹, each applied to random vectors.</summary>
[<RequireQualifiedAccess>]
module internal ProjectionIdentities =

    open IdentityWords

    let private random = fun () -> Random 1

    // Probes lose in P what lies in the span of X.
    let private tolerance (setting: Setting) =
        setting.Rounding * sqrt (float setting.N)

    /// Solves (AᵀR⁻¹A + D) x = b for A = [B K] or K, D the identity where K is: by a factor, or by conjugate gradients.
    let private solveInner (setting: Setting) withFixed (b: Matrix<float>) =
        let model = setting.Model
        let p = if withFixed then setting.Basis.ColumnCount else 0

        match setting.Dense with
        | Some dense ->
            let h = dense.Value.Henderson
            let first = setting.Basis.ColumnCount - p
            h.SubMatrix(first, h.RowCount - first, first, h.RowCount - first).Cholesky().Solve b
        | None ->
            let q = b.RowCount - p

            let apply (x: Matrix<float>) =
                let v = x.SubMatrix(p, q, 0, x.ColumnCount)
                let effects = Marginal.timesZ model (Marginal.timesFactor model v)

                let image =
                    if p > 0 then
                        setting.Basis * x.SubMatrix(0, p, 0, x.ColumnCount) + effects
                    else
                        effects

                let weighted = Marginal.solveR model image

                let below =
                    v
                    + Marginal.timesTransposedFactor model (Marginal.timesTransposedZ model weighted)

                if p > 0 then
                    (setting.Basis.TransposeThisAndMultiply weighted).Stack below
                else
                    below

            let struct (x, _) = ConjugateGradients.solve apply id b
            x

    let private loadings (setting: Setting) v =
        Marginal.timesZ setting.Model (Marginal.timesFactor setting.Model v)

    let private transposedLoadings (setting: Setting) b =
        Marginal.timesTransposedFactor setting.Model (Marginal.timesTransposedZ setting.Model b)

    /// (KᵀR⁻¹K + I)⁻¹KᵀR⁻¹ b.
    let private shrunken (setting: Setting) b =
        Marginal.solveR setting.Model b
        |> transposedLoadings setting
        |> solveInner setting false

    let private woodbury (setting: Setting) =
        let b = setting.Probes
        let image = loadings setting (shrunken setting b)

        distance setting.WeightedProbes.Value (Marginal.solveR setting.Model (b - image))
        |> within (tolerance setting)

    let private transposed (setting: Setting) =
        let b = setting.Probes
        let left = setting.WeightedProbes.Value |> Marginal.timesTransposedZ setting.Model

        distance (Marginal.timesG setting.Model left) (Marginal.timesFactor setting.Model (shrunken setting b))
        |> within (tolerance setting)

    let private byHenderson (setting: Setting) =
        let b = setting.Probes
        let weighted = Marginal.solveR setting.Model b

        let right =
            (setting.Basis.TransposeThisAndMultiply weighted).Stack(transposedLoadings setting weighted)

        let x = solveInner setting true right
        let p = setting.Basis.ColumnCount

        let image =
            setting.Basis * x.SubMatrix(0, p, 0, x.ColumnCount)
            + loadings setting (x.SubMatrix(p, x.RowCount - p, 0, x.ColumnCount))

        distance setting.ProjectedProbes (Marginal.solveR setting.Model (b - image))
        |> within (tolerance setting)

    /// X with columns that depend on others, and a generalised inverse that selects others than B.
    let private bySubset (setting: Setting) =
        let p = setting.Basis.ColumnCount
        let exchanged = min 2 p
        let kept = p - exchanged
        let random = random ()

        // Close to the columns they stand for, so that the selection is as well conditioned as the basis.
        let mix =
            Matrix<float>
                .Build.Dense(
                    p,
                    exchanged,
                    fun i j -> (if i = kept + j then 1.0 else 0.0) + (random.NextDouble() - 0.5) / float p
                )

        let others = setting.Basis * mix

        let selected = setting.Basis.SubMatrix(0, setting.N, 0, kept).Append others

        let weighted =
            setting.WeightedBasis.SubMatrix(0, setting.N, 0, kept).Append(setting.SolveV others)

        let image = setting.WeightedProbes.Value

        let coefficients =
            (selected.TransposeThisAndMultiply weighted).Solve(selected.TransposeThisAndMultiply image)

        distance setting.ProjectedProbes (image - weighted * coefficients)
        |> within (10.0 * tolerance setting)

    let private idempotent (setting: Setting) =
        let once = setting.ProjectedProbes

        distance (setting.Project(Marginal.timesV setting.Model once)) once
        |> within (tolerance setting)

    let private annihilates (setting: Setting) =
        let random = random ()

        let x =
            setting.Basis
            * Matrix<float>.Build.Dense(setting.Basis.ColumnCount, 1, fun _ _ -> 2.0 * random.NextDouble() - 1.0)

        norm (setting.Project x) / max Double.Epsilon (norm (setting.SolveV x))
        |> within (tolerance setting)

    let private byContrasts (setting: Setting) (dense: Dense) =
        let l = dense.Contrasts.Value
        let inner = l.TransposeThisAndMultiply(dense.V * l)
        let b = setting.Probes

        distance (l * inner.Cholesky().Solve(l.TransposeThisAndMultiply b)) setting.ProjectedProbes
        |> within (tolerance setting)

    let private criterionOfContrasts (setting: Setting) (dense: Dense) =
        let l = dense.Contrasts.Value
        let inner = (l.TransposeThisAndMultiply(dense.V * l)).Cholesky()
        let y2 = l.TransposeThisAndMultiply setting.Deviations
        let square = (y2.TransposeThisAndMultiply(inner.Solve y2))[0, 0]

        let value =
            setting.Df * log (2.0 * Math.PI) + inner.DeterminantLn
            - (l.TransposeThisAndMultiply l).Cholesky().DeterminantLn
            + 2.0 * (setting.Triangle.Diagonal().PointwiseAbs() |> Seq.sumBy log)
            + square

        gap (max (float setting.N) (abs value)) setting.Claims.Criterion value
        |> within (tolerance setting * setting.FixedCondition)

    /// ∂V⁻¹ and ∂log|V| by central differences of fourth order, along all parameters of G and R at once.
    let private derivatives (setting: Setting) (dense: Dense) =
        let random = random ()

        let along =
            dense.Derivatives
            |> Array.fold (fun (sum: Matrix<float>) d -> sum + random.NextDouble() * d) (0.1 * dense.V)

        let image = dense.Precision * along
        let h = 1e-3 / max Double.Epsilon (image.InfinityNorm())

        if not (Double.IsFinite h && h > 0.0) then
            IdentityOutcome.NotApplicable "the derivatives of V are too large"
        else
            let at step =
                let factor = (dense.V + step * h * along).Cholesky()
                factor.Solve setting.Probes, factor.DeterminantLn

            let (near, nearLog), (back, backLog), (far, farLog), (behind, behindLog) =
                at 1.0, at -1.0, at 2.0, at -2.0

            let slope = (8.0 * (near - back) - (far - behind)) / (12.0 * h)
            let slopeLog = (8.0 * (nearLog - backLog) - (farLog - behindLog)) / (12.0 * h)
            let solution = dense.Precision * setting.Probes
            let expected = -(image * solution)

            largest [
                // The solutions that are subtracted may be larger than what is left by more than the step says.
                distanceOf (image.InfinityNorm() * norm solution) slope expected
                gap (max 1.0 (abs (image.Trace()))) slopeLog (image.Trace())
            ]
            // Differences of steps of 1e-3 lose three digits and have an error of 1e-12.
            |> within (1e-9 + 1e4 * tolerance setting)

    /// <summary>The identities.</summary>
    let all: Identity list = [
        create "Woodbury" "V⁻¹ = R⁻¹ − R⁻¹Z(ZᵀR⁻¹Z + G⁻¹)⁻¹ZᵀR⁻¹" "Woodbury (1950); Henderson & Searle (1981)" woodbury
        create "GZᵀV⁻¹" "GZᵀV⁻¹ = (ZᵀR⁻¹Z + G⁻¹)⁻¹ZᵀR⁻¹" "Henderson & Searle (1981), SIAM Review 23, 53–60" transposed
        create
            "P by Henderson's matrix"
            "V⁻¹ − V⁻¹X(XᵀV⁻¹X)⁻XᵀV⁻¹ = R⁻¹ − R⁻¹WC⁻¹WᵀR⁻¹, W = [X Z]"
            "Gilmour, Thompson & Cullis (1995), Biometrics 51, 1440–1450"
            byHenderson
        create
            "P by any generalised inverse"
            "V⁻¹X(XᵀV⁻¹X)⁻XᵀV⁻¹ = V⁻¹X₂(X₂ᵀV⁻¹X₂)⁻¹X₂ᵀV⁻¹, X₂ of full rank"
            "Searle (1971), Linear Models"
            bySubset
        create "PVP = P" "PVP = P" "Searle, Casella & McCulloch (1992), Variance Components" idempotent
        create "PX = 0" "PX = 0" "Searle, Casella & McCulloch (1992), Variance Components" annihilates
        create
            "P by error contrasts"
            "P = L₂(L₂ᵀVL₂)⁻¹L₂ᵀ for any L₂ of rank n − p with L₂ᵀX = 0"
            "Khatri (1966), Ann. Inst. Statist. Math. 18, 75–86"
            (onDense byContrasts)
        create
            "likelihood of error contrasts"
            "−2ℓ_R = (n − p) log 2π + log|L₂ᵀVL₂| − log|L₂ᵀL₂| + log|XᵀX| + yᵀL₂(L₂ᵀVL₂)⁻¹L₂ᵀy"
            "Harville (1974), Biometrika 61, 383–385"
            (underReml (onDense criterionOfContrasts))
        create
            "derivatives of V⁻¹ and log|V|"
            "∂V⁻¹/∂κ = −V⁻¹V̇V⁻¹, ∂log|V|/∂κ = tr(V⁻¹V̇)"
            "Harville (1977), J. Am. Statist. Assoc. 72, 320–338"
            (onDense derivatives)
    ]

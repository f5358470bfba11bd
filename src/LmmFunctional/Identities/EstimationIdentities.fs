namespace LmmFunctional

open System
open MathNet.Numerics.LinearAlgebra

/// <summary>What holds between the estimates of one fit.</summary>
[<RequireQualifiedAccess>]
module internal EstimationIdentities =

    open IdentityWords

    /// How much larger y and Xβ̂ are than their difference: digits lost before anything else happens.
    let private cancellation (setting: Setting) =
        let x = setting.Model.Fixed

        let parts =
            Seq.init x.ColumnCount (fun j -> abs setting.Claims.Beta[j] * x.Column(j).L2Norm())
            |> Seq.sum

        (setting.Model.Response.L2Norm() + parts)
        / max Double.Epsilon (norm setting.MarginalResidual)

    let private tolerance (setting: Setting) =
        setting.Rounding * max 1.0 (cancellation setting) * setting.FixedCondition

    let private glsEquations (setting: Setting) =
        let image = setting.WeightedResidual.Value

        norm (setting.Basis.TransposeThisAndMultiply image)
        / max Double.Epsilon (norm image)
        |> within (tolerance setting)

    /// |G||Z|ᵀR⁻¹(|y| + |X||β̂| + |Z||ũ|): what GZᵀR⁻¹(y − Xβ̂ − Zũ) is summed up from, and what rounding is relative to.
    let private summands (setting: Setting) =
        let model = Marginal.absolute setting.Model

        let beta =
            Matrix<float>.Build.Dense(setting.Claims.Beta.Length, 1, Array.map abs setting.Claims.Beta)

        model.Response.ToColumnMatrix()
        + model.Fixed * beta
        + Marginal.timesZ model (setting.Effects.PointwiseAbs())
        |> Marginal.solveR model
        |> Marginal.timesTransposedZ model
        |> Marginal.timesG model

    let private henderson (setting: Setting) =
        let weighted = Marginal.solveR setting.Model setting.ConditionalResidual

        let effects =
            Marginal.timesG setting.Model (Marginal.timesTransposedZ setting.Model weighted)

        let size = norm setting.Effects + norm (summands setting)

        largest [
            norm (setting.Basis.TransposeThisAndMultiply weighted)
            / max Double.Epsilon (norm weighted)
            if size > 0.0 then
                norm (setting.Effects - effects) / size
        ]
        |> within (tolerance setting)

    let private residualVariance (setting: Setting) =
        let r = setting.MarginalResidual
        let square = (r.TransposeThisAndMultiply setting.WeightedResidual.Value)[0, 0]
        gap setting.Df square setting.Df |> within (tolerance setting)

    let private betaVariance (setting: Setting) =
        let claimed =
            setting.Triangle * setting.Claims.BetaCovariance * setting.Triangle.Transpose()

        distance claimed setting.BasisCovariance
        |> within (setting.Rounding * setting.FixedCondition * setting.FixedCondition)

    /// ∂(−2ℓ)/∂θₖ over the root of its curvature, the part of which that belongs to G = ΛΛᵀ is what counts near a bound.
    let private score (setting: Setting) (dense: Dense) =
        let r = dense.ProjectedResponse
        let own = dense.OwnCurvature.Value

        dense.Products.Value
        |> Array.mapi (fun k product ->
            let curvature =
                product.PointwiseMultiply(product.Transpose()).RowSums().Sum() + abs own[k, k]

            if curvature > 1e-16 * float setting.N then
                abs (product.Trace() - r * (dense.Derivatives[k] * r)) / sqrt curvature
            else
                0.0)
        |> largest
        |> within (setting.Unsettled + setting.Rounding * sqrt (float setting.N))

    // One column of C^{ZZ} needs a solve with V of its own: as many of these as fixed effects and a few levels are bearable.
    let private mostSolves = 200

    /// What one step of the EM algorithm changes in G.
    let private emStep (setting: Setting) =
        let model = setting.Model
        let p = setting.Basis.ColumnCount

        if p > mostSolves then
            IdentityOutcome.NotApplicable $"it takes {p} solves with V; the limit is {mostSolves}"
        else
            // GZᵀV⁻¹B, whose spread by var(β̂) is what conditional covariances under REML have beyond those given β.
            let shares =
                Marginal.timesG model (Marginal.timesTransposedZ model setting.WeightedBasis)

            let starts =
                model.Terms
                |> List.scan (fun start term -> start + term.Levels * term.Columns.Length) 0

            let change t (term: MarginalTerm) =
                let s = term.Columns.Length
                let g = term.Factor * term.Factor.Transpose()
                let mean = Matrix<float>.Build.Dense(s, s)

                for level in 0 .. term.Levels - 1 do
                    let u =
                        Matrix<float>.Build.Dense(s, 1, fun i _ -> setting.Claims.Effects[t].[level * s + i])

                    let own =
                        Matrix<float>
                            .Build.Dense(s, s, Array.sub setting.Claims.EffectCovariances[t] (level * s * s) (s * s))

                    let share = shares.SubMatrix(starts[t] + level * s, s, 0, p)

                    let byFixed =
                        if setting.IsRestricted then
                            share * setting.BasisCovariance * share.Transpose()
                        else
                            Matrix<float>.Build.Dense(s, s)

                    let sum = u * u.Transpose() + own + byFixed
                    mean.Add(sum / float term.Levels, mean)

                // A structure that fixes covariances at zero says nothing of them.
                let isFree i k =
                    setting.Claims.Directions
                    |> Array.exists (fun d -> d.Term = t && d.Derivative[i, k] <> 0.0)
                    || i = k

                let free (a: Matrix<float>) =
                    a.MapIndexed(fun i k value -> if isFree i k then value else 0.0)

                distance (free mean) (free g)

            model.Terms
            |> List.mapi change
            |> largest
            |> within (10.0 * setting.Unsettled + tolerance setting)

    /// Balanced one-way classification: the analysis of variance in closed form.
    let private balanced (setting: Setting) =
        let isConstant (column: float seq) = Seq.forall ((=) 1.0) column
        let x = setting.Model.Fixed

        match setting.Model.Terms with
        | [ term ] when
            setting.IsUnweighted
            && term.Columns.Length = 1
            && isConstant term.Columns[0]
            && x.ColumnCount = 1
            && isConstant (x.Column 0)
            && (term.Codes |> Array.countBy id |> Array.distinctBy snd).Length = 1
            ->
            let groups = term.Levels
            let n = setting.N
            let size = n / groups
            let y = setting.Model.Response
            let mean = y.Sum() / float n
            let means = Array.zeroCreate groups

            term.Codes
            |> Array.iteri (fun row level -> means[level] <- means[level] + y[row] / float size)

            let between = float size * Array.sumBy (fun m -> (m - mean) ** 2.0) means

            let within' =
                Seq.init n (fun row -> (y[row] - means[term.Codes[row]]) ** 2.0) |> Seq.sum

            // Under ML the mean costs no degree of freedom.
            let groupDf = float (if setting.IsRestricted then groups - 1 else groups)
            let errorDf = float (n - groups)
            let error = within' / errorDf
            let component' = (between / groupDf - error) / float size

            let error, component' =
                if component' > 0.0 then
                    error, component'
                else
                    (between + within') / setting.Df, 0.0

            let claimed = term.Factor[0, 0] ** 2.0

            largest [
                gap (error + component') claimed component'
                gap error (setting.Claims.Sigma ** 2.0) error
                gap (abs mean) setting.Claims.Beta[0] mean
            ]
            |> within (10.0 * setting.Unsettled + tolerance setting)
        | _ ->
            IdentityOutcome.NotApplicable
                "closed forms need one random intercept, groups of one size, a common mean and no weights"

    let private generalForm = "Harville (1977), J. Am. Statist. Assoc. 72, 320–338"
    let private searle = "Searle, Casella & McCulloch (1992), Variance Components"

    /// <summary>The identities.</summary>
    let all: Identity list = [
        create "score" "u(κ̂) = −½{tr(P V̇ᵢ) − yᵀP V̇ᵢ P y} = 0; V⁻¹ in the trace under ML" generalForm (onDense score)
        create
            "EM fixed point"
            "Ĝ = (1/J) Σⱼ {ũⱼũⱼᵀ + var(ũⱼ − uⱼ)}; var(uⱼ | y, β) under ML"
            "Laird & Ware (1982), Biometrics 38, 963–974"
            (withEffects emStep)
        create "residual variance" "(y − Xβ̂)ᵀV⁻¹(y − Xβ̂) = n − p under REML, n under ML" searle residualVariance
        create "GLS normal equations" "XᵀV⁻¹(y − Xβ̂) = 0" "Aitken (1935), Proc. R. Soc. Edinb. 55, 42–48" glsEquations
        create
            "Henderson's equations"
            "XᵀR⁻¹(y − Xβ̂ − Zũ) = 0, ZᵀR⁻¹(y − Xβ̂ − Zũ) = G⁻¹ũ"
            "Henderson (1950), Ann. Math. Statist. 21, 309–310"
            henderson
        create "variance of β̂" "var(β̂) XᵀV⁻¹X = I" generalForm betaVariance
        create "balanced closed form" "σ̂² = MSE, σ̂²ₐ = (MSA − MSE)/n, μ̂ = ȳ; pooled where σ̂²ₐ = 0" searle balanced
    ]

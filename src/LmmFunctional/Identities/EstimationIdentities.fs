namespace LmmFunctional.Verification

open System
open MathNet.Numerics.LinearAlgebra

/// <summary>What holds between the estimates of one fit.</summary>
[<RequireQualifiedAccess>]
module internal EstimationIdentities =

    open IdentityWords

    let private toleranceOf (setting: Setting) cancellation =
        setting.Rounding * max 1.0 cancellation * setting.FixedCondition

    let private tolerance (setting: Setting) =
        toleranceOf setting setting.Cancellation

    let private glsEquations (setting: Setting) =
        let image = setting.WeightedResidual.Value

        norm (setting.Basis.TransposeThisAndMultiply image)
        / max Double.Epsilon (norm image)
        |> within (tolerance setting)

    /// |G||Z|ᵀR⁻¹(|y| + |X||β̂| + |Z||ũ|): what GZᵀR⁻¹(y − Xβ̂ − Zũ) is summed up from, and what rounding is relative to.
    let private summands (setting: Setting) =
        let model = MarginalBounds.absolute setting.Model

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
        |> within (toleranceOf setting setting.ConditionalCancellation)

    let private residualVariance (setting: Setting) =
        let r = setting.MarginalResidual
        let square = (r.TransposeThisAndMultiply setting.WeightedResidual.Value)[0, 0]
        gap setting.Df square setting.Df |> within (tolerance setting)

    let private betaVariance (setting: Setting) =
        let claimed =
            setting.Triangle * setting.Claims.BetaCovariance * setting.Triangle.Transpose()

        distance claimed setting.BasisCovariance
        |> within (setting.Rounding * setting.FixedCondition * setting.FixedCondition)

    // On the solver's scale the certificate calls less curvature rounding.
    let private leftOfCurvature = 1e-8

    /// ∂(−2ℓ)/∂θₖ, by the solver's θ, over the root of its curvature, the part of which that belongs to G = ΛΛᵀ is what counts near
    /// a bound; at a lower end it may be positive.
    let private score (setting: Setting) (scores: Scores) =
        let ofParameter k =
            let curvature = scores.Products[k, k] + abs scores.OwnCurvature[k, k]

            if not setting.Endless[k] && curvature > 1e-16 * float setting.N then
                let deviation = sqrt (max leftOfCurvature curvature)
                // What traces are summed up from may be more than the bound of Cauchy and Schwarz on them.
                let size = max (sqrt (float setting.N)) (scores.Sizes[k] / deviation)
                let slope = (scores.Traces[k] - scores.Squares[k]) / deviation
                let wrong = if setting.AtLowerEnd[k] then max 0.0 -slope else abs slope
                wrong, setting.Unsettled + setting.Rounding * size
            else
                0.0, setting.Unsettled

        let residual, tolerance =
            Seq.init scores.Traces.Length ofParameter
            |> Seq.append [ 0.0, setting.Unsettled ]
            |> Seq.maxBy (fun (residual, tolerance) ->
                if Double.IsNaN residual then
                    infinity
                else
                    residual / tolerance)

        residual |> within tolerance

    // One column of C^{ZZ} needs a solve with V of its own: as many of these as fixed effects and a few levels are bearable.
    let private mostSolves = 200

    /// What one step of the EM algorithm changes in the G of independent levels without a structure of its own.
    let private emStep (setting: Setting) =
        let model = setting.Model
        let p = setting.Basis.ColumnCount
        let jets = setting.Claims.Jets

        let terms =
            model.Terms
            |> List.indexed
            |> List.filter (fun (t, term) -> term.Relation.IsNone && CovarianceJets.isPlain jets t)

        if p > mostSolves then
            IdentityOutcome.NotApplicable $"it takes {p} solves with V; the limit is {mostSolves}"
        elif terms.IsEmpty then
            IdentityOutcome.NotApplicable "every random term has a structure, related levels or variances held"
        else
            // GZᵀV⁻¹B, whose spread by var(β̂) is what conditional covariances under REML have beyond those given β.
            let shares =
                Marginal.timesG model (Marginal.timesTransposedZ model setting.WeightedBasis)

            let starts = Marginal.effectStarts model

            let change (t, term: MarginalTerm) =
                let s = term.Order
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
                let free (a: Matrix<float>) =
                    a.MapIndexed(fun i k value ->
                        if i = k || CovarianceJets.isFree jets t i k then
                            value
                        else
                            0.0)

                distance (free mean) (free term.Covariance)

            terms
            |> List.map change
            |> largest
            |> within (10.0 * setting.Unsettled + tolerance setting)

    // Smaller derivatives by a variance, relative to their trace part, are no way out of a bound for the solver.
    let private leftAtBounds = 1e-6

    /// D = ∂(−2ℓ)/∂G of a term and its trace part, for the solver's columns: those of λ when G = TλλᵀTᵀ.
    let private derivatives (setting: Setting) (dense: Dense) t =
        let transform = setting.Claims.Transforms[t]

        let along w =
            transform.Transpose() * FormedCovariance.gather setting.Model t w * transform

        along dense.Score, along dense.TraceMatrix

    /// How far D of one term is from being positive semidefinite, relative to its trace part, and ⟨D, G⟩ from zero.
    let private multipliers (setting: Setting) (dense: Dense) t (term: MarginalTerm) =
        let d, trace = derivatives setting dense t
        let jets = setting.Claims.Jets
        let size = trace.Diagonal().PointwiseAbs().Maximum()

        let g =
            let lambda = setting.Claims.Transforms[t].Solve term.Factor
            lambda * lambda.Transpose()

        let along (a: Matrix<float>) = a.PointwiseMultiply(g).RowSums().Sum()

        // Covariances that a structure fixes have no derivative.
        let free =
            d.MapIndexed(fun i k value ->
                if i = k || CovarianceJets.isFree jets t i k then
                    value
                else
                    0.0)

        [
            max 0.0 -(Seq.min (free.Evd(Symmetricity.Symmetric).EigenValues |> Seq.map _.Real))
            / size

            // The slope of −2ℓ along a multiple of G: of a variance that is next to nothing it is next to nothing.
            abs (along d) / (1.0 + along trace)
        ]

    /// The Kuhn-Tucker conditions on the cone of covariance matrices.
    let private kuhnTucker (setting: Setting) (dense: Dense) =
        let terms =
            setting.Model.Terms
            |> List.indexed
            |> List.filter (fst >> CovarianceJets.isPlain setting.Claims.Jets)

        if terms.IsEmpty then
            IdentityOutcome.NotApplicable "every random term has a structure or variances held"
        else
            terms
            |> List.collect (fun (t, term) -> multipliers setting dense t term)
            |> largest
            |> within (leftAtBounds + setting.Unsettled + setting.Rounding * sqrt (float setting.N))

    let private generalForm = "Harville (1977), J. Am. Statist. Assoc. 72, 320–338"
    let private searle = "Searle, Casella & McCulloch (1992), Variance Components"

    /// <summary>The identities.</summary>
    let all: Identity list = [
        create
            "score"
            "u(κ̂) = −½{tr(P V̇ᵢ) − yᵀP V̇ᵢ P y} = 0; V⁻¹ in the trace under ML"
            generalForm
            (atOptimum (onScores score))
        create
            "EM fixed point"
            "Ĝ = (1/J) Σⱼ {ũⱼũⱼᵀ + var(ũⱼ − uⱼ)}; var(uⱼ | y, β) under ML"
            "Laird & Ware (1982), Biometrics 38, 963–974"
            (withEffects (atOptimum emStep))
        create
            "Kuhn-Tucker conditions"
            "D = ∂(−2ℓ)/∂G ⪰ 0, DG = 0: no derivative by a variance of zero is negative"
            "Kuhn & Tucker (1951), Proc. 2nd Berkeley Symp., 481–492"
            (withEffects (atOptimum (onDense kuhnTucker)))
        create
            "residual variance"
            "(y − Xβ̂)ᵀV⁻¹(y − Xβ̂) = n − p under REML, n under ML"
            searle
            (withFreeScale residualVariance)
        create "GLS normal equations" "XᵀV⁻¹(y − Xβ̂) = 0" "Aitken (1935), Proc. R. Soc. Edinb. 55, 42–48" glsEquations
        create
            "Henderson's equations"
            "XᵀR⁻¹(y − Xβ̂ − Zũ) = 0, ZᵀR⁻¹(y − Xβ̂ − Zũ) = G⁻¹ũ"
            "Henderson (1950), Ann. Math. Statist. 21, 309–310"
            henderson
        create "variance of β̂" "var(β̂) XᵀV⁻¹X = I" generalForm betaVariance
    ]

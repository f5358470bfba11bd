module LmmFunctional.Tests.RSquaredTests

open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis
open Expecto

[<Tests>]
let tests =
    testList "RSquaredTests" [
        testCase "Shares of a random intercept are those of the textbook" (fun () ->
            let fit = Models.reml "sleepstudy" "Reaction ~ Days + (1 | Subject)"
            let found = RSquared.ofFit fit |> Models.value
            let b = (snd fit.RandomCovariances.Head)[0, 0]
            let e = fit.Sigma ** 2.0
            // The variance of days 0 … 9, ten times each of 18 subjects, with n − 1.
            let f = fit.Coefficients[1].Estimate ** 2.0 * 8.25 * 180.0 / 179.0

            Law.assertHolds [
                yield! Law.relative "marginal" 1e-10 (f / (f + b + e)) found.Marginal
                yield! Law.relative "conditional" 1e-10 ((f + b) / (f + b + e)) found.Conditional
                yield! Law.relative "adjusted" 1e-10 (b / (b + e)) found.AdjustedIcc
                yield! Law.relative "unadjusted" 1e-10 (b / (f + b + e)) found.UnadjustedIcc
            ])

        // MuMIn 1.47, r.squaredGLMM of lmer(Reaction ~ Days + (Days | Subject)): 0.2786511, 0.7992199, to lme4's optimum.
        testCase "Random slopes count with the mean of z'Gz" (fun () ->
            let fit = Models.reml "sleepstudy" "Reaction ~ Days + (Days | Subject)"
            let found = RSquared.ofFit fit |> Models.value
            let g = snd fit.RandomCovariances.Head
            // Means of 1, d and d² over the days 0 … 9.
            let random = g[0, 0] + 2.0 * 4.5 * g[0, 1] + 28.5 * g[1, 1]

            Law.assertHolds [
                yield! Law.relative "random" 1e-10 random found.RandomVariance
                yield! Law.near "marginal" 1e-5 0.2786511 found.Marginal
                yield! Law.near "conditional" 1e-5 0.7992199 found.Conditional
            ])

        testCase "The standard error of a heritability is the delta method's" (fun () ->
            let fit = Models.dyestuff.Value
            let found = RSquared.heritability 0 fit

            let variance =
                CovarianceInference.covariance Information.Observed CovarianceScale.Variance fit

            let b, e = variance.Values[0], variance.Values[1]
            let total = b + e
            let db, de = e / (total * total), -b / (total * total)
            let v = variance.Matrix

            let expected =
                sqrt (db * db * v[0, 0] + 2.0 * db * de * v[0, 1] + de * de * v[1, 1])

            Law.assertHolds [
                yield! Law.relative "share" 1e-10 (b / total) found.Estimate
                yield! Law.relative "se" 1e-7 expected found.StandardError.Value
            ])

        testCase "A heritability at its bound has no standard error" (fun () ->
            let fit = Models.reml "dyestuff2" "Yield ~ 1 + (1 | Batch)"
            Check.isTrue ((RSquared.heritability 0 fit).StandardError.IsNone))

        // Structured residuals

        testCase "The residual variance of unequal visits is its mean over the rows" (fun () ->
            let fit = Models.reml "fev" "FEV1 ~ ARMCD; residual = csh(VISITN | USUBJID)"
            let found = RSquared.ofFit fit |> Models.value

            let relative =
                fit.CovarianceParameters
                |> List.filter (fun own -> own.Name.StartsWith "sd(")
                |> List.map _.Estimate

            let deviations = 1.0 :: relative |> Array.ofList
            let visits = fit.Design.Residual.Value.Factors.Head.Position

            let expected =
                visits |> Array.averageBy (fun visit -> (fit.Sigma * deviations[visit]) ** 2.0)

            Law.assertHolds [
                yield! Law.relative "residual" 1e-10 expected found.ResidualVariance
                yield! Law.relative "random" 1e-10 1.0 (1.0 + found.RandomVariance)
                yield!
                    Law.relative
                        "marginal"
                        1e-10
                        (found.FixedVariance / (found.FixedVariance + expected))
                        found.Marginal
            ])

        testCase
            "A random intercept beside autocorrelated residuals has the intraclass correlation of its variances"
            (fun () ->
                let fit =
                    Models.reml "orthodont" "distance ~ age + Sex + (1 | Subject); residual = ar1(age | Subject)"

                let found = RSquared.ofFit fit |> Models.value
                let share = RSquared.heritability 0 fit
                let b = (snd fit.RandomCovariances.Head)[0, 0]

                Law.assertHolds [
                    yield! Law.relative "adjusted" 1e-10 (b / (b + fit.Sigma ** 2.0)) found.AdjustedIcc
                    yield! Law.relative "share" 1e-10 found.AdjustedIcc share.Estimate
                ])

        // The nugget comes to its upper end, where there is no process: the residual variance is still σ².
        testCase "Shares where a residual parameter is at an end of its range" (fun () ->
            let random = System.Random 3

            let frame =
                TestFrame.ofColumns [
                    "g", TestFrame.texts [ for i in 0..39 -> $"g{i / 4}" ]
                    "t", TestFrame.numbers [ for i in 0..39 -> float (i % 4) ]
                    // Neighbours differ in sign.
                    "y", TestFrame.numbers [ for i in 0..39 -> float (i % 2) - 0.5 + 0.2 * random.NextDouble() ]
                ]

            let fit =
                Lmm.fitFormula FitOptions.defaults frame "y ~ 1 + (1 | g); residual = sp_exp(t | g) + nugget"
                |> Models.value

            let found = RSquared.ofFit fit |> Models.value

            Law.assertHolds [
                yield! Law.isTrue "at a bound" (not fit.Certificate.Multipliers.IsEmpty)
                yield! Law.relative "residual" 1e-10 (fit.Sigma ** 2.0) found.ResidualVariance
                yield! Law.near "conditional" 1e-6 0.0 found.Conditional
                yield! Law.near "a term's share" 1e-6 0.0 (RSquared.heritability 0 fit).Estimate
            ])
    ]

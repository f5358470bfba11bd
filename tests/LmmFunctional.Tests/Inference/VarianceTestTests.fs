module LmmFunctional.Tests.VarianceTestTests

open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis
open MathNet.Numerics.Distributions
open Expecto

let private batch = VarianceParameter.EffectVariance(0, 0)

let private fOfOneWay (fit: Fit) =
    let y, codes = fit.Design.Response, fit.Design.Random.Head.Codes
    let mean = Array.average y

    let groups =
        Array.zip codes y |> Array.groupBy fst |> Array.map (snd >> Array.map snd)

    let k, n = float groups.Length, float y.Length

    let between =
        groups
        |> Array.sumBy (fun g -> float g.Length * (Array.average g - mean) ** 2.0)

    let total = y |> Array.sumBy (fun v -> (v - mean) ** 2.0)
    between / (k - 1.0) / ((total - between) / (n - k)), k - 1.0, n - k

[<Tests>]
let tests =
    testList "VarianceTestTests" [
        // In the balanced one-way layout the ratio is a monotone function of F, so that its exact p-value is that of F.
        testCases "The exact test of a balanced one-way layout is its F test" [ true; false ] (fun (reml) ->
            let fit =
                Models.fit (if reml then Criterion.Reml else Criterion.Ml) "dyestuff" "Yield ~ 1 + (1 | Batch)"

            let f, df1, df2 = fOfOneWay fit
            let expected = 1.0 - FisherSnedecor.CDF(df1, df2, f)

            let found =
                VarianceTest.run
                    {
                        VarianceTest.defaults with
                            Draws = 40000
                    }
                    batch
                    fit
                |> Models.value

            let error = sqrt (expected * (1.0 - expected) / 40000.0)
            Law.assertHolds (Law.near "p" (4.0 * error) expected found.Exact.Value.P))

        testCase "The mass at zero of the exact distribution is that of F below one" (fun () ->
            // σ̂²_b = 0 by REML when F ≤ 1.
            let fit = Models.reml "dyestuff" "Yield ~ 1 + (1 | Batch)"
            let _, df1, df2 = fOfOneWay fit

            let null' =
                ExactRlrt.create Criterion.Reml fit.Design fit.Design.Random.Head |> Option.get

            let draws =
                ExactRlrt.simulate
                    {
                        BootstrapOptions.defaults with
                            Replicates = 20000
                    }
                    null'

            let zero = draws |> Array.averageBy (fun v -> if v < 1e-9 then 1.0 else 0.0)
            Law.assertHolds (Law.near "mass" 0.015 (FisherSnedecor.CDF(df1, df2, 1.0)) zero))

        testCases "The exact distribution equals simulation of the whole model" [ true; false ] (fun (reml) ->
            // Unbalanced by its covariate, so that eigenvalues differ.
            let criterion = if reml then Criterion.Reml else Criterion.Ml
            let larger = Models.fit criterion "pastes" "strength ~ cask + (1 | batch)"

            let smaller =
                Refit.ofDesign criterion (Refit.withoutEffect 0 0 larger.Design) |> Models.value

            let options = {
                BootstrapOptions.defaults with
                    Replicates = 600
            }

            let simulated =
                BootstrapTest.statistics options smaller larger
                |> Models.value
                |> Array.choose id
                |> Array.sort

            let exact =
                ExactRlrt.create criterion larger.Design larger.Design.Random.Head
                |> Option.get
                |> ExactRlrt.simulate { options with Replicates = 6000 }
                |> Array.sort

            // Kolmogorov and Smirnov's distance, the two samples' 0.1 % point.
            let share (sample: float[]) value =
                (sample |> Array.filter (fun v -> v <= value + 1e-6) |> Array.length |> float)
                / float sample.Length

            let distance =
                simulated
                |> Array.map (fun v -> abs (share simulated v - share exact v))
                |> Array.max

            Law.assertHolds (Law.atMost "distance" (1.95 * sqrt (1.0 / 600.0 + 1.0 / 6000.0)) distance))

        testCase "The mixture of a slope's variance is half χ² with one and half with two degrees of freedom" (fun () ->
            let fit = Models.reml "sleepstudy" "Reaction ~ Days + (Days | Subject)"

            let found =
                VarianceTest.run VarianceTest.defaults (VarianceParameter.EffectVariance(0, 1)) fit
                |> Models.value

            Check.equal [ 0.5, 1; 0.5, 2 ] found.Mixture
            Check.isTrue found.Exact.IsNone
            let t = found.Statistic

            Law.assertHolds [
                // lme4: REML criteria 1786.465 and 1743.628.
                yield! Law.near "statistic" 1e-4 42.836813 t
                yield!
                    Law.relative
                        "p"
                        1e-10
                        (0.5 * exp (-0.5 * t) + 0.5 * (2.0 * Normal.CDF(0.0, 1.0, -(sqrt t))))
                        found.MixtureP
            ])

        testCase "The report says which p-value applies" (fun () ->
            let only = Models.reml "dyestuff2" "Yield ~ 1 + (1 | Batch)"

            let found =
                VarianceTest.run
                    {
                        VarianceTest.defaults with
                            Draws = 100
                    }
                    batch
                    only
                |> Models.value

            Check.equal 0.0 found.Statistic
            Check.equal 1.0 found.MixtureP

            Check.equal "the exact distribution applies: the model has one variance beside the residual" found.Advice

            let crossed =
                VarianceTest.run VarianceTest.defaults batch Models.penicillin.Value
                |> Models.value

            Check.equal
                "only the χ² mixture was computed; it holds for many levels of every grouping factor; ask for the bootstrap if there are few"
                crossed.Advice)

        testCase "Only variances can be tested" (fun () ->
            Models.isMisuse (fun () ->
                VarianceTest.run VarianceTest.defaults VarianceParameter.Residual Models.dyestuff.Value
                |> ignore))
    ]

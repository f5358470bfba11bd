/// <summary>SAS and JMP to fifteen digits, as MixedModelsSmallSample.jl holds them (published.md, 3.4), and exact F
/// tests.</summary>
module LmmFunctional.Tests.PublishedInferenceTests

open System
open Expecto
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis

let private sasKr = Inferred.kr Convention.sas

let private sasSw = Inferred.satterthwaite Convention.sas

/// Standard error and df of coefficients, in order.
let private rows tolerance method fit expected = [
    for (se, df), own in Seq.zip expected (Inferred.coefficients method fit) do
        let what = $"{DegreesOfFreedomMethod.describe method}, {own.Name}"
        yield! Law.relative $"{what}, se" tolerance se own.StandardError
        yield! Law.relative $"{what}, df" tolerance df own.Df
]

let private coded name middle half =
    $"I((`{name}` - {middle}) / {half})", $"I(((`{name}` - {middle}) / {half})^2)"

// Every method that is exact on balanced data, with the df of the analysis of variance.
let private exactMethods = [
    sasKr
    sasSw
    Inferred.kr Convention.pbkrtest
    Inferred.kr Convention.sasLinear
    DegreesOfFreedomMethod.satterthwaite
    DegreesOfFreedomMethod.Containment
]

let private exact fit expected = [
    for method in exactMethods do
        for kind in [ HypothesisType.I; HypothesisType.II; HypothesisType.III ] do
            let found = (Inferred.anova kind method fit).Tests
            let where = DegreesOfFreedomMethod.describe method

            for (name, f, numerator, denominator), test in List.zip expected found do
                yield! Law.isTrue $"{where}: {test.Name} for {name}" (test.Name = name)
                yield! Law.isTrue $"{where}: {test.NumeratorDf} df" (test.NumeratorDf = numerator)
                yield! Law.relative $"{where}, type {kind}, {name}, F" 1e-8 f test.F
                yield! Law.relative $"{where}, type {kind}, {name}, df" 1e-8 denominator test.DenominatorDf
]

// SAS/STAT User's Guide, The MIXED Procedure, example 1 (Stroup 1989): block, A, B and yield.
let private stroup = [
    56
    41
    50
    36
    39
    35
    30
    25
    36
    28
    33
    30
    32
    24
    31
    27
    15
    19
    30
    25
    35
    30
    17
    18
]

[<Tests>]
let tests =
    testList "PublishedInferenceTests" [
        testCase "sleepstudy, independent intercepts and slopes" (fun () ->
            let fit = Inferred.reml "sleepstudy" "Reaction ~ Days + (Days || Subject)"

            let sas = [ 6.88538113552491, 18.1562059728627; 1.55956592087407, 18.1562053992452 ]

            Law.assertHolds [
                yield! rows 1e-6 sasKr fit sas
                yield! rows 1e-6 sasSw fit sas
                yield! rows 1e-6 sasKr fit [ 6.8853812189, 18.15620492; 1.5595659439, 18.15620416 ]

                // From lme4's estimates, whose optimiser stops earlier.
                yield!
                    rows 5e-6 (Inferred.kr Convention.pbkrtest) fit [
                        6.88538081723722, 18.1874704787764
                        1.55956909806857, 18.1874704787764
                    ]
            ])

        testCase "sleepstudy, correlated: by variances and by factors" (fun () ->
            let fit = Inferred.reml "sleepstudy" "Reaction ~ Days + (Days | Subject)"
            let byVariances = [ 6.82455653206923, 17.0; 1.54578889629476, 17.0 ]
            let byFactors = [ 6.68447846431829, 17.0; 1.44782904221574, 17.0 ]

            Law.assertHolds [
                yield! rows 1e-9 sasKr fit byVariances
                yield! rows 1e-9 sasSw fit byVariances
                // FA0(2): the second derivatives do not vanish.
                yield! rows 1e-9 (Inferred.kr Convention.mmrm) fit byFactors
                yield! rows 1e-9 (Inferred.satterthwaite Convention.mmrm) fit byVariances
            ])

        testCase "sleepstudy, quadratic" (fun () ->
            let fixedPart = "Reaction ~ Days + I(Days^2)"

            let of' random =
                Inferred.reml "sleepstudy" $"{fixedPart} + {random}"

            Law.assertHolds [
                yield!
                    rows 1e-6 sasKr (of' "(1 + Days + I(Days^2) | Subject)") [
                        7.90738525660123, 17.0
                        4.07630284772317, 17.0
                        0.41587933385372, 17.0
                    ]

                // SAS stops where the criterion changes by 1e-8 of itself, a hundredth of a standard error of a variance
                // from the
                // optimum; where its df can be compared with exact ones, as above, ours are these.
                yield!
                    rows 1e-4 sasKr (of' "(1 + Days + I(Days^2) || Subject)") [
                        7.5345680852253, 25.4403327505904
                        2.72459382818507, 87.9473469873813
                        0.27461578272595, 86.2132178815192
                    ]

                yield!
                    rows 2e-4 sasKr (of' "(1 | Subject) + (0 + Days + I(Days^2) | Subject)") [
                        7.33242730111595, 19.7859398430861
                        3.76253804640303, 19.7852657441093
                        0.3854685725795, 18.8967462890788
                    ]
            ])

        testCase "sleepstudy, covariance of the variances" (fun () ->
            let asycov data =
                let fit = Inferred.reml "sleepstudy" data

                LikelihoodMoments.userMoments Parametrisation.VarianceScale fit.Model (List.last fit.Path).Theta
                |> ParameterCovariance.ofMoments Convention.sas

            let independent = asycov "Reaction ~ Days + (Days || Subject)"
            let correlated = asycov "Reaction ~ Days + (Days | Subject)"

            Law.assertHolds [
                yield!
                    Law.relativeAll "independent" 1e-6 [ 80488.0854681997; 211.228463398363; 5865.72419872221 ] [
                        for i in 0..2 -> independent[i, i]
                    ]

                yield! Law.relative "intercept and days" 1e-5 -200.326096488016 independent[0, 1]
                yield! Law.relative "intercept and residual" 1e-5 -1406.75274422903 independent[0, 2]
                yield! Law.relative "days and residual" 1e-5 -39.3123125229673 independent[1, 2]

                // vech: by columns.
                yield! Law.relative "intercept" 1e-6 83395.4211795426 correlated[0, 0]
                yield! Law.relative "covariance" 1e-6 2178.87962355724 correlated[1, 1]
                yield! Law.relative "days" 1e-6 218.509351162276 correlated[2, 2]
                yield! Law.relative "residual" 1e-6 5957.60762420141 correlated[3, 3]
            ])

        testCase "Pastry dough, where Kenward-Roger and Satterthwaite differ" (fun () ->
            let fr, fr2 = coded "Flow Rate" 37.5 7.5
            let mc, mc2 = coded "Moisture Content" 21 3
            let ss, ss2 = coded "Screw Speed" 350 50

            let fit =
                Inferred.reml
                    "pastry_dough"
                    ($"`Longitudinal Expansion Index` ~ {fr} + {mc} + {ss} + {fr2} + {mc2} + {ss2} + {fr}:{mc} + {fr}:{ss} "
                     + $"+ {mc}:{ss} + (1 | Day)")

            let kr = Inferred.coefficients sasKr fit
            let pbkrtest = Inferred.coefficients (Inferred.kr Convention.pbkrtest) fit

            Law.assertHolds [
                yield!
                    rows 1e-8 sasKr fit [
                        0.65833550480657, 17.9117348654385
                        0.20623824340802, 12.5049351013861
                        0.20421432933848, 12.4684849005296
                        0.20623824340802, 12.5049351013861
                        0.43863042745116, 12.3141103631856
                    ]

                yield!
                    Law.relativeAll
                        "estimates"
                        1e-8
                        [
                            11.3844051466283
                            1.01038896129549
                            -1.47173819537483
                            0.72668207196264
                            0.32758179972498
                        ]
                        (kr |> List.truncate 5 |> List.map _.Estimate)

                yield! rows 1e-8 sasSw fit [ 0.65339060896385, 17.9117348654385 ]
                yield! Law.relative "expected information" 1e-7 12.3526285829433 pbkrtest[1].Df
            ])

        testCase "Bioequivalence, random subjects" (fun () ->
            let formula = "log_data ~ sequence + factor(period) + formulation + (1 | subject)"

            let fit = Inferred.reml "bioequivalence" formula

            let ml = Inferred.fit Criterion.Ml (TestFrame.read "bioequivalence") formula

            let last method fit =
                List.last (Inferred.coefficients method fit)

            let kr, sw, byMl = last sasKr fit, last sasSw fit, last sasSw ml

            Law.assertHolds [
                yield! Law.relative "estimate" 1e-8 0.14608822401346 kr.Estimate
                yield! Law.relative "se, KR" 1e-8 0.04651376700247 kr.StandardError
                yield! Law.relative "df" 1e-8 216.938612146491 kr.Df
                yield! Law.relative "se, Satterthwaite" 1e-8 0.04651300017581 sw.StandardError
                yield! Law.relative "estimate by ML" 1e-8 0.14609317057201 byMl.Estimate
                yield! Law.relative "se by ML" 1e-8 0.04609064049773 byMl.StandardError
                yield! Law.relative "df by ML" 1e-8 220.928475874213 byMl.Df
            ])

        testCase "Bioequivalence with FA0(2), whose second factor is zero" (fun () ->
            let fit =
                Inferred.reml
                    "bioequivalence"
                    "log_data ~ sequence + factor(period) + formulation + (0 + formulation | subject)"

            let last method =
                List.last (Inferred.coefficients method fit)

            let kr = last (Inferred.kr Convention.mmrm)
            let sw = last (Inferred.satterthwaite Convention.mmrm)

            Law.assertHolds [
                yield! Law.isTrue "not singular" fit.Certificate.IsSingular
                // SAS stops a little above the optimum here.
                yield! Law.relative "estimate" 1e-6 0.14665779255033 kr.Estimate
                yield! Law.relative "se, KR" 1e-6 0.04640729208935 kr.StandardError
                yield! Law.relative "se, Satterthwaite" 1e-6 0.04673454245934 sw.StandardError
                yield! Law.relative "df" 1e-5 205.001265302626 kr.Df
            ])

        testCase "Oats, a split plot: every method gives the classical F" (fun () ->
            exact (Inferred.reml "oats" "yield ~ Variety * nitroF + (1 | Block) + (1 | Block:Variety)") [
                "Variety", 1.48534037944, 2, 10.0
                "nitroF", 37.6856470588, 3, 45.0
                "Variety:nitroF", 0.302823529412, 6, 45.0
            ]
            |> Law.assertHolds)

        testCase "Stroup's split plot: every method gives the classical F" (fun () ->
            let text prefix count each =
                stroup
                |> List.mapi (fun i _ -> $"{prefix}{i / each % count + 1}")
                |> TestFrame.texts

            let frame =
                TestFrame.ofColumns [
                    "Block", text "b" 4 6
                    "A", text "a" 3 2
                    "B", text "b" 2 1
                    "Y", TestFrame.numbers (List.map float stroup)
                ]

            let fit =
                Inferred.fit Criterion.Reml frame "Y ~ A * B + (1 | Block) + (1 | A:Block)"

            Law.assertHolds [
                yield!
                    Law.relativeAll
                        "variances"
                        1e-8
                        [ 62.39583333333; 15.38194444444; 9.361111111111 ]
                        (fit.VarianceComponents |> List.map _.Covariance)

                yield!
                    exact fit [
                        "A", 4.06957424714, 2, 6.0
                        "B", 19.3887240356, 1, 9.0
                        "A:B", 4.01928783383, 2, 9.0
                    ]
            ])

        testCase "Heights of SAS's first example: df of Satterthwaite, containment and Kenward-Roger" (fun () ->
            let family = [ 1; 1; 1; 1; 1; 2; 2; 2; 2; 2; 2; 3; 3; 4; 4; 4; 4; 4 ]
            let gender = "FFFMMFFFMMMFMFFMMM" |> Seq.map string

            let height = [
                67.
                66.
                64.
                71.
                72.
                63.
                63.
                67.
                69.
                68.
                70.
                63.
                64.
                67.
                66.
                67.
                67.
                69.
            ]

            let frame =
                TestFrame.ofColumns [
                    "Family", TestFrame.texts (family |> List.map string)
                    "Gender", TestFrame.texts gender
                    "Height", TestFrame.numbers height
                ]

            let fit =
                Inferred.fit Criterion.Reml frame "Height ~ Gender + (1 | Family) + (1 | Family:Gender)"

            let row method =
                (Inferred.anova HypothesisType.III method fit).Tests.Head

            let kr = row (Inferred.kr Convention.pbkrtest)

            Law.assertHolds [
                yield! Law.near "F" 0.005 7.95 (row DegreesOfFreedomMethod.satterthwaite).F
                yield! Law.near "Satterthwaite" 5e-5 2.8358 (row DegreesOfFreedomMethod.satterthwaite).DenominatorDf
                yield! Law.near "containment" 0.0 3.0 (row DegreesOfFreedomMethod.Containment).DenominatorDf
                yield! Law.near "F of Kenward-Roger" 5e-4 7.658 kr.F
                yield! Law.near "df of Kenward-Roger" 5e-4 2.854 kr.DenominatorDf
            ])

        testCase "InstEval, where pbkrtest cannot: Kenward-Roger needs no matrix of the size of the data" (fun () ->
            let fit = Inferred.reml "insteval" "y ~ 1 + service + (1 | s) + (1 | d)"
            let before = GC.GetTotalAllocatedBytes true
            let kr = List.last (Inferred.coefficients sasKr fit)
            let allocated = GC.GetTotalAllocatedBytes true - before
            let sw = List.last (Inferred.coefficients sasSw fit)

            Law.assertHolds [
                // One coefficient: both methods have the same df, and the adjustment can only add.
                yield! Law.relative "df" 1e-6 sw.Df kr.Df
                yield! Law.isTrue "the standard error is not adjusted upwards" (kr.StandardError > sw.StandardError)
                yield! Law.relative "standard error" 1e-3 sw.StandardError kr.StandardError
                yield! Law.atMost "bytes" 1e9 (float allocated)
            ])

        testCase "Tail probabilities keep their digits far out" (fun () ->
            Law.assertHolds [
                // R: 2 * pt(-20, 10), pf(200, 2, 12, lower.tail = FALSE), 2 * pnorm(-10), qt(0.975, 3.7).
                yield! Law.relative "t" 1e-12 2.14606231720425e-09 (Probability.twoSided 10.0 20.0)
                yield! Law.relative "F" 1e-12 6.10526023122383e-10 (Probability.upperF 2 12.0 200.0)
                yield! Law.relative "z" 1e-12 1.52397060483211e-23 (Probability.twoSided infinity 10.0)
                yield! Law.relative "t of one df" 1e-12 0.5 (Probability.twoSided 1.0 1.0)
                yield!
                    Law.relative "F of t²" 1e-12 (Probability.twoSided 7.3 2.2) (Probability.upperF 1 7.3 (2.2 * 2.2))
                yield! Law.relative "χ²" 1e-12 (exp -4.0) (Probability.upperF 2 infinity 4.0)
                yield! Law.relative "quantile" 1e-12 2.86752070719119 (Probability.quantile 3.7 0.95)
                yield! Law.relative "quantile of one df" 1e-12 (tan (0.475 * Math.PI)) (Probability.quantile 1.0 0.95)
                yield! Law.relative "normal quantile" 1e-12 1.959963984540054 (Probability.quantile infinity 0.95)
            ])

        testCase "Tails of hardly any degrees of freedom reach beyond the squares of numbers" (fun () ->
            Law.assertHolds [
                // The regularised incomplete beta function by mpmath with 40 digits.
                yield! Law.relative "1e160 on 0.01 df" 1e-12 0.024378525263998519 (Probability.twoSided 0.01 1e160)
                yield! Law.relative "1e160 on 0.5 df" 1e-12 6.4140195082844580e-81 (Probability.twoSided 0.5 1e160)
                yield! Law.relative "below the change" 1e-12 2.0282910602932115e-05 (Probability.twoSided 0.5 1e9)
                yield! Law.relative "above the change" 1e-12 1.4342183629533824e-05 (Probability.twoSided 0.5 2e9)
                yield! Law.relative "quantile of 0.2 df" 1e-12 24026.514988395412 (Probability.quantile 0.2 0.9)
                yield! Law.relative "quantile of 0.05 df" 1e-12 11404359422183396429.0 (Probability.quantile 0.05 0.9)
                yield!
                    Law.relative "quantile of 0.004 df" 1e-11 3.1674684969175474e+248 (Probability.quantile 0.004 0.9)
                yield! Law.isTrue "quantile of 0.003 df" (Double.IsPositiveInfinity(Probability.quantile 0.003 0.9))
            ])
    ]

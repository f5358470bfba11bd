/// <summary>Values as F# Interactive prints them: a few lines that a person reads.</summary>
module LmmFunctional.Tests.DisplayTests

open System
open Expecto
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis

let private shown (value: 'value) =
    (sprintf "%A" value).ReplaceLineEndings "\n"

let private fit =
    lazy (Inferred.reml "sleepstudy" "Reaction ~ Days + (Days | Subject)")

let private inference =
    lazy (Inferred.inference DegreesOfFreedomMethod.satterthwaite fit.Value)

let private oats =
    lazy
        (Inferred.reml "oats" "yield ~ Variety * nitroF + (1 | Block/Variety)"
         |> Inferred.inference DegreesOfFreedomMethod.satterthwaite)

let private means =
    lazy
        (MarginalMeans.over MarginalOptions.defaults "Variety" oats.Value
         |> Inferred.orRaise)

[<Tests>]
let tests =
    testList "DisplayTests" [
        testCase "a fit in five lines" (fun () ->
            let lines = (shown fit.Value).Split '\n'

            Texts.equal [
                "Reaction ~ 1 + Days + (1 + Days | Subject)"
                "  -2 log likelihood (REML) 1743.63, 180 rows"
                "  fixed effects (se): (Intercept) 251.405 (6.82456), Days 10.4673 (1.54579)"
                "  standard deviations: Subject (Intercept) 24.7405, Subject Days 5.92213, Residual 25.5918"
            ] [ lines[0]; lines[1]; lines[3]; lines[4] ]

            Check.equal 5 lines.Length
            Check.startsWith "  optimum; gradient " (lines[2])
            Check.equal (string fit.Value) (shown fit.Value))

        testCase "estimates, tests and intervals in a line each" (fun () ->
            Texts.equal [
                "(Intercept): 251.405, se 6.82456, t 36.8383"
                "Subject (Intercept): variance 612.09, sd 24.7405"
                "Subject (Intercept) Days: covariance 9.60433, correlation 0.0655513"
                "Days: 10.4673, se 1.54579, t 6.77148 on 17 df, p 3.26379E-06, [7.20596, 13.7286]"
                "Days: F 45.853 on 1 and 17 df, p 3.26379E-06"
                "sigma: 25.5918 [22.898, 28.858]"
            ] [
                shown fit.Value.Coefficients.Head
                shown fit.Value.VarianceComponents.Head
                shown (fit.Value.VarianceComponents |> List.item 2)
                shown (List.item 1 (Inferred.coefficients DegreesOfFreedomMethod.satterthwaite fit.Value))
                shown (
                    List.head (Inferred.anova HypothesisType.III DegreesOfFreedomMethod.satterthwaite fit.Value).Tests
                )
                shown {
                    Name = "sigma"
                    Estimate = 25.59181
                    Lower = Some 22.898
                    Upper = Some 28.858
                    Note = None
                }
            ])

        testCase "means and comparisons, one in a line" (fun () ->
            let contrasts =
                MarginalContrasts.create MeanContrast.Pairwise None means.Value
                |> Inferred.orRaise

            Check.equal 5 ((shown means.Value).Split('\n').Length)
            Check.startsWith "the mean of yield; Satterthwaite" (shown means.Value)
            Check.contains "\n  GoldenRain: 104.5, se 7.79" (shown means.Value)
            Check.equal 4 ((shown contrasts).Split('\n').Length)

            Check.startsWith
                "comparisons of the mean of yield, adjustment tukey\n  GoldenRain - Marvellous: "
                (shown contrasts))

        testCase "models, data and problems in words" (fun () ->
            let frame = TestFrame.read "sleepstudy"

            Texts.equal [
                "Reaction ~ 1 + Days + (1 + Days | Subject)"
                "180 rows: Reaction numeric, Days numeric, Subject numeric"
                "Reaction ~ 1 + Days + (1 + Days | Subject): 180 rows, 2 fixed effects, 1 random term"
                "REML log likelihood of Reaction ~ 1 + Days + (1 + Days | Subject), 3 parameters"
                "tests of Reaction ~ 1 + Days + (1 + Days | Subject): "
                + DegreesOfFreedomMethod.describe DegreesOfFreedomMethod.satterthwaite
                "Several random terms have a parameter 'a'; leave it free, or give each term a grouping factor of its own."
                "Subject: 18 levels, effects (Intercept), Days"
            ] [
                shown fit.Value.Spec
                shown frame
                shown fit.Value.Design
                shown fit.Value.Model
                shown inference.Value
                shown (LmmError.AmbiguousParameter "a")
                shown (List.head (Fit.randomEffects fit.Value))
            ])

        // Of a session: what is bound to a name is printed whole.
        testCase "no value of a session hides the rest" (fun () ->
            let fit = fit.Value

            let table =
                ModelComparison.table [ fit; Inferred.reml "sleepstudy" "Reaction ~ Days + (1 | Subject)" ]

            for value in
                [
                    box (Ok fit: Result<Fit, LmmError list>)
                    fit.Certificate
                    fit.Iterations
                    fit.Coefficients
                    fit.VarianceComponents
                    fit.CovarianceParameters
                    Fit.randomEffects fit
                    inference.Value
                    Inference.coefficients 0.95 inference.Value
                    Inferred.test DegreesOfFreedomMethod.satterthwaite "Days = 10, (Intercept) = 250" fit
                    Inferred.anova HypothesisType.III DegreesOfFreedomMethod.satterthwaite fit
                    Profile.intervals 0.95 (Inferred.reml "dyestuff" "Yield ~ 1 + (1 | Batch)")
                    CovarianceInference.covariance Information.Observed CovarianceScale.Variance fit
                    table
                    means.Value.Means
                    LogLikelihood.create Criterion.Reml fit.Design
                ] do
                let text = shown value
                Expect.isLessThan (text.Split('\n').Length) 16 text
                Check.lacks "Schema" text)
    ]

module LmmFunctional.Tests.RandomFitTests

open System
open FsCheck.FSharp
open Expecto
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis
open LmmFunctional.Properties

/// <summary>Random models of every kind, with and without structures, of few rows and of some.</summary>
type AnyModels =

    static member RandomModel() =
        let kinds =
            Gen.oneof [ RandomModel.genSized 20 60; RandomModel.genStructured 24 60 ]

        Arb.fromGenShrink (kinds, RandomModel.shrink)

let private config = {
    Law.config with
        arbitrary = [ typeof<AnyModels> ]
}

let private isNumber (what: string) (value: float) =
    Law.isTrue $"{what} is NaN" (not (Double.IsNaN value))

let private ofFit (fit: Fit) = [
    yield! Law.isTrue $"the criterion is {fit.CriterionValue}" (Double.IsFinite fit.CriterionValue)
    yield! isNumber "sigma" fit.Sigma

    for parameter in fit.CovarianceParameters do
        yield! isNumber parameter.Name parameter.Estimate

    for coefficient in fit.Coefficients do
        yield! isNumber coefficient.Name coefficient.Estimate
        yield! isNumber $"standard error of {coefficient.Name}" coefficient.StandardError

    for value in Fit.fitted fit do
        yield! isNumber "a fitted value" value

    yield! Law.isTrue "the summary holds NaN" (not ((Summary.render SummaryFormat.Text fit).Contains "NaN"))
]

let private ofTests (fit: Fit) method = [
    match Inference.create method fit with
    | Error problems -> yield! Law.isTrue "no problem is told" (not problems.IsEmpty)
    | Ok inference ->
        for estimate in Inference.coefficients 0.95 inference do
            let what = $"{DegreesOfFreedomMethod.describe method}, {estimate.Name}"

            match estimate.NotTestable with
            // What cannot be tested is said in words instead.
            | Some reason -> yield! Law.isTrue $"{what}: no reason" (reason <> "")
            | None ->
                yield! isNumber $"{what}, standard error" estimate.StandardError
                yield! isNumber $"{what}, df" estimate.Df
                yield! isNumber $"{what}, p" estimate.P
]

let private methods = [
    DegreesOfFreedomMethod.satterthwaite
    DegreesOfFreedomMethod.KenwardRoger Convention.pbkrtest
]

[<Tests>]
let tests =
    testList "RandomFitTests" [
        // Found by explore: an unstructured matrix on its way to a singular one was taken, with NaN for errors.
        testCase
            "a place where the likelihood grows without bound is no optimum, and no standard error is NaN"
            (fun () ->
                let model = {
                    Seed = 15334
                    Rows = 39
                    Fixed = "x + I(x^2) + z"
                    Random = "(1 | site)"
                    Criterion = Criterion.Reml
                    Size = 0.0
                    HasWeights = true
                    HasOffset = false
                    IsBalanced = false
                    Residual = "us(visit | id)"
                    Held = []
                }

                let fit = RandomModel.fit model

                Law.assertHolds [
                    yield! Law.isTrue $"{fit.Certificate.Verdict}" fit.Certificate.IsConverged

                    for method in methods do
                        yield! ofTests fit method
                ])

        // A refusal in words is an answer; an exception is none.
        testPropertyWithConfig
            config
            "a random model is fitted or refused, without exception and without NaN"
            (fun model ->
                match Lmm.fit (RandomModel.options model) (RandomModel.frame model) (RandomModel.spec model) with
                | Error problems -> Law.holds (Law.isTrue "no problem is told" (not problems.IsEmpty))
                | Ok fit ->
                    Law.holds [
                        yield! ofFit fit

                        for method in methods do
                            yield! ofTests fit method
                    ])
    ]

/// <summary>Linear functions of effects and of predictions: covariances, differences, means on the scale of the response.</summary>
module LmmFunctional.Tests.LinearCombinationTests

open System
open Expecto
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis
open LmmFunctional.Verification
open LmmFunctional.Properties

let private structured = {
    Law.config with
        arbitrary = [ typeof<StructuredSmallModels> ]
        maxTest = 60
}

let private asymptotic = {
    PredictionOptions.defaults with
        Method = DegreesOfFreedomMethod.Asymptotic
}

let private orFail result =
    match result with
    | Ok value -> value
    | Error problems -> failtest (problems |> List.map LmmError.describe |> String.concat "; ")

/// Differences of rows by their own functions and by the covariance matrix of the rows.
let private differences interval (model: RandomModel) (fit: Fit) = [
    let frame = RandomModel.frame model

    let few =
        match Frame.filter (fun row -> row < 6) frame with
        | Ok few -> few
        | Error problems -> failtest $"{problems}"

    let options = { asymptotic with Interval = interval }

    let weights = [
        [ 1.0; -1.0; 0.0; 0.0; 0.0; 0.0 ]
        [ 0.5; 0.5; 0.0; 0.0; -1.0; 0.0 ]
        [ 0.0; 0.0; 0.0; 0.0; 0.0; 2.0 ]
    ]

    match Predictions.jointly options few fit, Predictions.combinations options weights few fit with
    | Ok joint, Ok found ->
        let size = fit.Sigma

        for own, weights in List.zip found weights do
            let estimate =
                List.map2 (fun w (one: Prediction) -> w * one.Estimate) weights joint.Predictions
                |> List.sum

            let variance =
                Seq.sum (
                    seq {
                        for i in 0..5 do
                            for j in 0..5 do
                                weights[i] * weights[j] * joint.Covariance[i, j]
                    }
                )

            let scale =
                Seq.sumBy (fun i -> weights[i] * weights[i] * joint.Covariance[i, i]) (seq { 0..5 })

            yield! Law.near $"estimate {own.Row}" (1e-7 * (size + abs estimate)) estimate own.Estimate
            yield! Law.near $"variance {own.Row}" (1e-7 * (scale + size * size)) variance (own.StandardError ** 2.0)
    | Error _, Error _ -> ()
    | Error problems, _
    | _, Error problems -> yield! problems |> List.map LmmError.describe
]

let private said law (model: RandomModel) =
    let fit = RandomModel.fit model

    // A fit without an optimum may have no estimates.
    if not fit.Certificate.IsConverged || not ((Setting.ofFit fit).Rounding <= 1e-9) then
        []
    else
        law model fit
    |> List.map (fun failure -> $"{RandomModel.formula model}: {failure}")
    |> Law.holds

let private sleep =
    lazy Fitted.reml "sleepstudy" "Reaction ~ Days + (Days | Subject)"

[<Tests>]
let tests =
    testList "LinearCombinationTests" [
        testPropertyWithConfig
            structured
            "differences of means are those of their covariance matrix"
            (fun (model: RandomModel) -> said (differences PredictionInterval.Confidence) model)

        testPropertyWithConfig
            structured
            "differences of future observations are those of their covariance matrix"
            (fun (model: RandomModel) -> said (differences PredictionInterval.Prediction) model)

        testCase "a function of fixed and random effects is the prediction that it writes out" (fun () ->
            let functions = [
                {
                    Name = "308 at day 5"
                    Fixed = [ "(Intercept)", 1.0; "Days", 5.0 ]
                    Random = [ ("Subject", "308", "(Intercept)"), 1.0; ("Subject", "308", "Days"), 5.0 ]
                }
                LinearCombination.difference "Subject" "Days" "308" "309"
            ]

            let found = Predictions.ofCombinations asymptotic functions sleep.Value |> orFail

            let frame =
                TestFrame.ofColumns [ "Days", TestFrame.numbers [ 5.0 ]; "Subject", TestFrame.texts [ "308" ] ]

            let expected =
                Predictions.ofFrame asymptotic frame sleep.Value |> orFail |> List.head

            let effects = (Fit.randomEffects sleep.Value).Head

            let slope level =
                effects.Modes[effects.Levels.IndexOf level, 1]

            let own = found.Predictions.Head

            Law.assertHolds [
                yield! Law.relative "estimate" 1e-12 expected.Estimate own.Estimate
                yield! Law.relative "se" 1e-10 expected.StandardError own.StandardError
                yield! Law.relative "difference" 1e-12 (slope "308" - slope "309") found.Predictions[1].Estimate

                yield!
                    Law.relative
                        "its variance"
                        1e-10
                        (found.Predictions[1].StandardError ** 2.0)
                        found.Covariance[1, 1]
            ])

        testCase "two rows of one new level share its effects" (fun () ->
            let frame levels =
                TestFrame.ofColumns [ "Days", TestFrame.numbers [ 1.0; 1.0 ]; "Subject", TestFrame.texts levels ]

            let difference levels =
                (Predictions.combinations asymptotic [ [ 1.0; -1.0 ] ] (frame levels) sleep.Value
                 |> orFail)
                    .Head

            let g = snd sleep.Value.RandomCovariances.Head
            let variance = g[0, 0] + 2.0 * g[0, 1] + g[1, 1]

            Law.assertHolds [
                yield! Law.near "one level" 1e-6 0.0 (difference [ "new"; "new" ]).StandardError
                yield!
                    Law.relative
                        "two levels"
                        1e-10
                        (2.0 * variance)
                        ((difference [ "new"; "other" ]).StandardError ** 2.0)
            ])

        testCase "new levels keep their names where the fit has numbers for levels" (fun () ->
            let frame =
                TestFrame.ofColumns [
                    "Days", TestFrame.numbers [ 1.0; 1.0; 1.0 ]
                    "Subject", TestFrame.texts [ "308"; "new"; "other" ]
                ]

            let found = Predictions.ofFrame asymptotic frame sleep.Value |> orFail
            Check.equal [ []; [ "Subject", "new" ]; [ "Subject", "other" ] ] (found |> List.map _.NewLevels))

        testCase "means on the scale of the response" (fun () ->
            let fit = Fitted.reml "sleepstudy" "log(Reaction) ~ Days + (Days | Subject)"

            let options = {
                asymptotic with
                    Interval = PredictionInterval.Prediction
            }

            let plain = Predictions.ofFit options fit |> orFail

            let means =
                Predictions.ofFit
                    {
                        options with
                            OnResponse = true
                            MeanCorrection = true
                    }
                    fit
                |> orFail

            let back = Predictions.ofFit { options with OnResponse = true } fit |> orFail

            Law.assertHolds [
                for k in 0..20 .. plain.Length - 1 do
                    let variance = plain[k].StandardError ** 2.0
                    yield! Law.relative $"mean {k}" 1e-12 (exp (plain[k].Estimate + 0.5 * variance)) means[k].Estimate
                    yield! Law.relative $"back {k}" 1e-12 (exp plain[k].Estimate) back[k].Estimate
                    yield! Law.relative $"end {k}" 1e-12 back[k].Upper means[k].Upper
            ])

        testProperty "means over a normal distribution are exact for powers and exponentials" (fun (seed: int) ->
            let stream = RandomStream(uint64 seed, 0)
            let mean, variance = stream.NextNormal(), stream.NextUniform()

            let of' (f: float -> float) =
                ResponseMean.compute (fun x -> struct (f x, nan)) mean variance

            Law.holds [
                yield! Law.relative "exponential" 1e-12 (exp (mean + 0.5 * variance)) (of' exp)
                yield! Law.near "square" 1e-12 (mean * mean + variance) (of' (fun x -> x * x))
                yield! Law.near "line" 1e-12 mean (of' id)
            ])

        testCase "effects that are not there are told in words" (fun () ->
            let words combination =
                match Predictions.ofCombinations asymptotic [ combination ] sleep.Value with
                | Ok _ -> ""
                | Error problems -> problems |> List.map LmmError.describe |> String.concat "\n"

            Check.contains "'Day' is not" (words (LinearCombination.ofFixed "f" [ "Day", 1.0 ]))
            Check.contains "'999'" (words (LinearCombination.difference "Subject" "Days" "308" "999"))
            Check.contains "'Item'" (words (LinearCombination.difference "Item" "Days" "308" "309"))
            Check.contains "'Slope'" (words (LinearCombination.difference "Subject" "Slope" "308" "309")))

        testCase "misuse raises" (fun () ->
            let frame =
                TestFrame.ofColumns [ "Days", TestFrame.numbers [ 1.0 ]; "Subject", TestFrame.texts [ "308" ] ]

            Expect.throwsT<ArgumentException>
                (fun () -> Predictions.combinations asymptotic [ [ 1.0; 2.0 ] ] frame sleep.Value |> ignore)
                "a weight too many"

            Expect.throwsT<ArgumentException>
                (fun () ->
                    Predictions.ofCombinations
                        asymptotic
                        [ LinearCombination.ofFixed "f" [ "Days", nan ] ]
                        sleep.Value
                    |> ignore)
                "a coefficient that is no number")
    ]

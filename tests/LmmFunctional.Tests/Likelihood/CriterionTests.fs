/// <summary>The profiled criterion is the textbook's −2ℓ, from a dense V, on the user's scale.</summary>
module LmmFunctional.Tests.CriterionTests

open Expecto
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Properties

let private config = {
    Law.config with
        arbitrary = [ typeof<RandomModels> ]
        maxTest = 150
}

[<Tests>]
let tests =
    testList "CriterionTests" [
        testPropertyWithConfig
            config
            "the profiled criterion equals the dense one"
            (fun (model: RandomModel) (point: RandomPoint) ->
                let likelihood = RandomModel.likelihood model
                let theta = RandomModel.theta likelihood point
                let expected = (Textbook.solve (Textbook.at likelihood theta)).Criterion
                let actual = (likelihood.Objective.Evaluate theta Order.Value).Value
                Law.holds (Law.near (RandomModel.formula model) (1e-9 * max 1.0 (abs expected)) expected actual))

        testPropertyWithConfig
            config
            "asking for derivatives does not change the value, and asking twice gives the same bits"
            (fun (model: RandomModel) (point: RandomPoint) ->
                let likelihood = RandomModel.likelihood model
                let theta = RandomModel.theta likelihood point

                let evaluations = [
                    for order in [ Order.Curvature Information.Observed; Order.Value; Order.Gradient ] ->
                        likelihood.Objective.Evaluate theta order
                ]

                let elsewhere =
                    likelihood.Objective.Evaluate likelihood.Objective.Start Order.Gradient

                let again =
                    (RandomModel.likelihood model).Objective.Evaluate theta (Order.Curvature Information.Observed)

                Law.holds [
                    yield! Law.isTrue "no value at the start" (System.Double.IsFinite elsewhere.Value)

                    for evaluation in evaluations do
                        yield! Law.near "value" 0.0 evaluations.Head.Value evaluation.Value

                    yield! Law.nearAll "gradient" 0.0 evaluations.Head.Gradient evaluations[2].Gradient
                    yield! Law.nearAll "gradient, made again" 0.0 evaluations.Head.Gradient again.Gradient
                    yield!
                        Law.isTrue
                            "the curvature, made again, differs"
                            (evaluations.Head.Curvature.Equals again.Curvature)
                ])
    ]

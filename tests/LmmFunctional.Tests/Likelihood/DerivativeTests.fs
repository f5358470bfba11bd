/// <summary>Gradient and curvature against differences and against dense matrices, inside the space and where variances
/// are zero or factors singular.</summary>
module LmmFunctional.Tests.DerivativeTests

open System.Collections.Immutable
open Expecto
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation
open LmmFunctional.Properties

let private config = {
    Law.config with
        arbitrary = [ typeof<RandomModels> ]
        maxTest = 100
}

// Dense matrices of order 80 and engines agree to this, relative to the largest element.
let private denseTolerance = 1e-8

let private move (theta: ImmutableArray<float>) k step = theta.SetItem(k, theta[k] + step)

/// The derivative of each value by parameter k: central differences of fourth order, whose error is below 1e-9.
let private difference (values: ImmutableArray<float> -> float[]) theta k =
    let h = 1e-3
    let at step = values (move theta k step)

    let near, far =
        Array.map2 (-) (at h) (at -h), Array.map2 (-) (at (2.0 * h)) (at (-2.0 * h))

    Array.map2 (fun near far -> (8.0 * near - far) / (12.0 * h)) near far

let private largest (values: float seq) =
    values |> Seq.fold (fun m v -> max m (abs v)) 1.0

let private where model point =
    $"{RandomModel.formula model} at {point}"

let private evaluate order (likelihood: LogLikelihood) theta =
    likelihood.Objective.Evaluate theta order

[<Tests>]
let tests =
    testList "DerivativeTests" [
        testPropertyWithConfig
            config
            "the gradient equals central differences"
            (fun (model: RandomModel) (point: RandomPoint) ->
                let likelihood = RandomModel.likelihood model
                let theta = RandomModel.theta likelihood point
                let gradient = (evaluate Order.Gradient likelihood theta).Gradient
                let value theta = [| (evaluate Order.Value likelihood theta).Value |]
                let differences = Array.init theta.Length (fun k -> (difference value theta k)[0])
                Law.holds (Law.nearAll (where model point) (1e-6 * largest gradient) differences gradient))

        testPropertyWithConfig
            config
            "the observed information equals central differences of the gradient"
            (fun (model: RandomModel) (point: RandomPoint) ->
                let likelihood = RandomModel.likelihood model
                let theta = RandomModel.theta likelihood point

                let curvature =
                    (evaluate (Order.Curvature Information.Observed) likelihood theta).Curvature

                let gradient theta =
                    Array.ofSeq (evaluate Order.Gradient likelihood theta).Gradient

                Law.holds [
                    for k in 0 .. theta.Length - 1 do
                        let column = difference gradient theta k

                        yield!
                            Law.nearAll
                                $"{where model point}, column {k}"
                                (1e-5 * largest curvature.Values)
                                column
                                (curvature.Column k)
                ])

        testPropertyWithConfig
            config
            "gradient and every information equal the dense formulas"
            (fun (model: RandomModel) (point: RandomPoint) ->
                let likelihood = RandomModel.likelihood model
                let theta = RandomModel.theta likelihood point
                let dense = DenseDerivatives(likelihood, theta)

                let compare information (expected: float[,]) =
                    let found = evaluate (Order.Curvature information) likelihood theta
                    let expected = Matrix.ofArray2D expected

                    [
                        yield!
                            Law.nearAll
                                $"{where model point}, gradient"
                                (denseTolerance * largest dense.Gradient)
                                dense.Gradient
                                found.Gradient

                        yield!
                            Law.nearAll
                                $"{where model point}, {information}"
                                (denseTolerance * largest expected.Values)
                                expected.Values
                                found.Curvature.Values
                    ]

                Law.holds [
                    yield! compare Information.Observed dense.Observed

                    // Near a variance of zero the curvature of G is added, so that steps stay sound.
                    let raised =
                        Array2D.mapi (fun k l value -> value + dense.PositiveCurvature[k, l]) dense.Expected

                    let plain = compare Information.Expected dense.Expected

                    if not plain.IsEmpty && not (compare Information.Expected raised).IsEmpty then
                        yield! plain

                    yield! compare Information.Average dense.Average
                ])

        testPropertyWithConfig
            config
            "the derivatives by the covariances equal the blocks of Z'QZ"
            (fun (model: RandomModel) (point: RandomPoint) ->
                let likelihood = RandomModel.likelihood model
                let theta = RandomModel.theta likelihood point
                let dense = DenseDerivatives(likelihood, theta)
                let lambdas = ThetaLayout.matrices likelihood.Layout theta

                let derivatives =
                    LogLikelihood.withEngine likelihood lambdas (fun engine ->
                        engine.Solve()
                        engine.Derivatives((likelihood.Criterion = Criterion.Reml)))

                Law.holds [
                    for t in 0 .. derivatives.Length - 1 do
                        yield!
                            Law.relativeAll
                                $"{where model point}, trace of term {t}"
                                denseTolerance
                                dense.TraceBlocks[t]
                                derivatives[t].Trace

                        yield!
                            Law.relativeAll
                                $"{where model point}, square of term {t}"
                                denseTolerance
                                dense.SquareBlocks[t]
                                derivatives[t].Square
                ])
    ]

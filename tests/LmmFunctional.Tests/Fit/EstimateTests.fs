/// <summary>What a fit reports is what dense matrices give at its θ, on the user's scale.</summary>
module LmmFunctional.Tests.EstimateTests

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

// Dense solutions of order 80, with covariates far from zero, keep about nine digits.
let private tolerance = 1e-7

[<Tests>]
let tests =
    testList "EstimateTests" [
        testPropertyWithConfig
            config
            "estimates, modes and their standard deviations equal the dense ones"
            (fun (model: RandomModel) ->
                let fit = RandomModel.fit model
                let textbook = Textbook.ofDesign fit.Design fit.Criterion fit.Inner.Covariances
                let dense = Textbook.solve textbook
                let variance = dense.ResidualSquare / dense.Df
                let formula = RandomModel.formula model
                let effects = Fit.randomEffects fit

                let flat (m: Matrix) = [
                    for i in 0 .. m.Rows - 1 do
                        for j in 0 .. m.Columns - 1 -> m[i, j]
                ]

                let ml = Textbook.solve { textbook with IsRestricted = false }

                Law.holds [
                    yield!
                        Law.near
                            $"{formula}, criterion"
                            (1e-9 * max 1.0 (abs dense.Criterion))
                            dense.Criterion
                            fit.CriterionValue
                    yield!
                        Law.near $"{formula}, deviance" (1e-9 * max 1.0 (abs ml.Criterion)) ml.Criterion fit.Deviance
                    yield! Law.relative $"{formula}, residual variance" tolerance variance (fit.Sigma * fit.Sigma)
                    yield!
                        Law.relativeAll
                            $"{formula}, coefficients"
                            tolerance
                            dense.Beta
                            (fit.Coefficients |> List.map _.Estimate)

                    yield!
                        Law.relativeAll
                            $"{formula}, Cov(β)"
                            tolerance
                            ((variance * dense.BetaCovariance).ToColumnMajorArray())
                            fit.CoefficientCovariance.Values

                    for found, modes in Seq.zip effects (Textbook.modes textbook dense) do
                        let size =
                            fit.Sigma * tolerance
                            + tolerance * Array.fold (fun m v -> max m (abs v)) 0.0 modes

                        yield! Law.nearAll $"{formula}, modes of {found.Group}" size modes (flat found.Modes)

                    for found, variances in Seq.zip effects (Textbook.conditionalVariances textbook dense) do
                        let expected = variances |> Array.map (fun v -> variance * max 0.0 v)
                        let squares = flat found.StandardDeviations |> List.map (fun sd -> sd * sd)
                        yield! Law.nearAll $"{formula}, SDs of {found.Group}" (tolerance * variance) expected squares

                    for found, variances in Seq.zip effects (Textbook.predictionVariances textbook dense) do
                        let expected = variances |> Array.map (fun v -> variance * max 0.0 v)
                        let squares = flat found.PredictionErrors |> List.map (fun sd -> sd * sd)
                        yield! Law.nearAll $"{formula}, PEV of {found.Group}" (tolerance * variance) expected squares

                    let fitted = Fit.fitted fit

                    let zu =
                        Seq.map2
                            (fun z (u: float[]) ->
                                z * MathNet.Numerics.LinearAlgebra.Vector<float>.Build.DenseOfArray u)
                            textbook.Z
                            (Textbook.modes textbook dense)

                    let expected = Seq.fold (fun sum v -> sum + v) (textbook.X * dense.Beta) zu

                    let expected =
                        match fit.Design.Offset with
                        | Some offset -> Seq.map2 (+) expected offset
                        | None -> expected

                    yield! Law.relativeAll $"{formula}, fitted values" tolerance expected fitted

                    yield!
                        Law.relativeAll
                            "y = fitted + residual"
                            1e-13
                            fit.Design.Response
                            (Array.map2 (+) fitted (Fit.residuals fit))
                ])

        testPropertyWithConfig { config with maxTest = 40 } "criteria count all parameters" (fun (model: RandomModel) ->
            let fit = RandomModel.fit model
            let n = float fit.Observations
            let df = float (fit.FixedCount + fit.VarianceComponents.Length)
            let c = fit.InformationCriteria

            Law.holds [
                yield! Law.near "AIC" 1e-9 (fit.CriterionValue + 2.0 * df) c.Aic
                yield! Law.near "AICc" 1e-9 (c.Aic + 2.0 * df * (df + 1.0) / (n - df - 1.0)) (defaultArg c.Aicc nan)
                yield! Law.near "BIC" 1e-9 (fit.CriterionValue + df * log n) c.Bic
                yield! Law.near "log likelihood" 1e-12 (-0.5 * fit.CriterionValue) fit.LogLikelihood
            ])

        testPropertyWithConfig
            { config with maxTest = 40 }
            "θ on the user's scale gives the covariances back"
            (fun (model: RandomModel) ->
                let fit = RandomModel.fit model
                let theta = Array.ofList fit.Theta
                let layout = fit.Model.Layout

                Law.holds [
                    for t in 0 .. layout.Shapes.Length - 1 do
                        let lambda = RelativeFactor.toMatrix theta layout.Starts[t] layout.Shapes[t]
                        let square = Semidefinite.square layout.Shapes[t].Order lambda
                        yield! Law.relativeAll $"term {t}" 1e-7 fit.Inner.Covariances[t] square
                ])
    ]

/// <summary>What estimating the covariance parameters adds to the errors of predictions: against dense matrices, Kenward and
/// Roger's covariance of fixed effects, and the bootstrap.</summary>
module LmmFunctional.Tests.ParameterUncertaintyTests

open System.Collections.Immutable
open Expecto
open MathNet.Numerics.LinearAlgebra
open LmmFunctional.Numerics
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis
open LmmFunctional.Verification
open LmmFunctional.Properties

let private plain = {
    Law.config with
        arbitrary = [ typeof<SmallModels> ]
        maxTest = 30
}

let private structured = {
    Law.config with
        arbitrary = [ typeof<StructuredSmallModels> ]
        maxTest = 60
}

/// V, R and X at a point (θ, log σ), in units of the response.
let private matrices (fit: Fit) (point: float[]) =
    let omega = ImmutableArray.CreateRange point

    let theta =
        ImmutableArray.CreateRange(Seq.truncate (List.last fit.Path).Theta.Length point)

    let claims = Claims.at fit.Model theta [||] (Solution.at fit.Model theta)
    let sigma = exp (JointLikelihood.logSigmaOf fit.Model omega)

    let model =
        Marginal.create
            fit.Design
            (claims.Factors |> List.map (fun factor -> sigma / claims.Sigma * factor))
            sigma
            claims.ResidualParameters

    let identity = Matrix<float>.Build.DenseIdentity fit.Observations
    Marginal.timesV model identity, Marginal.timesR model identity, model.Fixed

/// The weights a of y in the predictions of all rows of the fit, one column for each.
let private weights (fit: Fit) point =
    let v, r, x = matrices fit point
    let w = v.Inverse()
    let covariance = (x.TransposeThisAndMultiply(w * x)).Inverse()
    let p = w - w * x * covariance * x.Transpose() * w
    p * (v - r) + w * x * covariance * x.Transpose()

let private usable (fit: Fit) =
    fit.Criterion = Criterion.Reml
    && fit.Certificate.IsConverged
    && not fit.Certificate.IsSingular
    && (Setting.ofFit fit).Rounding < 1e-10

// Differences of inverses of V need more digits than V⁻¹ itself.
let private isWellConditioned (fit: Fit) =
    let v, _, _ = matrices fit (Seq.toArray (CoordinateCovariance.pointOf fit))
    v.ConditionNumber() < 1e7

/// Σ Wᵢⱼ ∂ᵢaᵀV∂ⱼa with derivatives of a itself by differences.
let private inflation (fit: Fit) = [
    let equations = MixedModelEquations fit

    if usable fit && isWellConditioned fit then
        let targets = {
            Fit = fit
            Rows = PredictionRow.ofFit PredictedEffects.All fit
            Residuals = None
        }

        let free, w = CoordinateCovariance.coordinateCovariance Information.Expected fit

        let point = Seq.toArray (CoordinateCovariance.pointOf fit)

        let halfway (other: float[]) =
            Array.map2 (fun own far -> 0.5 * (own + far)) point other

        // Differences of two lengths, so that the error is of fourth order.
        let slopes =
            PredictionVariance.steps fit free w
            |> Array.map (
                Option.map (fun (up, down, length) ->
                    let whole = (weights fit up - weights fit down) / length
                    let half = 2.0 * (weights fit (halfway up) - weights fit (halfway down)) / length
                    (4.0 * half - whole) / 3.0)
            )

        let v, _, _ = matrices fit point

        let expected =
            Array.init fit.Observations (fun row ->
                Seq.sum (
                    seq {
                        for i in 0 .. free.Length - 1 do
                            for j in 0 .. free.Length - 1 do
                                match slopes[i], slopes[j] with
                                | Some a, Some b -> w[i, j] * (a.Column row * (v * b.Column row))
                                | _ -> ()
                    }
                ))

        let found = ParameterInflation.variances Information.Expected targets equations

        // Where the parameters do not move a prediction, its inflation is rounding of its variance.
        for row in 0 .. expected.Length - 1 do
            let tolerance = 2e-4 * expected[row] + 1e-12 * v[row, row]
            yield! Law.near $"inflation[{row}]" tolerance expected[row] found[row]

        let few = {
            targets with
                Rows = Array.truncate 5 targets.Rows
        }

        let matrix = ParameterInflation.matrix Information.Expected few equations

        for row in 0 .. few.Rows.Length - 1 do
            let tolerance = 1e-9 * found[row] + 1e-12 * v[row, row]
            yield! Law.near $"diagonal of the matrix, {row}" tolerance found[row] matrix[row * (few.Rows.Length + 1)]
]

/// The same for future observations, whose a is that of the equations.
let private futureInflation (model: RandomModel) (fit: Fit) = [
    let options = {
        PredictionOptions.defaults with
            Interval = PredictionInterval.Prediction
    }

    match PredictionTargets.ofFrame options (RandomModel.frame model) fit with
    | Ok targets when usable fit && isWellConditioned fit ->
        let rows = [| 0 .. targets.Rows.Length - 1 |]
        let free, w = CoordinateCovariance.coordinateCovariance Information.Expected fit
        let v, _, _ = matrices fit (Seq.toArray (CoordinateCovariance.pointOf fit))

        let weightsAt point =
            let struct (equations, _) = PredictionVariance.at fit point
            let parts = targets.Residuals |> Option.map (fun residuals -> residuals equations)
            let functions = PredictionVariance.functions equations targets.Rows parts

            Matrix<float>
                .Build.Dense(
                    fit.Observations,
                    rows.Length,
                    ParameterInflation.responseWeights targets equations functions rows
                )

        let slopes =
            PredictionVariance.steps fit free w
            |> Array.map (Option.map (fun (up, down, length) -> (weightsAt up - weightsAt down) / length))

        let found =
            ParameterInflation.variances Information.Expected targets (MixedModelEquations fit)

        for row in rows do
            let mutable expected = 0.0

            for i in 0 .. free.Length - 1 do
                for j in 0 .. free.Length - 1 do
                    match slopes[i], slopes[j] with
                    | Some a, Some b -> expected <- expected + w[i, j] * (a.Column row * (v * b.Column row))
                    | _ -> ()

            let tolerance = 1e-3 * expected + 1e-10 * v[0, 0]
            yield! Law.near $"inflation[{row}]" tolerance expected found[row]
    | _ -> ()
]

let private kenwardRoger = {
    PredictionOptions.defaults with
        Method = DegreesOfFreedomMethod.kenwardRoger
        Uncertainty = ParameterUncertainty.KenwardRoger
}

/// Functions of fixed effects alone have Kenward and Roger's standard errors and degrees of freedom.
let private fixedEffects (fit: Fit) = [
    if usable fit then
        let names = List.ofSeq fit.Design.Fixed.Names

        let functions =
            names |> List.map (fun name -> LinearCombination.ofFixed name [ name, 1.0 ])

        match
            Inference.create DegreesOfFreedomMethod.kenwardRoger fit,
            Predictions.ofCombinations kenwardRoger functions fit
        with
        | Ok inference, Ok found ->
            for own, expected in List.zip found.Predictions (Inference.coefficients 0.95 inference) do
                if expected.NotTestable.IsNone then
                    yield! Law.relative $"se of {expected.Name}" 1e-4 expected.StandardError own.StandardError
                    yield! Law.relative $"df of {expected.Name}" 1e-3 expected.Df own.Df
        // A column that others depend on is no estimable function.
        | _, Error _
        | Error _, _ -> ()
]

let private said law (model: RandomModel) =
    law (RandomModel.fit model)
    |> List.map (fun failure -> $"{RandomModel.formula model}: {failure}")
    |> Law.holds

let private sleep =
    lazy Fitted.reml "sleepstudy" "Reaction ~ Days + (Days | Subject)"

let private fresh =
    TestFrame.ofColumns [
        "Days", TestFrame.numbers [ 0.0; 5.0; 12.0; 5.0 ]
        "Subject", TestFrame.texts [ "308"; "308"; "372"; "new" ]
    ]

let private predicted options =
    match Predictions.ofFrame options fresh sleep.Value with
    | Ok found -> found
    | Error problems -> failtest (problems |> List.map LmmError.describe |> String.concat "; ")

let private bootstrap replicates seed =
    ParameterUncertainty.Bootstrap {
        BootstrapOptions.defaults with
            Replicates = replicates
            Seed = seed
    }

[<Tests>]
let tests =
    testList "ParameterUncertaintyTests" [
        testPropertyWithConfig
            plain
            "the variance that estimated parameters add is that of dense derivatives"
            (fun (model: RandomModel) -> said inflation model)

        testPropertyWithConfig
            structured
            "the variance that estimated parameters of structures add is that of dense derivatives"
            (fun (model: RandomModel) -> said inflation model)

        testPropertyWithConfig
            { structured with maxTest = 40 }
            "the variance that estimated parameters add to future observations is that of derivatives of their weights"
            (fun (model: RandomModel) -> said (futureInflation model) model)

        testPropertyWithConfig
            plain
            "functions of fixed effects have Kenward and Roger's errors and degrees of freedom"
            (fun (model: RandomModel) -> said fixedEffects model)

        testCase "the bootstrap is Butar and Lahiri's by refits one by one and dense matrices" (fun () ->
            let replicates = 8
            let fit = sleep.Value

            let options = {
                PredictionOptions.defaults with
                    Method = DegreesOfFreedomMethod.Asymptotic
            }

            let predict options fit =
                match Predictions.ofFit options fit with
                | Ok found ->
                    found
                    |> List.map (fun (one: Prediction) -> one.StandardError ** 2.0)
                    |> Array.ofList
                | Error problems -> failtest (problems |> List.map LmmError.describe |> String.concat "; ")

            let y = Vector<float>.Build.Dense(Array.copy fit.Design.Response)
            let known = predict options fit
            let estimates = Vector<float>.Build.Dense(Fit.fitted fit)

            let refits =
                match Simulation.simulateMany 3 replicates fit with
                | Error problems -> failtest (problems |> List.map LmmError.describe |> String.concat "; ")
                | Ok responses ->
                    responses
                    |> List.map (fun response ->
                        match Refit.withResponse response fit with
                        | Ok refit ->
                            let a = weights refit (Seq.toArray (CoordinateCovariance.pointOf refit))
                            predict options refit, a.TransposeThisAndMultiply y - estimates
                        | Error problems -> failtest (problems |> List.map LmmError.describe |> String.concat "; "))

            let expected =
                Array.init known.Length (fun k ->
                    let mean = refits |> List.averageBy (fun (variances, _) -> variances[k])
                    let moved = refits |> List.averageBy (fun (_, moved) -> moved[k] * moved[k])
                    2.0 * known[k] - mean + moved)

            let found =
                predict
                    {
                        options with
                            Uncertainty = bootstrap replicates 3
                    }
                    fit

            Law.relativeAll "error variances" 1e-6 expected found |> Law.assertHolds)

        testSequenced (
            testCase "the bootstrap gives the same bits with any number of threads" (fun () ->
                let options = {
                    PredictionOptions.defaults with
                        Uncertainty = bootstrap 20 7
                        Method = DegreesOfFreedomMethod.Asymptotic
                }

                let threads = LmmFunctional.Numerics.Tiles.Threads
                let first = predicted options

                let second =
                    try
                        LmmFunctional.Numerics.Tiles.Threads <- 1
                        predicted options
                    finally
                        LmmFunctional.Numerics.Tiles.Threads <- threads

                Check.equal (first |> List.map _.StandardError) (second |> List.map _.StandardError))
        )

        testCase "what has no closed form is told in words" (fun () ->
            let ml = Fitted.ml "sleepstudy" "Reaction ~ Days + (Days | Subject)"

            match Predictions.ofFit kenwardRoger ml with
            | Ok _ -> failtest "the fit is by ML"
            | Error problems -> Check.contains "REML" (problems |> List.map LmmError.describe |> String.concat "\n"))
    ]

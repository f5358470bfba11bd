/// <summary>Models with structured residuals against dense matrices of all rows.</summary>
module LmmFunctional.Tests.MarginalTests

open System.Collections.Immutable
open Expecto
open LmmFunctional.Numerics
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

let private config = {
    Law.config with
        arbitrary = [ typeof<StructuredModels> ]
        maxTest = 60
}

let private largest (values: float seq) =
    values |> Seq.fold (fun m v -> max m (abs v)) 1.0

let private evaluate order (likelihood: LogLikelihood) theta =
    likelihood.Objective.Evaluate theta order

let private difference (values: ImmutableArray<float> -> float[]) (theta: ImmutableArray<float>) k =
    let h = 1e-3

    let at step =
        values (theta.SetItem(k, theta[k] + step))

    let near, far =
        Array.map2 (-) (at h) (at -h), Array.map2 (-) (at (2.0 * h)) (at (-2.0 * h))

    Array.map2 (fun near far -> (8.0 * near - far) / (12.0 * h)) near far

let private fitOf kind formula frame =
    match
        Lmm.fitFormula
            {
                FitOptions.defaults with
                    Criterion = kind
            }
            frame
            formula
    with
    | Ok fit -> fit
    | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat "; ")

// Both optima are reached to about the square root of the decrement that is left.
let private sameFits what (expected: Fit) (actual: Fit) = [
    yield! Law.near $"{what}: criterion" 1e-7 expected.CriterionValue actual.CriterionValue

    for one, other in List.zip expected.Coefficients actual.Coefficients do
        yield! Law.near $"{what}: {one.Name}" (1e-5 * one.StandardError) one.Estimate other.Estimate
        yield! Law.relative $"{what}: standard error of {one.Name}" 1e-5 one.StandardError other.StandardError
]

let private trial = {
    Seed = 5
    Residual = ""
    Random = ""
    Criterion = Criterion.Reml
    HasWeights = false
    Missing = 0.2
    IsShuffled = true
}

[<Tests>]
let tests =
    testList "MarginalTests" [
        testPropertyWithConfig config "the criterion equals the dense one" (fun (model: StructuredModel) (seed: int) ->
            let likelihood = StructuredModel.likelihood model
            let theta = StructuredModel.theta likelihood seed
            let expected = DenseMarginal(likelihood, theta).Criterion
            let actual = (evaluate Order.Value likelihood theta).Value
            Law.holds (Law.near (StructuredModel.formula model) (1e-9 * max 1.0 (abs expected)) expected actual))

        testPropertyWithConfig
            config
            "gradient and observed information equal central differences"
            (fun (model: StructuredModel) (seed: int) ->
                let likelihood = StructuredModel.likelihood model
                let theta = StructuredModel.theta likelihood seed
                let found = evaluate (Order.Curvature Information.Observed) likelihood theta
                let value theta = [| (evaluate Order.Value likelihood theta).Value |]

                let gradient theta =
                    Array.ofSeq (evaluate Order.Gradient likelihood theta).Gradient

                let where = StructuredModel.formula model

                Law.holds [
                    yield!
                        Law.nearAll
                            $"{where}, gradient"
                            (1e-6 * largest found.Gradient)
                            (Array.init theta.Length (fun k -> (difference value theta k)[0]))
                            found.Gradient

                    for k in 0 .. theta.Length - 1 do
                        yield!
                            Law.nearAll
                                $"{where}, column {k}"
                                (1e-5 * largest found.Curvature.Values)
                                (difference gradient theta k)
                                (found.Curvature.Column k)
                ])

        // Without random terms nothing is added to keep steps sound, and the dense formulas hold as they are. Differences of V
        // are right to about 1e-10.
        testPropertyWithConfig
            { config with maxTest = 40 }
            "expected and average information equal the dense formulas"
            (fun (model: StructuredModel) (seed: int) ->
                let model = { model with Random = "" }
                let likelihood = StructuredModel.likelihood model
                let theta = StructuredModel.theta likelihood seed
                let dense = DenseMarginal(likelihood, theta)
                let where = StructuredModel.formula model

                let compare information (expected: float[,]) =
                    let found = evaluate (Order.Curvature information) likelihood theta
                    let expected = Matrix.ofArray2D expected

                    Law.nearAll
                        $"{where}, {information}"
                        (1e-7 * largest expected.Values)
                        expected.Values
                        found.Curvature.Values

                Law.holds [
                    yield!
                        Law.nearAll
                            $"{where}, gradient"
                            (1e-7 * largest dense.Gradient)
                            dense.Gradient
                            (evaluate Order.Gradient likelihood theta).Gradient
                    yield! compare Information.Expected dense.Expected
                    yield! compare Information.Average dense.Average
                ])

        // The two ways to sums over patterns: by pairs of positions, and matrix by matrix.
        testPropertyWithConfig
            { config with maxTest = 40 }
            "sums by positions equal sums by patterns"
            (fun (model: StructuredModel) (seed: int) ->
                let model = {
                    model with
                        Random = ""
                        HasWeights = false
                }

                let likelihood = StructuredModel.likelihood model
                let theta = StructuredModel.theta likelihood seed
                let marginal = StructuredModel.marginal likelihood
                let reml = (model.Criterion = Criterion.Reml)
                let where = StructuredModel.formula model

                match marginal.Grid, MarginalVariance.factor marginal theta with
                | Some grid, Some factor ->
                    let p = marginal.FixedCount
                    let sums = MarginalSweep.sums reml p marginal.Patterns factor

                    let plain =
                        MarginalDerivatives.parts
                            reml
                            p
                            marginal.Patterns
                            (MarginalModel.covariance marginal theta)
                            factor
                            sums

                    let found = PositionDerivatives.parts reml marginal theta grid factor sums

                    let compare what (expected: float seq) actual =
                        Law.nearAll $"{where}, {what}" (1e-10 * largest expected) expected actual

                    let all (block: SquareBlock) = Seq.ofArray block.Values

                    Law.holds [
                        yield! compare "traces" plain.Traces found.Traces
                        yield! compare "squares" plain.Squares found.Squares
                        yield! compare "averages" (all (plain.Combined 1.0 0.0)) (all (found.Combined 1.0 0.0))
                        yield! compare "products" (all (plain.Combined 0.0 1.0)) (all (found.Combined 0.0 1.0))
                        yield! compare "both" (all (plain.Combined 2.0 -1.0)) (all (found.Combined 2.0 -1.0))
                        yield! compare "curvature" (all (plain.Curvature 30.0)) (all (found.Curvature 30.0))
                    ]
                | _ -> Law.holds [])

        testPropertyWithConfig
            { config with maxTest = 40 }
            "predicted effects and their covariances given the data equal the dense ones"
            (fun (model: StructuredModel) (seed: int) ->
                let model = {
                    model with
                        Random = (if model.Random = "" then "(t | id)" else model.Random)
                }

                let likelihood = StructuredModel.likelihood model
                let theta = StructuredModel.theta likelihood seed
                let dense = DenseMarginal(likelihood, theta)
                let solution = Solution.at likelihood theta

                Law.holds [
                    for t, term in List.indexed likelihood.Standard.Terms do
                        let s = term.Columns.Length
                        let effects, covariances = dense.Effects t
                        let scale = likelihood.Standard.ResponseScale

                        let expected = [|
                            for level in 0 .. term.Levels - 1 do
                                for i in 0 .. s - 1 ->
                                    Seq.init s (fun k -> scale * term.Transform[i + k * s] * effects[level * s + k])
                                    |> Seq.sum
                        |]

                        yield!
                            Law.relativeAll
                                $"{StructuredModel.formula model}, effects"
                                1e-8
                                expected
                                solution.Effects.Value[t]

                        let expected = [|
                            for level in 0 .. term.Levels - 1 do
                                yield!
                                    Semidefinite.congruence
                                        s
                                        term.Transform
                                        (covariances.SubMatrix(level * s, s, level * s, s).ToColumnMajorArray())
                        |]

                        yield!
                            Law.relativeAll
                                $"{StructuredModel.formula model}, covariances"
                                1e-8
                                expected
                                solution.ConditionalCovariances.Value[t]
                ])

        testPropertyWithConfig
            { config with maxTest = 20 }
            "one thread and two find the same bits"
            (fun (model: StructuredModel) (seed: int) ->
                let before = Tiles.Threads

                let evaluated threads =
                    Tiles.Threads <- threads
                    let likelihood = StructuredModel.likelihood model

                    evaluate (Order.Curvature Information.Observed) likelihood (StructuredModel.theta likelihood seed)

                try
                    let one, two = evaluated 1, evaluated 2

                    Law.holds [
                        yield! Law.near "value" 0.0 one.Value two.Value
                        yield! Law.nearAll "gradient" 0.0 one.Gradient two.Gradient
                        yield! Law.nearAll "curvature" 0.0 one.Curvature.Values two.Curvature.Values
                    ]
                finally
                    Tiles.Threads <- before)

        // Equal models by different routes

        testCases
            "Equal models have equal fits"
            [
                "y ~ t + arm + (1 | id)", "y ~ t + arm; residual = cs(visit | id)"
                "y ~ t + arm; residual = ar1(visit | id)", "y ~ t + arm; residual = car1(number | id)"
                "y ~ t + arm; residual = ar1(visit | id)", "y ~ t + arm; residual = sp_exp(number | id)"
                "y ~ t + arm; residual = ar1(visit | id)", "y ~ t + arm; residual = sp_pow(number | id)"
                "y ~ t + arm; residual = arh1(visit | id)", "y ~ t + arm; residual = ar1(visit | id) * ident(visit)"
                "y ~ t + arm; residual = diag(visit | id)", "y ~ t + arm; residual = ident(visit)"
                "y ~ t + arm + (1 | id)", "y ~ t + arm + (1 | id); residual = id(visit | id)"
            ]
            (fun (first: string, second: string) ->
                let frame =
                    let frame = StructuredModel.frame trial

                    let number =
                        match Frame.tryColumn "visit" frame with
                        | Some(Column.Categorical(_, codes)) -> codes |> Seq.map float |> TestFrame.numbers
                        | _ -> invalidOp "The visits are text."

                    match Frame.withColumn "number" number frame with
                    | Ok frame -> frame
                    | Error _ -> invalidOp "The column fits."

                for kind in [ Criterion.Ml; Criterion.Reml ] do
                    Law.assertHolds (sameFits $"{first} | {second}" (fitOf kind first frame) (fitOf kind second frame)))

        // Structured random terms are fitted by the engines for independent residuals, and by the marginal one as soon as the
        // residuals have a structure: here one without parameters.
        testCases
            "Structured random terms are the same with their effects and without"
            [
                "cs(0 + visit | id)"
                "ar1(0 + visit | id)"
                "arh1(0 + visit | id)"
                "fa(1)(0 + visit | id)"
                "cs(0 + visit | id) + (1 | site)"
                "toep(2)(0 + visit | site)"
                "(t | id) + (1 | site)"
            ]
            (fun (random: string) ->
                for kind in [ Criterion.Ml; Criterion.Reml ] do
                    let formula = TestFrame.formula $"y ~ t + arm + {random}"
                    let frame = StructuredModel.frame trial
                    let withEffects = StructuredModel.likelihoodOf kind formula frame

                    let without =
                        StructuredModel.likelihoodOf
                            kind
                            (TestFrame.formula $"y ~ t + arm + {random}; residual = id(visit | id)")
                            frame

                    let theta = StructuredModel.theta withEffects 7

                    for information in [ Information.Observed; Information.Expected; Information.Average ] do
                        let one = evaluate (Order.Curvature information) withEffects theta
                        let other = evaluate (Order.Curvature information) without theta
                        let what = $"{random}, {information}"

                        Law.assertHolds [
                            yield! Law.near $"{what}: value" (1e-9 * abs one.Value) one.Value other.Value
                            yield!
                                Law.nearAll
                                    $"{what}: gradient"
                                    (1e-8 * largest one.Gradient)
                                    one.Gradient
                                    other.Gradient
                            yield!
                                Law.nearAll
                                    $"{what}: curvature"
                                    (1e-7 * largest one.Curvature.Values)
                                    one.Curvature.Values
                                    other.Curvature.Values
                        ])
    ]

/// <summary>Random effects kept in equations whitened by the residuals: against dense blocks of the same design, and against
/// dense matrices where levels are related.</summary>
module LmmFunctional.Tests.WhitenedTests

open System
open System.Collections.Immutable
open Expecto
open LmmFunctional
open LmmFunctional.Estimation

let private config = {
    Law.config with
        arbitrary = [ typeof<StructuredModels> ]
        maxTest = 40
}

// Dense matrices of order 44 and sparse equations agree to this.
let private tolerance = 1e-8

// Second derivatives are central differences of first ones.
let private differenceTolerance = 1e-5

let private largest (values: float seq) =
    values |> Seq.fold (fun most value -> max most (abs value)) 1.0

/// θ inside its space, random effects of zero variance now and then.
let private point (likelihood: LogLikelihood) seed =
    let random = Random(seed: int)
    let isNearZero = random.Next 4 = 0

    Array.init likelihood.Objective.Start.Length (fun k ->
        let moved = likelihood.Objective.Start[k] + 0.8 * (random.NextDouble() - 0.5)

        if k < likelihood.Layout.Parameters && isNearZero && random.Next 2 = 0 then
            0.0
        else
            moved)
    |> ImmutableArray.CreateRange

[<Tests>]
let tests =
    testList "WhitenedTests" [
        testPropertyWithConfig
            config
            "criterion, score and information equal those of dense blocks"
            (fun (model: StructuredModel) (seed: int) ->
                let model = WhitenedModels.cross model
                let likelihood = StructuredModel.likelihood model
                let blocks = MarginalVariance.create (StructuredModel.marginal likelihood)
                let equations = WhitenedModels.varianceOf (WhitenedModels.engineOf likelihood)
                let theta = point likelihood seed

                let what =
                    $"{StructuredModel.formula model}, {model.Criterion} at {List.ofSeq theta}"

                let reml = (model.Criterion = Criterion.Reml)

                let dense order =
                    CriterionFunction.evaluate reml None 0.0 blocks theta order

                let sparse order =
                    CriterionFunction.evaluate reml None 0.0 equations theta order

                Law.holds [
                    for information, allowed in
                        [
                            Information.Average, tolerance
                            Information.Expected, tolerance
                            Information.Observed, differenceTolerance
                        ] do
                        let expected, found =
                            dense (Order.Curvature information), sparse (Order.Curvature information)

                        yield! Law.near $"{what}, value" (tolerance * abs expected.Value) expected.Value found.Value

                        yield!
                            Law.nearAll
                                $"{what}, gradient"
                                (tolerance * largest expected.Gradient)
                                expected.Gradient
                                found.Gradient

                        yield!
                            Law.nearAll
                                $"{what}, {information}"
                                (allowed * largest expected.Curvature.Values)
                                expected.Curvature.Values
                                found.Curvature.Values

                    let pairs (values: (float[] * float[])[]) =
                        values |> Seq.collect (fun (d, trace) -> Seq.append d trace) |> Array.ofSeq

                    yield!
                        Law.relativeAll
                            $"{what}, by covariances"
                            tolerance
                            (pairs (CriterionFunction.covarianceScores reml None blocks theta))
                            (pairs (CriterionFunction.covarianceScores reml None equations theta))

                    yield!
                        Law.relativeAll
                            $"{what}, squares"
                            tolerance
                            (CriterionFunction.squares reml blocks theta)
                            (CriterionFunction.squares reml equations theta)
                ])

        testPropertyWithConfig
            { config with maxTest = 20 }
            "estimates and predictions equal those of dense blocks"
            (fun (model: StructuredModel) (seed: int) ->
                let model = WhitenedModels.cross model
                let likelihood = StructuredModel.likelihood model
                let theta = point likelihood seed
                let expected = Solution.at likelihood theta
                let found = Solution.at (WhitenedModels.whitened likelihood) theta

                let parts: (string * (Solution -> float[])) list = [
                    "fixed effects", _.Beta
                    "their covariance", (fun solution -> Array.ofSeq solution.BetaCovariance.Values)
                    "effects", _.Effects.Value >> Array.concat
                    "covariances given the data", _.ConditionalCovariances.Value >> Array.concat
                    "covariances of predictions", _.PredictionCovariances.Value >> Array.concat
                    "the rest", (fun solution -> [| solution.Sigma; solution.ResidualShare; solution.Deviance |])
                ]

                Law.holds [
                    for name, part in parts do
                        yield!
                            Law.relativeAll
                                $"{name}, {StructuredModel.formula model}"
                                tolerance
                                (part expected)
                                (part found)
                ])

        testPropertyWithConfig
            { config with maxTest = 20 }
            "what moments for small samples are made of equals that of dense blocks"
            (fun (model: StructuredModel) (seed: int) ->
                let model = WhitenedModels.cross model
                let likelihood = StructuredModel.likelihood model
                let theta = StructuredModel.theta likelihood seed
                let what = StructuredModel.formula model
                let reml = (model.Criterion = Criterion.Reml)

                let expected =
                    MarginalMoments.partsAt reml (StructuredModel.marginal likelihood) theta

                let found =
                    SolvedMoments.partsAt reml (WhitenedVariance.solver (WhitenedModels.engineOf likelihood)) theta

                Law.holds [
                    let close name allowed (expected: float seq) found =
                        Law.nearAll $"{what}, {name}" (allowed * largest expected) expected found

                    yield! close "first" tolerance (Seq.concat expected.First) (Seq.concat found.First)

                    yield!
                        close
                            "products"
                            tolerance
                            (Seq.concat expected.Products.Value)
                            (Seq.concat found.Products.Value)

                    yield!
                        close "second" tolerance (Seq.concat expected.Seconds.Value) (Seq.concat found.Seconds.Value)

                    yield! close "factor" tolerance expected.FixedFactor found.FixedFactor
                    yield! close "traces" tolerance expected.Parts.Traces found.Parts.Traces

                    yield!
                        close
                            "T"
                            tolerance
                            (expected.Parts.Combined 0.0 1.0).Values
                            (found.Parts.Combined 0.0 1.0).Values

                    yield!
                        close
                            "curvature"
                            tolerance
                            (expected.Parts.Curvature 10.0).Values
                            (found.Parts.Curvature 10.0).Values
                ])

        testPropertyWithConfig
            config
            "with related levels the criterion and its score equal the dense ones"
            (fun (seed: int) ->
                let what, likelihood = WhitenedModels.related seed
                let theta = point likelihood (seed + 1)
                let dense = DenseMarginal(likelihood, theta)
                let found = likelihood.Objective.Evaluate theta Order.Gradient

                Law.holds [
                    yield! Law.near $"{what}, criterion" (1e-9 * abs dense.Criterion) dense.Criterion found.Value
                    // Differences of V are right to about 1e-10.
                    yield!
                        Law.nearAll $"{what}, gradient" (1e-7 * largest dense.Gradient) dense.Gradient found.Gradient
                ])

        testPropertyWithConfig
            { config with maxTest = 20 }
            "with related levels the information equals the dense one"
            (fun (seed: int) ->
                let what, likelihood = WhitenedModels.related seed
                let theta = point likelihood (seed + 1)
                let dense = DenseMarginal(likelihood, theta)
                let reml = (likelihood.Criterion = Criterion.Reml)

                let parts select =
                    match likelihood.Method with
                    | LikelihoodMethod.Whitened engine ->
                        WhitenedVariance.withFactor engine theta (fun factor ->
                            select (fst (WhitenedDerivatives.parts reml factor)))
                        |> Option.get
                    | _ -> invalidOp "The equations are expected."

                let df = LogLikelihood.degreesOfFreedom likelihood
                let squares, traces = parts _.Squares, parts _.Traces
                let average = parts (fun parts -> parts.Combined df 0.0)
                let product = parts (fun parts -> parts.Combined 0.0 1.0)
                let k = theta.Length

                let compare name (expected: float[,]) (found: int -> int -> float) =
                    Law.nearAll
                        $"{what}, {name}"
                        (1e-7 * largest (Seq.cast<float> expected))
                        (Seq.cast<float> expected)
                        (Seq.cast<float>(Array2D.init k k found))

                Law.holds [
                    yield! compare "average" dense.Average (fun i j -> average[i, j] - df * squares[i] * squares[j])
                    yield! compare "expected" dense.Expected (fun i j -> product[i, j] - traces[i] * traces[j] / df)
                ])

        testPropertyWithConfig
            { config with maxTest = 15 }
            "with related levels the moments for small samples equal the dense ones"
            (fun (seed: int) ->
                let what, likelihood = WhitenedModels.related seed
                let theta = StructuredModel.theta likelihood (seed + 1)
                let reml = (likelihood.Criterion = Criterion.Reml)
                let first, products, seconds = DenseMarginal(likelihood, theta).Moments

                let found =
                    SolvedMoments.partsAt reml (WhitenedVariance.solver (WhitenedModels.engineOf likelihood)) theta

                let close name allowed (expected: float[][]) (found: float[][]) =
                    Law.nearAll
                        $"{what}, {name}"
                        (allowed * largest (Seq.concat expected))
                        (Seq.concat expected)
                        (Seq.concat found)

                Law.holds [
                    // First differences of fourth order, second ones of second order.
                    yield! close "first" 1e-7 first found.First
                    yield! close "products" 1e-7 products found.Products.Value
                    yield! close "second" 1e-4 seconds found.Seconds.Value
                ])

        testPropertyWithConfig
            { config with maxTest = 20 }
            "related effects and their covariances equal the dense ones"
            (fun (seed: int) ->
                let what, likelihood = WhitenedModels.related seed
                let theta = StructuredModel.theta likelihood (seed + 1)
                let dense = DenseMarginal(likelihood, theta)
                let solution = Solution.at likelihood theta
                let scale = likelihood.Standard.ResponseScale

                Law.holds [
                    for t, term in List.indexed likelihood.Standard.Terms do
                        let s = term.Columns.Length
                        let transform = term.Transform
                        let inner, covariance = dense.Effects t

                        let effects =
                            Array.init (term.Levels * s) (fun at ->
                                let level, i = at / s, at % s

                                scale
                                * (Seq.init s (fun k -> transform[i + k * s] * inner[level * s + k]) |> Seq.sum))

                        let covariances =
                            Array.init term.Levels (fun level ->
                                Semidefinite.congruence
                                    s
                                    transform
                                    (Array.init (s * s) (fun at -> covariance[level * s + at % s, level * s + at / s])))
                            |> Array.concat

                        yield! Law.relativeAll $"{what}, effects of {t}" tolerance effects solution.Effects.Value[t]

                        yield!
                            Law.relativeAll
                                $"{what}, covariances of {t}"
                                tolerance
                                covariances
                                solution.ConditionalCovariances.Value[t]
                ])

        testPropertyWithConfig
            { config with maxTest = 20 }
            "differences give the traces of products"
            (fun (seed: int) ->
                let what, likelihood = WhitenedModels.related seed
                let theta = StructuredModel.theta likelihood (seed + 1)
                let reml = (likelihood.Criterion = Criterion.Reml)

                let traces (factor: WhitenedFactor) =
                    (fst (WhitenedDerivatives.parts reml factor)).Traces

                let find (factor: WhitenedFactor) =
                    let exact = WhitenedTraceProducts.exact reml factor
                    let second = (fst (WhitenedDerivatives.parts reml factor)).Curvature 0.0
                    exact, WhitenedTraceProducts.byDifferences factor (fun () -> traces factor) second, factor.Point

                match likelihood.Method with
                | LikelihoodMethod.Whitened engine ->
                    match WhitenedVariance.withFactor engine theta find with
                    | Some(exact: SquareBlock, Some(differences: SquareBlock), point) ->
                        let size = largest exact.Values

                        Law.holds [
                            yield! Law.isTrue $"{what}: the factor is not put back" (point = theta)
                            // Fixed steps of a thousandth, to fourth order.
                            yield! Law.nearAll what (1e-6 * size) exact.Values differences.Values
                        ]
                    | _ -> Law.holds [ $"{what}: nothing found" ]
                | _ -> Law.holds [ $"{what}: the equations are expected" ])

        testPropertyWithConfig
            { config with maxTest = 10 }
            "any number of threads gives the same bits"
            (fun (seed: int) ->
                let what, likelihood = WhitenedModels.related seed
                let theta = point likelihood (seed + 1)

                let evaluated () =
                    let engine = WhitenedModels.engineOf likelihood

                    let found =
                        CriterionFunction.evaluate
                            (likelihood.Criterion = Criterion.Reml)
                            None
                            0.0
                            (WhitenedModels.varianceOf engine)
                            theta
                            (Order.Curvature Information.Average)

                    found.Value :: List.ofSeq found.Gradient @ List.ofSeq found.Curvature.Values

                match Naive.withThreads evaluated with
                | [ one; two ] -> Law.holds (Law.isTrue what (one = two))
                | _ -> Law.holds [ "two runs are expected" ])
    ]

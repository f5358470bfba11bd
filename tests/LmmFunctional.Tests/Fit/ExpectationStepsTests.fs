/// <summary>EM and PX-EM as algorithms of a fit: no step rises, and they end where the others do.</summary>
module LmmFunctional.Tests.ExpectationStepsTests

open System
open Expecto
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Properties

let private config = {
    Law.config with
        arbitrary = [ typeof<RandomModels> ]
        maxTest = 40
}

let private algorithms = [ Algorithm.Em; Algorithm.PxEm ]

let private optionsOf algorithm criterion = {
    FitOptions.defaults with
        Criterion = criterion
        Solver = SolverOptions.ofAlgorithm algorithm
}

let private orRaise (result: Result<'ok, LmmError list>) =
    match result with
    | Ok value -> value
    | Error problems -> problems |> List.map LmmError.describe |> String.concat "; " |> invalidOp

let private run algorithm (likelihood: LogLikelihood) =
    let propose = (ExpectationSteps.rule algorithm likelihood).Value

    Solver.iterationsBy propose (SolverOptions.ofAlgorithm algorithm) likelihood.Objective
    |> List.ofSeq

let private models = [
    "sleepstudy", "Reaction ~ Days + (Days | Subject)"
    "sleepstudy", "Reaction ~ Days + (Days || Subject)"
    "penicillin", "diameter ~ 1 + (1 | plate) + (1 | sample)"
    "pastes", "strength ~ 1 + (1 | batch/cask)"
    "dyestuff2", "Yield ~ 1 + (1 | Batch)"
]

[<Tests>]
let tests =
    testList "ExpectationStepsTests" [
        testPropertyWithConfig
            config
            "no proposed point is above the one before"
            (fun (model: RandomModel) (point: RandomPoint) ->
                let likelihood = RandomModel.likelihood model
                let start = RandomModel.theta likelihood point

                let value theta =
                    (likelihood.Objective.Evaluate theta Order.Value).Value

                Law.holds [
                    for algorithm in algorithms do
                        let propose = (ExpectationSteps.rule algorithm likelihood).Value

                        for before, after in
                            Seq.unfold (fun at -> Some(at, propose at)) start
                            |> Seq.truncate 6
                            |> Seq.pairwise do
                            let from = value before
                            yield! Law.atMost $"{algorithm}, rise" (1e-9 * max 1.0 (abs from)) (value after - from)
                ])

        testPropertyWithConfig config "both end where average information does" (fun (model: RandomModel) ->
            // Without an intercept either of two crossed factors may take the mean: there are two optima, both right.
            let model =
                if model.Fixed = "0 + x" then
                    { model with Fixed = "x" }
                else
                    model

            let likelihood = RandomModel.likelihood model

            let usual start =
                let objective = {
                    likelihood.Objective with
                        Start = start
                }

                (Solver.iterations SolverOptions.defaults objective |> Seq.last).Criterion

            Law.holds [
                for algorithm in algorithms do
                    let path = run algorithm likelihood
                    let last = List.last path
                    let certificate = Certificate.create likelihood.Objective last

                    yield!
                        Law.isTrue
                            $"{algorithm}: {certificate.Verdict} after {path.Length} iterations"
                            certificate.IsConverged

                    // From one start two ways may lead to two optima: then average information stays at the other, too.
                    let expected =
                        [ likelihood.Objective.Start; last.Theta ]
                        |> List.map usual
                        |> List.minBy (fun criterion -> abs (criterion - last.Criterion))

                    yield! Law.near $"{algorithm}, criterion" 1e-7 expected last.Criterion
            ])

        testCase "reference data by likelihood and restricted likelihood, as Newton-Raphson has them" (fun () ->
            Law.assertHolds [
                for data, formula in models do
                    for criterion in [ Criterion.Reml; Criterion.Ml ] do
                        let frame = TestFrame.read data

                        let fit algorithm =
                            Lmm.fitFormula (optionsOf algorithm criterion) frame formula |> orRaise

                        let variances (fit: Fit) =
                            fit.VarianceComponents |> List.map _.Covariance

                        let newton = fit Algorithm.NewtonRaphson

                        for algorithm in algorithms do
                            let own = fit algorithm
                            let name = $"{formula}, {criterion}, {algorithm}"
                            yield! Law.isTrue $"{name}: {own.Certificate.Verdict}" own.Certificate.IsConverged

                            yield!
                                Law.isTrue
                                    $"{name}: bound"
                                    (own.Certificate.IsSingular = newton.Certificate.IsSingular)

                            yield! Law.near $"{name}: criterion" 1e-8 newton.CriterionValue own.CriterionValue
                            yield! Law.relativeAll $"{name}: variances" 1e-7 (variances newton) (variances own)
            ])

        testCase "parameter expansion takes fewer steps" (fun () ->
            Law.assertHolds [
                for data, formula in models do
                    let steps algorithm =
                        (Lmm.fitFormula (optionsOf algorithm Criterion.Reml) (TestFrame.read data) formula
                         |> orRaise)
                            .Iterations.Length

                    yield! Law.atMost formula (float (steps Algorithm.Em)) (float (steps Algorithm.PxEm))
            ])

        // One step of EM and of PX-EM from G = σ²I on the intercepts of groups, with β and σ² profiled out: M-steps
        // on the conditional moments of balanced groups.
        testCase "a step is that of the definition" (fun () ->
            let likelihood =
                TestFrame.read "dyestuff"
                |> TestFrame.design "Yield ~ 1 + (1 | Batch)"
                |> LogLikelihood.create Criterion.Ml
                |> orRaise

            let y = likelihood.Design.Response
            let codes = likelihood.Design.Random.Head.Codes
            let n, m = y.Length, 6
            let perGroup = float (n / m)
            let mean = Array.average y

            // At G = σ² the effect of a group is its shrunken mean deviation, with variance σ²/(1 + 5).
            let shrink = perGroup / (perGroup + 1.0)

            let deviations =
                Array.init m (fun j ->
                    shrink
                    * (Seq.averageBy (fun i -> y[i] - mean) (Seq.where (fun i -> codes[i] = j) (seq { 0 .. n - 1 }))))

            let sigma2 =
                Seq.sum (Seq.init n (fun i -> (y[i] - mean) * (y[i] - mean - deviations[codes[i]])))
                / float n

            let moments =
                deviations |> Array.map (fun u -> u * u / sigma2 + 1.0 / (perGroup + 1.0))

            let expected = Array.average moments

            let alpha =
                Seq.sum (Seq.init n (fun i -> (y[i] - mean) * deviations[codes[i]]))
                / sigma2
                / (perGroup * Array.sum moments)

            let theta algorithm =
                let one = System.Collections.Immutable.ImmutableArray.Create 1.0
                ((ExpectationSteps.rule algorithm likelihood).Value one)[0]

            Law.assertHolds [
                yield! Law.relative "EM" 1e-12 (sqrt expected) (theta Algorithm.Em)
                yield! Law.relative "PX-EM" 1e-12 (alpha * sqrt expected) (theta Algorithm.PxEm)
            ])

        testCase "models without a step are refused in words" (fun () ->
            let refused formula held =
                let options = {
                    optionsOf Algorithm.Em Criterion.Reml with
                        Held = Map.ofList held
                }

                match Lmm.fitFormula options (TestFrame.read "orthodont") formula with
                | Ok _ -> [ "fitted" ]
                | Error problems -> problems |> List.map LmmError.describe

            refused "distance ~ age; residual = ar1(age | Subject)" []
            |> Texts.equal [
                "EM cannot fit this model: its residuals are correlated or of unequal variance; take another algorithm."
            ]

            refused "distance ~ age + (1 | Subject)" [ "Residual", 2.0 ]
            |> Texts.equal [
                "EM cannot fit this model: some of its variances are held; take another algorithm."
            ]

            refused "distance ~ age + cs(age | Subject)" []
            |> Texts.equal [
                "EM cannot fit this model: the structure of 'cs(1 + age | Subject)' has no closed step; take another algorithm."
            ])

        testCase "an objective alone has no step of EM" (fun () ->
            let objective =
                Objective.ofFunction [ "x" ] [ 1.0 ] (fun x -> x[0] * x[0], [| 2.0 * x[0] |], Array2D.create 1 1 2.0)

            Expect.throwsT<ArgumentException>
                (fun () -> Solver.iterations (SolverOptions.ofAlgorithm Algorithm.Em) objective |> ignore)
                "no step")
    ]

/// <summary>The solver on random models.</summary>
/// <remarks>Always the same models: about one likelihood in a thousand of this kind has two optima, both of them certified,
/// and which one an algorithm reaches is no law.</remarks>
module LmmFunctional.Tests.SolverLawTests

open System
open System.Collections.Immutable
open Expecto
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Properties

let private config = {
    Law.config with
        arbitrary = [ typeof<RandomModels> ]
        maxTest = 80
}

let private algorithms = [
    Algorithm.NewtonRaphson
    Algorithm.FisherScoring
    Algorithm.AverageInformation
]

let private run algorithm objective =
    Solver.iterations
        {
            SolverOptions.defaults with
                Algorithm = algorithm
                // Fisher scoring halves what is left at each step, or less where observed and expected information differ.
                MaxIterations = 2000
        }
        objective
    |> List.ofSeq

/// Without an intercept either of two crossed factors may take the mean: there are two optima, and both are right.
let private withOneOptimum (model: RandomModel) =
    if model.Fixed = "0 + x" then
        { model with Fixed = "x" }
    else
        model

/// The lowest of the optima that the starts lead to.
let private lowest (likelihood: LogLikelihood) algorithm =
    let descend start =
        run algorithm {
            likelihood.Objective with
                Start = start
        }

    StartSearch.run (Fit.isEnd likelihood) descend likelihood.Objective
    |> fst
    |> List.last

let private bits (path: Iteration list) =
    path
    |> List.map (fun iteration ->
        iteration.Theta
        |> Seq.append [ iteration.Criterion ]
        |> Seq.map BitConverter.DoubleToInt64Bits
        |> List.ofSeq)

[<Tests>]
let tests =
    testList "SolverLawTests" [
        testPropertyWithConfig config "the criterion never rises beyond its rounding" (fun (model: RandomModel) ->
            let objective = (RandomModel.likelihood model).Objective

            Law.holds [
                for algorithm in algorithms do
                    for before, after in List.pairwise (run algorithm objective) do
                        yield!
                            Law.atMost
                                $"{algorithm}, rise to iteration {after.Number}"
                                (1e-12 * max 1.0 (abs before.Criterion))
                                (after.Criterion - before.Criterion)
            ])

        testPropertyWithConfig config "all algorithms reach the same optimum" (fun (model: RandomModel) ->
            let likelihood = RandomModel.likelihood (withOneOptimum model)

            // Of several optima each algorithm takes the lowest that the starts lead to.
            let ends = algorithms |> List.map (lowest likelihood)

            let covariances =
                ends
                |> List.map (fun iteration -> Textbook.covariances likelihood iteration.Theta |> Array.concat)

            let best = ends |> List.map _.Criterion |> List.min

            Law.holds [
                for algorithm, iteration, covariance in List.zip3 algorithms ends covariances do
                    let steps = iteration.Number
                    yield! Law.near $"{algorithm}, criterion after {steps} steps" 1e-7 best iteration.Criterion
                    // The criterion resolves covariances to about the root of its rounding.
                    let allowed = 1e-4 * Array.fold max 1e-4 (Array.map abs covariances.Head)

                    yield!
                        Law.nearAll $"{algorithm}, covariances after {steps} steps" allowed covariances.Head covariance
            ])

        testPropertyWithConfig
            config
            "the certificate shows an optimum: curvature inside, multipliers at bounds"
            (fun (model: RandomModel) ->
                let objective = (RandomModel.likelihood model).Objective

                Law.holds [
                    for algorithm in algorithms do
                        let path = run algorithm objective
                        let certificate = Certificate.create objective (List.last path)

                        yield!
                            Law.isTrue
                                $"{algorithm}: {certificate.Verdict} after {path.Length} iterations"
                                certificate.IsConverged

                        if not certificate.Eigenvalues.IsEmpty then
                            yield! Law.atMost $"{algorithm}, negative eigenvalue" 0.0 -certificate.Eigenvalues[0]

                        for name, multiplier in certificate.Multipliers do
                            yield! Law.atMost $"{algorithm}, negative multiplier of {name}" 1e-5 -multiplier

                        yield! Law.atMost $"{algorithm}, decrement" 1e-6 certificate.NewtonDecrement
                ])

        testPropertyWithConfig
            config
            "the optimum is not above random points near and far"
            (fun (model: RandomModel) (points: RandomPoint[]) ->
                let likelihood = RandomModel.likelihood (withOneOptimum model)
                let optimum = lowest likelihood Algorithm.AverageInformation

                Law.holds [
                    for point in points do
                        let theta = RandomModel.theta likelihood point

                        let near =
                            Seq.map2 (fun a b -> a + 0.05 * (b - 0.5)) optimum.Theta theta
                            |> ImmutableArray.CreateRange

                        for place in [ theta; near ] do
                            let value = (likelihood.Objective.Evaluate place Order.Value).Value
                            yield! Law.atMost $"the optimum's distance above {point}" 1e-7 (optimum.Criterion - value)
                ])

        testPropertyWithConfig config "the saddle at zero is left" (fun (model: RandomModel) ->
            let objective = (RandomModel.likelihood (withOneOptimum model)).Objective

            let fromZero = {
                objective with
                    Start = objective.Start |> Seq.map (fun _ -> 0.0) |> ImmutableArray.CreateRange
            }

            let atZero = (objective.Evaluate fromZero.Start Order.Value).Value
            let path = run Algorithm.AverageInformation fromZero
            let found = List.last path

            Law.holds [
                // Where there are several optima the two descents may end in different ones.
                yield! Law.atMost $"criterion after {path.Length} iterations" (atZero + 1e-7) found.Criterion
                yield! Law.isTrue "not converged" (Certificate.create fromZero found).IsConverged
            ])

        testPropertyWithConfig
            { config with maxTest = 30 }
            "a fit made twice has the same bits"
            (fun (model: RandomModel) ->
                let once () =
                    (RandomModel.likelihood model).Objective
                    |> run Algorithm.AverageInformation
                    |> bits

                Law.holds (Law.isTrue "the second fit differs" (once () = once ())))

        testPropertyWithConfig
            { config with maxTest = 30 }
            "each iteration is computed when it is asked for"
            (fun (model: RandomModel) ->
                let evaluations, path =
                    Counting.evaluations (RandomModel.likelihood model).Objective

                Law.holds [
                    yield! Law.isTrue "evaluated before anything was asked" (evaluations[0] = 0)

                    // The last one may be the one before it, found to be good enough.
                    for k in 1 .. path.Length - 2 do
                        yield!
                            Law.atMost
                                $"evaluations for {k} of {path.Length}"
                                (float evaluations[k + 1] - 1.0)
                                (float evaluations[k])
                ])

        testCase "one and two threads give the same bits" (fun () ->
            let random = Random 5
            let n = 12_000
            let g, h = Array.init n (fun i -> i % 400), Array.init n (fun _ -> random.Next 260)

            let u, v =
                Array.init 400 (fun _ -> random.NextDouble()), Array.init 260 (fun _ -> random.NextDouble())

            let x = Array.init n (fun _ -> random.NextDouble())

            let frame =
                TestFrame.ofColumns [
                    "y", TestFrame.numbers (Array.init n (fun i -> u[g[i]] + v[h[i]] * x[i] + random.NextDouble()))
                    "x", TestFrame.numbers x
                    "g", TestFrame.numbers (Array.map float g)
                    "h", TestFrame.numbers (Array.map float h)
                ]

            let design = TestFrame.design "y ~ x + (1 | g) + (x | h)" frame

            let paths =
                Naive.withThreads (fun () ->
                    match LogLikelihood.create Criterion.Reml design with
                    | Ok likelihood -> run Algorithm.AverageInformation likelihood.Objective |> bits
                    | Error _ -> [])

            Law.assertHolds [
                yield! Law.isTrue "no fit" (paths[0].Length > 2)
                yield! Law.isTrue "two threads give other bits than one" (paths[0] = paths[1])
            ])
    ]

/// <summary>Likelihoods with several optima: fits end at the lowest, by every algorithm, and say what they tried.</summary>
module LmmFunctional.Tests.StartSearchTests

open System.Collections.Immutable
open Expecto
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis
open LmmFunctional.Properties

// The README's promise, in −2 log likelihood units.
let private allowed = 1e-6

let private options criterion algorithm = {
    FitOptions.defaults with
        Criterion = criterion
        Solver = SolverOptions.ofAlgorithm algorithm
}

let private newton = [
    Algorithm.AverageInformation
    Algorithm.NewtonRaphson
    Algorithm.FisherScoring
]

let private endsAt criterion name formula algorithms (expected: float) =
    for algorithm in algorithms do
        let fit = Fitted.using (options criterion algorithm) name formula

        Law.assertHolds (Law.near ($"{algorithm}") allowed expected fit.CriterionValue)
        Expect.isTrue fit.Certificate.IsConverged ($"{algorithm}: {fit.Certificate.Verdict}")

/// x⁴ − 2x² + x/2: two optima, near −1.06 and 0.93.
let private well x = pown x 4 - 2.0 * x * x + 0.5 * x

let private doubleWell further : Objective =
    let plain =
        Objective.ofFunction [ "x" ] [ 1.0 ] (fun x ->
            let x = x[0]
            well x, [| 4.0 * pown x 3 - 4.0 * x + 0.5 |], Array2D.create 1 1 (12.0 * x * x - 4.0))

    {
        plain with
            FurtherStarts = lazy (further |> List.map (fun (x: float) -> ImmutableArray.Create x))
    }

let private search objective =
    let descend start =
        Solver.iterations SolverOptions.defaults { objective with Start = start }
        |> List.ofSeq

    StartSearch.run (fun _ -> true) descend objective

/// What a certified fit of a random model leaves above the best of many descents.
let private above kind seed =
    MultimodalModels.tryOfSeed kind seed
    |> Option.bind (fun model ->
        match Lmm.fitFormula model.Options model.Data model.Formula with
        | Ok fit when fit.Certificate.IsConverged ->
            ManyStarts.best 15 model
            |> Option.map (fun best -> fit.CriterionValue - best.Criterion)
            |> Option.filter (fun excess -> excess > allowed)
            |> Option.map (fun excess -> $"{kind} {seed}: {model.Formula} is {excess} above")
        | _ -> None)

/// Models of `bench optima` whose fits once ended above the best of many descents, with that: variances of zero that a first
/// step passes, deviations far from their start, ranges without end, an error scale that only the largest value has.
let private foundByChance = [
    "residual", 10, 400.96298984679
    "residual", 22, 287.66974457055
    "residual", 170, 494.84692570660
    "residual", 223, 352.59066600002
    "residual", 225, 819.69702261330
    "residual", 243, 293.47795406144
    "mixed", 37, 366.01705944672
    "mixed", 163, 341.49711050614
    "mixed", 253, 189.78151000306
    "mixed", 274, 143.32946609775
    "structured", 32, 152.47863884380
    "structured", 147, 375.58200619168
    "structured", 258, 397.18273302788
    "few rows", 56, 76.77229525615
    "few rows", 188, 82.35701271122
    "few rows", 452, 23.80235
    "few rows", 455, 158.51665
    "residual", 825, 355.77904191011
    "mixed", 900, 702.75631194450
    "mixed", 632, 266.76742946091
    "few rows", 359, 39.15263317923
    "structured", 267, 416.89827914851
]

[<Tests>]
let tests =
    testList "StartSearchTests" [
        // lme4 and a grid of 0.01 in both standard deviations: 252.992101; the descent from the moments ended at 266.763.
        testCase "an intercept and a slope that trade" (fun () ->
            endsAt Criterion.Reml "cases/29-local-slope" "y ~ x + (x || g)" (Algorithm.Em :: newton) 252.992101)

        // All variances zero: the least squares fit, by lm's log likelihood.
        testCase "all variances zero below a variance that is not" (fun () ->
            endsAt
                Criterion.Ml
                "cases/30-local-zero"
                "y ~ x + z + (1 | a/b) + (1 | h)"
                (Algorithm.Em :: newton)
                433.337908)

        // nlme's gls with corARMA: 59.945214 at Phi -0.9364, Theta 0.7881, a little above the optimum.
        testCase "roots of a process on the other side" (fun () ->
            endsAt Criterion.Ml "cases/31-local-arma" "y ~ x; residual = arma(1,1)(t | g)" newton 59.9452116)

        testCase "the certificate says what was tried" (fun () ->
            let search: StartSearch =
                (Fitted.reml "cases/29-local-slope" "y ~ x + (x || g)").Certificate.Search

            Expect.isGreaterThan search.Starts 3 "search.Starts"
            Expect.isGreaterThan search.EndedHere 0 "search.EndedHere"
            Expect.isLessThan search.EndedHere search.Starts "search.EndedHere"
            Expect.isGreaterThan search.Descents 1 "search.Descents"
            // The other optimum, where the intercept has no variance: 266.763 less 252.992.
            Law.assertHolds (Law.nearAll "search.NextBest" 1e-3 [ 13.7709 ] (Option.toList search.NextBest)))

        testCase "the summary says what was tried" (fun () ->
            let fit = Fitted.reml "cases/29-local-slope" "y ~ x + (x || g)"
            let search: StartSearch = fit.Certificate.Search

            Check.contains
                ($"\n{search.Starts} starts, {search.EndedHere} lead here; the next best optimum is 13.8 above\n")
                (Summary.render SummaryFormat.Text fit))

        // The lowest optimum is outside: the fit within bounds ends at the better of the other one and the bound.
        testCase "an optimum within bounds" (fun () ->
            let bounded = {
                FitOptions.defaults with
                    Bounds = Map [ "g.(Intercept)", Bound.atMost 0.5 ]
            }

            let fit = Fitted.using bounded "cases/29-local-slope" "y ~ x + (x || g)"

            let held = {
                FitOptions.defaults with
                    Held = Map [ "g.(Intercept)", 0.5 ]
            }

            let atBound = Fitted.using held "cases/29-local-slope" "y ~ x + (x || g)"
            let inside = 266.763
            Expect.isTrue fit.Certificate.IsConverged ($"{fit.Certificate.Verdict}")

            Law.assertHolds (
                Law.near "fit.CriterionValue" (1e-3) (min inside atBound.CriterionValue) fit.CriterionValue
            ))

        testCase "the lower of two wells" (fun () ->
            let path, found = search (doubleWell [ 2.0; -0.6; -2.0 ])
            let low, high = -1.0574538, 0.9304029
            let last = List.last path
            Law.assertHolds (Law.near "last.Theta[0]" (1e-6) low (last.Theta[0]))
            // 1 and 2 lie on the other side.
            Check.equal (4, 2) (found.Starts, found.EndedHere)
            Law.assertHolds (Law.nearAll "found.NextBest" 1e-6 [ well high - well low ] (Option.toList found.NextBest)))

        testCase "one start is one descent" (fun () ->
            let path, found = search (doubleWell [])
            Law.assertHolds (Law.near "(List.last path).Theta[0]" (1e-6) 0.9304029 ((List.last path).Theta[0]))
            Check.equal StartSearch.single found)

        testCase "models whose fits once ended above the best optimum" (fun () ->
            Law.assertHolds [
                for kind, seed, best in foundByChance do
                    match MultimodalModels.tryOfSeed kind seed with
                    | None -> yield! Law.isTrue $"{kind} {seed} is a model" false
                    | Some model ->
                        let fit = Lmm.fitFormula model.Options model.Data model.Formula |> Inferred.orRaise

                        yield! Law.atMost $"{kind} {seed}: {model.Formula}" (best + allowed) fit.CriterionValue
            ])

        // A moderate number; `bench optima` tries 5 000.
        testCase "no random model ends above the best of many descents" (fun () ->
            [
                for kind in MultimodalModels.kinds do
                    for seed in 1..15 do
                        yield! Option.toList (above kind seed)
            ]
            |> Texts.equal [])
    ]

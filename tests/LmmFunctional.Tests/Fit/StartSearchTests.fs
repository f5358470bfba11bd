namespace LmmFunctional.Tests

open System.Collections.Immutable
open NUnit.Framework
open LmmFunctional
open LmmFunctional.Properties

/// <summary>Likelihoods with several optima: fits end at the lowest, by every algorithm, and say what they tried.</summary>
[<TestFixture>]
module StartSearchTests =

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

            Assert.That(fit.CriterionValue, Is.EqualTo(expected).Within allowed, $"{algorithm}")
            Assert.That(fit.Certificate.IsConverged, $"{algorithm}: {fit.Certificate.Verdict}")

    // lme4 and a grid of 0.01 in both standard deviations: 252.992101; the descent from the moments ended at 266.763.
    [<Test>]
    let ``an intercept and a slope that trade`` () =
        endsAt Criterion.Reml "cases/29-local-slope" "y ~ x + (x || g)" (Algorithm.Em :: newton) 252.992101

    // All variances zero: the least squares fit, by lm's log likelihood.
    [<Test>]
    let ``all variances zero below a variance that is not`` () =
        endsAt Criterion.Ml "cases/30-local-zero" "y ~ x + z + (1 | a/b) + (1 | h)" (Algorithm.Em :: newton) 433.337908

    // nlme's gls with corARMA: 59.945214 at Phi -0.9364, Theta 0.7881.
    [<Test>]
    let ``roots of a process on the other side`` () =
        endsAt Criterion.Ml "cases/31-local-arma" "y ~ x; residual = arma(1,1)(t | g)" newton 59.945214

    [<Test>]
    let ``the certificate says what was tried`` () =
        let search: StartSearch =
            (Fitted.reml "cases/29-local-slope" "y ~ x + (x || g)").Certificate.Search

        Assert.That(search.Starts, Is.GreaterThan 3)
        Assert.That(search.EndedHere, Is.GreaterThan(0).And.LessThan search.Starts)
        Assert.That(search.Descents, Is.GreaterThan 1)
        // The other optimum, where the intercept has no variance: 266.763 less 252.992.
        Assert.That(Option.toList search.NextBest, Has.Exactly(1).EqualTo(13.7709).Within 1e-3)

    [<Test>]
    let ``the summary says what was tried`` () =
        let fit = Fitted.reml "cases/29-local-slope" "y ~ x + (x || g)"
        let search: StartSearch = fit.Certificate.Search

        Assert.That(
            Summary.render SummaryFormat.Text fit,
            Does.Contain
                $"\n{search.Starts} starts, {search.EndedHere} lead here; the next best optimum is 13.8 above\n"
        )

    // The lowest optimum is outside: the fit within bounds ends at the better of the other one and the bound.
    [<Test>]
    let ``an optimum within bounds`` () =
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
        Assert.That(fit.Certificate.IsConverged, $"{fit.Certificate.Verdict}")
        Assert.That(fit.CriterionValue, Is.EqualTo(min inside atBound.CriterionValue).Within 1e-3)

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

    [<Test>]
    let ``the lower of two wells`` () =
        let path, found = search (doubleWell [ 2.0; -0.6; -2.0 ])
        let low, high = -1.0574538, 0.9304029
        let last = List.last path
        Assert.That(last.Theta[0], Is.EqualTo(low).Within 1e-6)
        // 1 and 2 lie on the other side.
        Assert.That((found.Starts, found.EndedHere), Is.EqualTo((4, 2)))
        Assert.That(Option.toList found.NextBest, Has.Exactly(1).EqualTo(well high - well low).Within 1e-6)

    [<Test>]
    let ``one start is one descent`` () =
        let path, found = search (doubleWell [])
        Assert.That((List.last path).Theta[0], Is.EqualTo(0.9304029).Within 1e-6)
        Assert.That(found, Is.EqualTo StartSearch.single)

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

    // A moderate number; `bench optima` tries 5 000.
    [<Test>]
    let ``no random model ends above the best of many descents`` () =
        [
            for kind in MultimodalModels.kinds do
                for seed in 1..15 do
                    yield! Option.toList (above kind seed)
        ]
        |> Texts.equal []

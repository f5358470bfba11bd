module LmmFunctional.Tests.BootstrapTests

open LmmFunctional
open LmmFunctional.Numerics
open NUnit.Framework

let private options replicates seed = {
    BootstrapOptions.defaults with
        Replicates = replicates
        Seed = seed
}

let private withThreads threads work =
    let before = Tiles.Threads

    try
        Tiles.Threads <- threads
        work ()
    finally
        Tiles.Threads <- before

[<Test; NonParallelizable>]
let ``A bootstrap has the same bits with one thread and with two`` () =
    let fit = Models.dyestuff.Value

    let run threads =
        withThreads threads (fun () -> Bootstrap.run (options 60 7) fit)

    Assert.That((run 1).Replicates.Equals (run 2).Replicates)

[<Test>]
let ``Replicates do not depend on how many there are, and another seed gives others`` () =
    let fit = Models.dyestuff.Value
    let few, many = Simulation.simulateMany 3 2 fit, Simulation.simulateMany 3 5 fit
    TestFrame.same few (List.truncate 2 many)
    TestFrame.same few.Head (Simulation.simulate 3 fit)
    Assert.That(Simulation.simulate 4 fit <> few.Head)

[<Test>]
let ``Random numbers have the moments of their distributions`` () =
    let stream = RandomStream(42UL, 0)
    let n = 200000
    let normal = Array.init n (fun _ -> stream.NextNormal())
    let uniform = Array.init n (fun _ -> stream.NextUniform())
    // Five standard errors.
    let allowed sd = 5.0 * sd / sqrt (float n)

    Law.assertHolds [
        yield! Law.near "mean" (allowed 1.0) 0.0 (Array.average normal)
        yield! Law.near "variance" (allowed (sqrt 2.0)) 1.0 (normal |> Array.averageBy (fun v -> v * v))
        yield! Law.near "kurtosis" (allowed (sqrt 96.0)) 3.0 (normal |> Array.averageBy (fun v -> v ** 4.0))
        yield! Law.near "uniform" (allowed (sqrt (1.0 / 12.0))) 0.5 (Array.average uniform)
    ]

[<Test>]
let ``Simulated responses have the covariance of the model`` () =
    let fit = Models.sleepstudy.Value
    let draws = Simulation.simulateMany 11 4000 fit |> Array.ofList
    // Two rows of one subject, days 0 and 9.
    let a, b = 0, 9

    let mean row =
        draws |> Array.averageBy (fun y -> y[row])

    let ma, mb = mean a, mean b
    let covariance = draws |> Array.averageBy (fun y -> (y[a] - ma) * (y[b] - mb))
    let g = snd fit.RandomCovariances.Head
    let expected = g[0, 0] + 9.0 * g[0, 1]

    let variance row days =
        g[0, 0]
        + 2.0 * days * g[0, 1]
        + days * days * g[1, 1]
        + fit.Sigma ** 2.0
        + 0.0 * row

    let se = sqrt (variance 0.0 0.0 * variance 0.0 9.0 / 4000.0)
    Law.assertHolds (Law.near "covariance" (5.0 * se) expected covariance)

[<Test>]
let ``A refit of the own response is the fit`` () =
    let fit = Models.penicillin.Value
    let again = Refit.withResponse fit.Design.Response fit |> Models.value

    Law.assertHolds [
        yield! Law.near "criterion" 1e-9 fit.CriterionValue again.CriterionValue
        yield! Law.relativeAll "theta" 1e-6 fit.Theta again.Theta
    ]

[<Test>]
let ``A refit of another response is the fit of that response from scratch`` () =
    let fit = Models.sleepstudy.Value
    let response = Simulation.simulate 5 fit
    let again = Refit.withResponse response fit |> Models.value

    let fresh =
        Refit.ofDesign fit.Criterion { fit.Design with Response = response }
        |> Models.value

    Law.assertHolds [
        yield! Law.near "criterion" 1e-8 fresh.CriterionValue again.CriterionValue
        yield! Law.relativeAll "theta" 1e-5 fresh.Theta again.Theta
    ]

[<Test>]
let ``Bootstrap standard errors of coefficients are those of the model within their Monte Carlo error`` () =
    let fit = Models.sleepstudy.Value

    let found =
        Bootstrap.run (options 400 1) fit
        |> Bootstrap.intervals BootstrapInterval.Percentile 0.95

    Law.assertHolds [
        for k, coefficient in List.indexed fit.Coefficients do
            // The standard error of a standard deviation from 400 draws is 3.5 %.
            yield! Law.relative coefficient.Name 0.16 coefficient.StandardError found[k].StandardError
    ]

[<Test>]
let ``A basic interval mirrors the percentile interval at the estimate`` () =
    let bootstrap = Bootstrap.run (options 100 2) Models.dyestuff.Value
    let percentile = Bootstrap.intervals BootstrapInterval.Percentile 0.9 bootstrap
    let basic = Bootstrap.intervals BootstrapInterval.Basic 0.9 bootstrap

    Law.assertHolds [
        for p, b in List.zip percentile basic do
            let twice = 2.0 * p.Interval.Estimate
            yield! Law.near "lower" 1e-9 (twice - p.Interval.Upper.Value) b.Interval.Lower.Value
            yield! Law.near "upper" 1e-9 (twice - p.Interval.Lower.Value) b.Interval.Upper.Value
    ]

[<Test>]
let ``Progress counts to the number of replicates`` () =
    let counts = System.Collections.Concurrent.ConcurrentBag<int>()
    let report count = counts.Add count

    Bootstrap.run
        {
            options 30 1 with
                Progress = Some report
        }
        Models.dyestuff.Value
    |> ignore

    Assert.That(Seq.max counts, Is.EqualTo 30)

[<Test>]
let ``One replicate is misuse`` () =
    Models.isMisuse (fun () -> Bootstrap.run (options 1 1) Models.dyestuff.Value |> ignore)

module LmmFunctional.Tests.BootstrapTests

open LmmFunctional.Numerics
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis
open Expecto

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

let private weighted =
    lazy
        (let spec =
            Formula.parse "FEV1 ~ ARMCD; residual = ar1(VISITN | USUBJID)"
            |> Models.value
            |> LmmSpec.withWeights "WEIGHT"

         Lmm.fit FitOptions.defaults (TestFrame.read "fev") spec |> Models.value)

/// A field of 16 rows and 16 columns: large enough for the sparse way.
let private field =
    lazy
        (let plots = Array.allPairs [| 1.0 .. 16.0 |] [| 1.0 .. 16.0 |]
         let random = RandomStream(5UL, 0)
         let noise = plots |> Array.map (fun _ -> random.NextNormal())

         // Neighbours share what the average of three has.
         let at k =
             if k < 0 || k >= noise.Length then 0.0 else noise[k]

         let frame =
             TestFrame.ofColumns [
                 "y",
                 plots
                 |> Array.mapi (fun k _ -> at k + at (k - 1) + at (k - 16) + 0.5 * random.NextNormal())
                 |> TestFrame.numbers
                 "row", plots |> Array.map snd |> TestFrame.numbers
                 "col", plots |> Array.map fst |> TestFrame.numbers
             ]

         Lmm.fitFormula FitOptions.defaults frame "y ~ 1; residual = kron(ar1(row), ar1(col)) + nugget"
         |> Models.value)

[<Tests>]
let tests =
    testList "BootstrapTests" [
        testSequenced
        <| testCase "A bootstrap has the same bits with one thread and with two" (fun () ->
            let fit = Models.dyestuff.Value

            let run threads =
                withThreads threads (fun () -> Bootstrap.run (options 60 7) fit |> Models.value)

            Check.isTrue ((run 1).Replicates.Equals (run 2).Replicates))

        testCase "Replicates do not depend on how many there are, and another seed gives others" (fun () ->
            let fit = Models.dyestuff.Value

            let many count =
                Simulation.simulateMany 3 count fit |> Models.value

            let few, many = many 2, many 5
            Check.equal few (List.truncate 2 many)
            Check.equal few.Head (Simulation.simulate 3 fit |> Models.value)
            Check.isTrue (Models.value (Simulation.simulate 4 fit) <> few.Head))

        testCase "Random numbers have the moments of their distributions" (fun () ->
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
            ])

        testCase "Simulated responses have the covariance of the model" (fun () ->
            let fit = Models.sleepstudy.Value
            let draws = Simulation.simulateMany 11 4000 fit |> Models.value |> Array.ofList
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
            Law.assertHolds (Law.near "covariance" (5.0 * se) expected covariance))

        testCases
            "A refit of the own response keeps what is fixed, and is kept within bounds"
            [
                {
                    FitOptions.defaults with
                        Held = Map [ "Residual", 900.0 ]
                }
                {
                    FitOptions.defaults with
                        Held = Map [ "Subject.Days", 20.0 ]
                }
                {
                    FitOptions.defaults with
                        Bounds = Map [ "Subject.Days", Bound.atMost 25.0 ]
                }
            ]
            (fun options ->
                let fit =
                    Lmm.fitFormula options (TestFrame.read "sleepstudy") "Reaction ~ Days + (Days || Subject)"
                    |> Models.value

                let again = Refit.withResponse fit.Design.Response fit |> Models.value

                let bootstrap =
                    Bootstrap.run
                        {
                            BootstrapOptions.defaults with
                                Replicates = 20
                        }
                        fit
                    |> Models.value

                Law.assertHolds [
                    yield! Law.near "criterion" 1e-9 fit.CriterionValue again.CriterionValue
                    yield! Law.near "residual" 1e-6 fit.Sigma again.Sigma
                    yield! Law.isTrue "refits" (bootstrap.Draws.Rows = 20)
                ])

        testCase "A refit of the own response is the fit" (fun () ->
            let fit = Models.penicillin.Value
            let again = Refit.withResponse fit.Design.Response fit |> Models.value

            Law.assertHolds [
                yield! Law.near "criterion" 1e-9 fit.CriterionValue again.CriterionValue
                yield! Law.relativeAll "theta" 1e-6 fit.Theta again.Theta
            ])

        testCase "A refit of another response is the fit of that response from scratch" (fun () ->
            let fit = Models.sleepstudy.Value
            let response = Simulation.simulate 5 fit |> Models.value
            let again = Refit.withResponse response fit |> Models.value

            let fresh =
                Refit.ofDesign fit.Criterion { fit.Design with Response = response }
                |> Models.value

            Law.assertHolds [
                yield! Law.near "criterion" 1e-8 fresh.CriterionValue again.CriterionValue
                yield! Law.relativeAll "theta" 1e-5 fresh.Theta again.Theta
            ])

        testCase
            "Bootstrap standard errors of coefficients are those of the model within their Monte Carlo error"
            (fun () ->
                let fit = Models.sleepstudy.Value

                let found =
                    Bootstrap.run (options 400 1) fit
                    |> Models.value
                    |> Bootstrap.intervals BootstrapInterval.Percentile 0.95

                Law.assertHolds [
                    for k, coefficient in List.indexed fit.Coefficients do
                        // The standard error of a standard deviation from 400 draws is 3.5 %.
                        yield! Law.relative coefficient.Name 0.16 coefficient.StandardError found[k].StandardError
                ])

        testCase "A basic interval mirrors the percentile interval at the estimate" (fun () ->
            let bootstrap = Bootstrap.run (options 100 2) Models.dyestuff.Value |> Models.value
            let percentile = Bootstrap.intervals BootstrapInterval.Percentile 0.9 bootstrap
            let basic = Bootstrap.intervals BootstrapInterval.Basic 0.9 bootstrap

            Law.assertHolds [
                for p, b in List.zip percentile basic do
                    let twice = 2.0 * p.Interval.Estimate
                    yield! Law.near "lower" 1e-9 (twice - p.Interval.Upper.Value) b.Interval.Lower.Value
                    yield! Law.near "upper" 1e-9 (twice - p.Interval.Lower.Value) b.Interval.Upper.Value
            ])

        testCase "Progress counts to the number of replicates" (fun () ->
            let counts = System.Collections.Concurrent.ConcurrentBag<int>()
            let report count = counts.Add count

            Bootstrap.run
                {
                    options 30 1 with
                        Progress = Some report
                }
                Models.dyestuff.Value
            |> ignore

            Check.equal 30 (Seq.max counts))

        testCase "One replicate is misuse" (fun () ->
            Models.isMisuse (fun () -> Bootstrap.run (options 1 1) Models.dyestuff.Value |> ignore))

        // Structured residuals

        testCase "Simulated responses have the covariance of structured residuals" (fun () ->
            let fit = weighted.Value

            let rho =
                (fit.CovarianceParameters |> List.find (fun own -> own.Name = "rho")).Estimate

            let draws = Simulation.simulateMany 11 4000 fit |> Models.value |> Array.ofList
            let residual = fit.Design.Residual.Value
            let subjects, visits = residual.SubjectCodes, residual.Factors.Head.Position

            // Two rows of one subject, and the first row of another one.
            let a =
                Seq.initInfinite id |> Seq.find (fun row -> subjects[row] = subjects[row + 1])

            let other = subjects |> Array.findIndex (fun code -> code <> subjects[a])
            let weights = fit.Design.Weights.Value
            let deviation row = fit.Sigma / sqrt weights[row]

            let covariance i j =
                let mean row =
                    draws |> Array.averageBy (fun (y: float[]) -> y[row])

                let mi, mj = mean i, mean j
                draws |> Array.averageBy (fun y -> (y[i] - mi) * (y[j] - mj))

            let near what expected i j =
                // Five standard errors: √((vᵢvⱼ + c²)/B).
                let product = deviation i * deviation j
                Law.near what (5.0 * product * sqrt (2.0 / 4000.0)) expected (covariance i j)

            let lag = abs (visits[a + 1] - visits[a])

            Law.assertHolds [
                yield! near "variance" (deviation a ** 2.0) a a
                yield! near "covariance" (deviation a * deviation (a + 1) * rho ** float lag) a (a + 1)
                yield! near "other subject" 0.0 a other
            ])

        testCase "A refit of structured residuals keeps patterns and is the fit from scratch" (fun () ->
            let fit = weighted.Value
            let same = Refit.withResponse fit.Design.Response fit |> Models.value
            let response = Simulation.simulate 5 fit |> Models.value
            let again = Refit.withResponse response fit |> Models.value

            let fresh =
                Refit.ofDesign fit.Criterion { fit.Design with Response = response }
                |> Models.value

            Law.assertHolds [
                yield! Law.near "same" 1e-8 fit.CriterionValue same.CriterionValue
                yield! Law.near "criterion" 1e-7 fresh.CriterionValue again.CriterionValue
                yield! Law.relativeAll "beta" 1e-5 fresh.Inner.Beta again.Inner.Beta
                yield! Law.relative "sigma" 1e-5 fresh.Sigma again.Sigma
            ])

        testCase
            "A bootstrap of structured residuals has the model's standard errors within its Monte Carlo error"
            (fun () ->
                let fit = weighted.Value

                let found =
                    Bootstrap.run (options 300 3) fit
                    |> Models.value
                    |> Bootstrap.intervals BootstrapInterval.Percentile 0.95

                Check.equal [ "(Intercept)"; "ARMCDTRT"; "sigma"; "rho" ] (found |> List.map _.Interval.Name)

                let expected = [
                    yield! fit.Coefficients |> List.map _.StandardError
                    yield! fit.CovarianceParameters |> List.choose _.StandardError
                ]

                // The standard error of a standard deviation from 300 draws is 4 %.
                Law.assertHolds (Law.relativeAll "standard errors" 0.18 expected (found |> List.map _.StandardError)))

        testSequenced
        <| testCase "A bootstrap of structured residuals has the same bits with one thread and with two" (fun () ->
            let run threads =
                withThreads threads (fun () -> Bootstrap.run (options 30 7) weighted.Value |> Models.value)

            Check.isTrue ((run 1).Replicates.Equals (run 2).Replicates))

        testCase
            "The bootstrap test of an effect beside structured residuals is the chi-squared test of a large sample"
            (fun () ->
                let fit fixedPart =
                    Models.ml "fev" $"FEV1 ~ {fixedPart}; residual = ar1(VISITN | USUBJID)"

                let found =
                    BootstrapTest.run (options 150 2) (fit "ARMCD") (fit "ARMCD + SEX")
                    |> Models.value

                let mean = List.average found.Replicates

                Law.assertHolds [
                    // χ² of one degree of freedom: mean 1, variance 2.
                    yield! Law.near "mean" (5.0 * sqrt (2.0 / 150.0)) 1.0 mean
                    yield! Law.near "p" (5.0 * found.MonteCarloError) found.Asymptotic.P found.P
                    yield! Law.near "failed" 0.0 0.0 (float found.Failed)
                ])

        testCase "Fields are drawn with the covariance of their rows" (fun () ->
            let fit = field.Value

            match fit.Model.Method with
            | LikelihoodMethod.Separable _ -> ()
            | _ -> failtest "the field is expected to take the sparse way"

            let parameter k =
                (fit.CovarianceParameters
                 |> List.filter (fun own -> own.Name <> "sigma")
                 |> List.item k)
                    .Estimate

            let along, across, nugget = parameter 0, parameter 1, parameter 2
            let variance = fit.Sigma ** 2.0

            // Cells (row, column), counted from zero: 16 rows to a column.
            let cells = [ 0, 0; 1, 0; 3, 0; 0, 1; 2, 2 ]
            let rows = cells |> List.map (fun (row, column) -> row + 16 * column)

            let expected (r, c) (s, d) =
                let shared = along ** float (abs (r - s: int)) * across ** float (abs (c - d: int))

                variance * ((1.0 - nugget) * shared + (if (r, c) = (s, d) then nugget else 0.0))

            let found = RowCovariance.ofFit fit (Array.ofList rows)
            let draws = Simulation.simulateMany 3 3000 fit |> Models.value |> Array.ofList
            let mean = fit.Inner.Beta[0]

            Law.assertHolds [
                for (i, a), (j, b) in List.allPairs (List.indexed cells) (List.indexed cells) do
                    let value = expected a b

                    let drawn =
                        draws |> Array.averageBy (fun y -> (y[rows[i]] - mean) * (y[rows[j]] - mean))

                    yield! Law.near $"{a} {b}" (1e-9 * variance) value found[i, j]
                    // Five standard errors.
                    yield! Law.near $"drawn {a} {b}" (5.0 * variance * sqrt (2.0 / 3000.0)) value drawn

                yield!
                    Law.relative
                        "residual variance"
                        1e-10
                        variance
                        (RSquared.ofFit fit |> Models.value).ResidualVariance
            ])

        testCase "A refit of a field is the fit from scratch" (fun () ->
            let fit = field.Value
            let response = Simulation.simulate 5 fit |> Models.value
            let again = Refit.withResponse response fit |> Models.value

            let fresh =
                Refit.ofDesign fit.Criterion { fit.Design with Response = response }
                |> Models.value

            Law.assertHolds (Law.near "criterion" 1e-6 fresh.CriterionValue again.CriterionValue))
    ]

/// <summary>Simulated residuals are uniform where the model is right, and their tests see what is wrong with it.</summary>
module LmmFunctional.Tests.SimulatedResidualTests

open Expecto
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis

let private value result = Models.value result

/// Subjects with four rows; a function of row and noise adds what the model does not know.
let private data seed (wrong: int -> float -> float) =
    let stream = RandomStream(uint64 (seed: int), 0)
    let subjects = 30
    let x = [| for row in 0 .. 4 * subjects - 1 -> float (row % 4) |]
    let effects = Array.init subjects (fun _ -> stream.NextNormal())

    TestFrame.ofColumns [
        "x", TestFrame.numbers x
        "z", TestFrame.numbers [ for row in 0 .. 4 * subjects - 1 -> float (row / 8) ]
        "subject", TestFrame.texts [ for row in 0 .. 4 * subjects - 1 -> $"s{row / 4}" ]
        "y",
        TestFrame.numbers [
            for row in 0 .. 4 * subjects - 1 -> 2.0 + 0.5 * x[row] + effects[row / 4] + wrong row (stream.NextNormal())
        ]
    ]

let private residuals seed wrong =
    Lmm.fitFormula FitOptions.defaults (data seed wrong) "y ~ x + (1 | subject)"
    |> value
    |> SimulatedResiduals.create SimulatedResidualOptions.defaults
    |> value

let private right _ noise = noise

[<Tests>]
let tests =
    testList "SimulatedResidualTests" [
        testCase "Tests of a right model pass their level by its share at most" (fun () ->
            let runs = 120

            let p = [
                for seed in 1..runs do
                    let own = residuals seed right
                    let others = SimulatedResiduals.against "x" own |> value

                    [ own.Uniformity.P; own.Dispersion.P; own.Outliers.P; others[0].P; others[1].P ]
            ]

            for test in 0..4 do
                let passed = p |> List.filter (fun own -> own[test] <= 0.1) |> List.length
                // Four standard errors above 10 %: estimated parameters make them conservative.
                Law.assertHolds (
                    Law.atMost $"test {test}" (0.1 * float runs + 4.0 * sqrt (0.09 * float runs)) (float passed)
                ))

        testCase "Residuals are between 0 and 1, the same for the same seed, and more than the data's ranks" (fun () ->
            let own = residuals 5 right
            Check.isTrue (own.Values |> Seq.forall (fun u -> u > 0.0 && u < 1.0))
            Check.equal (List.ofSeq own.Values) (List.ofSeq (residuals 5 right).Values)
            Check.equal 120 own.Rows.Length
            Check.isTrue ((own.Values |> Seq.distinct |> Seq.length) = 120))

        testCase "A place is the share of simulated values below, ties broken at random" (fun () ->
            let fit =
                Lmm.fitFormula FitOptions.defaults (data 3 right) "y ~ x + (1 | subject)"
                |> value

            let own = SimulatedResiduals.create SimulatedResidualOptions.defaults fit |> value

            let simulated =
                Simulator.ofFit SimulatedEffects.New fit |> value |> Simulator.responses 1 250

            for row in 0 .. fit.Observations - 1 do
                let below =
                    simulated
                    |> Array.filter (fun set -> set[row] < fit.Design.Response[row])
                    |> Array.length

                Check.isWithin (float below / 251.0) (float (below + 1) / 251.0) own.Values[row])

        testCase "Variance that grows with a predictor is seen along it" (fun () ->
            let own = residuals 7 (fun row noise -> noise * (0.2 + float (row % 4)))
            let tests = SimulatedResiduals.against "x" own |> value
            Law.assertHolds (Law.atMost "spread" 0.01 tests[1].P))

        testCase "A predictor that is missing from the model is seen" (fun () ->
            let own =
                residuals 8 (fun row noise -> 0.5 * noise + 3.0 * sin (float (row % 4) * 2.0))

            let tests = SimulatedResiduals.against "x" own |> value
            Law.assertHolds (Law.atMost "location" 0.01 tests[0].P)
            Check.equal [ "location by x"; "spread by x" ] [ for test in tests -> test.Name ])

        testCase "Wild rows are outliers" (fun () ->
            let own =
                residuals 9 (fun row noise ->
                    0.3 * noise
                    + (if row % 24 = 3 then 9.0
                       elif row % 24 = 15 then -9.0
                       else 0.0))

            Law.assertHolds (Law.atMost "outliers" 0.05 own.Outliers.P))

        testCase "With the fit's effects the residuals are of the rows within their groups" (fun () ->
            let fit =
                Lmm.fitFormula FitOptions.defaults (data 4 right) "y ~ x + (1 | subject)"
                |> value

            let own =
                SimulatedResiduals.create
                    {
                        SimulatedResidualOptions.defaults with
                            Effects = SimulatedEffects.Fitted
                    }
                    fit
                |> value

            Law.assertHolds (Law.nearAll "expected" (5.0 * fit.Sigma / sqrt 250.0) (Fit.fitted fit) own.Expected))

        testCase "Any column may be the predictor, and fitted; others are refused in words" (fun () ->
            let own = residuals 2 right

            for predictor in [ "z"; "subject"; "fitted" ] do
                Check.equal 2 (SimulatedResiduals.against predictor own |> value).Length

            Check.equal 1 (SimulatedResiduals.against "w" own |> Models.words).Length)

        testCase "Frames have the columns of JSON" (fun () ->
            let own = residuals 1 right
            Check.equal [ "row"; "observed"; "expected"; "residual" ] (Frame.names (SimulationFrames.residuals own))

            Check.equal
                [ "test"; "statistic"; "expected"; "p"; "monteCarloError" ]
                (Frame.names (SimulationFrames.tests [ own.Uniformity; own.Dispersion; own.Outliers ])))
    ]

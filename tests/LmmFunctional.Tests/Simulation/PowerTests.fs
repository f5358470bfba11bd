/// <summary>Power by simulation: its level where there is no effect, and the textbook's where there is one.</summary>
module LmmFunctional.Tests.PowerTests

open System
open System.Threading
open Expecto
open MathNet.Numerics.Distributions
open MathNet.Numerics.Integration
open LmmFunctional.Numerics
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis

let private value result = Models.value result

/// Two groups of subjects, three rows each.
let private trial subjects =
    TestFrame.ofColumns [
        "arm", TestFrame.texts [ for row in 0 .. 3 * subjects - 1 -> if row / 3 % 2 = 0 then "A" else "B" ]
        "time", TestFrame.numbers [ for row in 0 .. 3 * subjects - 1 -> float (row % 3) ]
        "subject", TestFrame.texts [ for row in 0 .. 3 * subjects - 1 -> $"s{row / 3}" ]
    ]

let private spec = TestFrame.formula "y ~ arm + (1 | subject)"

let private parameters effect = {
    Fixed = Map.ofList [ "(Intercept)", 10.0; "armB", effect ]
    Covariance = Map.ofList [ "subject.(Intercept)", 1.0; "Residual", 1.5 ]
}

let private options simulations = {
    PowerOptions.ofTest (PowerTest.Hypothesis "armB = 0") with
        Simulations = simulations
        HalfWidth = None
}

/// P(|T| > c) for T noncentral t: an integral over the distribution of the standard deviation.
let private noncentral (df: float) (delta: float) =
    let c = StudentT.InvCDF(0.0, 1.0, df, 0.975)
    let normal x = Normal.CDF(0.0, 1.0, x)

    let given square =
        let limit = c * sqrt (square / df)
        normal (delta - limit) + normal (-limit - delta)

    GaussLegendreRule.Integrate(
        (fun x -> given x * ChiSquared.PDF(df, x)),
        1e-9,
        df + 12.0 * sqrt (2.0 * df) + 30.0,
        128
    )

let private covers expected (estimate: PowerEstimate) =
    let error = sqrt (expected * (1.0 - expected) / float estimate.Simulations)
    Law.near "power" (4.0 * error) expected estimate.Power

[<Tests>]
let tests =
    testList "PowerTests" [
        testCase "Without an effect the test rejects at its level" (fun () ->
            let found =
                Power.ofParameters (options 1500) (parameters 0.0) spec (trial 12) |> value

            Check.equal 0 found.Failed
            Check.equal 36 found.Rows
            Law.assertHolds (covers 0.05 found))

        // The means of subjects are independent with variance 1 + 1.5/3; Satterthwaite's df are those of the two-sample t test.
        testCase "Two balanced groups have the power of the noncentral t" (fun () ->
            for subjects, effect in [ 12, 1.5; 20, 1.2 ] do
                let delta = effect / sqrt (1.5 * 4.0 / float subjects)
                let expected = noncentral (float (subjects - 2)) delta

                Power.ofParameters (options 1500) (parameters effect) spec (trial subjects)
                |> value
                |> covers expected
                |> Law.assertHolds)

        testCase "A curve over numbers of subjects follows the noncentral t" (fun () ->
            let sizes = [ 8; 16; 28 ]

            let found =
                Power.curve (options 600) (DesignGrowth.Levels "subject") sizes (parameters 1.2) spec (trial 8)
                |> value

            for size, own in List.zip sizes found do
                Check.equal (Some size) own.Size
                Check.equal (3 * size) own.Rows
                let delta = 1.2 / sqrt (1.5 * 4.0 / float size)
                Law.assertHolds (covers (noncentral (float (size - 2)) delta) own))

        testCase "More rows per subject make the residual count for less" (fun () ->
            let found =
                Power.curve
                    (options 800)
                    (DesignGrowth.RowsPerLevel "subject")
                    [ 1; 6 ]
                    (parameters 1.2)
                    spec
                    (trial 16)

            // One row a level has no variance of its own.
            Check.equal 1 (found |> Models.words |> List.length)

            let more =
                Power.curve (options 800) (DesignGrowth.RowsPerLevel "subject") [ 6 ] (parameters 1.2) spec (trial 16)
                |> value

            let delta = 1.2 / sqrt ((1.0 + 1.5 / 6.0) * 4.0 / 16.0)
            Check.equal 96 more.Head.Rows
            Law.assertHolds (covers (noncentral 14.0 delta) more.Head))

        testCase "The power of a fit is that of its parameters on its data" (fun () ->
            let simulator =
                Simulator.ofParameters Map.empty (parameters 1.0) spec (trial 20) |> value

            let frame =
                Frame.withColumn "y" (Column.ofFloats (Simulator.response 2 0 simulator)) (trial 20)
                |> value

            let fit = Lmm.fit FitOptions.defaults frame spec |> value
            let effects = Map.ofList [ "armB", 1.3 ]
            let ofFit = Power.ofFit (options 800) effects fit |> value

            let variance =
                fit.VarianceComponents[0].Covariance
                + fit.VarianceComponents[1].Covariance / 3.0

            let expected size =
                noncentral (float (size - 2)) (1.3 / sqrt (variance * 4.0 / float size))

            Law.assertHolds (covers (expected 20) ofFit)

            let curve =
                Power.curveOfFit (options 600) (DesignGrowth.Levels "subject") [ 12; 30 ] effects fit
                |> value

            for size, own in List.zip [ 12; 30 ] curve do
                Law.assertHolds (covers (expected size) own))

        testSequenced
        <| testCase "Power is the same with one thread and with two" (fun () ->
            let run threads =
                let before = Tiles.Threads

                try
                    Tiles.Threads <- threads
                    Power.ofParameters (options 200) (parameters 1.0) spec (trial 10) |> value
                finally
                    Tiles.Threads <- before

            Check.equal (run 1) (run 2))

        testCase "Simulations stop when the interval is narrow, and progress is told" (fun () ->
            let told = ResizeArray<PowerProgress>()

            let found =
                Power.ofParameters
                    {
                        options 5000 with
                            HalfWidth = Some 0.05
                            Progress = Some told.Add
                    }
                    (parameters 4.0)
                    spec
                    (trial 12)
                |> value

            Check.equal 200 found.Simulations
            Check.isTrue (found.Upper - found.Lower <= 0.1)
            Check.equal [ 100; 200 ] [ for one in told -> one.Done ]
            Check.equal 5000 told[0].Most)

        testCase "A cancelled analysis stops" (fun () ->
            use source = new CancellationTokenSource()
            source.Cancel()

            Expect.throwsT<OperationCanceledException>
                (fun () ->
                    Power.ofParameters
                        {
                            options 100 with
                                Fit = {
                                    FitOptions.defaults with
                                        Cancellation = source.Token
                                }
                        }
                        (parameters 0.0)
                        spec
                        (trial 8)
                    |> ignore)
                "cancelled")

        testCase "A term is tested by all its coefficients" (fun () ->
            let spec = TestFrame.formula "y ~ arm * factor(time) + (1 | subject)"

            let parameters = {
                Fixed =
                    Map.ofList [
                        "(Intercept)", 0.0
                        "armB", 0.0
                        "factor(time)1", 0.0
                        "factor(time)2", 0.0
                        "armB:factor(time)1", 0.0
                        "armB:factor(time)2", 0.0
                    ]
                Covariance = Map.ofList [ "subject.(Intercept)", 1.0; "Residual", 1.0 ]
            }

            let estimate term =
                Power.ofParameters
                    {
                        options 1000 with
                            Test = PowerTest.Term term
                    }
                    parameters
                    spec
                    (trial 12)

            estimate "arm:factor(time)" |> value |> covers 0.05 |> Law.assertHolds

            Check.equal 1 (estimate "dose" |> Models.words |> List.length))

        testCase "Groups nested in a factor grow with it" (fun () ->
            let frame =
                TestFrame.ofColumns [
                    "school", TestFrame.texts [ "a"; "a"; "b"; "b" ]
                    "class", TestFrame.texts [ "1"; "2"; "3"; "4" ]
                    "method", TestFrame.texts [ "x"; "y"; "x"; "y" ]
                ]

            let grown =
                DesignGrowth.apply
                    (DesignGrowth.Levels "school")
                    3
                    (TestFrame.formula "y ~ method + (1 | school) + (1 | class)")
                    frame
                |> value

            let texts name =
                grown.TryColumn name |> Option.get |> NewFrame.texts |> List.ofArray

            Check.equal [ "a"; "a"; "b"; "b"; "a'2"; "a'2" ] (texts "school")
            Check.equal [ "1"; "2"; "3"; "4"; "1'2"; "2'2" ] (texts "class")
            Check.equal [ "x"; "y"; "x"; "y"; "x"; "y" ] (texts "method"))

        testCase "Power as a frame has a row for each size" (fun () ->
            let frame =
                Power.curve (options 100) (DesignGrowth.Levels "subject") [ 6; 8 ] (parameters 1.0) spec (trial 6)
                |> value
                |> SimulationFrames.power

            Check.equal
                [
                    "size"
                    "rows"
                    "power"
                    "se"
                    "lower"
                    "upper"
                    "simulations"
                    "rejected"
                    "failed"
                ]
                (Frame.names frame)

            Check.equal 2 frame.Rows)
    ]

/// <summary>Thresholds of scans for mean shifts by refits one by one.</summary>
module LmmFunctional.Tests.MeanShiftThresholdTests

open System
open System.Collections.Immutable
open Expecto
open LmmFunctional
open LmmFunctional.Analysis

let private fit = lazy Fitted.reml "sleepstudy" "Reaction ~ Days + (Days | Subject)"

let private options = {
    BootstrapOptions.defaults with
        Replicates = 19
        Seed = 4
}

let private orFail result =
    match result with
    | Ok value -> value
    | Error problems -> failtest (problems |> List.map LmmError.describe |> String.concat "; ")

let private subjects = DiagnosticUnits.Levels "Subject"

[<Tests>]
let tests =
    testList "MeanShiftThresholdTests" [
        testCase "maxima are those of scans of refits" (fun () ->
            let maxima units =
                Simulation.simulateMany options.Seed options.Replicates fit.Value
                |> orFail
                |> List.map (fun response ->
                    let refit = Refit.withResponse response fit.Value |> orFail
                    abs (MeanShift.scan Adjustment.None units refit |> orFail).Head.T)
                |> List.sort

            Law.assertHolds [
                for name, units in [ "rows", DiagnosticUnits.Rows; "subjects", subjects ] do
                    let threshold = MeanShiftThreshold.create options units fit.Value |> orFail
                    yield! Law.relativeAll name 1e-10 (maxima units) threshold.Maxima
            ])

        testCase "p-values count maxima, and thresholds are order statistics" (fun () ->
            let threshold = {
                Maxima = ImmutableArray.CreateRange [ for k in 1..99 -> float k ]
                Failed = 0
            }

            Check.equal (0.01, sqrt (0.01 * 0.99 / 99.0)) (MeanShiftThreshold.pValue 99.5 threshold)
            Check.equal 0.06 (fst (MeanShiftThreshold.pValue -95.0 threshold))
            Check.equal 1.0 (fst (MeanShiftThreshold.pValue 0.0 threshold))
            Check.equal 95.0 (fst (MeanShiftThreshold.value 0.05 threshold))
            // One error of the share, 0.022, to either side: 98 and 93.
            Check.equal 2.5 (snd (MeanShiftThreshold.value 0.05 threshold)))

        testCase "a scan with a bootstrap lists its p-values and thresholds" (fun () ->
            let scan =
                Lmm.outliers
                    (OutlierModel.MeanShift {
                        MeanShiftOptions.defaults with
                            Units = subjects
                            Bootstrap = Some options
                    })
                    fit.Value
                |> orFail

            match scan with
            | OutlierScan.VarianceShifts _ -> failtest "shifts of the mean were asked for"
            | OutlierScan.MeanShifts table ->
                let frame = DiagnosticFrames.meanShifts table
                let threshold = MeanShiftThreshold.create options subjects fit.Value |> orFail

                Check.equal
                    [
                        "unit"
                        "shift"
                        "se"
                        "t"
                        "externalT"
                        "p"
                        "pAdjusted"
                        "pBootstrap"
                        "monteCarloError"
                    ]
                    (Frame.names frame)

                let expected =
                    table.Shifts
                    |> List.map (fun own -> fst (MeanShiftThreshold.pValue own.T threshold))

                Check.equal (Some(Column.ofFloats expected)) (Frame.tryColumn "pBootstrap" frame))

        testCase "what cannot be is told" (fun () ->
            match MeanShiftThreshold.create options (DiagnosticUnits.Levels "nobody") fit.Value with
            | Ok _ -> failtest "there is no such factor"
            | Error problems ->
                Check.contains "'nobody'" (problems |> List.map LmmError.describe |> String.concat "; ")

            Expect.throwsT<ArgumentException>
                (fun () ->
                    MeanShiftThreshold.create { options with Replicates = 1 } subjects fit.Value
                    |> ignore)
                "one replicate")

        testProperty "large units are scanned as small ones are" (fun (seed: int) ->
            let stream = RandomStream(uint64 seed, 0)

            let rows = [
                for level in 0..3 do
                    let effect = stream.NextNormal()

                    // More than 200 rows in the second.
                    for _ in 0 .. (if level = 1 then 210 else 40) do
                        $"g{level}", stream.NextNormal(), effect + stream.NextNormal()
            ]

            let frame =
                TestFrame.ofColumns [
                    "g", rows |> List.map (fun (g, _, _) -> g) |> TestFrame.texts
                    "x", rows |> List.map (fun (_, x, _) -> x) |> TestFrame.numbers
                    "y", rows |> List.map (fun (_, _, y) -> y) |> TestFrame.numbers
                ]

            let fit = Lmm.fitFormula FitOptions.defaults frame "y ~ x + (1 | g)" |> orFail
            let equations = MixedModelEquations fit

            let found =
                MeanShift.scan Adjustment.None (DiagnosticUnits.Levels "g") fit |> orFail

            Law.holds [
                for shift in found do
                    let rows = Seq.toArray shift.Unit.Rows
                    let square = Array.sum (equations.PrecisionBlock rows) - equations.FixedShare rows
                    yield! Law.relative shift.Unit.Name 1e-6 (fit.Sigma / sqrt square) shift.StandardError
            ])
    ]

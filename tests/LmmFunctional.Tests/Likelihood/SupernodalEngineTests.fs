/// <summary>The supernodal engine against the block engine, which knows nothing of sparse factors.</summary>
module LmmFunctional.Tests.SupernodalEngineTests

open System
open Expecto
open LmmFunctional.Numerics
open LmmFunctional.Estimation

// Relative to the largest element of what is compared; both engines lose a few digits to cancellation.
let private tolerance = 1e-9

let private closeWithin tolerance what (expected: float[]) (actual: float[]) =
    let size = expected |> Array.fold (fun m x -> max m (abs x)) 1e-6
    Check.equal expected.Length actual.Length

    Array.iteri2
        (fun k a b ->
            if not (abs (a - b) <= tolerance * size) then
                failtest $"{what}, element {k}: expected {a:R}, got {b:R}")
        expected
        actual

let private close what = closeWithin tolerance what

let private flat (a: SquareBlock) = a.Values

let private compare reml (model: Standardised) lambdas =
    let entries = SupernodalModels.entries model
    let block = BlockEngine(CrossProducts.create model) :> Engine
    let ours = SupernodalEngine(SupernodalPlan.analyse model) :> Engine
    Check.equal (block.Factor lambdas) (ours.Factor lambdas)
    close "log|V|" [| block.LogDeterminant |] [| ours.LogDeterminant |]
    close "the fixed factor" block.FixedFactor ours.FixedFactor
    close "[X y]'[X y]" block.FixedFixed ours.FixedFixed
    block.Solve()
    ours.Solve()

    (block.Derivatives reml, ours.Derivatives reml)
    ||> Array.iteri2 (fun t expected actual ->
        close $"trace of term {t}" expected.Trace actual.Trace
        close $"square of term {t}" expected.Square actual.Square)

    close "F" (flat (block.Average entries)) (flat (ours.Average entries))
    close "T" (flat (block.Trace(entries, reml))) (flat (ours.Trace(entries, reml)))

    model.Terms
    |> List.iteri (fun t term ->
        for level in 0 .. term.Levels - 1 do
            close
                $"the covariance of level {level} of term {t}"
                (block.ConditionalCovariance(t, level))
                (ours.ConditionalCovariance(t, level))

            for effect in 0 .. term.Factor.Order - 1 do
                let parts (engine: Engine) = [|
                    engine.Score(t, level, effect)
                    engine.EffectSquare(t, level, effect)

                    for column in 0 .. engine.P - 1 do
                        engine.EffectFixed(t, level, effect, column)
                |]

                close $"effect {effect} of level {level} of term {t}" (parts block) (parts ours))

// Several supernodes of some size, and tasks of their own.
let private crossed levels rows =
    let random = Random 7

    let codes () =
        Array.init rows (fun i -> if i < levels then i else random.Next(levels: int))

    let term name =
        SupernodalModels.term name levels (codes ()) [| SupernodalModels.intercept rows |]

    SupernodalModels.model random rows 2 [ term "a"; term "b"; term "c" ] None

[<Tests>]
let tests =
    testList "SupernodalEngineTests" [
        testPropertyWithConfig (Law.tries 60) "both engines agree inside the space of θ" (fun seed reml ->
            let model = SupernodalModels.any seed
            compare reml model (SupernodalModels.lambdas seed false model))

        testPropertyWithConfig (Law.tries 60) "both engines agree where λ is singular or zero" (fun seed reml ->
            let model = SupernodalModels.any seed
            compare reml model (SupernodalModels.lambdas seed true model))

        testCase "both engines agree on a sparse crossing of three factors" (fun () ->
            let model = crossed 300 900
            compare true model [| [| 0.7 |]; [| 0.4 |]; [| 1.1 |] |]
            compare false model [| [| 0.7 |]; [| 0.0 |]; [| 1.1 |] |])

        testCase "differences give the traces of products that the full matrix gives" (fun () ->
            let model = crossed 60 200
            let entries = SupernodalModels.entries model
            let factor = SupernodalFactor(SupernodalPlan.analyse model)
            let lambdas = [| [| 0.7 |]; [| 0.4 |]; [| 1.1 |] |]
            Check.isTrue (factor.Factor lambdas)
            factor.Solve()

            for reml in [ false; true ] do
                let exact = SupernodalCurvature.trace factor entries reml
                // Steps of 1e-3 at fourth order.
                closeWithin 1e-7 "T" (flat exact) (flat (TraceDifferences.create factor entries reml))
                Check.equal (flat exact) (flat (SupernodalCurvature.trace factor entries reml))

                // The same along the elements of G.
                let identities = lambdas |> Array.map (fun _ -> [| 1.0 |])

                closeWithin
                    1e-7
                    "T along G"
                    (flat (SupernodalCurvature.traceAlong factor identities entries reml))
                    (flat (TraceDifferences.along factor identities entries reml)))

        testCase "the bits do not depend on the number of threads" (fun () ->
            let model = crossed 500 2500

            let run threads =
                let before = Tiles.Threads
                Tiles.Threads <- threads

                try
                    let engine = SupernodalEngine(SupernodalPlan.analyse model) :> Engine
                    Check.isTrue (engine.Factor [| [| 0.7 |]; [| 0.0 |]; [| 1.1 |] |])
                    engine.Solve()

                    [|
                        engine.LogDeterminant
                        yield! engine.FixedFactor

                        for derivative in engine.Derivatives true do
                            yield! derivative.Trace
                            yield! derivative.Square

                        yield! flat (engine.Average(SupernodalModels.entries model))
                    |]
                finally
                    Tiles.Threads <- before

            Check.equal (run 1) (run 2))

        testCase "work and memory are those of the factor" (fun () ->
            let nest = Random 3
            let inner = Array.init 400 (fun i -> i / 2)

            let model =
                SupernodalModels.model
                    nest
                    400
                    1
                    [
                        SupernodalModels.term "inner" 200 inner [| SupernodalModels.intercept 400 |]
                        SupernodalModels.term "outer" 20 (inner |> Array.map (fun k -> k / 10)) [|
                            SupernodalModels.intercept 400
                        |]
                    ]
                    None

            let symbolic = SupernodalPlan.analyse model
            Check.isTrue symbolic.IsPossible
            // A nest is not filled: one element for each inner level beside the diagonal.
            Check.equal 420L (symbolic.Analysis.MinimalLength)

            Expect.isGreaterThanOrEqual
                symbolic.Analysis.PanelLength
                symbolic.Analysis.MinimalLength
                "symbolic.Analysis.PanelLength"

            Expect.isGreaterThan symbolic.Work 0.0 "symbolic.Work"
            Expect.isGreaterThan symbolic.Bytes (16.0 * float symbolic.Analysis.PanelLength) "symbolic.Bytes")
    ]

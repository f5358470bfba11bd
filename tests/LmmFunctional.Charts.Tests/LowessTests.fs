/// <summary>The smoother against R's lowess, and the smoother of lines.</summary>
module LmmFunctional.Charts.Tests.LowessTests

open Expecto
open LmmFunctional.Charts
open LmmFunctional.Tests

let private isNear (expected: float) actual =
    Check.isWithin (expected - 1e-12 * (1.0 + abs expected)) (expected + 1e-12 * (1.0 + abs expected)) actual

/// Ties, an outlier, and a gap. R 4.2: lowess(x, y) with its defaults.
let private few =
    Array.zip [| 1.0; 1.0; 1.0; 1.0; 1.0; 2.0; 2.0; 2.0; 2.0; 2.0; 3.0; 4.0; 5.0; 6.0; 7.0 |] [|
        1.0
        2.0
        3.0
        4.0
        5.0
        2.0
        3.0
        4.0
        5.0
        6.0
        9.0
        7.0
        8.0
        30.0
        6.0
    |]

/// x = (7919 i mod 997)/100, y = sin x + (104729 i mod 1009)/1009, i = 1 .. 400.
let private many =
    Array.init 400 (fun k ->
        let i = int64 (k + 1)
        let x = float ((i * 7919L) % 997L) / 100.0
        x, sin x + float ((i * 104729L) % 1009L) / 1009.0)

[<Tests>]
let tests =
    testList "LowessTests" [
        testCase "few points with ties, as R" (fun () ->
            let smooth = Lowess.curve few |> Array.map snd

            for index, expected in
                [
                    0, 3.0
                    5, 4.0
                    10, 6.3037437969296253
                    11, 7.2325515347843163
                    12, 7.3274520526269438
                    13, 6.7448916130665335
                    14, 6.1702491597250173
                ] do
                isNear expected smooth[index])

        testCase "many points, interpolated between fits, as R" (fun () ->
            let curve = Lowess.curve many

            for index, x, y in
                [
                    0, 0.18, 1.5983547542720655
                    56, 1.6, 1.0888995963423747
                    199, 5.07, 0.16257217883404984
                    398, 9.95, 1.0317127761151319
                    399, 9.96, 1.0319205978343449
                ] do
                isNear x (fst curve[index])
                isNear y (snd curve[index]))

        testProperty "points on a line stay there" (fun (a: FsCheck.NormalFloat) (b: FsCheck.NormalFloat) ->
            let line x = a.Get + b.Get * x
            let points = [| for k in 0..29 -> float (k * k % 31), line (float (k * k % 31)) |]
            let size = abs a.Get + 31.0 * abs b.Get

            Lowess.curve points
            |> Array.forall (fun (x, y) -> abs (y - line x) <= 1e-9 * size))

        testCase "two points, and points at one place" (fun () ->
            Check.equal [| 1.0, 2.0; 3.0, 5.0 |] (Lowess.curve [| 3.0, 5.0; 1.0, 2.0 |])

            for _, y in Lowess.curve [| 1.0, 1.0; 1.0, 2.0; 1.0, 3.0 |] do
                isNear 2.0 y)
    ]

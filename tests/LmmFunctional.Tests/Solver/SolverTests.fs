namespace LmmFunctional.Tests

open System.Collections.Immutable
open Expecto
open FsCheck
open LmmFunctional
open LmmFunctional.Estimation

/// Counting what a solver asks of its objective.
[<RequireQualifiedAccess>]
module Counting =

    /// The evaluations made for the first k iterations, k from zero to all, and all iterations.
    let evaluations (objective: Objective) =
        let path = Solver.iterations SolverOptions.defaults objective |> List.ofSeq

        let count taken =
            let mutable evaluations = 0

            let counted = {
                objective with
                    Evaluate =
                        fun theta order ->
                            evaluations <- evaluations + 1
                            objective.Evaluate theta order
            }

            Solver.iterations SolverOptions.defaults counted
            |> Seq.truncate taken
            |> Seq.iter ignore

            evaluations

        List.init (path.Length + 1) count, path

/// <summary>The solver on plain functions, without any model.</summary>
module SolverTests =

    let private run objective =
        Solver.iterations SolverOptions.defaults objective |> List.ofSeq

    let private last objective = run objective |> List.last

    let private verdict objective =
        (Certificate.create objective (last objective)).Verdict

    let private rises (path: Iteration list) = [
        for before, after in List.pairwise path do
            yield!
                Law.atMost
                    $"rise at iteration {after.Number}"
                    (1e-12 * max 1.0 (abs before.Criterion))
                    (after.Criterion - before.Criterion)
    ]

    let private rosenbrock start =
        Objective.ofFunction [ "x"; "y" ] start (fun t ->
            let x, y = t[0], t[1]
            let gap = y - x * x

            (1.0 - x) ** 2.0 + 100.0 * gap * gap,
            [| -2.0 * (1.0 - x) - 400.0 * x * gap; 200.0 * gap |],
            array2D [ [ 2.0 - 400.0 * gap + 800.0 * x * x; -400.0 * x ]; [ -400.0 * x; 200.0 ] ])

    /// Minima at x = ±1, y = 0; a saddle at the origin.
    let private doubleWell start =
        Objective.ofFunction [ "x"; "y" ] start (fun t ->
            let x, y = t[0], t[1]

            (x * x - 1.0) ** 2.0 + y * y,
            [| 4.0 * x * (x * x - 1.0); 2.0 * y |],
            array2D [ [ 12.0 * x * x - 4.0; 0.0 ]; [ 0.0; 2.0 ] ])

    [<Tests>]
    let tests =
        testList "SolverTests" [
            testProperty "a quadratic is solved in one step" (fun (seed: int) (order: byte) ->
                let k = 1 + int order % 5
                let a = Naive.positive seed k
                let random = Naive.random (seed + 1) k 2
                let least = Array.init k (fun i -> random[i, 0])

                let objective =
                    Objective.ofFunction
                        [ for i in 1..k -> $"x{i}" ]
                        // Within the first radius.
                        [ for i in 0 .. k - 1 -> least[i] + 0.4 * random[i, 1] ]
                        (fun t ->
                            let d = Array.map2 (-) t least

                            let gradient =
                                Array.init k (fun i -> Seq.init k (fun j -> a[i, j] * d[j]) |> Seq.sum)

                            7.0 + 0.5 * Array.fold2 (fun sum x g -> sum + x * g) 0.0 d gradient, gradient, a)

                let path = run objective

                Law.holds [
                    yield! Law.nearAll "minimum" 1e-12 least path[1].Theta
                    yield! Law.near "criterion" 1e-14 7.0 (List.last path).Criterion
                    yield! Law.atMost "iterations" 2.0 (float (List.last path).Number)
                    yield! rises path
                    yield! Law.isTrue "no optimum" (verdict objective = Verdict.Optimum)
                ])

            testProperty
                "Rosenbrock's valley is followed to its end from anywhere"
                (fun (NormalFloat x) (NormalFloat y) ->
                    let clip v = 5.0 * tanh (v / 5.0)
                    let objective = rosenbrock [ clip x; clip y ]
                    let path = run objective

                    Law.holds [
                        yield!
                            Law.nearAll $"minimum from ({clip x}, {clip y})" 1e-8 [ 1.0; 1.0 ] (List.last path).Theta
                        yield! rises path
                        yield! Law.isTrue "no optimum" (verdict objective = Verdict.Optimum)
                    ])

            testProperty "negative curvature is followed away from a saddle" (fun (NormalFloat x) ->
                let start = 1e-6 * tanh x + (if x < 0.0 then -1e-9 else 1e-9)
                let objective = doubleWell [ start; 0.3 ]
                let path = run objective

                Law.holds [
                    yield! Law.nearAll $"minimum from {start}" 1e-9 [ float (sign start); 0.0 ] (List.last path).Theta
                    yield! rises path
                ])

            testCase "a saddle reached along its stable direction is left" (fun () ->
                let objective = doubleWell [ 0.0; 0.3 ]
                let path = run objective

                Law.assertHolds [
                    yield! Law.nearAll "minimum" 1e-9 [ 1.0; 0.0 ] ((List.last path).Theta |> Seq.map abs)
                    yield! rises path
                    yield! Law.isTrue "no optimum" (verdict objective = Verdict.Optimum)
                ])

            testCase "a minimum without curvature is reached" (fun () ->
                let objective =
                    Objective.ofFunction [ "x"; "y" ] [ 1.0; 1.0 ] (fun t ->
                        let x, y = t[0], t[1]

                        x ** 4.0 + y * y,
                        [| 4.0 * x ** 3.0; 2.0 * y |],
                        array2D [ [ 12.0 * x * x; 0.0 ]; [ 0.0; 2.0 ] ])

                let path = run objective

                Law.assertHolds [
                    yield! Law.near "criterion" 1e-10 0.0 (List.last path).Criterion
                    yield! Law.nearAll "minimum" 1e-2 [ 0.0; 0.0 ] (List.last path).Theta
                    yield! rises path
                ])

            testCase "a direction without any change is named" (fun () ->
                let objective =
                    Objective.ofFunction [ "x"; "y"; "z" ] [ 0.4; 0.3; 0.2 ] (fun t ->
                        let sum = t[0] + t[1]

                        sum * sum + t[2] * t[2],
                        [| 2.0 * sum; 2.0 * sum; 2.0 * t[2] |],
                        array2D [ [ 2.0; 2.0; 0.0 ]; [ 2.0; 2.0; 0.0 ]; [ 0.0; 0.0; 2.0 ] ])

                Check.equal (Verdict.FlatDirection [ "x"; "y" ]) (verdict objective))

            testCase "steps out of the domain are shortened" (fun () ->
                // x − log x in t = x + 1, from where Newton's step leads far below x = 0.
                let objective =
                    Objective.ofFunction [ "t" ] [ 5.0 ] (fun t ->
                        let x = t[0] - 1.0

                        if x > 0.0 then
                            x - log x, [| 1.0 - 1.0 / x |], array2D [ [ 1.0 / (x * x) ] ]
                        else
                            infinity, [| 0.0 |], array2D [ [ 0.0 ] ])

                let path = run objective

                Law.assertHolds [
                    yield! Law.nearAll "minimum" 1e-9 [ 2.0 ] (List.last path).Theta
                    yield!
                        Law.isTrue
                            "no step was shortened"
                            (path |> List.exists (fun iteration -> iteration.Halvings > 0))
                    yield! rises path
                ])

            testCase "a solver that is stopped says so" (fun () ->
                let options = {
                    SolverOptions.defaults with
                        MaxIterations = 3
                }

                let objective = rosenbrock [ -1.2; 1.0 ]
                let third = Solver.iterations options objective |> Seq.last
                Check.equal 3 third.Number

                Check.equal
                    (Verdict.NotConverged "stopped after step 3; more steps would lower the criterion")
                    (Certificate.create objective third).Verdict)

            testCase "a function of nothing is at its optimum" (fun () ->
                let objective =
                    Objective.ofFunction [] [] (fun _ -> 3.0, [||], Array2D.zeroCreate 0 0)

                Check.equal [ 3.0 ] (run objective |> List.map _.Criterion)
                Check.equal Verdict.Optimum (verdict objective))

            testCase "each iteration is computed when it is asked for" (fun () ->
                let objective = rosenbrock [ -1.2; 1.0 ]
                let evaluations, path = Counting.evaluations objective

                Law.assertHolds [
                    yield! Law.isTrue "evaluated before anything was asked" (evaluations[0] = 0)

                    for k in 1 .. path.Length - 1 do
                        yield!
                            Law.atMost
                                $"evaluations for {k} of {path.Length}"
                                (float evaluations[k + 1] - 1.0)
                                (float evaluations[k])
                ])

            testCase "an iteration holds all that the next step needs" (fun () ->
                let objective = rosenbrock [ -1.2; 1.0 ]
                let path = run objective

                for before, after in List.pairwise path do
                    match Solver.step SolverOptions.defaults objective before with
                    | Some again ->
                        Law.assertHolds [
                            yield! Law.nearAll "theta" 0.0 after.Theta again.Theta
                            yield! Law.near "criterion" 0.0 after.Criterion again.Criterion
                            yield! Law.nearAll "step" 1e-15 (Seq.map2 (-) after.Theta before.Theta) after.Step
                        ]
                    | None -> failtest $"no step after iteration {before.Number}"

                Check.equal
                    None
                    (Solver.step SolverOptions.defaults objective (List.last path)
                     |> Option.map _.Number))
        ]

/// <summary>What a model with structured residuals is before its first iteration: few vectors, and a start from moments.
/// </summary>
module LmmFunctional.Tests.MarginalStartTests

open System
open Expecto
open FsCheck
open LmmFunctional
open LmmFunctional.Estimation

/// Blocks of rows with columns of four kinds: constant, one value a block, two values, any.
let private blocks (random: Random) size count =
    let rows = size * count
    let column value = Array.init rows value
    let perBlock = Array.init count (fun _ -> random.NextDouble())

    [|
        column (fun _ -> 1.0)
        column (fun row -> perBlock[row / size])
        column (fun row -> if row % size = 0 then 1.0 else -0.25)
        column (fun _ -> float (random.Next 2))
        column (fun _ -> 100.0 * random.NextDouble() - 30.0)
    |]

/// Subjects with four visits each, none missing, in two arms.
let private complete seed subjects =
    let random = Random seed

    let normal () =
        sqrt (-2.0 * log (1.0 - random.NextDouble()))
        * cos (2.0 * Math.PI * random.NextDouble())

    let rows = [|
        for id in 0 .. subjects - 1 do
            let effect = normal ()

            for visit in 0..3 do
                id, visit, effect + (1.0 + float visit) * normal ()
    |]

    TestFrame.ofColumns [
        "y", rows |> Array.map (fun (_, _, y) -> y) |> TestFrame.numbers
        "id", rows |> Array.map (fun (id, _, _) -> $"s{id}") |> TestFrame.texts
        "arm", rows |> Array.map (fun (id, _, _) -> $"a{id % 2}") |> TestFrame.texts
        "visit", rows |> Array.map (fun (_, visit, _) -> $"v{visit}") |> TestFrame.texts
    ]

[<Tests>]
let tests =
    testList "MarginalStartTests" [
        testPropertyWithConfig
            (Law.tries 60)
            "vectors of a pattern have the cross-products of its blocks"
            (fun (PositiveInt size) (PositiveInt count) (seed: int) ->
                let size, count = 1 + size % 6, 1 + count % 80
                let random = Random seed
                let columns = blocks random size count
                let k = size * columns.Length
                let members = Array.init (size * count) id

                let vectors = PatternVectors(k, count)

                for block in 0 .. count - 1 do
                    vectors.Add(columns, members, block * size)

                let struct (r, found) = vectors.Finish()

                let product of' number i j =
                    Seq.init number (fun v -> of' v i * of' v j) |> Seq.sum

                let ofBlock block place =
                    columns[place / size].[block * size + place % size]

                let ofVector vector place = found[vector * k + place]

                Law.holds [
                    if r > count then
                        $"{r} vectors for {count} blocks"

                    for i in 0 .. k - 1 do
                        for j in 0..i do
                            let scale = sqrt (product ofBlock count i i * product ofBlock count j j)

                            yield!
                                Law.near
                                    $"({i}, {j})"
                                    (1e-12 * max 1.0 scale)
                                    (product ofBlock count i j)
                                    (product ofVector r i j)
                ])

        // With all visits and the same effects at each of them, least squares is generalised least squares and the maximum
        // likelihood estimate is S.
        testPropertyWithConfig
            (Law.tries 20)
            "with complete data the start from moments is the optimum"
            (fun (seed: int) ->
                Law.holds [
                    for structure in [ "us(visit | id)"; "us(visit | id) per arm"; "toeph(visit | id)" ] do
                        let likelihood =
                            StructuredModel.likelihoodOf
                                Criterion.Ml
                                (TestFrame.formula $"y ~ visit * arm; residual = {structure}")
                                (complete seed 30)

                        let first =
                            Solver.iterations SolverOptions.defaults likelihood.Objective |> Seq.head

                        if not (first.Decrement <= 1e-3) then
                            $"{structure}: decrement {first.Decrement}"
                ])
    ]

/// Triangular factors by rotation.
module LmmFunctional.Tests.LowerFactorTests

open System
open Expecto
open LmmFunctional.Estimation

/// Λ of some columns with entries of very different sizes, the others zero.
let private columns n (rank: int) seed =
    let random = Random(seed: int)
    let isKept = Array.init n (fun j -> j < rank)
    random.Shuffle isKept

    Array.init (n * n) (fun k ->
        let size = 10.0 ** (-4.0 * random.NextDouble())
        let value = size * (2.0 * random.NextDouble() - 1.0)
        if isKept[k / n] then value else 0.0)

[<Tests>]
let tests =
    testList "LowerFactorTests" [
        testPropertyWithConfig
            (Law.tries 200)
            "the product stays, the factor is triangular, and the rank is that of the columns"
            (fun (seed: int) ->
                let n = 1 + abs seed % 5
                let rank = abs (seed / 5) % (n + 1)
                let lambda = columns n rank seed
                let factor = LowerFactor.ofColumns n lambda

                let nonZero (a: float[]) j =
                    Seq.exists (fun i -> a[i + j * n] <> 0.0) (seq { 0 .. n - 1 })

                Law.holds [
                    yield!
                        Law.relativeAll "product" 1e-14 (Semidefinite.square n lambda) (Semidefinite.square n factor)

                    for j in 0 .. n - 1 do
                        for i in 0 .. j - 1 do
                            yield! Law.near "above the diagonal" 0.0 0.0 factor[i + j * n]

                        yield!
                            Law.isTrue
                                $"column {j} below a zero pivot"
                                (factor[j + j * n] <> 0.0 || not (nonZero factor j))

                    let rankOf a =
                        Seq.init n (nonZero a) |> Seq.filter id |> Seq.length

                    yield! Law.near "rank" 0.0 (float (rankOf lambda)) (float (rankOf factor))
                ])

        testCase "a small pivot beside a zero one keeps its digits" (fun () ->
            // The product has its last pivot within rounding of zero, and its root would be 1e-7.
            let lambda = [| 0.28; 0.237; -0.00826; 0.0; 0.0061; -0.2935; 0.0; 0.0; 0.0 |]
            Check.equal lambda (LowerFactor.ofColumns 3 lambda)
            // A zero variance above the others turns into a zero row and column.
            Law.assertHolds (
                Law.nearAll "factor" 1e-15 [| 0.0; 0.0; 0.0; 5.0 |] (LowerFactor.ofColumns 2 [| 0.0; -3.0; 0.0; 4.0 |])
            ))
    ]

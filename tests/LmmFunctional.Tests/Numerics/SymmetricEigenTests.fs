/// Eigenvalues and eigenvectors give the matrix back.
module LmmFunctional.Tests.SymmetricEigenTests

open System
open Expecto
open LmmFunctional.Numerics

let private decompose n (a: float[]) =
    SymmetricEigen.Decompose(n, Array.copy a)

[<Tests>]
let tests =
    testList "SymmetricEigenTests" [
        testProperty
            "V E V' is the matrix, V is orthogonal, and eigenvalues ascend"
            (fun (seed: int, size: int, rank: int) ->
                let n = 1 + abs (size % 12)
                let used = max 1 (abs (rank % n))
                let random = Random seed
                let part = Array.init (n * n) (fun _ -> random.NextDouble() - 0.5)

                let sign =
                    Array.init n (fun k ->
                        if k >= used then 0.0
                        elif random.Next 3 = 0 then -1.0
                        else 1.0)

                let a =
                    Array.init (n * n) (fun index ->
                        let i, j = index % n, index / n
                        Seq.init n (fun k -> sign[k] * part[i + k * n] * part[j + k * n]) |> Seq.sum)

                let struct (values, vectors) = decompose n a

                for i in 0 .. n - 1 do
                    for j in 0 .. n - 1 do
                        let sum f = Seq.init n f |> Seq.sum
                        let back = sum (fun k -> values[k] * vectors[i + k * n] * vectors[j + k * n])
                        let dot = sum (fun k -> vectors[k + i * n] * vectors[k + j * n])
                        Law.assertHolds (Law.near ($"element {i}, {j}") (1e-13 * float n) (a[i + j * n]) back)
                        Law.assertHolds (Law.near ($"vectors {i} and {j}") (1e-13) (if i = j then 1.0 else 0.0) dot)

                Expect.isAscending values "eigenvalues")

        testCase "A diagonal matrix is its own answer" (fun () ->
            let struct (values, vectors) = decompose 2 [| 3.0; 0.0; 0.0; -1.0 |]
            Check.equal [| -1.0; 3.0 |] values
            Check.equal [| 0.0; 1.0; 1.0; 0.0 |] vectors)

        testCase "A matrix that is not finite comes back" (fun () ->
            let struct (values, _) = decompose 2 [| nan; 0.0; 0.0; 1.0 |]
            Check.equal 2 values.Length)
    ]

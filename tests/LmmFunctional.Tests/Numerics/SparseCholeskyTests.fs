/// <summary>Laws of the supernodal factor, its solves and its inverse on the pattern.</summary>
module LmmFunctional.Tests.SparseCholeskyTests

open System
open Expecto
open LmmFunctional.Numerics

// Diagonally dominant matrices of order up to 180: a few hundred roundings.
let private tolerance = 1e-12

let private factored seed pattern =
    let analysis = SparseAnalysis.create pattern
    let cholesky, matrix = SparsePatterns.filled seed analysis
    Expect.isTrue (cholesky.Factor()) "not positive definite"
    cholesky, matrix

let private checkAll seed pattern =
    let cholesky, matrix = factored seed pattern
    let tree = cholesky.Tree
    let n = tree.Size
    cholesky.Invert()
    let inverse = SparsePatterns.invert n matrix

    let l =
        Array.init (n * n) (fun k ->
            if k % n >= k / n then
                SparsePatterns.element tree cholesky.Panels (k % n) (k / n)
            else
                0.0)

    for j in 0 .. n - 1 do
        for i in j .. n - 1 do
            let product = Seq.init (j + 1) (fun k -> l[i + k * n] * l[j + k * n]) |> Seq.sum
            Law.assertHolds (Law.near ($"LLᵀ at {i}, {j}") (tolerance * float n) (matrix[i + j * n]) product)

            if l[i + j * n] <> 0.0 then
                let own = SparsePatterns.element tree cholesky.Inverse i j
                Law.assertHolds (Law.near ($"inverse at {i}, {j}") tolerance (inverse[i + j * n]) own)

    let expected = 2.0 * (Seq.init n (fun i -> log l[i + i * n]) |> Seq.sum)
    Law.assertHolds (Law.near "cholesky.LogDeterminant" (1e-12) expected cholesky.LogDeterminant)

    for m in [ 1; 3; 40 ] do
        let x = Buffer(n * m)
        let random = Random(seed: int)

        for k in 0 .. n * m - 1 do
            x[k] <- random.NextDouble() - 0.5

        let given = x.Span.ToArray()
        SparseSolve.Forward(cholesky, m, x.Pointer)
        SparseSolve.Backward(cholesky, m, x.Pointer)

        for c in 0 .. m - 1 do
            for i in 0 .. n - 1 do
                let back = Seq.init n (fun k -> matrix[i + k * n] * x[k + c * n]) |> Seq.sum
                Law.assertHolds (Law.near ($"solve at {i}, {c}") (tolerance * float n) (given[i + c * n]) back)

[<Tests>]
let tests =
    testList "SparseCholeskyTests" [
        testPropertyWithConfig (Law.tries 30) "factor, solves and inverse are those of the dense matrix" (fun seed ->
            checkAll seed (SparsePatterns.random seed))

        testCase "so they are on a grid with large fronts" (fun () -> checkAll 1 (SparsePatterns.grid 18))

        testCase "and for a full matrix with one front" (fun () ->
            let n = 130

            let edges = [|
                for i in 0 .. n - 1 do
                    for j in 0 .. i - 1 do
                        i, j
            |]

            checkAll 2 (SymmetricPattern.ofEdges (Array.create n 1) (Array.map fst edges) (Array.map snd edges)))

        testCase "the bits do not depend on the number of threads" (fun () ->
            let run threads =
                let before = Tiles.Threads
                Tiles.Threads <- threads

                try
                    let cholesky, _ = factored 3 (SparsePatterns.grid 45)
                    cholesky.Invert()
                    cholesky.Panels.Span.ToArray(), cholesky.Inverse.Span.ToArray()
                finally
                    Tiles.Threads <- before

            let one, two = run 1, run 2
            Expect.isTrue (fst one = fst two) "factor"
            Expect.isTrue (snd one = snd two) "inverse")

        testCase "a matrix that is not positive definite is noticed" (fun () ->
            let cholesky, _ =
                SparsePatterns.filled 4 (SparseAnalysis.create (SparsePatterns.grid 10))

            cholesky.Panels[cholesky.Tree.PanelStarts[cholesky.Tree.Count / 2]] <- -1.0
            Check.isFalse (cholesky.Factor()))
    ]

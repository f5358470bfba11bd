/// <summary>The S×S blocks of random terms, and covariance matrices that may be singular, against plain loops.</summary>
module LmmFunctional.Tests.SmallTests

open System
open Expecto
open LmmFunctional.Numerics
open LmmFunctional.Estimation

let private config = {
    Law.config with
        arbitrary = [ typeof<NumericsGenerators> ]
}

// Blocks lie within longer arrays; NaN around them shows reads and writes out of place.
let private before, private after = 3, 2

let private place (a: float[,]) =
    let rows = Array2D.length1 a

    Array.concat [
        Array.create before nan
        Array.init a.Length (fun k -> a[k % rows, k / rows])
        Array.create after nan
    ]

let private at rows columns (values: float[]) =
    Array2D.init rows columns (fun i j -> values[before + i + j * rows])

let private untouched (values: float[]) =
    let around =
        Array.append (Array.take before values) (Array.skip (values.Length - after) values)

    Law.isTrue "written outside the block" (around |> Array.forall Double.IsNaN)

let private blank n = place (Array2D.create n n nan)

let private columns (a: float[,]) =
    let n = Array2D.length1 a
    Array.init (n * n) (fun k -> a[k % n, k / n])

let private ofColumns n (a: float[]) =
    Array2D.init n n (fun i j -> a[i + j * n])

[<Tests>]
let tests =
    testList "SmallTests" [
        testPropertyWithConfig config "products" (fun (BlockOrder n) seed (transposed: bool) ->
            let a, b = Naive.random seed n n, Naive.random (seed + 1) n n
            let plain, byTranspose = blank n, blank n
            Small.Multiply(n, place a, before, transposed, place b, before, plain, before)
            Small.MultiplyByTranspose(n, place a, before, place b, before, byTranspose, before)

            Law.holds [
                yield! Naive.sameProduct "op(a) b" (if transposed then Naive.transpose a else a) b (at n n plain)
                yield! Naive.sameProduct "a bᵀ" a (Naive.transpose b) (at n n byTranspose)
                yield! untouched plain
                yield! untouched byTranspose
            ])

        testPropertyWithConfig config "factors and solves" (fun (BlockOrder n) (BlockOrder columns) seed ->
            let a, b = Naive.positive seed n, Naive.random (seed + 1) n columns
            let factored, forward, backward = place a, place b, place b
            let positive = Small.Cholesky(n, factored, before)
            Small.SolveLower(n, factored, before, columns, forward, before)
            Small.SolveLowerTransposed(n, factored, before, columns, backward, before)
            let l = at n n factored

            Law.holds [
                yield! Law.isTrue "reported as not positive definite" positive
                yield! Law.isTrue "not zero above the diagonal" (l = Naive.lower l)
                yield! Naive.same "L Lᵀ" a (Naive.product l (Naive.transpose l))
                yield! Naive.same "L x" b (Naive.product l (at n columns forward))
                yield! Naive.same "Lᵀ x" b (Naive.product (Naive.transpose l) (at n columns backward))
                yield! untouched factored
                yield! untouched forward
                yield! untouched backward
            ])

        testPropertyWithConfig
            config
            "a block with a negative pivot has no factor"
            (fun (BlockOrder n) seed (which: byte) ->
                let a = Naive.positive seed n
                let k = int which % n
                a[k, k] <- -1.0
                Law.holds (Law.isTrue $"accepted, pivot {k} of {n}" (not (Small.Cholesky(n, place a, before)))))

        testPropertyWithConfig config "inverses, also where rows must be exchanged" (fun (BlockOrder n) seed ->
            // A cyclic shift of a well-conditioned triangle has zeros on its diagonal.
            let triangle = Naive.triangle seed n
            let a = Array2D.init n n (fun i j -> triangle[(i + 1) % n, j])
            let flat = Array.init (n * n) (fun k -> a[k % n, k / n])
            let inverse = blank n
            Small.Invert(n, flat, inverse, before)

            Law.holds [
                yield! Naive.same "a a⁻¹" (Naive.identity n) (Naive.product a (at n n inverse))
                yield! untouched inverse
            ])

        testPropertyWithConfig
            config
            "a singular covariance has a triangular factor"
            (fun (BlockOrder n) (BlockOrder rank) seed ->
                let rank = min rank n - 1
                let b = Naive.random seed n rank
                let a = Naive.product b (Naive.transpose b)
                let l = Semidefinite.factor n (columns a)

                Law.holds [
                    // A pivot that ought to be zero is one rounding of the diagonal; its square root is what is lost.
                    yield! Law.relativeAll $"rank {rank} of {n}" 1e-7 (columns a) (Semidefinite.square n l)
                    yield! Law.isTrue "not zero above the diagonal" (ofColumns n l = Naive.lower (ofColumns n l))
                ])

        testPropertyWithConfig config "as many columns as the rank make the matrix again" (fun (BlockOrder n) seed ->
            let rank = Random(seed: int).Next(n + 1)
            let b = Naive.random seed n n
            let half = Array2D.init n n (fun i j -> if j < rank then b[i, j] else 0.0)
            let a = Naive.product half (Naive.transpose half)
            let struct (found, l) = Semidefinite.root n (columns a)

            let product =
                Array.init (n * n) (fun k -> Seq.init found (fun c -> l[k % n + c * n] * l[k / n + c * n]) |> Seq.sum)

            Law.holds (Law.relativeAll $"rank {rank} of {n}" 1e-13 (columns a) product))

        // A pivot of 2.5e-15 beside an element of 5e-8.
        testCase "a small pivot takes nothing with it" (fun () ->
            let u, v = [| 1.0; 1.0; 0.0 |], [| 0.0; 5e-8; 1.0 |]
            let a = Array.init 9 (fun k -> u[k % 3] * u[k / 3] + v[k % 3] * v[k / 3])
            let struct (rank, l) = Semidefinite.root 3 a

            let product =
                Array.init 9 (fun k -> Seq.init rank (fun c -> l[k % 3 + c * 3] * l[k / 3 + c * 3]) |> Seq.sum)

            Law.assertHolds (Law.nearAll "L Lᵀ" 1e-15 a product))

        testPropertyWithConfig
            config
            "the positive part keeps positive eigenvalues and drops the others"
            (fun (BlockOrder n) seed ->
                let b = Naive.random seed n n
                let a = Array2D.init n n (fun i j -> b[i, j] + b[j, i])
                let struct (values, _) = Semidefinite.eigen n (columns a)

                let struct (kept, _) =
                    Semidefinite.eigen n (Semidefinite.positivePart n (columns a))

                Law.holds (Law.nearAll "eigenvalues" 1e-13 (values |> Array.map (max 0.0)) kept))

        testPropertyWithConfig config "congruence and inverse" (fun (BlockOrder n) seed ->
            let t, a = Naive.random seed n n, Naive.positive (seed + 1) n
            let expected = Naive.product (Naive.product t a) (Naive.transpose t)
            let inverse = Semidefinite.inverse n (columns a) |> ofColumns n

            Law.holds [
                yield! Naive.same "t a tᵀ" expected (Semidefinite.congruence n (columns t) (columns a) |> ofColumns n)
                yield! Naive.same "a a⁻¹" (Naive.identity n) (Naive.product a inverse)
            ])
    ]

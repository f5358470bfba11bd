module LmmFunctional.Tests.RankTests

open System
open Expecto
open LmmFunctional.Estimation

// Columns of random numbers; each marked one is a whole combination of those before it.
let private matrix seed n (isCombination: bool[]) =
    let random = Random(seed: int)
    let columns = Array.zeroCreate<float[]> isCombination.Length

    for j in 0 .. isCombination.Length - 1 do
        columns[j] <-
            if j > 0 && isCombination[j] then
                let weights = Array.init j (fun _ -> float (random.Next(-3, 4)))

                Array.init n (fun i -> Array.fold2 (fun s w (c: float[]) -> s + w * c[i]) 0.0 weights columns[.. j - 1])
            else
                Array.init n (fun _ -> Math.Round(random.NextDouble() * 100.0 - 50.0))

    columns

[<Tests>]
let tests =
    testList "RankTests" [
        testProperty
            "combinations of earlier columns are dropped, with their coefficients"
            (fun (seed: int) (marks: bool[]) ->
                let marks = marks |> Array.truncate 12
                let n = 40
                let columns = matrix seed n marks
                let rank = Rank.find n columns.Length (Array.concat columns)

                let expected =
                    marks
                    |> Array.indexed
                    |> Array.filter (fun (j, mark) -> j > 0 && mark)
                    |> Array.map fst

                rank.Dropped = expected
                && rank.Dropped
                   |> Array.indexed
                   |> Array.forall (fun (d, j) ->
                       Array.init n (fun i ->
                           let made =
                               Array.fold2 (fun s b k -> s + b * columns[k][i]) 0.0 rank.Coefficients[d] rank.Kept

                           abs (made - columns[j][i]))
                       |> Array.max
                       |> (>) (1e-8 * (1.0 + (columns[j] |> Array.map abs |> Array.max)))))

        testProperty "the triangle has the same inner products, whatever the blocks" (fun (seed: int) ->
            let n, p = 1500, 4
            let columns = matrix seed n (Array.create p false)
            let triangle = Rank.triangle n p (Array.create p 1.0) (Array.concat columns)
            let column j = Array.sub triangle (j * p) p
            let dot = Array.fold2 (fun s u v -> s + u * v) 0.0

            Seq.allPairs [ 0 .. p - 1 ] [ 0 .. p - 1 ]
            |> Seq.forall (fun (i, j) ->
                let expected = dot columns[i] columns[j]
                let size = sqrt (dot columns[i] columns[i] * dot columns[j] columns[j])
                abs (dot (column i) (column j) - expected) <= 1e-12 * size))

        testCase "rows shared out among tasks give the same rank" (fun () ->
            let n, p = 60_000, 20
            let columns = matrix 1 n (Array.init p (fun j -> j = 7 || j = 19))
            Check.equal [| 7; 19 |] (Rank.find n p (Array.concat columns)).Dropped)

        testCases
            "a column with less than 1e-7 of itself left is dropped"
            [ 2e-7, 0; 0.5e-7, 1 ]
            (fun (left: float, dropped: int) ->
                let x = [| 1.0; 1.0; 1.0; 1.0; 1.0 + left; 1.0 - left; 1.0 + left; 1.0 - left |]
                Check.equal dropped ((Rank.find 4 2 x).Dropped.Length))

        testCases "the unit of a column does not matter" [ 1e200; 1e-200; 1e300; 1e-310 ] (fun (unit: float) ->
            let x = [| 1.0; 2.0; 4.0; 3.0 |]
            let z = [| 5.0; 1.0; 2.0; 7.0 |]
            let small = z |> Array.map (fun v -> unit * v)
            // The third column is twice the second in any unit.
            let rank =
                Rank.find 4 3 (Array.concat [ x; small; small |> Array.map (fun v -> 2.0 * v) ])

            Check.equal [| 2 |] rank.Dropped
            Check.equal [| [| 0.0; 2.0 |] |] rank.Coefficients)

        testCase "zero columns and more columns than rows are dropped" (fun () ->
            let rank = Rank.find 2 4 [| 0.0; 0.0; 1.0; 0.0; 1.0; 1.0; 5.0; 7.0 |]
            Check.equal [| 1; 2 |] rank.Kept
            Check.equal [| [| 0.0; 0.0 |]; [| -2.0; 7.0 |] |] rank.Coefficients)

        testCase "no columns have no rank" (fun () -> Check.isEmpty ((Rank.find 5 0 [||]).Kept))

        // Rounding of rounding of rounding once became a reciprocal that overflowed.
        testCase "hundreds of dependent columns leave the rank as it is" (fun () ->
            let rows = [|
                for i in 0..6 do
                    for j in 0..4 do
                        for k in 0..1 -> i, 5 * i + j, k
            |]

            let design =
                TestFrame.ofColumns [
                    "y",
                    rows
                    |> Array.map (fun (i, j, k) -> float (7 * i + 3 * j + k * k % 5 + i * k))
                    |> TestFrame.numbers
                    "a", rows |> Array.map (fun (i, _, _) -> $"a{i}") |> TestFrame.texts
                    "b", rows |> Array.map (fun (_, j, _) -> $"b{j:D2}") |> TestFrame.texts
                ]
                |> TestFrame.design "y ~ C(a, sum) / C(b, sum)"

            Check.equal 35 design.Fixed.Names.Length)
    ]

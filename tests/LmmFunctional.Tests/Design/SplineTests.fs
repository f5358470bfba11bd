namespace LmmFunctional.Tests

open System
open Expecto
open LmmFunctional.Estimation

module SplineTests =

    let private tolerance = 1e-9

    let private numbers seed count =
        let random = Random(seed: int)
        Array.init count (fun _ -> random.NextDouble() * 20.0 - 5.0)

    let private spline isNatural knots (x: float[]) = {
        Degree = 3
        Knots = Spline.knotsAt knots (Repeated.once x)
        Lower = Array.min x
        Upper = Array.max x
        HasIntercept = true
        IsNatural = isNatural
    }

    [<Tests>]
    let tests =
        testList "SplineTests" [
            testProperty "B-splines add up to one, also beyond their boundary" (fun (seed: int) (knots: byte) ->
                let x = numbers seed 30
                let beyond = Array.append x [| -6.0; 17.0 |]
                let columns = Spline.evaluate (spline false (int knots % 8) x) beyond

                beyond
                |> Array.mapi (fun i _ -> columns |> Array.sumBy (fun column -> column[i]))
                |> Array.forall (fun sum -> abs (sum - 1.0) < tolerance))

            testProperty "natural splines are straight beyond their boundary" (fun (seed: int) (knots: byte) ->
                let x = numbers seed 30
                let beyond = [| 30.0; 31.0; 32.0; -30.0; -31.0; -32.0 |]

                Spline.evaluate (spline true (int knots % 8) x) beyond
                |> Array.forall (fun c ->
                    abs (c[0] - 2.0 * c[1] + c[2]) < 1e-8 * (1.0 + abs c[1])
                    && abs (c[3] - 2.0 * c[4] + c[5]) < 1e-8 * (1.0 + abs c[4])))

            testProperty "natural splines contain the straight line" (fun (seed: int) (knots: byte) ->
                let x = numbers seed 30
                let columns = Spline.evaluate (spline true (int knots % 8) x) x
                let design = Array.concat [ yield! columns; Array.create 30 1.0; x ]
                (Rank.find 30 (columns.Length + 2) design).Kept.Length = columns.Length)

            testCase "quantiles interpolate as R's type 7" (fun () ->
                let quantiles =
                    Spline.quantiles [ 0.0; 0.25; 0.5; 0.9; 1.0 ] (Repeated.once [| 7.0; 1.0; 3.0; 10.0 |])

                Check.equal [ 1.0; 2.5; 5.0; 9.1; 10.0 ] (quantiles |> List.map (fun q -> Math.Round(q, 14))))
        ]

module OrthogonalPolynomialTests =

    [<Tests>]
    let tests =
        testList "OrthogonalPolynomialTests" [
            testProperty
                "the polynomials are orthonormal and orthogonal to one, far from zero too"
                (fun (seed: int) (degree: byte) ->
                    let random = Random seed
                    let x = Array.init 40 (fun _ -> 2000.0 + 20.0 * random.NextDouble())
                    let degree = int degree % 6 + 1

                    let columns =
                        OrthogonalPolynomial.evaluate (OrthogonalPolynomial.fit degree (Repeated.once x)) x

                    let all = Array.append [| Array.create 40 (1.0 / sqrt 40.0) |] columns

                    Seq.allPairs (Seq.indexed all) (Seq.indexed all)
                    |> Seq.forall (fun ((i, a), (j, b)) ->
                        let product = Array.fold2 (fun sum u v -> sum + u * v) 0.0 a b
                        abs (product - (if i = j then 1.0 else 0.0)) < 1e-9))
        ]

module ContrastTests =

    let private columns contrast levels = Contrast.columns contrast levels

    [<Tests>]
    let tests =
        testList "ContrastTests" [
            testProperty "every contrast with the mean spans all differences of levels" (fun (levels: byte) ->
                let levels = int levels % 12 + 2

                Contrast.all
                |> List.forall (fun (_, contrast) ->
                    let x = Array.concat [ Array.create levels 1.0; yield! columns contrast levels ]
                    (Rank.find levels levels x).Kept.Length = levels))

            testProperty "sum, Helmert and polynomial contrasts add up to zero over the levels" (fun (levels: byte) ->
                [ Contrast.Sum; Contrast.Helmert; Contrast.Polynomial ]
                |> List.forall (fun contrast ->
                    columns contrast (int levels % 12 + 2)
                    |> Array.forall (fun column -> abs (Array.sum column) < 1e-12)))
        ]

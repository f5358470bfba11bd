/// The distributions of largest differences and largest t, and what every adjustment must obey.
module LmmFunctional.Tests.AdjustmentTests

open System
open MathNet.Numerics
open Expecto
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Analysis

let private simpson lower upper steps (f: float -> float) =
    let h = (upper - lower) / float steps

    Seq.init (steps + 1) (fun i ->
        let weight =
            if i = 0 || i = steps then 1.0
            elif i % 2 = 1 then 4.0
            else 2.0

        weight * f (lower + float i * h))
    |> Seq.sum
    |> (*) (h / 3.0)

let private normal x =
    0.5 * SpecialFunctions.Erfc(-x / sqrt 2.0)

let private density x =
    exp (-0.5 * x * x) / sqrt (2.0 * Math.PI)

/// E f(s) by the density of s = √(χ²/ν) as textbooks have it.
let private overScale df f =
    let logConstant =
        log 2.0 + 0.5 * df * log (0.5 * df) - SpecialFunctions.GammaLn(0.5 * df)

    simpson 1e-9 (1.0 + 9.0 / sqrt df) 600 (fun s -> exp (logConstant + (df - 1.0) * log s - 0.5 * df * s * s) * f s)

let private equal n correlation =
    Matrix.init n n (fun i j -> if i = j then 1.0 else correlation)

let private familyOf n : ComparisonFamily =
    ComparisonFamily.create (n + 1) n (lazy n) (lazy (Dunnett.loadings (equal n 0.5)))

[<Tests>]
let tests =
    testList "AdjustmentTests" [
        testCases
            "the studentized range is its double integral"
            [ 3, 3.0, 2.0; 40, 3.0, 12.0; 12, 10.3, 6.0; 5, 45.0, 3.5; 3, 300.0, 3.5 ]
            (fun (k: int, df: float, q: float) ->
                let range w =
                    simpson -8.0 (8.0 + w) 400 (fun z ->
                        float k * density z * Math.Pow(normal z - normal (z - w), float (k - 1)))

                let expected = 1.0 - overScale df (fun s -> range (q * s))
                Law.assertHolds (Law.near "upper" 1e-9 expected (StudentizedRange.upper k df q)))

        // R 4.2, ptukey, where its own quadrature is accurate: moderate q.
        testCases
            "the studentized range agrees with R"
            [
                3, 10.3, 2.0, 0.369546423
                4, 45.0, 3.5, 0.077754351
                12, Double.PositiveInfinity, 6.0, 0.001329323917
            ]
            (fun (k: int, df: float, q: float, expected: float) ->
                Law.assertHolds (Law.near "upper" 2e-9 expected (StudentizedRange.upper k df q)))

        testCases "the range of two is t" [ 0.7, 1.5; 3.2, 4.0; 1e6, 2.5 ] (fun (df: float, t: float) ->
            let viaMaximum = Dunnett.upper [| 0.0 |] df t

            Law.assertHolds [
                yield!
                    Law.relative "range" 1e-12 (Probability.twoSided df t) (StudentizedRange.upper 2 df (sqrt 2.0 * t))
                yield! Law.relative "maximum" 1e-12 (Probability.twoSided df t) viaMaximum
            ])

        testCases
            "interpolated tails are the tails"
            [
                3, 2.5
                12, 10.3
                56, 4.0
                56, 165.0
                56, Double.PositiveInfinity
                1000, 40.0
            ]
            (fun (k: int, df: float) ->
                let range = StudentizedRange.ofMeans k
                let loadings = Array.init (min 20 (k - 1)) (fun i -> 0.9 - 0.08 * float i)
                let largest = Dunnett.ofLoadings loadings

                Law.assertHolds [
                    for q in [ 0.01; 0.8; 3.0; 5.0; 7.7; 12.0; 30.0 ] do
                        yield! Law.relative "range" 1e-11 (StudentizedRange.upper k df q) (range df q)
                        yield! Law.relative "largest" 1e-11 (Dunnett.upper loadings df q) (largest df q)
                ])

        testCases "the scale gives t from the normal" [ 0.3; 1.5; 30.0; 400.0 ] (fun (df: float) ->
            let t = 1.7

            let mixed =
                RandomScale.expectation df (fun s -> SpecialFunctions.Erfc(s * t / sqrt 2.0))

            Law.assertHolds (Law.relative "t" 1e-11 (Probability.twoSided df t) mixed))

        testCase "many degrees of freedom lose no digits" (fun () ->
            let df, t = 1e7, 1.7

            let mixed =
                RandomScale.expectation df (fun s -> SpecialFunctions.Erfc(s * t / sqrt 2.0))

            // P(|T| > t) = P(|Z| > t) + φ(t) t (t² + 1)/(2ν) + O(1/ν²).
            let expected =
                SpecialFunctions.Erfc(t / sqrt 2.0) + density t * t * (t * t + 1.0) / (2.0 * df)

            Law.assertHolds (Law.near "t" 1e-13 expected mixed))

        // Dunnett 1964, table II: two-sided, five per cent.
        testCases
            "Dunnett's table"
            [ 2, 5.0, 3.03; 3, 10.0, 2.76; 4, 20.0, 2.65; 4, Double.PositiveInfinity, 2.44 ]
            (fun (n: int, df: float, expected: float) ->
                let found = Adjustment.criticalValue Adjustment.Dunnett (familyOf n) 0.95 df
                Check.equal expected (Math.Round(found, 2)))

        testCase "loadings of a structure of Dunnett's are found" (fun () ->
            let b = [| 0.3; -0.8; 0.95; 0.5 |]

            let correlation = Matrix.init 4 4 (fun i j -> if i = j then 1.0 else b[i] * b[j])

            let found = Dunnett.loadings correlation
            Law.assertHolds (Law.nearAll "loadings" 1e-9 b found))

        testPropertyWithConfig
            (Law.tries 60)
            "adjusted p is never below raw, and Tukey of two means is raw"
            (fun (seeds: FsCheck.NonEmptyArray<uint8>) ->
                let tests =
                    seeds.Get
                    |> Array.truncate 8
                    |> Array.map (fun seed -> 3.5 + float (seed % 7uy), float seed / 50.0)

                let count = max 1 tests.Length

                let familyOfMeans means =
                    ComparisonFamily.create
                        means
                        count
                        (lazy (max 1 (count - 1)))
                        (lazy (Dunnett.loadings (equal count 0.5)))

                let family = familyOfMeans (count + 1)

                let raw = tests |> Array.map (fun (df, t) -> Probability.twoSided df t)

                let all = [
                    Adjustment.None
                    Adjustment.Tukey
                    Adjustment.Sidak
                    Adjustment.Bonferroni
                    Adjustment.Holm
                    Adjustment.Dunnett
                    Adjustment.Scheffe
                    Adjustment.Fdr
                ]

                let two = familyOfMeans 2

                Law.holds [
                    for adjustment in all do
                        for own, adjusted in Array.zip raw (Adjustment.pValues adjustment family tests) do
                            yield! Law.atMost $"{Adjustment.name adjustment}: raw" adjusted own
                            yield! Law.atMost $"{Adjustment.name adjustment}: one" 1.0 adjusted

                    yield! Law.nearAll "two means" 1e-12 raw (Adjustment.pValues Adjustment.Tukey two tests)
                ])

        testPropertyWithConfig
            (Law.tries 20)
            "an interval reaches zero where the adjusted p is alpha"
            (fun (seed: uint8) ->
                let df = 2.5 + float seed / 3.0
                let family = familyOf 3

                Law.holds [
                    for adjustment in
                        [
                            Adjustment.Tukey
                            Adjustment.Dunnett
                            Adjustment.Scheffe
                            Adjustment.Sidak
                            Adjustment.Bonferroni
                        ] do
                        let t = Adjustment.criticalValue adjustment family 0.95 df
                        let p = (Adjustment.pValues adjustment family [| df, t |])[0]
                        yield! Law.near $"{Adjustment.name adjustment}, df {df}" 1e-8 0.05 p
                ])

        testCase "Holm and the false discovery rate step by step" (fun () ->
            // R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm") and "BH".
            let tests =
                [| 0.01; 0.04; 0.03; 0.005 |]
                |> Array.map (fun p -> 7.0, Probability.quantile 7.0 (1.0 - p))

            let family = familyOf 4

            Law.assertHolds [
                yield!
                    Law.nearAll
                        "holm"
                        1e-12
                        [ 0.03; 0.06; 0.06; 0.02 ]
                        (Adjustment.pValues Adjustment.Holm family tests)
                yield!
                    Law.nearAll "fdr" 1e-12 [ 0.02; 0.04; 0.04; 0.02 ] (Adjustment.pValues Adjustment.Fdr family tests)
            ])

        testCase "an adjustment that is not known" (fun () ->
            Check.equal
                "There is no adjustment 'tuckey'; choose one of none, tukey, sidak, bonferroni, holm, dunnett, scheffe, fdr."
                (Inferred.describe (Adjustment.ofName "tuckey")))
    ]

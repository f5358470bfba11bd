/// <summary>Hypothesis matrices of types I, II and III: what they must not depend on, and SAS's own numbers.</summary>
module LmmFunctional.Tests.FixedTermTests

open System
open MathNet.Numerics.LinearAlgebra
open Expecto
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation
open LmmFunctional.Analysis
open LmmFunctional.Properties

let private config = {
    Law.config with
        arbitrary = [ typeof<RandomModels> ]
        maxTest = 25
}

let private methods = [
    DegreesOfFreedomMethod.Residual
    DegreesOfFreedomMethod.satterthwaite
    Inferred.kr Convention.sas
]

let private same tolerance where (expected: JointTest list) (found: JointTest list) = [
    yield! Law.isTrue $"{where}: other rows" (expected.Length = found.Length)

    for a, b in Seq.zip expected found do
        yield! Law.isTrue $"{where}, {a.Name}: {b.NumeratorDf} df for {a.NumeratorDf}" (a.NumeratorDf = b.NumeratorDf)

        yield! Law.near $"{where}, {a.Name}, F" (tolerance * max 1.0 a.F) a.F b.F
        yield! Law.relative $"{where}, {a.Name}, df" (10.0 * tolerance) a.DenominatorDf b.DenominatorDf
]

/// A model with the factors of a fixed part coded in some way.
let private coded model (f: string) (h: string) =
    Inferred.fit Criterion.Reml (RandomModel.frame model) $"y ~ x + {f} * {h} + {f}:x + (1 | g)"

// SAS's General Linear Models course by way of lmerTest's tests (published.md, 3.8).
let private course =
    lazy
        TestFrame.ofColumns [
            "a", TestFrame.texts ("1112222212" |> Seq.map string)
            "b", TestFrame.texts ("1121222221" |> Seq.map string)
            "f", TestFrame.texts ("1212121212" |> Seq.map string)
            "y", TestFrame.numbers [ 12; 14; 11; 20; 17; 23; 35; 46; 15; 16 ]
        ]

[<Tests>]
let tests =
    testList "FixedTermTests" [
        testPropertyWithConfig config "type III does not depend on the coding" (fun (RegularModel model) ->
            let plain = coded model "f" "h"

            Law.holds [
                for f, h in [ "C(f, sum)", "C(h, helmert)"; "C(f, poly)", "h"; "C(f, SAS)", "C(h, sum)" ] do
                    let other = coded model f h

                    for method in methods do
                        let table fit =
                            (Inferred.anova HypothesisType.III method fit).Tests

                        yield! same 1e-6 $"{f} {h}, seed {model.Seed}, {method}" (table plain) (table other)
            ])

        testPropertyWithConfig
            config
            "the last term has the same test in every type, and types agree where nothing is contained"
            (fun (RegularModel model) ->
                let fit = coded model "f" "h"

                let plain =
                    Inferred.fit Criterion.Reml (RandomModel.frame model) "y ~ x + f + h + (1 | g)"

                let method = DegreesOfFreedomMethod.Residual

                let tables (fit: Fit) =
                    [ HypothesisType.I; HypothesisType.II; HypothesisType.III ]
                    |> List.map (fun kind -> (Inferred.anova kind method fit).Tests)

                let all = tables fit
                let simple = tables plain
                let lastOf tests = [ List.last tests ]

                Law.holds [
                    yield! same 1e-7 "I and II" (lastOf all[0]) (lastOf all[1])
                    yield! same 1e-7 "I and III" (lastOf all[0]) (lastOf all[2])
                    yield! same 1e-7 "II and III" simple[1] simple[2]
                ])

        testPropertyWithConfig config "type I sums of squares add up in least squares" (fun (model: RandomModel) ->
            let design = (RandomModel.likelihood model).Design
            let x = Matrix<float>.Build.DenseOfArray(design.Fixed.Matrix.ToArray2D())
            let y = Vector<float>.Build.DenseOfArray design.Response
            let inverse = (x.Transpose() * x).Inverse()
            let beta = inverse * (x.Transpose() * y)

            let squares =
                AnovaHypotheses.create HypothesisType.I false design
                |> List.map (fun (_, rows) ->
                    let l = Matrix<float>.Build.DenseOfRowArrays rows
                    let value = l * beta
                    value * ((l * inverse * l.Transpose()).Inverse() * value))

            // Without an intercept all of y'Py is explained by terms.
            let fitted = x * beta
            let hasIntercept = Seq.contains Term.intercept design.Fixed.Terms
            let mean = if hasIntercept then Seq.average y else 0.0
            let explained = fitted |> Seq.sumBy (fun value -> (value - mean) * (value - mean))
            Law.holds (Law.near (RandomModel.formula model) (1e-8 * (y * y)) explained (List.sum squares)))

        testCase "type II of SAS's course" (fun () ->
            let fit = Inferred.fit Criterion.Reml course.Value "y ~ a * b + (1 | f)"

            let found =
                (Inferred.anova HypothesisType.II DegreesOfFreedomMethod.satterthwaite fit).Tests

            Law.assertHolds [
                yield! Law.nearAll "F" 5e-5 [ 3.90131; 1.32753; 0.99565 ] (found |> List.map _.F)
            ])

        testCase "with an empty cell type III tests what the data determine" (fun () ->
            // a1 b1, a1 b2, a2 b1 filled: no interaction can be told, and a and b have one df each.
            let random = Random 7
            let cells = [ "a1", "b1"; "a1", "b2"; "a2", "b1" ]
            let rows = [ for i in 0..59 -> cells[i % 3], $"g{i % 10}" ]

            let frame =
                TestFrame.ofColumns [
                    "a", TestFrame.texts (rows |> List.map (fst >> fst))
                    "b", TestFrame.texts (rows |> List.map (fst >> snd))
                    "g", TestFrame.texts (rows |> List.map snd)
                    "y", TestFrame.numbers (rows |> List.map (fun _ -> random.NextDouble()))
                ]

            let table kind formula =
                (Inferred.anova kind DegreesOfFreedomMethod.Residual (Inferred.fit Criterion.Reml frame formula)).Tests

            let withInteraction = table HypothesisType.III "y ~ a * b + (1 | g)"
            let without = table HypothesisType.III "y ~ a + b + (1 | g)"
            Check.equal [ "a", 1; "b", 1 ] (withInteraction |> List.map (fun test -> test.Name, test.NumeratorDf))
            Law.assertHolds (same 1e-9 "III" without withInteraction))
    ]

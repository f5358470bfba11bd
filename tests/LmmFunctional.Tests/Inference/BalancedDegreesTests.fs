module LmmFunctional.Tests.BalancedDegreesTests

open System
open LmmFunctional
open LmmFunctional.Analysis
open Expecto

let private normal (random: Random) =
    MathNet.Numerics.Distributions.Normal.Sample(random, 0.0, 1.0)

let private coefficients frame formula =
    Inferred.fit Criterion.Reml frame formula
    |> Inferred.coefficients DegreesOfFreedomMethod.kenwardRoger

let private frame (names: string list) (cells: (string list * float) list) =
    TestFrame.ofColumns [
        for index, name in List.indexed names do
            name, TestFrame.texts (cells |> Seq.map (fun (levels, _) -> levels[index]))
        "y", TestFrame.numbers (cells |> Seq.map snd)
    ]

let private dfOf what expected (found: Estimate) =
    Law.relative $"{what}: df of {found.Name}" 1e-6 expected found.Df

[<Tests>]
let tests =
    testList "BalancedDegreesTests" [
        // On balanced designs Kenward-Roger by its default has the df of the classical analysis, also where a variance is
        // estimated as zero: the expected information of the variances does not know whether an estimate is at its bound.

        // Case 23: four tubes, three positions in each, four rows a cell; G has rank two.
        testCase "Case 23, a singular matrix of effects on a balanced design, has 3 df" (fun () ->
            let found =
                coefficients (TestFrame.read "cases/23-singular-balanced") "y ~ position + (0 + position | tube)"

            Law.assertHolds [
                yield! found |> List.collect (dfOf "tubes" 3.0)
                yield! Law.near "p of the mean" 5e-5 0.0082 found[0].P
                yield! Law.near "p of B" 5e-4 0.057 found[1].P
            ])

        testPropertyWithConfig
            (Law.tries 20)
            "One way: the mean has the df between groups, with or without variance between them"
            (fun (seed: int) ->
                let random = Random(abs (seed % 100000))
                let scale = if seed % 2 = 0 then 0.0 else 1.0

                let cells = [
                    for g in 1..6 do
                        let own = scale * normal random

                        for _ in 1..5 do
                            [ $"g{g}" ], own + normal random
                ]

                Law.holds [
                    // The same model by a structure, whose parameter is the root of the variance.
                    for formula in [ "y ~ 1 + (1 | g)"; "y ~ 1 + id(1 | g)" ] do
                        yield! coefficients (frame [ "g" ] cells) formula |> List.collect (dfOf formula 5.0)
                ])

        testPropertyWithConfig
            (Law.tries 20)
            "Split plots: whole plots and subplots have the df of their strata"
            (fun (seed: int) ->
                let random = Random(abs (seed % 100000))
                let scale = if seed % 2 = 0 then 0.0 else 0.7

                let cells = [
                    for block in 1..5 do
                        let ofBlock = scale * normal random

                        for whole in 1..3 do
                            let ofPlot = scale * normal random

                            for sub in 1..2 do
                                [ $"b{block}"; $"w{whole}"; $"s{sub}" ], ofBlock + ofPlot + normal random
                ]

                let fit =
                    Inferred.fit
                        Criterion.Reml
                        (frame [ "block"; "whole"; "sub" ] cells)
                        "y ~ whole * sub + (1 | block/whole)"

                let tests =
                    (Inferred.anova HypothesisType.III DegreesOfFreedomMethod.kenwardRoger fit).Tests

                Law.holds [
                    for test, expected in List.zip tests [ 8.0; 12.0; 12.0 ] do
                        yield! Law.relative $"denominator df of {test.Name}" 1e-6 expected test.DenominatorDf
                        yield! Law.near $"scale of {test.Name}" 1e-8 1.0 test.Scale
                ])

        testPropertyWithConfig
            (Law.tries 20)
            "Nested: treatments of the upper factor have the df of its units"
            (fun (seed: int) ->
                let random = Random(abs (seed % 100000))
                let scale = if seed % 2 = 0 then 0.0 else 1.0

                let cells = [
                    for unit in 1..8 do
                        let own = scale * normal random

                        for sample in 1..3 do
                            let ofSample = scale * normal random

                            for _ in 1..2 do
                                [ $"t{unit % 2}"; $"u{unit}"; $"u{unit}s{sample}" ], own + ofSample + normal random
                ]

                let found =
                    coefficients
                        (frame [ "treatment"; "unit"; "sample" ] cells)
                        "y ~ treatment + (1 | unit) + (1 | sample)"

                Law.holds (found |> List.collect (dfOf "nested" 6.0)))

        testPropertyWithConfig
            (Law.tries 20)
            "Crossed: a treatment is tested against its interaction with subjects"
            (fun (seed: int) ->
                let random = Random(abs (seed % 100000))
                let scale = if seed % 2 = 0 then 0.0 else 1.0
                let interactions = Array2D.init 7 3 (fun _ _ -> scale * normal random)

                let cells = [
                    for subject in 1..7 do
                        let own = normal random

                        for treatment in 1..3 do
                            for _ in 1..2 do
                                [ $"s{subject}"; $"t{treatment}" ],
                                own + interactions[subject - 1, treatment - 1] + normal random
                ]

                let fit =
                    Inferred.fit
                        Criterion.Reml
                        (frame [ "subject"; "treatment" ] cells)
                        "y ~ treatment + (1 | subject) + (1 | subject:treatment)"

                let test =
                    (Inferred.anova HypothesisType.III DegreesOfFreedomMethod.kenwardRoger fit).Tests.Head

                Law.holds [
                    yield! Law.relative "denominator df" 1e-6 12.0 test.DenominatorDf
                    yield! Law.near "scale" 1e-8 1.0 test.Scale
                ])
    ]

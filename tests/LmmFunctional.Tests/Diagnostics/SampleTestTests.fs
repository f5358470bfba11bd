/// <summary>Tests of samples against R: shapiro.test, nortest's ad.test, car's leveneTest, lmtest's bptest.</summary>
module LmmFunctional.Tests.SampleTestTests

open System.Text.Json
open Expecto
open FsCheck
open LmmFunctional
open LmmFunctional.Analysis

let private compare (test: float[] -> SampleTest) (name: string) tolerance (cases: JsonElement list) =
    Law.assertHolds [
        for case in cases do
            let values = Reference.ofObject "values" case
            let found = test values
            let size = $"{values.Length} values"
            yield! Law.relative $"{name} of {size}" 1e-10 (case.GetProperty(name).GetDouble()) found.Statistic
            let p = case.GetProperty("p").GetDouble()
            yield! Law.near $"p of {size}" (tolerance * (1e-12 + p)) p found.P
    ]

/// Numbers that are not all equal.
let private sample (NonEmptyArray(values: NormalFloat[])) =
    let values = values |> Array.map (fun (NormalFloat value) -> value)

    if
        values.Length >= 8
        && Array.max values - Array.min values > 1e-3 * Array.max (Array.map abs values)
    then
        Some values
    else
        None

[<Tests>]
let tests =
    testList "SampleTestTests" [
        testCase "Shapiro and Wilk's test is R's shapiro.test" (fun () ->
            Reference.objects [ "shapiro" ] |> compare NormalTests.shapiroWilk "w" 1e-8)

        testCase "Anderson and Darling's test is nortest's ad.test" (fun () ->
            Reference.objects [ "anderson" ] |> compare NormalTests.andersonDarling "a" 1e-8)

        testCase "Brown and Forsythe's test is car's leveneTest" (fun () ->
            let frame = TestFrame.read "machines"

            match frame.TryColumn "Machine", frame.TryColumn "score" with
            | Some(Column.Categorical(levels, codes)), Some(Column.Numeric scores) ->
                let groups = [|
                    for level in 0 .. levels.Length - 1 ->
                        Seq.zip codes scores
                        |> Seq.filter (fun (code, _) -> code = level)
                        |> Seq.map snd
                        |> Array.ofSeq
                |]

                let struct (f, df1, df2, p) = VarianceTests.brownForsythe groups

                Law.assertHolds [
                    yield! Law.relative "F" 1e-10 (Reference.number [ "levene"; "f" ]) f
                    yield! Law.near "df 1" 0.0 (Reference.number [ "levene"; "df1" ]) (float df1)
                    yield! Law.near "df 2" 0.0 (Reference.number [ "levene"; "df2" ]) (float df2)
                    yield! Law.relative "p" 1e-9 (Reference.number [ "levene"; "p" ]) p
                ]
            | _ -> failtest "machines has a factor Machine and numbers score")

        testCase "the studentised test of Breusch and Pagan is lmtest's bptest" (fun () ->
            let squares =
                Reference.numbers [ "breuschPagan"; "residuals" ] |> Array.map (fun e -> e * e)

            let struct (statistic, p, _) =
                VarianceTests.breuschPagan squares (Reference.numbers [ "breuschPagan"; "fitted" ])

            Law.assertHolds [
                yield! Law.relative "statistic" 1e-8 (Reference.number [ "breuschPagan"; "statistic" ]) statistic
                yield! Law.relative "p" 1e-8 (Reference.number [ "breuschPagan"; "p" ]) p
            ])

        testProperty
            "tests of normality do not depend on location and scale"
            (fun values (PositiveInt scale) (shift: sbyte) ->
                match sample values with
                | None -> Law.holds []
                | Some values ->
                    let size = Array.max (Array.map abs values)
                    let moved = values |> Array.map (fun x -> float scale * (x / size) + float shift)
                    let unmoved = values |> Array.map (fun x -> x / size)

                    Law.holds [
                        for name, test in [ "W", NormalTests.shapiroWilk; "A", NormalTests.andersonDarling ] do
                            let own, other = test unmoved, test moved
                            yield! Law.near name (1e-6 * (1.0 + abs own.Statistic)) own.Statistic other.Statistic
                            yield! Law.isTrue "p" (own.P >= 0.0 && own.P <= 1.0)
                    ])

        testCase "an exponential sample is told from a normal one, a normal one is not" (fun () ->
            let stream = RandomStream(3UL, 0)
            let normal = Array.init 100 (fun _ -> stream.NextNormal())
            let exponential = Array.init 100 (fun _ -> -log(stream.NextUniform()))

            for test in [ NormalTests.shapiroWilk; NormalTests.andersonDarling ] do
                Check.isTrue ((test normal).P > 0.05)
                Check.isTrue ((test exponential).P < 1e-4))
    ]

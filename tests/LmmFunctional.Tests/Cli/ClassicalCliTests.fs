/// <summary>lmm ems and lmm anova-table: exact output and exact messages.</summary>
module LmmFunctional.Tests.ClassicalCliTests

open System
open System.IO
open System.Text.Json
open Expecto
open LmmFunctional.Cli

let private run (arguments: string list) =
    use output = new StringWriter()
    use error = new StringWriter()
    let code = Cli.run (Array.ofList arguments) output error
    code, output.ToString(), error.ToString().TrimEnd()

let private prints (expected: string list) arguments =
    let code, output, error = run arguments
    Check.isEmpty error
    output.TrimEnd('\n').Split('\n') |> List.ofArray |> Texts.equal expected
    Check.equal 0 code

let private refuses (expected: string list) arguments =
    let code, output, error = run arguments
    error.Split(Environment.NewLine) |> List.ofArray |> Texts.equal expected
    Check.isEmpty output
    Check.equal 2 code

let private ems = [ "ems"; "A*B"; "--levels"; "A=4,B=5"; "--reps"; "2"; "--random" ]

let private blends = TestData.csv "penicillin_blend"

[<Tests>]
let tests =
    testList "ClassicalCliTests" [
        testCase "expected mean squares of a mixed model" (fun () ->
            ems @ [ "B" ]
            |> prints [
                "Expected mean squares, unrestricted model"
                "Effects of random terms are independent."
                ""
                "Subscripts:"
                " Source A: 4 F B: 5 R replicate: 2 R"
                " A           0      5              2"
                " B           4      1              2"
                " AB          1      1              2"
                " Error       1      1              1"
                ""
                "Expected mean squares:"
                " Source df E(MS)                     in numbers            F"
                " A       3 σ² + nσ²_AB + bnΣA²/(a−1) σ² + 2σ²_AB + 10ΣA²/3 MS(A) / MS(AB)"
                " B       4 σ² + nσ²_AB + anσ²_B      σ² + 2σ²_AB + 8σ²_B   MS(B) / MS(AB)"
                " AB     12 σ² + nσ²_AB               σ² + 2σ²_AB           MS(AB) / MS(Error)"
                " Error  20 σ²                        σ²"
            ])

        testCase "the restricted model" (fun () ->
            let code, output, _ = run (ems @ [ "B"; "--restricted" ])
            Check.equal 0 code
            Check.contains " B       4 σ² + anσ²_B               σ² + 8σ²_B            MS(B) / MS(Error)" output)

        testCase "quasi-F by sums and by differences" (fun () ->
            let three = [
                "ems"
                "A*B*C"
                "--random"
                "A,B,C"
                "--levels"
                "A=2, B=2, C=2"
                "--reps"
                "2"
            ]

            let _, sums, _ = run three
            let _, differences, _ = run (three @ [ "--differences" ])
            Check.contains "(MS(A) + MS(ABC)) / (MS(AB) + MS(AC))" sums
            Check.contains "MS(A) / (MS(AB) + MS(AC) − MS(ABC))" differences)

        testCase "levels that cannot be read" (fun () ->
            [ "ems"; "A*B"; "--levels"; "A=4,B,C=x" ]
            |> refuses [
                "lmm: --levels 'B', 'C=x' cannot be read; write each factor with its number of levels, as in A=4,B=5."
            ])

        testCase "problems of a design" (fun () ->
            [ "ems"; "A*B"; "--levels"; "A=4"; "--random"; "C" ]
            |> refuses [
                "Factor 'C' is not in the model."
                "Factor 'B' has no number of levels; give one, as in B=4."
            ])

        testCase "the analysis of variance of the penicillin blends" (fun () ->
            [ "anova-table"; blends; "yield ~ process + blend"; "--random"; "blend" ]
            |> prints [
                "Analysis of variance, type I sums of squares, fixed terms first"
                "Formula: yield ~ 1 + process + blend"
                ""
                "Sources:"
                " Source  df  SS     MS E(MS)               F df1 df2      p"
                " process  3  70 23.333 σ² + Q(process) 1.239   3  12 0.3387"
                " blend    4 264 66.000 σ² + 4σ²_blend  3.504   4  12 0.0407"
                " Error   12 226 18.833 σ²"
                " Total   19 560"
                ""
                "Tests:"
                " Source  F"
                " process MS(process) / MS(Error)"
                " blend   MS(blend) / MS(Error)"
                ""
                "Variance components, 95 % intervals:"
                " Component Estimate Std. Error   df  lower   upper MLS lower MLS upper"
                " blend       11.792     9.6911 1.99 3.1889 474.032   -1.3925   131.164"
                " Error       18.833     7.1183   12 9.6843  51.319    9.6843    51.319"
            ])

        testCase "a negative estimate set to zero is said" (fun () ->
            let _, output, _ =
                run [ "anova-table"; TestData.csv "dyestuff2"; "Yield ~ (1 | Batch)"; "--zero" ]

            Check.endsWith "Negative estimates set to zero: Batch\n" output

            let _, output, _ =
                run [ "anova-table"; TestData.csv "dyestuff2"; "Yield ~ (1 | Batch)" ]

            Check.endsWith "Negative estimates kept: Batch\n" output)

        testCase "JSON has the same numbers" (fun () ->
            let code, output, _ =
                run [
                    "anova-table"
                    blends
                    "yield ~ process + blend"
                    "--random"
                    "blend"
                    "--type"
                    "3"
                    "--json"
                ]

            let json = JsonDocument.Parse(output).RootElement
            let blend = json.GetProperty("rows")[1]
            let first = json.GetProperty("components")[0]
            let estimate = first.GetProperty("estimate").GetDouble()

            Law.assertHolds [
                yield! Law.isTrue "code" (code = 0)
                yield! Law.isTrue "type" (json.GetProperty("type").GetInt32() = 3)
                yield! Law.relative "SS" 1e-12 264.0 (blend.GetProperty("ss").GetDouble())
                yield! Law.near "E(MS)" 0.0 4.0 (blend.GetProperty("ems").GetProperty("blend").GetDouble())
                yield! Law.relative "component" 1e-12 (283.0 / 24.0) estimate
            ])

        testCase "terms that cannot be read are shown as written" (fun () ->
            [ "ems"; "A*"; "--levels"; "A=4" ]
            |> refuses [
                "The formula cannot be read:"
                "  A*"
                "    ^ expected a term, but the text ends here"
            ])

        testCase "problems of data and arguments" (fun () ->
            [ "anova-table"; blends; "yield ~ process + blend"; "--random"; "blends" ]
            |> refuses [ "Factor 'blends' is not in the model; did you mean 'blend'?" ]

            [ "anova-table"; blends; "yield ~ process"; "--type"; "4" ]
            |> refuses [ "lmm: there is no --type '4'; choose one of 1, 2, 3." ]

            [ "anova-table"; blends; "yield ~ process"; "--typ"; "2" ]
            |> refuses [
                "lmm: unrecognized argument: '--typ'; did you mean '--type'? 'lmm anova-table --help' lists the arguments."
            ])
    ]

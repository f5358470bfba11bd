/// <summary>The commands lmm ci and lmm compare.</summary>
module LmmFunctional.Tests.LikelihoodCliTests

open System.IO
open System.Text.Json
open LmmFunctional.Cli
open Expecto

let private run (arguments: string list) =
    use output = new StringWriter()
    use error = new StringWriter()
    let code = Cli.run (Array.ofList arguments) output error
    code, output.ToString(), error.ToString().TrimEnd()

let private dyestuff = TestData.csv "dyestuff"

let private refused (expected: string) arguments =
    let code, output, error = run arguments
    Check.equal expected error
    Check.equal 2 code
    Check.isEmpty output

[<Tests>]
let tests =
    testList "LikelihoodCliTests" [
        testCase "profile intervals as a table" (fun () ->
            let code, output, _ = run [ "ci"; dyestuff; "Yield ~ 1 + (1 | Batch)"; "--ml" ]
            Check.equal 0 code

            output.TrimEnd().Split '\n'
            |> List.ofArray
            |> Texts.equal [
                "95 % intervals, profile likelihood"
                "Formula: Yield ~ 1 + (1 | Batch)"
                "Criterion: ML"
                ""
                "                       Estimate   Lower   Upper"
                " (Intercept)             1527.5 1486.45 1568.55"
                " sd(Batch (Intercept))  37.2603 12.1965 84.0634"
                " sigma                  49.5101 38.2301 67.6577"
            ])

        testCase "intervals as JSON, an end at the bound with a word" (fun () ->
            let _, output, _ =
                run [ "ci"; TestData.csv "dyestuff2"; "Yield ~ 1 + (1 | Batch)"; "--json" ]

            use document = JsonDocument.Parse output

            let intervals =
                document.RootElement.GetProperty("intervals").EnumerateArray() |> List.ofSeq

            Check.equal 3 intervals.Length
            Check.equal 0.0 (intervals[1].GetProperty("lower").GetDouble())
            Check.startsWith "the lower end is the bound" (intervals[1].GetProperty("note").GetString()))

        testCase "bootstrap intervals tell seed and Monte Carlo error" (fun () ->
            let _, output, _ =
                run [
                    "ci"
                    dyestuff
                    "Yield ~ 1 + (1 | Batch)"
                    "--boot"
                    "40"
                    "--seed"
                    "5"
                    "--interval"
                    "bca"
                ]

            Check.startsWith "95 % intervals, parametric bootstrap (BCa)" output
            Check.contains "40 replicates from seed 5," output
            Check.contains "Monte Carlo error of an end: at most" output)

        testCase "a comparison as a table" (fun () ->
            let code, output, _ =
                run [
                    "compare"
                    TestData.csv "sleepstudy"
                    "Reaction ~ 1 + (Days | Subject)"
                    "Reaction ~ Days + (Days | Subject)"
                ]

            Check.equal 0 code

            output.TrimEnd().Split '\n'
            |> List.ofArray
            |> Texts.equal [
                "Comparison of models by ML"
                "1: Reaction ~ 1 + (1 + Days | Subject)"
                "2: Reaction ~ 1 + Days + (1 + Days | Subject)"
                ""
                "   df -2 logLik     AIC    AICc     BIC    CAIC  dAIC weight"
                " 1  5   1775.48 1785.48 1785.82 1801.44 1806.44 21.54  0.000"
                " 2  6   1751.94 1763.94 1764.42 1783.10 1789.10  0.00  1.000"
                ""
                "Likelihood ratio tests:"
                "1 in 2: chi-squared 23.5365 on 1 df, p = 1.226e-06"
                ""
                "Both models were fitted again by ML: restricted likelihoods of different fixed effects cannot be compared."
            ])

        testCase "a comparison as JSON holds a refusal where models are not nested" (fun () ->
            let _, output, _ =
                run [
                    "compare"
                    TestData.csv "penicillin"
                    "diameter ~ 1 + (1 | plate)"
                    "diameter ~ 1 + (1 | sample)"
                    "--json"
                ]

            use document = JsonDocument.Parse output
            let tests = document.RootElement.GetProperty "tests"
            Check.contains "is not nested in" (tests[0].GetProperty("refused").GetString()))

        testCase "misuse is told in words" (fun () ->
            let ci options =
                [ "ci"; dyestuff; "Yield ~ 1 + (1 | Batch)" ] @ options

            ci [ "--profile"; "--wald" ]
            |> refused "lmm: give one of --profile, --wald and --boot."

            ci [ "--seed"; "1" ]
            |> refused "lmm: --interval and --seed belong to --boot; give a number of replicates."

            ci [ "--boot"; "5" ]
            |> refused "lmm: --boot takes a whole number, 20 or more, such as 1000, not '5'."

            ci [ "--level"; "95" ]
            |> refused "lmm: --level must lie between 0 and 1, such as 0.95, not '95'."

            [ "compare"; dyestuff; "Yield ~ 1" ]
            |> refused "lmm: compare needs a data file and two formulas or more.")

        testCase "problems of all formulas are told together" (fun () ->
            [ "compare"; dyestuff; "Yield ~ 1 + (1 | batch)"; "Yield ~ x + (1 | Batch)" ]
            |> refused (
                "Column 'batch' is not in the data; did you mean 'Batch'?"
                + System.Environment.NewLine
                + "Column 'x' is not in the data; there are Batch, Yield."
            ))
    ]

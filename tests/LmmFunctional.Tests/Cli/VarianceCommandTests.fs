module LmmFunctional.Tests.VarianceCommandTests

open System.IO
open System.Text.Json
open LmmFunctional.Analysis
open LmmFunctional.Cli
open Expecto

let private run arguments =
    use output = new StringWriter()
    use error = new StringWriter()
    let code = Cli.run (Array.ofList arguments) output error
    code, output.ToString().Replace("\r", ""), error.ToString().Replace("\r", "")

let private sleepstudy = TestData.csv "sleepstudy"

let private slopes = "Reaction ~ Days + (Days | Subject)"

[<Tests>]
let tests =
    testList "VarianceCommandTests" [
        testCase "r2 prints the shares of the library" (fun () ->
            let code, text, _ = run [ "r2"; sleepstudy; slopes ]

            Check.equal
                (0,
                 "Shares of the variance of the response\n"
                 + "Formula: Reaction ~ 1 + Days + (1 + Days | Subject)\n"
                 + "Criterion: REML\n"
                 + "\n"
                 + "                  Share\n"
                 + " R2, marginal    0.2787\n"
                 + " R2, conditional 0.7992\n"
                 + " ICC, adjusted   0.7217\n"
                 + " ICC, unadjusted 0.5206\n"
                 + "\n"
                 + "Mean variances of a row:\n"
                 + "                Variance\n"
                 + " fixed effects   908.953\n"
                 + " random effects  1698.07\n"
                 + " residuals       654.941\n"
                 + "\n"
                 + "Random terms, of what the fixed effects leave:\n"
                 + "                       Share Std. Error\n"
                 + " (1 + Days | Subject) 0.7217    0.07209\n")
                (code, text))

        testCase "r2 in JSON has the numbers of the library" (fun () ->
            let code, text, _ = run [ "r2"; sleepstudy; slopes; "--json" ]
            let shares = Models.reml "sleepstudy" slopes |> RSquared.ofFit |> Models.value
            use json = JsonDocument.Parse text

            let number (name: string) =
                json.RootElement.GetProperty(name).GetDouble()

            Law.assertHolds [
                yield! Law.isTrue "exit code" (code = 0)
                yield! Law.relative "marginal" 1e-12 shares.Marginal (number "marginal")
                yield! Law.relative "conditional" 1e-12 shares.Conditional (number "conditional")
                yield! Law.relative "ICC" 1e-12 shares.AdjustedIcc (number "adjustedIcc")
            ])

        testCase "variance-test tests every variance, and says which p-value applies" (fun () ->
            let code, text, _ =
                run [
                    "variance-test"
                    TestData.csv "dyestuff"
                    "Yield ~ 1 + (1 | Batch)"
                    "--json"
                ]

            use json = JsonDocument.Parse text
            let test = json.RootElement.GetProperty("tests").[0]

            let expected =
                Models.reml "dyestuff" "Yield ~ 1 + (1 | Batch)"
                |> VarianceTest.run VarianceTest.defaults (VarianceParameter.EffectVariance(0, 0))
                |> Models.value

            Law.assertHolds [
                yield! Law.isTrue "exit code" (code = 0)
                yield! Law.relative "statistic" 1e-12 expected.Statistic (test.GetProperty("statistic").GetDouble())
                yield! Law.relative "mixture" 1e-12 expected.MixtureP (test.GetProperty("mixtureP").GetDouble())

                yield!
                    Law.relative
                        "exact"
                        1e-12
                        expected.Exact.Value.P
                        (test.GetProperty("exact").GetProperty("p").GetDouble())
            ])

        testCase "variance-test names what it cannot test" (fun () ->
            let code, text, _ =
                run [
                    "variance-test"
                    TestData.csv "cases/24-ar1-no-variance"
                    "y ~ trt + ar1(0 + ftime | cl)"
                ]

            Check.equal 0 code
            Check.contains "The model has no variance that can be tested by itself.\n" text

            Check.contains
                "not tested, for its other parameters do not matter where the variance is zero; compare the models with and without it by a bootstrap.\n"
                text)

        testCase "Numbers out of range are refused with exit code 2 and words" (fun () ->
            let refused = [
                [ "ci"; sleepstudy; slopes; "--level"; "95" ],
                "lmm: --level must lie between 0 and 1, such as 0.95, not '95'.\n"
                [ "ci"; sleepstudy; slopes; "--level"; "NaN" ],
                "lmm: --level must lie between 0 and 1, such as 0.95, not 'NaN'.\n"
                [ "ci"; sleepstudy; slopes; "--boot"; "19" ],
                "lmm: --boot takes a whole number, 20 or more, such as 1000, not '19'.\n"
                [ "emmeans"; sleepstudy; slopes; "--over"; "Days"; "--level"; "1" ],
                "lmm: --level must lie between 0 and 1, such as 0.95, not '1'.\n"
                [ "variance-test"; sleepstudy; slopes; "--draws"; "0" ],
                "lmm: --draws takes a whole number, 100 or more, such as 10000, not '0'.\n"
                [ "variance-test"; sleepstudy; slopes; "--boot"; "1" ],
                "lmm: --boot takes a whole number, 20 or more, such as 1000, not '1'.\n"
            ]

            for arguments, words in refused do
                let code, output, error = run arguments
                Check.equal (2, "", words) (code, output, error))
    ]

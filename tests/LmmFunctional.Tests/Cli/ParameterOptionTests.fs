/// <summary>--fix, --bound and --start in every command that fits a model, and --test.</summary>
module LmmFunctional.Tests.ParameterOptionTests

open System.IO
open System.Text.Json
open Expecto
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis
open LmmFunctional.Cli

let private run (arguments: string list) =
    use output = new StringWriter()
    use error = new StringWriter()
    let code = Cli.run (Array.ofList arguments) output error
    code, output.ToString(), error.ToString().TrimEnd()

let private succeeds arguments =
    let code, output, error = run arguments
    Expect.equal code 0 error
    output

let private json arguments =
    JsonDocument.Parse(succeeds (arguments @ [ "--json" ])).RootElement

let private refuses (expected: string) arguments =
    let code, output, error = run arguments
    Check.equal expected error
    Check.equal 2 code
    Check.isEmpty output

let private number (name: string) (element: JsonElement) = element.GetProperty(name).GetDouble()

let private sleep = TestData.csv "sleepstudy"

let private ar1 = "Reaction ~ Days + (1 | Subject); residual = ar1(Days | Subject)"

let private meta = TestData.csv "cases/13-meta-analysis"

let private studies = "y ~ 1 + (1 | District/Study)"

let private metaFit held =
    let spec = TestFrame.formula studies |> LmmSpec.withWeights "w"

    Lmm.fit
        {
            FitOptions.defaults with
                Held = Map(("Residual", 1.0) :: held)
        }
        (TestFrame.read "cases/13-meta-analysis")
        spec
    |> Inferred.orRaise

let private cake = TestData.csv "cake"

let private recipes = "angle ~ recipe + temperature + (1 | replicate:recipe)"

[<Tests>]
let tests =
    testList "ParameterOptionTests" [
        // Held residual variance

        // Variances as metafor and the fit give them; ends by fits that hold the parameter there.
        testCase "intervals of a meta-analysis" (fun () ->
            let table = json [ "ci"; meta; studies; "--weights"; "w"; "--fix"; "Residual=1" ]

            let rows =
                [
                    for row in table.GetProperty("intervals").EnumerateArray() do
                        string (row.GetProperty("name").GetString()), row
                ]
                |> Map.ofList

            let district, study =
                rows["sd(District (Intercept))"], rows["sd(District:Study (Intercept))"]

            let least = (metaFit []).CriterionValue

            let riseAt name (value: float) =
                (metaFit [ name, value * value ]).CriterionValue - least

            Law.assertHolds [
                yield! Law.relative "district" 1e-6 0.0276792546 (pown (number "estimate" district) 2)
                yield! Law.relative "study" 1e-6 0.0091850774 (pown (number "estimate" study) 2)

                for side in [ "lower"; "upper" ] do
                    yield!
                        Law.near
                            $"rise at the {side} end"
                            1e-4
                            3.841458820694124
                            (riseAt "District.(Intercept)" (number side district))

                yield!
                    Law.near
                        "rise at the upper end of study"
                        1e-4
                        3.841458820694124
                        (riseAt "District:Study.(Intercept)" (number "upper" study))

                yield! Law.near "lower end of study" 0.0 0.0 (number "lower" study)
                yield!
                    Law.isTrue "sigma is held" (rows["sigma"].GetProperty("note").GetString() = "held at this value")
            ])

        // By differences of the likelihood in log standard deviations.
        testCase "Wald intervals of a meta-analysis are of the curvature in what is estimated" (fun () ->
            let fit = metaFit []

            let deviations =
                fit.VarianceComponents |> List.truncate 2 |> List.map _.StandardDeviation

            let criterion (logs: float list) =
                let variance k = exp (2.0 * logs[k])

                (metaFit [ "District.(Intercept)", variance 0; "District:Study.(Intercept)", variance 1 ])
                    .CriterionValue

            let h = 1e-3
            let center = deviations |> List.map log

            let at shifts =
                List.map2 (fun a b -> a + h * b) center shifts |> criterion

            let a = (at [ 1; 0 ] - 2.0 * at [ 0; 0 ] + at [ -1; 0 ]) / (h * h)
            let b = (at [ 0; 1 ] - 2.0 * at [ 0; 0 ] + at [ 0; -1 ]) / (h * h)
            let c = (at [ 1; 1 ] - at [ 1; -1 ] - at [ -1; 1 ] + at [ -1; -1 ]) / (4.0 * h * h)
            let variances = [ 2.0 * b / (a * b - c * c); 2.0 * a / (a * b - c * c) ]

            let found = CovarianceInference.intervals CovarianceIntervalMethod.Wald 0.95 fit

            Law.assertHolds [
                for k in 0..1 do
                    yield!
                        Law.relative
                            found[k].Name
                            1e-3
                            (2.0 * 1.959963984540054 * sqrt variances[k])
                            (log (found[k].Upper.Value / found[k].Lower.Value))
            ])

        testCase "the mean of a meta-analysis" (fun () ->
            let table =
                json [
                    "emmeans"
                    meta
                    studies
                    "--prior-weights"
                    "w"
                    "--fix"
                    "Residual=1"
                    "--over"
                    "1"
                ]

            let own = (metaFit []).Coefficients.Head
            let mean = table.GetProperty("means")[0]

            Law.assertHolds [
                yield! Law.near "mean" 1e-12 own.Estimate (number "estimate" mean)
                yield! Law.atMost "standard error" (1.2 * own.StandardError) (number "se" mean)
                yield! Law.isTrue "overall" (mean.GetProperty("levels").GetProperty("1").GetString() = "overall")
            ])

        // Every command

        testCase "tests of fixed terms with held and bounded parameters" (fun () ->
            let of' options =
                json ([ "anova"; sleep; ar1 ] @ options)

            let f (table: JsonElement) =
                number "F" (table.GetProperty("terms")[0])

            let held = f (of' [ "--fix"; "Residual.rho=0.5" ])

            Law.assertHolds [
                yield! Law.relative "bound" 1e-6 held (f (of' [ "--bound"; "Residual.rho=..0.5" ]))
                yield! Law.isTrue "free" (abs (f (of' []) - held) > 1e-3)
                yield! Law.relative "start" 1e-6 (f (of' [])) (f (of' [ "--start"; "Residual.rho=0.1" ]))
            ])

        testCase "comparisons hold what models have" (fun () ->
            let plain = "Reaction ~ Days + (1 | Subject)"

            let table options =
                (json ([ "compare"; sleep; plain; ar1 ] @ options)).GetProperty "models"

            let criterion (models: JsonElement) index = number "criterion" models[index]
            let held = table [ "--fix"; "Residual.rho=0.5" ]
            let bounded = table [ "--bound"; "Residual.rho=..0.5" ]

            let single options =
                number "criterion" (json ([ "fit"; sleep; ar1 ] @ options))

            Law.assertHolds [
                yield! Law.relative "held" 1e-10 (single [ "--fix"; "Residual.rho=0.5" ]) (criterion held 1)
                yield! Law.relative "bounded" 1e-10 (single [ "--bound"; "Residual.rho=..0.5" ]) (criterion bounded 1)
                yield!
                    Law.relative
                        "without it"
                        1e-10
                        (number "criterion" (json [ "fit"; sleep; plain ]))
                        (criterion held 0)
            ]

            [ "compare"; sleep; plain; ar1; "--fix"; "Residual.tau=1" ]
            |> refuses "The model has no covariance parameter 'Residual.tau'.")

        testCase "bounds are kept where models are fitted again by maximum likelihood" (fun () ->
            let other = ar1.Replace("Days + (1", "1 + (1")

            let models =
                (json [ "compare"; sleep; other; ar1; "--bound"; "Residual.rho=..0.5" ]).GetProperty "models"

            Law.assertHolds [
                for index, formula in [ 0, other; 1, ar1 ] do
                    let alone = json [ "fit"; sleep; formula; "--ml"; "--bound"; "Residual.rho=..0.5" ]
                    yield! Law.relative formula 1e-9 (number "criterion" alone) (number "criterion" models[index])
                    yield! Law.near $"df of {formula}" 0.0 (number "df" alone) (number "df" models[index])
            ])

        testCase "mistyped options" (fun () ->
            for command in [ "fit"; "ci"; "anova" ] do
                [ command; sleep; ar1; "--start"; "Residual.rho" ]
                |> refuses "lmm: '--start Residual.rho' is not a name and a number; write --start NAME=VALUE."

                [
                    command
                    sleep
                    ar1
                    "--start"
                    "Residual.rho=1"
                    "--start"
                    "Residual.rho=2"
                ]
                |> refuses "lmm: 'Residual.rho' has two values; give it one."

                [ command; sleep; ar1; "--fix"; "rho" ]
                |> refuses "lmm: '--fix rho' is not a name and a number; write --fix NAME=VALUE."

                [ command; sleep; ar1; "--bound"; "Residual.rho=1" ]
                |> refuses
                    "lmm: '--bound Residual.rho=1' is not a name and two ends; write --bound NAME=LOWER..UPPER, where one end may be left out."

                [ command; sleep; ar1; "--start"; "Residual.rho=2" ]
                |> refuses "Parameter 'Residual.rho' cannot be 2; give it a number between -1 and 1.")

        testCase "a bootstrap leaves what is fixed where it is" (fun () ->
            let code, text, error =
                run [ "ci"; sleep; ar1; "--fix"; "Residual.rho=0.5"; "--boot"; "50"; "--json" ]

            Check.isEmpty error
            Check.equal 0 code
            let intervals = (JsonDocument.Parse text).RootElement.GetProperty "intervals"

            Law.assertHolds [
                for own in intervals.EnumerateArray() do
                    let width = number "upper" own - number "lower" own
                    let name = own.GetProperty("name").GetString()
                    yield! Law.isTrue $"{name} moves" ((width = 0.0) = (name = "rho"))
            ])

        // Linear functions

        testCase "named functions of the fixed effects, several at once" (fun () ->
            let text = "A - B: recipeRA - recipeRB; half: 1/2*recipeRB - recipeRC/2 = 0"
            let fitted = json [ "fit"; cake; recipes; "--test"; text; "--test"; "recipeRC = 1" ]
            let table = json [ "anova"; cake; recipes; "--test"; text ]
            let tests = fitted.GetProperty "tests"
            let functions = tests[0].GetProperty "functions"
            let lastFunction = tests[1].GetProperty("functions").EnumerateArray() |> Seq.head
            let ofTable = table.GetProperty("tests").EnumerateArray() |> Seq.head
            let fit = Inferred.reml "cake" recipes

            let coefficient name =
                fit.Coefficients |> List.find (fun own -> own.Name = name)

            let b, c = coefficient "recipeRB", coefficient "recipeRC"

            // Recipes are compared between groups of 15, all alike.
            let joint =
                Inferred.test DegreesOfFreedomMethod.satterthwaite "recipeRB, recipeRC" fit

            Law.assertHolds [
                yield! Law.isTrue "names" (functions[0].GetProperty("name").GetString() = "A - B")
                yield! Law.isTrue "names" (functions[1].GetProperty("name").GetString() = "half")
                yield! Law.near "A - B" 1e-10 -b.Estimate (number "estimate" functions[0])
                yield! Law.near "half" 1e-10 (0.5 * (b.Estimate - c.Estimate)) (number "estimate" functions[1])
                yield! Law.near "se" 1e-8 b.StandardError (number "se" functions[0])
                yield! Law.near "t" 1e-8 ((c.Estimate - 1.0) / c.StandardError) (number "t" lastFunction)
                yield! Law.near "joint" 1e-8 joint.Joint.F (number "F" (tests[0].GetProperty "joint"))
                yield!
                    Law.near
                        "anova"
                        1e-12
                        (number "F" (tests[0].GetProperty "joint"))
                        (number "F" (ofTable.GetProperty "joint"))
            ]

            let shown = succeeds [ "fit"; cake; recipes; "--test"; text ]
            Check.contains "\n A - B  1.47778    2.45625 42   0.602   0.5506\n" shown
            Check.contains "\n A - B, half     2    42   0.249 0.7809\n" shown)

        testCase "functions that cannot be read" (fun () ->
            [
                "fit"
                cake
                recipes
                "--quiet"
                "--test"
                "x: recipeQ"
                "--test"
                "recipeRB/0"
            ]
            |> refuses (
                "'recipeQ' is not a column of the fixed effects; did you mean 'recipeRB'?\n"
                + "The hypothesis cannot be read:\n  recipeRB/0\n           ^ a number that is not zero is needed here"
            ))

        // Commands that ask for a fit and for nothing else

        testCase "variance-test holds in the smaller models what it holds in the model" (fun () ->
            let arguments = [ meta; studies; "--weights"; "w"; "--fix"; "Residual=1"; "--ml"; "--json" ]

            let spec = TestFrame.formula "y ~ 1 + (1 | District)" |> LmmSpec.withWeights "w"

            let fitOf spec =
                Lmm.fit
                    {
                        FitOptions.defaults with
                            Criterion = Criterion.Ml
                            Held = Map [ "Residual", 1.0 ]
                    }
                    (TestFrame.read "cases/13-meta-analysis")
                    spec
                |> Inferred.orRaise

            let larger = TestFrame.formula studies |> LmmSpec.withWeights "w" |> fitOf
            let output = succeeds ("variance-test" :: arguments)

            let statistics = [
                for test in JsonDocument.Parse(output).RootElement.GetProperty("tests").EnumerateArray() ->
                    number "statistic" test
            ]

            let expected = (fitOf spec).CriterionValue - larger.CriterionValue
            Check.equal 2 statistics.Length

            Law.assertHolds (
                Law.isTrue
                    "one test leaves out the studies"
                    (statistics |> List.exists (fun s -> abs (s - expected) < 1e-6))
            ))

        testCase "r2, variance-test and verify take the options of fit" (fun () ->
            let bounded = [
                sleep
                "Reaction ~ Days + (1 | Subject)"
                "--bound"
                "Subject.(Intercept)=0..100000"
            ]

            let fit =
                Lmm.fitFormula
                    {
                        FitOptions.defaults with
                            Bounds = Map [ "Subject.(Intercept)", Bound.between 0.0 100000.0 ]
                    }
                    (TestFrame.read "sleepstudy")
                    "Reaction ~ Days + (1 | Subject)"
                |> Inferred.orRaise

            let shares =
                VarianceShareReport.ofFit fit
                |> Inferred.orRaise
                |> VarianceShareReport.render SummaryFormat.Text fit

            Check.equal shares (succeeds ("r2" :: bounded))

            [ "r2"; sleep; "Reaction ~ Days + (1 | Subject)"; "--fix"; "Residual=900" ]
            |> refuses "R² needs unrelated levels and no held variances; fit the model without them."

            for command in [ "variance-test"; "verify" ] do
                [
                    command
                    sleep
                    "Reaction ~ Days + (1 | Subject)"
                    "--fix"
                    "Residual=900"
                    "--start"
                    "Subject.(Intercept)=1000"
                ]
                |> succeeds
                |> ignore)
    ]

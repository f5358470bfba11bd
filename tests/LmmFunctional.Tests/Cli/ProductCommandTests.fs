/// <summary>The commands that make things for readers: plot, report, export.</summary>
module LmmFunctional.Tests.ProductCommandTests

open System.IO
open System.Text.Json
open Expecto
open LmmFunctional
open LmmFunctional.Analysis
open LmmFunctional.Cli

let private run arguments =
    use output = new StringWriter()
    use error = new StringWriter()
    let code = Cli.run (Array.ofList arguments) output error
    code, output.ToString().Replace("\r", ""), error.ToString().Replace("\r", "")

let private sleepstudy = TestData.csv "sleepstudy"
let private slopes = "Reaction ~ Days + (Days | Subject)"
let private fit = lazy (Models.reml "sleepstudy" slopes)

let private inFolder test =
    let folder = Directory.CreateTempSubdirectory "lmm-product-"

    try
        test (fun (name: string) -> Path.Combine(folder.FullName, name))
    finally
        folder.Delete true

let private kinds =
    "panel, residuals, scale-location, qq, leverage, effects-qq, caterpillar, subjects, predictions, means, interaction, coefficients, influence, outliers, profile, likelihood, lags, variogram, correlation, coefficient-correlation, bootstrap, trace, field"

[<Tests>]
let tests =
    testList "ProductCommandTests" [
        testCase "a chart is a page, a specification, or a table" (fun () ->
            inFolder (fun path ->
                Check.equal (0, "", "") (run [ "plot"; "residuals"; sleepstudy; slopes; "-o"; path "a.html" ])
                Check.startsWith "<!doctype html>" (File.ReadAllText(path "a.html"))
                Check.equal (0, "", "") (run [ "plot"; "residuals"; sleepstudy; slopes; "-o"; path "a.json" ])
                use json = JsonDocument.Parse(File.ReadAllText(path "a.json"))
                let rows = json.RootElement.GetProperty("datasets").GetProperty "residuals"
                Check.equal 180 (rows.GetArrayLength())

                let code, csv, _ = run [ "plot"; "residuals"; sleepstudy; slopes; "--csv" ]
                Check.equal 0 code
                let lines = csv.TrimEnd().Split '\n'
                Check.equal 181 lines.Length
                Check.equal "row,fitted,residual,Subject" lines[0]
                let residual = (Lmm.residuals fit.Value).StudentizedConditional[0]
                Check.equal residual (float (lines[1].Split(',')[2]))))

        testCase "a kind that there is not, and none" (fun () ->
            Check.equal
                (2, "", $"lmm: there is no KIND 'pie'; choose one of {kinds}.\n")
                (run [ "plot"; "pie"; sleepstudy; slopes ])

            let code, _, error = run [ "plot"; sleepstudy; slopes ]
            Check.equal 2 code
            Check.contains "there is no KIND" error)

        testCase "what cannot be drawn is said" (fun () ->
            Check.equal
                (2,
                 "",
                 "There is no chart 'interaction' to show: it needs the means of two variables, such as 'variety * nitro'.\n")
                (run [ "plot"; "interaction"; sleepstudy; slopes; "--over"; "1" ]))

        testCase "a name that ends otherwise is refused" (fun () ->
            Check.equal
                (2, "", "File 'a.png' cannot be written: the name must end in .html, .json or .svg.\n")
                (run [ "plot"; "residuals"; sleepstudy; slopes; "-o"; "a.png" ]))

        testCase "the help of plot lists the kinds" (fun () ->
            let code, text, _ = run [ "plot"; "--help" ]
            Check.equal 0 code
            Check.contains "USAGE: lmm plot <KIND> <DATA> <FORMULA> [options]" text

            for kind in kinds.Split ", " do
                Check.contains $"\n    {kind}" text)

        testCase "a report is a page, with the command that made it" (fun () ->
            inFolder (fun path ->
                let file = path "report.html"
                Check.equal (0, "", "") (run [ "report"; sleepstudy; slopes; "-o"; file; "--title"; "Sleep" ])
                let page = File.ReadAllText file
                Check.contains "<title>Sleep</title>" page
                Check.contains $"-o {file}" (page.Replace("&quot;", ""))))

        testCase "a report needs a file" (fun () ->
            Check.equal
                (2, "", "lmm: the report needs a file: -o report.html.\n")
                (run [ "report"; sleepstudy; slopes ]))

        testCase "code of other programs, or what they cannot say" (fun () ->
            Check.equal
                (0,
                 "library(lmerTest)\nfit <- lmer(Reaction ~ 1 + Days + (1 + Days | Subject), data, REML = FALSE)\nsummary(fit)\n",
                 "")
                (run [ "export"; sleepstudy; slopes; "--to"; "lme4"; "--ml" ])

            Check.equal
                (2,
                 "",
                 "There is no code for lme4 to show: lmer has independent residuals only, not ar1(age | Subject).\n")
                (run [
                    "export"
                    TestData.csv "orthodont"
                    "distance ~ age + (1 | Subject); residual = ar1(age | Subject)"
                    "--to"
                    "lme4"
                ]))

        testCase "a target that there is not, and none" (fun () ->
            let targets = "sas, lme4, nlme, latex, markdown, html, equation, methods"

            Check.equal
                (2, "", $"lmm: there is no --to 'word'; choose one of {targets}.\n")
                (run [ "export"; sleepstudy; slopes; "--to"; "word" ])

            Check.equal
                (2, "", $"lmm: --to is missing; choose one of {targets}.\n")
                (run [ "export"; sleepstudy; slopes ]))

        testCase "an export in JSON and CSV" (fun () ->
            let _, text, _ = run [ "export"; sleepstudy; slopes; "--to"; "methods"; "--json" ]
            use json = JsonDocument.Parse text
            Check.startsWith "We fitted a linear mixed model" (json.RootElement.GetProperty("text").GetString())

            let _, csv, _ = run [ "export"; sleepstudy; slopes; "--to"; "markdown"; "--csv" ]
            Check.startsWith "effect,group,term,estimate,se,df,t,p,lower,upper\nfixed,,(Intercept),251.405" csv)
    ]

/// <summary>The command lmm: exit codes and exact messages for each kind of bad input.</summary>
module LmmFunctional.Tests.CliTests

open System
open System.IO
open System.Text.Json
open Expecto
open LmmFunctional
open LmmFunctional.Cli

let private runAll (arguments: string list) =
    use output = new StringWriter()
    use error = new StringWriter()
    let code = Cli.run (Array.ofList arguments) output error
    code, output.ToString(), error.ToString().TrimEnd()

/// The code and the messages of a fit to a file with this text, which is called data.csv.
let private fit (arguments: string list) (text: string) =
    let folder = Directory.CreateTempSubdirectory "lmm-cli-"
    let path = Path.Combine(folder.FullName, "data.csv")

    try
        File.WriteAllText(path, text)
        let code, output, error = runAll ([ "fit"; path ] @ arguments)
        code, output, error.Replace(path, "data.csv")
    finally
        folder.Delete true

let private refuses arguments (expected: string list) text =
    let code, output, error = fit arguments text
    error.Split(Environment.NewLine) |> List.ofArray |> Texts.equal expected
    Check.equal 2 code
    Check.isEmpty output

let private misuse (expected: string) arguments =
    let code, output, error = runAll arguments
    Check.equal expected error
    Check.equal 2 code
    Check.isEmpty output

let private good = "y,g,x,w\n1,a,1,1\n2,a,3,1\n4,b,2,1\n3,b,5,1\n6,c,4,1\n8,c,6,1\n"

let private sleepstudy = "Reaction ~ Days + (Days || Subject)"

let private dyestuff = TestData.csv "dyestuff"

[<Tests>]
let tests =
    testList "CliTests" [
        // Data

        testCase "a missing file" (fun () ->
            [ "fit"; "nowhere.csv"; "y ~ 1" ]
            |> misuse "File 'nowhere.csv' does not exist; check the path.")

        testCase "an empty file" (fun () ->
            ""
            |> refuses [ "y ~ 1 + (1 | g)" ] [ "data.csv is empty; a header line with the column names is needed." ])

        testCase "a ragged row" (fun () ->
            "y,g\n1,a\n2\n3,b\n"
            |> refuses [ "y ~ 1 + (1 | g)" ] [
                "data.csv, line 3, column 2: 1 field where the header has 2; check for missing or unquoted commas."
            ])

        testCase "a missing column" (fun () ->
            good
            |> refuses [ "Y ~ z + (1 | g)" ] [
                "Column 'Y' is not in the data; did you mean 'y'?"
                "Column 'z' is not in the data; there are y, g, x, w."
            ])

        testCase "a constant response" (fun () ->
            "y,g\n2,a\n2,a\n2,b\n2,b\n"
            |> refuses [ "y ~ 1 + (1 | g)" ] [
                "The response 'y' has the same value in every row; there is nothing to model."
            ])

        testCase "a column that is missing in all rows" (fun () ->
            "y,g,x\n1,a,\n2,a,NA\n3,b,\n5,b,\n"
            |> refuses [ "y ~ x + (1 | g)" ] [ "Column 'x' has no values: every row is missing." ])

        testCase "a grouping factor with one level" (fun () ->
            "y,g\n1,a\n2,a\n3,a\n5,a\n"
            |> refuses [ "y ~ 1 + (1 | g)" ] [
                "Grouping factor 'g' has a single level; a variance between its levels cannot be estimated."
            ])

        testCase "a fixed factor with one level" (fun () ->
            "y,g\n1,a\n2,a\n3,a\n5,a\n"
            |> refuses [ "y ~ g" ] [ "Factor 'g' has a single level; remove it from the model." ])

        testCase "as many levels as rows" (fun () ->
            "y,g\n1,a\n2,b\n3,c\n5,d\n"
            |> refuses [ "y ~ 1 + (1 | g)" ] [
                "Grouping factor 'g' has 4 levels, one for each row; its variance cannot be told from the residual."
            ])

        testCase "negative and missing weights" (fun () ->
            "y,g,w\n1,a,1\n2,a,-1\n3,b,1\n5,b,\n"
            |> refuses [ "y ~ 1 + (1 | g)"; "--weights"; "w" ] [
                "Weight column 'w' is -1 in row 2; weights must be zero or positive."
                "Weight column 'w' is missing in row 4; give every row a weight."
            ])

        testCase "weights of the command line replace those of the formula" (fun () ->
            good
            |> refuses [ "y ~ 1 + (1 | g); weights = w"; "--weights"; "W" ] [
                "Column 'W' is not in the data; did you mean 'w'?"
            ])

        // Formula and arguments

        testCase "a typo in the formula" (fun () ->
            good
            |> refuses [ "y ~ x + (1 | g" ] [
                "The formula cannot be read:"
                "  y ~ x + (1 | g"
                "                ^ expected an operator or ')', but the text ends here"
            ])

        testCase "problems of the formula and of the file together" (fun () ->
            ""
            |> refuses [ "y ~" ] [
                "The formula cannot be read:"
                "  y ~"
                "     ^ expected a term, but the text ends here"
                "data.csv is empty; a header line with the column names is needed."
            ])

        testCase "no arguments" (fun () ->
            []
            |> misuse "lmm: a command is missing; write lmm fit DATA.csv \"FORMULA\", or see 'lmm --help'.")

        testCase "a formula without quotes" (fun () ->
            [ "fit"; "data.csv"; "y"; "~"; "x" ]
            |> misuse
                "lmm: unrecognized argument: '~'; is the formula in quotes? 'lmm fit --help' lists the arguments.")

        testCases
            "an option that does not exist"
            [
                "--weight", " did you mean '--weights'?"
                "--jsn", " did you mean '--json'?"
                "--unheard-of", ""
            ]
            (fun (option: string, question: string) ->
                [ "fit"; "data.csv"; "y ~ x"; option; "Days" ]
                |> misuse $"lmm: unrecognized argument: '{option}';{question} 'lmm fit --help' lists the arguments.")

        testCase "an infinite weight" (fun () ->
            "y,g,w\n1,a,1\n2,a,Inf\n3,b,1\n5,b,1\n"
            |> refuses [ "y ~ 1 + (1 | g)"; "--weights"; "w" ] [ "Column 'w' is infinite in row 2; check the column." ])

        testCase "an algorithm that does not exist" (fun () ->
            [ "fit"; "data.csv"; "y ~ x"; "--algorithm"; "newton" ]
            |> misuse "lmm: there is no --algorithm 'newton'; choose one of nr, fisher, ai, em, px-em.")

        testCase "arguments that are missing" (fun () ->
            [ "fit" ]
            |> misuse "lmm: DATA and FORMULA are missing; 'lmm fit --help' lists the arguments."

            [ "fit"; "data.csv" ]
            |> misuse "lmm: FORMULA is missing; 'lmm fit --help' lists the arguments.")

        // Fits

        testCase "collinear columns are dropped and named" (fun () ->
            let code, output, error =
                "y,g,x,z\n1,a,1,2\n2,a,3,6\n4,b,2,4\n3,b,5,10\n6,c,4,8\n8,c,6,12\n"
                |> fit [ "y ~ x + z + (1 | g)"; "--json" ]

            let json = JsonDocument.Parse(output).RootElement
            let dropped = [ for name in json.GetProperty("dropped").EnumerateArray() -> string name ]
            dropped |> Texts.equal [ "z" ]
            Check.isEmpty error
            Check.equal 0 code)

        testCases "each algorithm reaches the optimum" [ "nr"; "fisher"; "ai" ] (fun (algorithm: string) ->
            let formula = "Reaction ~ Days + (Days | Subject)"

            let code, output, _ =
                runAll [
                    "fit"
                    TestData.csv "sleepstudy"
                    formula
                    "--ml"
                    "--json"
                    "--algorithm"
                    algorithm
                ]

            let criterion =
                JsonDocument.Parse(output).RootElement.GetProperty("criterion").GetDouble()
            // lme4 prints 1751.9 for the deviance of this model; reference/lmer.json has its digits.
            Law.assertHolds (Law.near "criterion" (1e-6) 1751.939344 criterion)
            Check.equal 0 code)

        testCase "the summary goes to the output, nothing to the errors" (fun () ->
            let code, output, error = good |> fit [ "y ~ x + (1 | g)"; "--quiet" ]
            Check.startsWith "Linear mixed model fit by REML\nFormula: y ~ 1 + x + (1 | g)\n" output
            Check.isEmpty error
            Check.equal 0 code)

        testCase "rows left out are counted" (fun () ->
            let text = good + "NA,a,2,1\n5,b,,1\n9,c,7,0\n"
            let _, output, _ = text |> fit [ "y ~ x + (1 | g)"; "--weights"; "w" ]
            Check.contains "\nLeft out: 2 rows with a missing value, 1 row of weight zero\n" output)

        testCase "only a fit that has not converged ends with 3" (fun () ->
            let certificate =
                (Fitted.stopped "sleepstudy" "Reaction ~ Days + (Days | Subject)").Certificate

            let code verdict =
                ExitCode.ofCertificate { certificate with Verdict = verdict }

            Check.equal 3 (ExitCode.ofCertificate certificate)
            Check.equal 0 (code Verdict.Optimum)
            Check.equal 0 (code (Verdict.BoundaryOptimum [ "a" ]))
            Check.equal 0 (code (Verdict.FlatDirection [ "a" ])))

        // Tests

        testCase "every fixed effect gains df, p and an interval when a method is asked for" (fun () ->
            let code, output, error =
                runAll [
                    "fit"
                    TestData.csv "sleepstudy"
                    sleepstudy
                    "--df"
                    "kenward-roger"
                    "--convention"
                    "pbkrtest"
                    "--json"
                ]

            let root = JsonDocument.Parse(output).RootElement
            let days = root.GetProperty("fixef")[1]
            let number (name: string) = days.GetProperty(name).GetDouble()

            Check.equal
                "Kenward-Roger (pbkrtest: expected information, variance scale)"
                (string (root.GetProperty "ddf"))
            // reference/lmer.json, sleepstudy-zerocorr-reml.
            Law.assertHolds (Law.near "value" (1e-4) 18.18747 (number "df"))
            Law.assertHolds (Law.near "value" (1e-9) (2.5708e-6) (number "p"))
            let half = number "upper" - number "estimate"
            Law.assertHolds (Law.near "value" (1e-12) half (number "estimate" - number "lower"))
            Law.assertHolds (Law.near "value" (1e-3) 2.0993 (half / number "se"))
            Check.isEmpty error
            Check.equal 0 code)

        testCase "the summary says which degrees of freedom it has" (fun () ->
            let _, output, _ =
                runAll [ "fit"; TestData.csv "sleepstudy"; sleepstudy; "--df"; "satterthwaite" ]

            let expected =
                """Fixed effects:
             Estimate Std. Error    df t value Pr(>|t|)
 (Intercept)  251.405      6.885 18.16  36.513   <2e-16
 Days          10.467      1.560 18.16   6.712  2.6e-06
Degrees of freedom: Satterthwaite (lmerTest: observed information, factor scale)
"""

            Check.contains (expected.Replace("\r", "")) (output.Replace("\r", "")))

        // SAS's empirical standard error of the treatment: shared/reference/published.md, 3.5.
        testCase "robust standard errors of structured residuals" (fun () ->
            let model = "FEV1 ~ ARMCD; residual = ar1(VISITN | USUBJID)"

            let code, output, error =
                runAll [ "fit"; TestData.csv "fev"; model; "--robust"; "cr0"; "--json" ]

            let root = JsonDocument.Parse(output).RootElement
            let treatment = root.GetProperty("fixef")[1]
            Law.assertHolds (Law.near "value" (1e-6) 0.82581291651503 (treatment.GetProperty("seRobust").GetDouble()))
            Law.assertHolds (Law.near "value" (1e-3) 184.67545 (treatment.GetProperty("dfRobust").GetDouble()))
            Check.equal "USUBJID" (string (root.GetProperty("robust").GetProperty "cluster"))
            Check.equal 197 (root.GetProperty("robust").GetProperty("clusters").GetInt32())
            Check.isEmpty error
            Check.equal 0 code)

        testCase "the summary has a table of robust standard errors" (fun () ->
            let _, output, _ =
                runAll [
                    "fit"
                    TestData.csv "sleepstudy"
                    sleepstudy
                    "--robust"
                    "cr2"
                    "--cluster"
                    "Subject"
                ]

            Check.contains "Robust standard errors:" output
            Check.contains "CR2, 18 clusters of Subject; degrees of freedom: Satterthwaite" output)

        testCase "clusters without a robust covariance, and without independence, are told" (fun () ->
            let code, _, error =
                runAll [ "fit"; TestData.csv "sleepstudy"; sleepstudy; "--cluster"; "Subject" ]

            Check.equal "lmm: --cluster goes with --robust; write for instance --robust cr2." (error.Trim())
            Check.equal 2 code

            let _, _, error =
                runAll [
                    "fit"
                    TestData.csv "penicillin"
                    "diameter ~ 1 + (1 | plate) + (1 | sample)"
                    "--robust"
                    "cr2"
                ]

            Check.equal
                ("A robust covariance needs clusters that are independent, and none of 'plate', 'sample' holds all others; "
                 + "name a column of the data that does.")
                (error.Trim()))

        testCase "an ANOVA table as text" (fun () ->
            let code, output, error =
                runAll [
                    "anova"
                    TestData.csv "oats"
                    "yield ~ Variety * nitroF + (1 | Block/Variety)"
                    "--df"
                    "kenward-roger"
                    "--type"
                    "2"
                ]

            let expected =
                """Type II tests of fixed effects
                NumDF DenDF F value  Pr(>F)
 Variety            2    10   1.485  0.2724
 nitroF             3    45  37.686 2.5e-12
 Variety:nitroF     6    45   0.303  0.9322
Degrees of freedom: Kenward-Roger (pbkrtest: expected information, variance scale)
"""

            output.Replace("\r", "").Split '\n'
            |> List.ofArray
            |> Texts.equal (expected.Replace("\r", "").Split '\n' |> List.ofArray)

            Check.isEmpty error
            Check.equal 0 code)

        testCase "an ANOVA table as JSON" (fun () ->
            let code, output, _ =
                runAll [
                    "anova"
                    TestData.csv "oats"
                    "yield ~ Variety * nitroF + (1 | Block/Variety)"
                    "--json"
                ]

            let root = JsonDocument.Parse(output).RootElement
            let nitro = root.GetProperty("terms")[1]
            Check.equal 3 (root.GetProperty("type").GetInt32())
            Check.equal "nitroF" (string (nitro.GetProperty "term"))
            Check.equal 3 (nitro.GetProperty("numDF").GetInt32())
            Law.assertHolds (Law.near "value" (1e-6) 45.0 (nitro.GetProperty("denDF").GetDouble()))
            Law.assertHolds (Law.near "value" (1e-7) 37.6856470588 (nitro.GetProperty("F").GetDouble()))
            Check.equal 0 code)

        testCase "marginal means as text" (fun () ->
            let code, output, error =
                runAll [
                    "emmeans"
                    TestData.csv "machines"
                    "score ~ Machine + (1 | Worker/Machine)"
                    "--over"
                    "Machine"
                    "--contrast"
                    "pairwise"
                    "--letters"
                    "--quiet"
                ]

            let expected =
                """Estimates of the mean of score
 Machine Estimate Std. Error   df lower 95% upper 95% letters
 A         52.356      2.486 8.52    46.684    58.027 a
 B         60.322      2.486 8.52    54.650    65.994 b
 C         66.272      2.486 8.52    60.600    71.944 b
Degrees of freedom: Kenward-Roger (pbkrtest: expected information, variance scale)
Means that share a letter do not differ at 0.05; p-values: tukey

Contrasts:
       Estimate Std. Error df lower 95% upper 95% t value Pr(>|t|)
 A - B   -7.967      2.177 10   -13.934    -1.999  -3.660   0.0111
 A - C  -13.917      2.177 10   -19.884    -7.949  -6.393   0.0002
 B - C   -5.950      2.177 10   -11.918     0.018  -2.733   0.0507
P-values and intervals are adjusted within each family: tukey
"""

            output.Replace("\r", "").Split '\n'
            |> List.ofArray
            |> Texts.equal (expected.Replace("\r", "").Split '\n' |> List.ofArray)

            Check.isEmpty error
            Check.equal 0 code)

        testCase "marginal slopes as JSON" (fun () ->
            let code, output, _ =
                runAll [
                    "emmeans"
                    TestData.csv "oats"
                    "yield ~ Variety * nitro + (1 | Block/Variety)"
                    "--over"
                    "Variety"
                    "--trend"
                    "nitro"
                    "--contrast"
                    "1, -0.5, -0.5"
                    "--df"
                    "satterthwaite"
                    "--json"
                ]

            let root = JsonDocument.Parse(output).RootElement
            let first = root.GetProperty("means")[0]
            let contrast = root.GetProperty("contrasts")[0]
            Check.equal "the slope of yield with nitro" (string (root.GetProperty "quantity"))
            Check.equal "GoldenRain" (string (first.GetProperty("levels").GetProperty "Variety"))
            Law.assertHolds (Law.near "value" (1e-7) 75.3333333333 (first.GetProperty("estimate").GetDouble()))
            Law.assertHolds (Law.near "value" (1e-7) 2.5 (contrast.GetProperty("estimate").GetDouble()))
            Law.assertHolds (Law.near "value" (1e-6) 51.0 (contrast.GetProperty("df").GetDouble()))
            Check.equal "none" (string (root.GetProperty "adjust"))
            Check.equal 0 code)

        testCase "marginal means that cannot be had" (fun () ->
            let oats = [
                "emmeans"
                TestData.csv "oats"
                "yield ~ Variety * nitroF + (1 | Block/Variety)"
                "--quiet"
            ]

            oats @ [ "--over"; "Variety | nitro" ]
            |> misuse
                "The 'by' variable 'nitro' is not in the fixed effects; did you mean 'nitroF'? Otherwise choose from Variety, nitroF."

            oats @ [ "--over"; "Variety"; "--adjust"; "tuckey"; "--at"; "x"; "--df"; "kr" ]
            |> misuse (
                String.concat Environment.NewLine [
                    "There is no adjustment 'tuckey'; choose one of none, tukey, sidak, bonferroni, holm, dunnett, scheffe, fdr."
                    "In 'x': write a variable and its values or levels, such as x=1,2 or f=A,B."
                    "There is no method for degrees of freedom 'kr'; choose one of asymptotic, residual, containment, "
                    + "between-within, satterthwaite, kenward-roger."
                ]
            )

            oats @ [ "--over"; "Variety"; "--at"; "nitro=a" ]
            |> misuse
                "The variable 'nitro' is not in the fixed effects; did you mean 'nitroF'? Otherwise choose from Variety, nitroF."

            oats @ [ "--over"; "Variety"; "--at"; "nitroF=a" ]
            |> misuse "There is no level of nitroF 'a'; choose one of N0, N0.2, N0.4, N0.6."

            oats @ [ "--over"; "Variety"; "--type"; "link" ]
            |> misuse "lmm: there is no --type 'link'; choose one of model, response."

            oats @ [ "--over"; "Variety"; "--level"; "95" ]
            |> misuse "lmm: --level must lie between 0 and 1, such as 0.95, not '95'.")

        testCase "methods and conventions that do not exist" (fun () ->
            [
                "fit"
                TestData.csv "sleepstudy"
                sleepstudy
                "--df"
                "kenward"
                "--convention"
                "stata"
            ]
            |> misuse (
                String.concat Environment.NewLine [
                    "There is no method for degrees of freedom 'kenward'; choose one of asymptotic, residual, containment, "
                    + "between-within, satterthwaite, kenward-roger."
                    "There is no convention 'stata'; choose one of sas, sas-linear, pbkrtest, lmertest, mmrm."
                ]
            )

            [ "anova"; TestData.csv "sleepstudy"; sleepstudy; "--type"; "4" ]
            |> misuse "lmm: there is no --type '4'; choose one of 1, 2, 3."

            [
                "fit"
                TestData.csv "sleepstudy"
                sleepstudy
                "--ml"
                "--df"
                "kenward-roger"
            ]
            |> misuse "Kenward-Roger is derived for REML and this fit is by ML; fit by REML, or take satterthwaite.")

        testCase "a plan tells the engine and fits nothing" (fun () ->
            let code, output, error =
                runAll [ "plan"; TestData.csv "pastes"; "strength ~ 1 + (1 | batch/cask)" ]

            Check.startsWith
                "Plan of a linear mixed model\nFormula: strength ~ 1 + (1 | batch) + (1 | batch:cask)\n"
                output

            Check.isEmpty error
            Check.equal 0 code)

        testCase "a plan as JSON" (fun () ->
            let code, output, _ =
                runAll [ "plan"; TestData.csv "pastes"; "strength ~ 1 + (1 | batch/cask)"; "--json" ]

            Check.equal 40 (JsonDocument.Parse(output).RootElement.GetProperty("q").GetInt32())
            Check.equal 0 code)

        testCase "a plan of a file that is not there" (fun () ->
            [ "plan"; "nowhere.csv"; "y ~ 1" ]
            |> misuse "File 'nowhere.csv' does not exist; check the path.")

        testCases "help is an answer" [ "--help"; "-h" ] (fun (word: string) ->
            let code, output, error = runAll [ "fit"; word ]
            Check.contains "lmm fit sleepstudy.csv \"Reaction ~ Days + (Days | Subject)\"" output
            Check.contains "--algorithm <nr|fisher|ai|em|px-em>" output
            Check.isEmpty error
            Check.equal 0 code)

        testCase "an error of our own is one sentence" (fun () ->
            use output = new StringWriter()
            output.Dispose()
            use error = new StringWriter()
            let code = Cli.run [| "--version" |] output error
            Check.equal 70 code
            Check.startsWith "lmm met an error of its own (ObjectDisposedException: " (error.ToString())
            Check.lacks "   at " (error.ToString()))

        // Structures

        testCase "a residual structure is an option or a clause, not both" (fun () ->
            good
            |> refuses [ "y ~ 1; residual = ident(g)"; "--residual"; "ident(g)" ] [
                "The model has two residual structures; keep exactly one 'residual'."
            ])

        testCase "a residual structure that cannot be read" (fun () ->
            good
            |> refuses [ "y ~ 1"; "--residual"; "ar1(x | g" ] [
                "The formula cannot be read:"
                "  ar1(x | g"
                "           ^ expected ')' or ':', but the text ends here"
            ])

        testCase "a residual structure that the data do not suit" (fun () ->
            good
            |> refuses [ "y ~ 1"; "--residual"; "ar1(w | g)" ] [
                "Subject 'a' of 'g' has two rows at w 1: rows 1 and 2; keep one row for each. 2 more rows repeat a place."
            ])

        testCase "files of matrices have names of their own" (fun () ->
            [ "fit"; "data.csv"; "y ~ 1"; "--known"; "A" ]
            |> misuse "lmm: '--known A' is not a name and a file; write --known NAME=FILE.csv."

            [ "fit"; "data.csv"; "y ~ 1"; "--known"; "A=a.csv"; "--pedigree"; "A=p.csv" ]
            |> misuse "lmm: two matrices are named 'A'; give each its own name.")

        testCase "files of matrices come in the order given" (fun () ->
            let arguments = [
                "data.csv"
                "y ~ known(A | g)"
                "--known"
                "A=a.csv"
                "--known"
                "B=folder/b=1.csv"
                "--pedigree"
                "P=p.csv"
            ]

            let table = ModelOptions.table @ DataOptions.table

            match Arguments.read [ Command.data; Command.formula ] table arguments with
            | Error problem -> failtest $"{problem}"
            | Ok read ->
                match ModelOptions.model ModelOptions.weights read.Words[0] read.Words[1] read.Options with
                | Ok model ->
                    Check.equal [ "A", "a.csv"; "B", "folder/b=1.csv" ] model.Known
                    Check.equal [ "P", "p.csv" ] model.Pedigrees
                | Error problem -> failtest problem)

        // Identities

        testCase "verify prints a table of identities and ends well" (fun () ->
            let code, output, error = runAll [ "verify"; dyestuff; "Yield ~ 1 + (1 | Batch)" ]

            Check.equal 0 code
            Check.isEmpty error

            Check.startsWith "Identities of a linear mixed model\nFormula: Yield ~ 1 + (1 | Batch)\n47 id" output)

        testCase "verify by maximum likelihood as JSON" (fun () ->
            let code, output, _ =
                runAll [ "verify"; dyestuff; "Yield ~ 1 + (1 | Batch)"; "--ml"; "--json" ]

            let root = JsonDocument.Parse(output).RootElement

            let byC =
                root.GetProperty("identities").EnumerateArray()
                |> Seq.find _.GetProperty("name").ValueEquals("likelihood by C")

            Check.equal 0 code
            Check.isTrue (root.GetProperty("holds").GetBoolean())
            Check.equal "the fit is by maximum likelihood" (string (byC.GetProperty("reason").GetString()))
            Check.equal JsonValueKind.Null (byC.GetProperty("holds").ValueKind))

        testCase "verify tells what is wrong with a formula" (fun () ->
            [ "verify"; dyestuff; "Yeld ~ 1 + (1 | Batch)" ]
            |> misuse "Column 'Yeld' is not in the data; did you mean 'Yield'?")
    ]

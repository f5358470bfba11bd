namespace LmmFunctional.Tests

open System
open System.IO
open System.Text.Json
open NUnit.Framework
open Argu
open LmmFunctional
open LmmFunctional.Cli

/// <summary>The command lmm: exit codes and exact messages for each kind of bad input.</summary>
[<TestFixture>]
module CliTests =

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
        Assert.That(code, Is.EqualTo 2)
        Assert.That(output, Is.Empty)

    let private misuse (expected: string) arguments =
        let code, output, error = runAll arguments
        Assert.That(error, Is.EqualTo expected)
        Assert.That(code, Is.EqualTo 2)
        Assert.That(output, Is.Empty)

    let private good = "y,g,x,w\n1,a,1,1\n2,a,3,1\n4,b,2,1\n3,b,5,1\n6,c,4,1\n8,c,6,1\n"

    // Data

    [<Test>]
    let ``a missing file`` () =
        [ "fit"; "nowhere.csv"; "y ~ 1" ]
        |> misuse "File 'nowhere.csv' does not exist; check the path."

    [<Test>]
    let ``an empty file`` () =
        ""
        |> refuses [ "y ~ 1 + (1 | g)" ] [ "data.csv is empty; a header line with the column names is needed." ]

    [<Test>]
    let ``a ragged row`` () =
        "y,g\n1,a\n2\n3,b\n"
        |> refuses [ "y ~ 1 + (1 | g)" ] [
            "data.csv, line 3, column 2: 1 field where the header has 2; check for missing or unquoted commas."
        ]

    [<Test>]
    let ``a missing column`` () =
        good
        |> refuses [ "Y ~ z + (1 | g)" ] [
            "Column 'Y' is not in the data; did you mean 'y'?"
            "Column 'z' is not in the data; there are y, g, x, w."
        ]

    [<Test>]
    let ``a constant response`` () =
        "y,g\n2,a\n2,a\n2,b\n2,b\n"
        |> refuses [ "y ~ 1 + (1 | g)" ] [
            "The response 'y' has the same value in every row; there is nothing to model."
        ]

    [<Test>]
    let ``a column that is missing in all rows`` () =
        "y,g,x\n1,a,\n2,a,NA\n3,b,\n5,b,\n"
        |> refuses [ "y ~ x + (1 | g)" ] [ "Column 'x' has no values: every row is missing." ]

    [<Test>]
    let ``a grouping factor with one level`` () =
        "y,g\n1,a\n2,a\n3,a\n5,a\n"
        |> refuses [ "y ~ 1 + (1 | g)" ] [
            "Grouping factor 'g' has a single level; a variance between its levels cannot be estimated."
        ]

    [<Test>]
    let ``a fixed factor with one level`` () =
        "y,g\n1,a\n2,a\n3,a\n5,a\n"
        |> refuses [ "y ~ g" ] [ "Factor 'g' has a single level; remove it from the model." ]

    [<Test>]
    let ``as many levels as rows`` () =
        "y,g\n1,a\n2,b\n3,c\n5,d\n"
        |> refuses [ "y ~ 1 + (1 | g)" ] [
            "Grouping factor 'g' has 4 levels, one for each row; its variance cannot be told from the residual."
        ]

    [<Test>]
    let ``negative and missing weights`` () =
        "y,g,w\n1,a,1\n2,a,-1\n3,b,1\n5,b,\n"
        |> refuses [ "y ~ 1 + (1 | g)"; "--weights"; "w" ] [
            "Weight column 'w' is -1 in row 2; weights must be zero or positive."
            "Weight column 'w' is missing in row 4; give every row a weight."
        ]

    [<Test>]
    let ``weights of the command line replace those of the formula`` () =
        good
        |> refuses [ "y ~ 1 + (1 | g); weights = w"; "--weights"; "W" ] [
            "Column 'W' is not in the data; did you mean 'w'?"
        ]

    // Formula and arguments

    [<Test>]
    let ``a typo in the formula`` () =
        good
        |> refuses [ "y ~ x + (1 | g" ] [
            "The formula cannot be read:"
            "  y ~ x + (1 | g"
            "                ^ expected an operator or ')', but the text ends here"
        ]

    [<Test>]
    let ``problems of the formula and of the file together`` () =
        ""
        |> refuses [ "y ~" ] [
            "The formula cannot be read:"
            "  y ~"
            "     ^ expected a term, but the text ends here"
            "data.csv is empty; a header line with the column names is needed."
        ]

    [<Test>]
    let ``no arguments`` () =
        []
        |> misuse "lmm: a command is missing; write lmm fit DATA.csv \"FORMULA\", or see 'lmm --help'."

    [<Test>]
    let ``a formula without quotes`` () =
        [ "fit"; "data.csv"; "y"; "~"; "x" ]
        |> misuse "lmm: unrecognized argument: '~'; is the formula in quotes? 'lmm fit --help' lists the arguments."

    [<TestCase("--weight", " did you mean '--weights'?")>]
    [<TestCase("--jsn", " did you mean '--json'?")>]
    [<TestCase("--unheard-of", "")>]
    let ``an option that does not exist`` (option: string) (question: string) =
        [ "fit"; "data.csv"; "y ~ x"; option; "Days" ]
        |> misuse $"lmm: unrecognized argument: '{option}';{question} 'lmm fit --help' lists the arguments."

    [<Test>]
    let ``an infinite weight`` () =
        "y,g,w\n1,a,1\n2,a,Inf\n3,b,1\n5,b,1\n"
        |> refuses [ "y ~ 1 + (1 | g)"; "--weights"; "w" ] [ "Column 'w' is infinite in row 2; check the column." ]

    [<Test>]
    let ``an algorithm that does not exist`` () =
        [ "fit"; "data.csv"; "y ~ x"; "--algorithm"; "newton" ]
        |> misuse (
            "lmm: parameter '--algorithm' must be followed by <nr|fisher|ai|em|px-em>, but was 'newton'; "
            + "'lmm fit --help' lists the arguments."
        )

    [<Test>]
    let ``the argument types are well formed`` () =
        ArgumentParser.Create<Arguments>(checkStructure = true) |> ignore

    // Fits

    [<Test>]
    let ``collinear columns are dropped and named`` () =
        let code, output, error =
            "y,g,x,z\n1,a,1,2\n2,a,3,6\n4,b,2,4\n3,b,5,10\n6,c,4,8\n8,c,6,12\n"
            |> fit [ "y ~ x + z + (1 | g)"; "--json" ]

        let json = JsonDocument.Parse(output).RootElement
        let dropped = [ for name in json.GetProperty("dropped").EnumerateArray() -> string name ]
        dropped |> Texts.equal [ "z" ]
        Assert.That(error, Is.Empty)
        Assert.That(code, Is.EqualTo 0)

    [<TestCase("nr")>]
    [<TestCase("fisher")>]
    [<TestCase("ai")>]
    let ``each algorithm reaches the optimum`` (algorithm: string) =
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
        Assert.That(criterion, Is.EqualTo(1751.939344).Within 1e-6)
        Assert.That(code, Is.EqualTo 0)

    [<Test>]
    let ``the summary goes to the output, nothing to the errors`` () =
        let code, output, error = good |> fit [ "y ~ x + (1 | g)"; "--quiet" ]
        Assert.That(output, Does.StartWith "Linear mixed model fit by REML\nFormula: y ~ 1 + x + (1 | g)\n")
        Assert.That(error, Is.Empty)
        Assert.That(code, Is.EqualTo 0)

    [<Test>]
    let ``rows left out are counted`` () =
        let text = good + "NA,a,2,1\n5,b,,1\n9,c,7,0\n"
        let _, output, _ = text |> fit [ "y ~ x + (1 | g)"; "--weights"; "w" ]
        Assert.That(output, Does.Contain "\nLeft out: 2 rows with a missing value, 1 row of weight zero\n")

    [<Test>]
    let ``only a fit that has not converged ends with 3`` () =
        let certificate =
            (Fitted.stopped "sleepstudy" "Reaction ~ Days + (Days | Subject)").Certificate

        let code verdict =
            ExitCode.ofCertificate { certificate with Verdict = verdict }

        Assert.That(ExitCode.ofCertificate certificate, Is.EqualTo 3)
        Assert.That(code Verdict.Optimum, Is.EqualTo 0)
        Assert.That(code (Verdict.BoundaryOptimum [ "a" ]), Is.EqualTo 0)
        Assert.That(code (Verdict.FlatDirection [ "a" ]), Is.EqualTo 0)

    // Tests

    let private sleepstudy = "Reaction ~ Days + (Days || Subject)"

    [<Test>]
    let ``every fixed effect gains df, p and an interval when a method is asked for`` () =
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

        Assert.That(
            string (root.GetProperty "ddf"),
            Is.EqualTo "Kenward-Roger (pbkrtest: expected information, variance scale)"
        )
        // reference/lmer.json, sleepstudy-zerocorr-reml.
        Assert.That(number "df", Is.EqualTo(18.18747).Within 1e-4)
        Assert.That(number "p", Is.EqualTo(2.5708e-6).Within 1e-9)
        let half = number "upper" - number "estimate"
        Assert.That(number "estimate" - number "lower", Is.EqualTo(half).Within 1e-12)
        Assert.That(half / number "se", Is.EqualTo(2.0993).Within 1e-3)
        Assert.That(error, Is.Empty)
        Assert.That(code, Is.EqualTo 0)

    [<Test>]
    let ``the summary says which degrees of freedom it has`` () =
        let _, output, _ =
            runAll [ "fit"; TestData.csv "sleepstudy"; sleepstudy; "--df"; "satterthwaite" ]

        let expected =
            """Fixed effects:
             Estimate Std. Error    df t value Pr(>|t|)
 (Intercept)  251.405      6.885 18.16  36.513   <2e-16
 Days          10.467      1.560 18.16   6.712  2.6e-06
Degrees of freedom: Satterthwaite (lmerTest: observed information, factor scale)
"""

        Assert.That(output.Replace("\r", ""), Does.Contain(expected.Replace("\r", "")))

    // SAS's empirical standard error of the treatment: shared/reference/published.md, 3.5.
    [<Test>]
    let ``robust standard errors of structured residuals`` () =
        let model = "FEV1 ~ ARMCD; residual = ar1(VISITN | USUBJID)"

        let code, output, error =
            runAll [ "fit"; TestData.csv "fev"; model; "--robust"; "cr0"; "--json" ]

        let root = JsonDocument.Parse(output).RootElement
        let treatment = root.GetProperty("fixef")[1]
        Assert.That(treatment.GetProperty("seRobust").GetDouble(), Is.EqualTo(0.82581291651503).Within 1e-6)
        Assert.That(treatment.GetProperty("dfRobust").GetDouble(), Is.EqualTo(184.67545).Within 1e-3)
        Assert.That(string (root.GetProperty("robust").GetProperty "cluster"), Is.EqualTo "USUBJID")
        Assert.That(root.GetProperty("robust").GetProperty("clusters").GetInt32(), Is.EqualTo 197)
        Assert.That(error, Is.Empty)
        Assert.That(code, Is.EqualTo 0)

    [<Test>]
    let ``the summary has a table of robust standard errors`` () =
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

        Assert.That(output, Does.Contain "Robust standard errors:")
        Assert.That(output, Does.Contain "CR2, 18 clusters of Subject; degrees of freedom: Satterthwaite")

    [<Test>]
    let ``clusters without a robust covariance, and without independence, are told`` () =
        let code, _, error =
            runAll [ "fit"; TestData.csv "sleepstudy"; sleepstudy; "--cluster"; "Subject" ]

        Assert.That(error.Trim(), Is.EqualTo "lmm: --cluster goes with --robust; write for instance --robust cr2.")
        Assert.That(code, Is.EqualTo 2)

        let _, _, error =
            runAll [
                "fit"
                TestData.csv "penicillin"
                "diameter ~ 1 + (1 | plate) + (1 | sample)"
                "--robust"
                "cr2"
            ]

        Assert.That(
            error.Trim(),
            Is.EqualTo(
                "A robust covariance needs clusters that are independent, and none of 'plate', 'sample' holds all others; "
                + "name a column of the data that does."
            )
        )

    [<Test>]
    let ``an ANOVA table as text`` () =
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

        Assert.That(error, Is.Empty)
        Assert.That(code, Is.EqualTo 0)

    [<Test>]
    let ``an ANOVA table as JSON`` () =
        let code, output, _ =
            runAll [
                "anova"
                TestData.csv "oats"
                "yield ~ Variety * nitroF + (1 | Block/Variety)"
                "--json"
            ]

        let root = JsonDocument.Parse(output).RootElement
        let nitro = root.GetProperty("terms")[1]
        Assert.That(root.GetProperty("type").GetInt32(), Is.EqualTo 3)
        Assert.That(string (nitro.GetProperty "term"), Is.EqualTo "nitroF")
        Assert.That(nitro.GetProperty("numDF").GetInt32(), Is.EqualTo 3)
        Assert.That(nitro.GetProperty("denDF").GetDouble(), Is.EqualTo(45.0).Within 1e-6)
        Assert.That(nitro.GetProperty("F").GetDouble(), Is.EqualTo(37.6856470588).Within 1e-7)
        Assert.That(code, Is.EqualTo 0)

    [<Test>]
    let ``marginal means as text`` () =
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
            """Estimated the mean of score
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

        Assert.That(error, Is.Empty)
        Assert.That(code, Is.EqualTo 0)

    [<Test>]
    let ``marginal slopes as JSON`` () =
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
        Assert.That(string (root.GetProperty "quantity"), Is.EqualTo "the slope of yield with nitro")
        Assert.That(string (first.GetProperty("levels").GetProperty "Variety"), Is.EqualTo "GoldenRain")
        Assert.That(first.GetProperty("estimate").GetDouble(), Is.EqualTo(75.3333333333).Within 1e-7)
        Assert.That(contrast.GetProperty("estimate").GetDouble(), Is.EqualTo(2.5).Within 1e-7)
        Assert.That(contrast.GetProperty("df").GetDouble(), Is.EqualTo(51.0).Within 1e-6)
        Assert.That(string (root.GetProperty "adjust"), Is.EqualTo "none")
        Assert.That(code, Is.EqualTo 0)

    [<Test>]
    let ``marginal means that cannot be had`` () =
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
                "In 'x': write a covariate and its values, such as x=1,2."
                "There is no method for degrees of freedom 'kr'; choose one of asymptotic, residual, containment, "
                + "between-within, satterthwaite, kenward-roger."
            ]
        )

        oats @ [ "--over"; "Variety"; "--at"; "nitro=a" ]
        |> misuse "In 'nitro=a': the values are not numbers; write such as x=1,2."

        oats @ [ "--over"; "Variety"; "--type"; "link" ]
        |> misuse "lmm: there is no scale 'link'; --type is model or response."

        oats @ [ "--over"; "Variety"; "--level"; "95" ]
        |> misuse "lmm: --level is between 0 and 1, such as 0.95."

    [<Test>]
    let ``methods and conventions that do not exist`` () =
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
        |> misuse "lmm: there is no table of type 4; --type is 1, 2 or 3."

        [
            "fit"
            TestData.csv "sleepstudy"
            sleepstudy
            "--ml"
            "--df"
            "kenward-roger"
        ]
        |> misuse "Kenward-Roger is derived for REML and this fit is by ML; fit by REML, or take satterthwaite."

    [<Test>]
    let ``a plan tells the engine and fits nothing`` () =
        let code, output, error =
            runAll [ "plan"; TestData.csv "pastes"; "strength ~ 1 + (1 | batch/cask)" ]

        Assert.That(
            output,
            Does.StartWith "Plan of a linear mixed model\nFormula: strength ~ 1 + (1 | batch) + (1 | batch:cask)\n"
        )

        Assert.That(error, Is.Empty)
        Assert.That(code, Is.EqualTo 0)

    [<Test>]
    let ``a plan as JSON`` () =
        let code, output, _ =
            runAll [ "plan"; TestData.csv "pastes"; "strength ~ 1 + (1 | batch/cask)"; "--json" ]

        Assert.That(JsonDocument.Parse(output).RootElement.GetProperty("q").GetInt32(), Is.EqualTo 40)
        Assert.That(code, Is.EqualTo 0)

    [<Test>]
    let ``a plan of a file that is not there`` () =
        [ "plan"; "nowhere.csv"; "y ~ 1" ]
        |> misuse "File 'nowhere.csv' does not exist; check the path."

    [<TestCase("--help")>]
    [<TestCase("-h")>]
    let ``help is an answer`` (word: string) =
        let code, output, error = runAll [ "fit"; word ]
        Assert.That(output, Does.Contain "lmm fit sleepstudy.csv \"Reaction ~ Days + (Days | Subject)\"")
        Assert.That(output, Does.Contain "--algorithm <nr|fisher|ai|em|px-em>")
        Assert.That(error, Is.Empty)
        Assert.That(code, Is.EqualTo 0)

    [<Test>]
    let ``an error of our own is one sentence`` () =
        use output = new StringWriter()
        output.Dispose()
        use error = new StringWriter()
        let code = Cli.run [| "--version" |] output error
        Assert.That(code, Is.EqualTo 70)
        Assert.That(error.ToString(), Does.StartWith "lmm met an error of its own (ObjectDisposedException: ")
        Assert.That(error.ToString(), Does.Not.Contain "   at ")

    // Structures

    [<Test>]
    let ``a residual structure is an option or a clause, not both`` () =
        good
        |> refuses [ "y ~ 1; residual = ident(g)"; "--residual"; "ident(g)" ] [
            "The model has two residual structures; keep exactly one 'residual'."
        ]

    [<Test>]
    let ``a residual structure that cannot be read`` () =
        good
        |> refuses [ "y ~ 1"; "--residual"; "ar1(x | g" ] [
            "The formula cannot be read:"
            "  ar1(x | g"
            "           ^ expected ')' or ':', but the text ends here"
        ]

    [<Test>]
    let ``a residual structure that the data do not suit`` () =
        good
        |> refuses [ "y ~ 1"; "--residual"; "ar1(w | g) + nugget" ] [
            "Subject 'a' of 'g' has two rows at w 1: rows 1 and 2; keep one row for each. 2 more rows repeat a place."
        ]

    [<Test>]
    let ``files of matrices have names of their own`` () =
        [ "fit"; "data.csv"; "y ~ 1"; "--known"; "A" ]
        |> misuse "lmm: '--known A' is not a name and a file; write --known NAME=FILE.csv."

        [ "fit"; "data.csv"; "y ~ 1"; "--known"; "A=a.csv"; "--pedigree"; "A=p.csv" ]
        |> misuse "lmm: two matrices are named 'A'; give each its own name."

    [<Test>]
    let ``files of matrices come in the order given`` () =
        let arguments = [|
            "fit"
            "data.csv"
            "y ~ known(A | g)"
            "--known"
            "A=a.csv"
            "--known"
            "B=folder/b=1.csv"
            "--pedigree"
            "P=p.csv"
        |]

        match CommandLine.parse arguments with
        | Ok(Command.Fit request) ->
            TestFrame.same [ "A", "a.csv"; "B", "folder/b=1.csv" ] request.Model.Known
            TestFrame.same [ "P", "p.csv" ] request.Model.Pedigrees
        | other -> Assert.Fail $"%A{other}"

    // Identities

    let private dyestuff = TestData.csv "dyestuff"

    [<Test>]
    let ``verify prints a table of identities and ends well`` () =
        let code, output, error = runAll [ "verify"; dyestuff; "Yield ~ 1 + (1 | Batch)" ]

        Assert.That(code, Is.EqualTo 0)
        Assert.That(error, Is.Empty)

        Assert.That(
            output,
            Does.StartWith "Identities of a linear mixed model\nFormula: Yield ~ 1 + (1 | Batch)\n39 id"
        )

    [<Test>]
    let ``verify by maximum likelihood as JSON`` () =
        let code, output, _ =
            runAll [ "verify"; dyestuff; "Yield ~ 1 + (1 | Batch)"; "--ml"; "--json" ]

        let root = JsonDocument.Parse(output).RootElement

        let byC =
            root.GetProperty("identities").EnumerateArray()
            |> Seq.find _.GetProperty("name").ValueEquals("likelihood by C")

        Assert.That(code, Is.EqualTo 0)
        Assert.That(root.GetProperty("holds").GetBoolean())
        Assert.That(byC.GetProperty("reason").GetString(), Is.EqualTo "the fit is by maximum likelihood")
        Assert.That(byC.GetProperty("holds").ValueKind, Is.EqualTo JsonValueKind.Null)

    [<Test>]
    let ``verify tells what is wrong with a formula`` () =
        [ "verify"; dyestuff; "Yeld ~ 1 + (1 | Batch)" ]
        |> misuse "Column 'Yeld' is not in the data; did you mean 'Yield'?"

namespace LmmFunctional.Tests

open System.IO
open NUnit.Framework
open LmmFunctional.Cli

/// <summary>The option --residual of every command that reads a model.</summary>
[<TestFixture>]
module ResidualOptionTests =

    let private run (arguments: string list) =
        use output = new StringWriter()
        use error = new StringWriter()
        let code = Cli.run (Array.ofList arguments) output error
        code, output.ToString(), error.ToString().TrimEnd()

    let private orthodont = TestData.csv "orthodont"

    [<TestCase("plan", "")>]
    [<TestCase("anova", "--quiet")>]
    [<TestCase("emmeans", "--over Sex --quiet")>]
    [<TestCase("ci", "--wald")>]
    [<TestCase("verify", "")>]
    let ``the option says what the clause says`` (command: string) (options: string) =
        let options = options.Split ' ' |> List.ofArray |> List.filter ((<>) "")
        let structure = "ar1(age | Subject)"

        let byClause =
            run (
                [ command; orthodont; $"distance ~ age * Sex; residual = {structure}" ]
                @ options
            )

        let byOption =
            run (
                [ command; orthodont; "distance ~ age * Sex"; "--residual"; structure ]
                @ options
            )

        Assert.That(byOption, Is.EqualTo byClause)
        let code, output, _ = byOption
        Assert.That(code, Is.EqualTo 0)
        Assert.That(output, Is.Not.Empty)

    [<Test>]
    let ``all compared models have the structure`` () =
        let code, output, _ =
            run [
                "compare"
                orthodont
                "distance ~ age + Sex"
                "distance ~ age * Sex"
                "--residual"
                "cs(age | Subject)"
            ]

        Assert.That(code, Is.EqualTo 0)
        Assert.That(output, Does.Contain "1: distance ~ 1 + age + Sex; residual = cs(age | Subject)")
        Assert.That(output, Does.Contain "2: distance ~ 1 + age + Sex + age:Sex; residual = cs(age | Subject)")

    [<TestCase("plan")>]
    [<TestCase("anova")>]
    [<TestCase("ci")>]
    [<TestCase("verify")>]
    let ``a clause and an option contradict each other`` command =
        let code, output, error =
            run [
                command
                orthodont
                "distance ~ age; residual = cs(age | Subject)"
                "--residual"
                "ar1(age | Subject)"
            ]

        Assert.That(error, Is.EqualTo "The model has two residual structures; keep exactly one 'residual'.")
        Assert.That(code, Is.EqualTo 2)
        Assert.That(output, Is.Empty)

    [<Test>]
    let ``a structure that is not known`` () =
        let code, _, error =
            run [ "plan"; orthodont; "distance ~ age"; "--residual"; "csx(age | Subject)" ]

        error.Split '\n'
        |> List.ofArray
        |> Texts.equal [
            "The formula cannot be read:"
            "  csx(age | Subject)"
            "  ^ the structure 'csx' is not known; did you mean 'cs'?"
        ]

        Assert.That(code, Is.EqualTo 2)

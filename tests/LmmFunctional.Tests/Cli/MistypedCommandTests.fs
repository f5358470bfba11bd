namespace LmmFunctional.Tests

open System.IO
open NUnit.Framework
open LmmFunctional.Cli

/// <summary>Commands and options that are mistyped.</summary>
[<TestFixture>]
module MistypedCommandTests =

    [<TestCase("fitt data.csv y~x", "there is no command 'fitt'; did you mean 'fit'?")>]
    [<TestCase("data.csv y~x", "there is no command 'data.csv';")>]
    [<TestCase("--versoin", "there is no option '--versoin' before a command; did you mean '--version'?")>]
    let ``a command that does not exist`` (line: string) (problem: string) =
        use output = new StringWriter()
        use error = new StringWriter()
        let code = Cli.run (line.Split ' ') output error
        Assert.That(code, Is.EqualTo 2)
        Assert.That(error.ToString().TrimEnd(), Is.EqualTo $"lmm: {problem} 'lmm --help' lists the commands.")

    [<TestCase("plan", "--residul", "--residual")>]
    [<TestCase("verify", "--pedigre", "--pedigree")>]
    [<TestCase("emmeans", "--prior-weight", "--prior-weights")>]
    [<TestCase("anova-table", "--differnces", "--differences")>]
    let ``the nearest option of each command`` (command: string) (typed: string) (meant: string) =
        match CommandLine.parse [| command; "data.csv"; "y ~ x"; typed; "z" |] with
        | Error problem ->
            Assert.That(
                problem,
                Is.EqualTo
                    $"unrecognized argument: '{typed}'; did you mean '{meant}'? 'lmm {command} --help' lists the arguments."
            )
        | Ok command -> Assert.Fail $"%A{command}"

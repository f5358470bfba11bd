namespace LmmFunctional.Tests

open System.IO
open System.Text.RegularExpressions
open NUnit.Framework
open LmmFunctional.Cli

/// <summary>Commands in the documentation print what stands below them.</summary>
[<TestFixture>]
module DocumentedCommandTests =

    let private page name =
        File.ReadAllText(Path.Combine(TestData.root, "docs", name)).ReplaceLineEndings "\n"

    // Blocks of a page that begin with a command: the arguments and the text below, as far as the page shows it.
    let private commands name = [
        for block in
            Regex.Matches(page name, @"^```\n(\$ lmm .*?)^```", RegexOptions.Multiline ||| RegexOptions.Singleline) do
            for command in Regex.Split(block.Groups[1].Value, @"^\$ lmm ", RegexOptions.Multiline) do
                match command.Split('\n', 2) with
                | [| line; below |] -> line, below.TrimEnd()
                | _ -> ()
    ]

    let private arguments (line: string) =
        Regex.Matches(line, @"""([^""]*)""|(\S+)")
        |> Seq.map (fun found -> found.Groups[1].Value + found.Groups[2].Value)
        |> Seq.map (fun argument -> argument.Replace("tests/data/", Path.Combine(TestData.root, "tests", "data") + "/"))
        |> Array.ofSeq

    [<Test>]
    let ``the model language`` () =
        let shown = commands "model-language.md"
        Assert.That(shown.Length, Is.GreaterThanOrEqualTo 7)

        for line, below in shown do
            use output = new StringWriter()
            use error = new StringWriter()
            Cli.run (arguments line) output error |> ignore
            let printed = (output.ToString() + error.ToString()).ReplaceLineEndings "\n"
            Assert.That(printed, Does.Contain below, line)

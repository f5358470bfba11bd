/// <summary>Commands in the documentation print what stands below them.</summary>
module LmmFunctional.Tests.DocumentedCommandTests

open System.IO
open System.Text.RegularExpressions
open Expecto
open LmmFunctional.Cli

let private page name =
    File.ReadAllText(Path.Combine(TestData.root, "docs", name)).ReplaceLineEndings "\n"

// Blocks of a page that begin with a command: the arguments and the text below, as far as the page shows it.
let private commands name = [
    for block in Regex.Matches(page name, @"^```\n(\$ lmm .*?)^```", RegexOptions.Multiline ||| RegexOptions.Singleline) do
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

// What a shell would do after the command is left out: a pipe, or the exit code, which is then the last line.
let private withoutShell (line: string) (below: string) =
    if line.EndsWith "; echo $?" then
        line.Replace("; echo $?", ""), below.Substring(0, below.LastIndexOf '\n')
    else
        line.Split(" | head")[0], below

let private printed (line: string) =
    use output = new StringWriter()
    use error = new StringWriter()
    Cli.run (arguments line) output error |> ignore
    (error.ToString() + output.ToString()).ReplaceLineEndings "\n"

[<Tests>]
let tests =
    testList "DocumentedCommandTests" [
        testCase "the model language" (fun () ->
            let shown = commands "model-language.md"
            Expect.isGreaterThanOrEqual shown.Length 7 "shown.Length"

            for line, below in shown do
                Check.contains below (printed line))

        testCase "the command line" (fun () ->
            let shown = commands "command-line.md"
            Expect.isGreaterThanOrEqual shown.Length 4 "shown.Length"

            for line, below in shown do
                let line, below = withoutShell line below
                let text = printed line

                for part in below.Split("...\n", System.StringSplitOptions.RemoveEmptyEntries) do
                    // Residuals of identities are rounding, and differ between machines.
                    let part = Regex.Replace(part, @"\n score .*", "", RegexOptions.Singleline)
                    Check.contains (part.TrimEnd()) text)
    ]

/// <summary>The documentation shows what the programs print: every output block of README.md and docs/*.md.</summary>
module LmmFunctional.Tests.DocumentedCommandTests

open System
open System.Diagnostics
open System.IO
open System.Text.Json
open System.Text.RegularExpressions
open Expecto
open LmmFunctional.Cli

let private pages = DocumentationPages.all
let private textOf = DocumentationPages.text
let private blocks = DocumentationPages.blocks

let private arguments (line: string) =
    Regex.Matches(line, "\"([^\"]*)\"|(\\S+)")
    |> Seq.map (fun found -> found.Groups[1].Value + found.Groups[2].Value)
    |> Seq.map (fun argument -> argument.Replace("tests/data/", Path.Combine(TestData.root, "tests", "data") + "/"))
    |> Array.ofSeq

let private masked = DocumentationPages.masked

let private printed (line: string) =
    use output = new StringWriter()
    use error = new StringWriter()
    Cli.run (arguments line) output error |> ignore

    // Progress comes after a second, on any machine that is slow.
    let problems =
        Regex.Replace(error.ToString(), @"^iteration \d+: .*\r?\n", "", RegexOptions.Multiline)

    (problems + output.ToString()).ReplaceLineEndings "\n"

// What a shell would do after the command is left out: a pipe, or the exit code, which is then the last line.
let private withoutShell (line: string) (below: string) =
    if line.EndsWith "; echo $?" then
        line.Replace("; echo $?", ""), below.Substring(0, below.TrimEnd().LastIndexOf '\n')
    else
        line.Split(" | head")[0], below

// Commands of a page that are shown with what they print.
let private shown = [
    for page in pages do
        for language, block in blocks page do
            if language = "" && block.StartsWith "$ lmm " then
                for command in Regex.Split(block, @"^\$ lmm ", RegexOptions.Multiline) do
                    match command.Split('\n', 2) with
                    | [| line; below |] -> page, line, below
                    | _ -> ()
]

// Commands that are shown without output.
let private unshown = [
    for page in pages do
        for language, block in blocks page do
            if language = "" && not (block.StartsWith "$ ") then
                for line in block.Split '\n' do
                    let isUsage = line.Contains '[' || line.Contains "DATA.csv" || line.Contains "..."

                    if line.StartsWith "lmm " && line.Contains '"' && not isUsage then
                        page, line.Substring 4
]

/// The arguments of all commands in the documentation.
let commands: string[] list =
    (shown
     |> List.map (fun (_, line, below) -> fst (withoutShell line (below.TrimEnd() + "\n"))))
    @ (unshown |> List.map snd)
    |> List.distinct
    |> List.map arguments

let rec private differences (path: string) (expected: JsonElement) (found: JsonElement) : string list =
    let isNoise =
        List.contains path [ ".seconds.read"; ".seconds.build"; ".seconds.solve" ]
        || path.EndsWith "gradient"
        || path.EndsWith "newtonDecrement"

    match expected.ValueKind, found.ValueKind with
    | _ when isNoise -> []
    | JsonValueKind.Object, JsonValueKind.Object ->
        let names (element: JsonElement) = [ for own in element.EnumerateObject() -> own.Name ]

        if names expected <> names found then
            [ $"{path}: {names expected}, not {names found}" ]
        else
            names expected
            |> List.collect (fun name ->
                differences $"{path}.{name}" (expected.GetProperty name) (found.GetProperty name))
    | JsonValueKind.Array, JsonValueKind.Array when expected.GetArrayLength() = found.GetArrayLength() ->
        [ 0 .. expected.GetArrayLength() - 1 ]
        |> List.collect (fun index -> differences $"{path}[{index}]" expected[index] found[index])
    | JsonValueKind.Number, JsonValueKind.Number ->
        let a, b = expected.GetDouble(), found.GetDouble()

        if abs (a - b) <= 1e-8 * abs a then
            []
        else
            [ $"{path}: {a}, not {b}" ]
    | _ when expected.ToString() = found.ToString() -> []
    | _ -> [ $"{path}: {expected}, not {found}" ]

let private quiet = [ "--nologo"; "--quiet" ]

/// What a script prints, run as its readers would.
let private interactive (script: string) =
    let folder = Directory.CreateTempSubdirectory "lmm-docs-"
    let path = Path.Combine(folder.FullName, "script.fsx")

    try
        File.WriteAllText(path, script)

        let start =
            ProcessStartInfo(
                "dotnet",
                [ "fsi" ] @ quiet @ [ path ],
                RedirectStandardOutput = true,
                RedirectStandardError = true
            )

        use running = Process.Start start |> nonNull
        let errors = running.StandardError.ReadToEndAsync()
        let output = running.StandardOutput.ReadToEnd()
        running.WaitForExit()
        output.ReplaceLineEndings "\n", errors.Result
    finally
        folder.Delete true

[<Tests>]
let tests =
    testList "DocumentedCommandTests" [
        testCase "what stands below a command is what it prints" (fun () ->
            Expect.isGreaterThanOrEqual shown.Length 18 "commands shown with output"

            for page, line, below in shown do
                let line, below = withoutShell line (below.TrimEnd())
                let text = masked (printed line)

                for part in Regex.Split(below, @"^\.\.\.\n?", RegexOptions.Multiline) do
                    // Residuals of identities are rounding, and differ between machines.
                    let part = Regex.Replace(part, @"\n score .*", "", RegexOptions.Singleline)
                    Expect.stringContains text (masked (part.TrimEnd())) $"{page}: lmm {line}")

        // Where a page has no output its commands must at least be read.
        testCase "commands that are shown without output are understood" (fun () ->
            let lines = unshown
            Expect.isGreaterThanOrEqual lines.Length 14 "commands shown without output"

            for page, line in lines do
                match CommandLine.parse (arguments line) with
                | Ok _ -> ()
                | Error problem -> failtest $"{page}: lmm {line}: {problem}")

        testCase "the summary of the README" (fun () ->
            let summary =
                blocks "README.md"
                |> List.map snd
                |> List.filter (fun block -> block.StartsWith "Linear mixed model fit by")
                |> List.exactlyOne

            let line = "fit tests/data/sleepstudy.csv \"Reaction ~ Days + (Days | Subject)\""
            Check.contains $"lmm.dll {line}" (textOf "README.md")
            Check.equal (masked summary) (masked (printed line)))

        // JSON

        testCase "JSON of the command line" (fun () ->
            let examples = [
                for language, block in blocks "docs/command-line.md" do
                    if language = "json" then
                        JsonDocument.Parse(block).RootElement
            ]

            let run line =
                JsonDocument.Parse(printed $"{line} --json").RootElement

            let sleep =
                run "fit tests/data/sleepstudy.csv \"Reaction ~ Days + (Days | Subject)\""

            let singular = run "fit tests/data/dyestuff2.csv \"Yield ~ 1 + (1 | Batch)\""

            match examples with
            | [ whole; certificate ] ->
                Law.assertHolds [
                    yield! differences "" whole sleep
                    yield! differences ".certificate" certificate (singular.GetProperty "certificate")
                ]
            | _ -> failtest $"{examples.Length} blocks of JSON")

        // Scripts

        testCase "the script of the page on inference by the likelihood" (fun () ->
            let library = Path.Combine(AppContext.BaseDirectory, "LmmFunctional.dll")
            let docs = Path.Combine(TestData.root, "docs")
            let all = blocks "docs/likelihood-inference.md"

            let script =
                all
                |> List.filter (fst >> (=) "fsharp")
                |> List.map snd
                |> String.concat "\n"
                |> fun text ->
                    Regex
                        .Replace(text, @"#r ""[^""]*""", (fun _ -> $"#r @\"{library}\""))
                        .Replace("__SOURCE_DIRECTORY__", $"@\"{docs}\"")

            // Each output stands right below its lines.
            let expected =
                all
                |> List.pairwise
                |> List.choose (fun (before, after) ->
                    match before, after with
                    | ("fsharp", _), ("", output) when not (output.StartsWith "$ ") -> Some output
                    | _ -> None)

            let output, errors = interactive script
            Expect.isGreaterThanOrEqual expected.Length 6 "expected.Length"
            Check.isEmpty (errors.Trim())
            Check.equal (String.concat "" expected) output)
    ]

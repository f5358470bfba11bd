/// <summary>The tutorials: scripts that stop when a number of their text is not the one that they compute.</summary>
module LmmFunctional.Tests.TutorialTests

open System
open System.IO
open System.Text.RegularExpressions
open Expecto

let private folder = Path.Combine(TestData.root, "docs", "tutorials")

let private scripts =
    Directory.GetFiles(folder, "*.fsx")
    |> Array.filter (fun path -> Path.GetFileName path <> "common.fsx")
    |> Array.sort
    |> List.ofArray

let private textOf path =
    File.ReadAllText(path: string).ReplaceLineEndings "\n"

/// Comments that are text of the page.
let private proseOf (script: string) =
    Regex.Matches(script, @"^\(\*\*\n(.*?)^\*\)$", RegexOptions.Multiline ||| RegexOptions.Singleline)
    |> Seq.map _.Groups[1].Value
    |> String.concat "\n"

let private statedIn (script: string) = [
    for found in Regex.Matches(script, "stated \"([^\"]+)\"") do
        found.Groups[1].Value
]

[<Tests>]
let tests =
    testList "TutorialTests" [
        testCase "each tutorial states numbers, which stand in its text" (fun () ->
            Expect.isGreaterThanOrEqual scripts.Length 9 "tutorials"

            Law.assertHolds [
                for path in scripts do
                    let name = Path.GetFileName path
                    let script = textOf path
                    let prose = proseOf script
                    yield! Law.isTrue $"{name} states too few numbers" ((statedIn script).Length >= 2)

                    for number in statedIn script do
                        let pattern = $@"(?<![\d.]){Regex.Escape number}(?![\d]|\.\d)"
                        yield! Law.isTrue $"{name}: {number} is not in the text" (Regex.IsMatch(prose, pattern))
            ])

        testCases "a tutorial runs to its end" (scripts |> List.map Path.GetFileNameWithoutExtension) (fun name ->
            // Two of them always; all of them, and by `build.fsx docs`, when asked for.
            let isAlways = List.contains name [ "split-plot"; "bioequivalence" ]

            if not isAlways && isNull (Environment.GetEnvironmentVariable "LMM_SCRIPTS") then
                skiptest "Each script takes seconds of F# Interactive: set LMM_SCRIPTS=1."

            let code, output, errors = DocumentationPages.dotnet folder [ "fsi"; $"{name}.fsx" ]
            Expect.equal code 0 (output + errors))
    ]

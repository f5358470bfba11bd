/// <summary>The F# of the guides: one script for each page, which prints what stands below its lines.</summary>
module LmmFunctional.Tests.GuideScriptTests

open System
open System.IO
open Expecto

/// What the pages take as given: problems are shown and end the script.
let private preamble =
    """#r "../LmmFunctional.dll"
#r "../LmmFunctional.Charts.dll"
open LmmFunctional
open LmmFunctional.Analysis
open LmmFunctional.Charts

let orStop result =
    match result with
    | Ok value -> value
    | Error problems ->
        problems |> List.iter (LmmError.describe >> eprintfn "%s")
        exit 1

let data name = Csv.read ("tests/data/" + name + ".csv") |> orStop
"""

let private scriptOf (page: string) =
    let lines =
        DocumentationPages.blocks page
        |> List.filter (fst >> (=) "fsharp")
        |> List.map snd
        |> String.concat "\n"

    let folder = Path.GetDirectoryName(Path.Combine(TestData.root, page))
    lines.Replace("__SOURCE_DIRECTORY__", $"@\"{folder}\"")

/// Blocks of output that stand right below F#.
let private outputsOf page =
    DocumentationPages.blocks page
    |> List.pairwise
    |> List.choose (fun (before, after) ->
        match before, after with
        | ("fsharp", _), ("", output) when not (output.StartsWith "$ " || output.StartsWith "lmm ") -> Some output
        | _ -> None)

/// The lines of code of a task: those that do something.
let private countOf (code: string) =
    code.Split '\n'
    |> Array.filter (fun line -> line.Trim().Length > 0 && not (line.Trim().StartsWith "//"))
    |> Array.length

let private sixTasks = "docs/guides/six-tasks.md"

[<Tests>]
let tests =
    testList "GuideScriptTests" [
        testCase "the script of the README prints its summary" (fun () ->
            let own = DocumentationPages.blocks "README.md"
            let script = own |> List.find (fst >> (=) "fsharp") |> snd

            let summary =
                own
                |> List.map snd
                |> List.find (fun block -> block.StartsWith "Linear mixed model fit by")

            let code, output, errors = DocumentationPages.interactive script
            Expect.equal code 0 errors
            Check.equal (DocumentationPages.masked summary) (DocumentationPages.masked output))

        testCase "coming from R" (fun () ->
            let page = "docs/guides/from-r.md"
            let code, output, errors = DocumentationPages.interactive (scriptOf page)
            Expect.equal code 0 errors
            Check.equal (String.concat "" (outputsOf page)) output)

        testCase "the six tasks and the verdict" (fun () ->
            let folder = Directory.CreateTempSubdirectory "lmm-tasks-"

            try
                let report = Path.Combine(folder.FullName, "report.html").Replace('\\', '/')
                let tasks = (preamble + scriptOf sixTasks).Replace("report.html", report)
                let words = (scriptOf "docs/guides/certificate.md").Replace("\n", "\n    ")
                let verdict = "let verdict =\n    " + words + "\nprintfn \"%s\" verdict\n"
                let code, output, errors = DocumentationPages.interactive (tasks + "\n" + verdict)
                Expect.equal code 0 errors
                Check.contains "chi-squared 42.8" output
                Check.contains "N0 - N0.6: -44" output
                Check.contains "57 1.47162e-06" (output.Replace("E-", "e-"))
                Check.endsWith "an optimum\n" output
                Check.contains "</html>" (File.ReadAllText report)
            finally
                folder.Delete true)

        testCase "the table of the six tasks counts the lines of the blocks, and ours are not more" (fun () ->
            let text = (DocumentationPages.text sixTasks).ToLowerInvariant()

            let counts = [
                for part in text.Split "\n## " |> Array.skip 1 do
                    let own = DocumentationPages.blocksOf part

                    let lines language =
                        own |> List.filter (fst >> (=) language) |> List.sumBy (snd >> countOf)

                    Array.head (part.Split '\n'), List.map lines [ "r"; "fsharp"; "csharp"; "" ]
            ]

            Check.equal 6 counts.Length

            Law.assertHolds [
                for title, lines in counts do
                    let row = lines |> List.map string |> String.concat " | "
                    yield! Law.isTrue $"| {title} | {row} |" (text.Contains $"| {title} | {row} |")

                    for own in lines.Tail do
                        yield! Law.isTrue $"{title}: {own} lines, R has {lines.Head}" (0 < own && own <= lines.Head)
            ])
    ]

/// <summary>Links of README.md and the pages lead to files and headings that are there.</summary>
module LmmFunctional.Tests.LinkTests

open System.IO
open System.Text.RegularExpressions
open Expecto

let private literate = [
    let docs = Path.Combine(TestData.root, "docs")

    for path in Directory.GetFiles(docs, "*.fsx", SearchOption.AllDirectories) do
        let relative = Path.GetRelativePath(TestData.root, path).Replace('\\', '/')

        if not (relative.StartsWith "docs/site/" || relative.StartsWith "docs/bin/") then
            relative
]

/// Code has brackets that are no links.
let private withoutCode (text: string) =
    let text =
        Regex.Replace(text, @"^```.*?^```$", "", RegexOptions.Multiline ||| RegexOptions.Singleline)

    Regex.Replace(text, "`[^`\n]*`", "code")

/// As GitHub makes anchors of headings.
let private anchorOf (heading: string) =
    Regex.Replace(heading.Trim().ToLowerInvariant(), @"[^\w\- ]", "").Replace(' ', '-')

let private anchorsOf (page: string) =
    Regex.Matches(DocumentationPages.text page, "^#+ (.+)$", RegexOptions.Multiline)
    |> Seq.map (fun found -> anchorOf found.Groups[1].Value)
    |> Set.ofSeq

let private problemsOf (page: string) = [
    for found in Regex.Matches(withoutCode (DocumentationPages.text page), @"\]\(([^)\s]+)\)") do
        let target = found.Groups[1].Value

        if not (target.Contains "://") then
            let parts = target.Split '#'
            let folder = Path.GetDirectoryName page

            let file =
                if parts[0] = "" then
                    page
                else
                    let full = Path.GetFullPath(Path.Combine(TestData.root, $"{folder}", parts[0]))
                    Path.GetRelativePath(TestData.root, full).Replace('\\', '/')

            if not (File.Exists(Path.Combine(TestData.root, file))) then
                $"{page}: {target} is not there"
            elif parts.Length > 1 && not ((anchorsOf file).Contains parts[1]) then
                $"{page}: {target} has no such heading"
]

/// Names of source files that a page has, with their folders as far as the page tells them.
let private sourcesOf (page: string) =
    Regex.Matches(DocumentationPages.text page, @"`((?:[\w.]+/)*[\w.]+\.(?:fs|cs))`")
    |> Seq.map (fun found -> found.Groups[1].Value)
    |> Seq.distinct

[<Tests>]
let tests =
    testList "LinkTests" [
        testCase "source files that contributors are sent to are there" (fun () ->
            let isSource (path: string) =
                not (path.Contains "/bin/" || path.Contains "/obj/")

            let sources = [
                for folder in [ "src"; "tests" ] do
                    for path in
                        Directory.GetFiles(Path.Combine(TestData.root, folder), "*.?s", SearchOption.AllDirectories) do
                        path.Replace('\\', '/')
            ]

            let names = sourcesOf "docs/contributing.md"
            Expect.isGreaterThanOrEqual (Seq.length names) 40 "names"

            for name in names do
                Expect.exists sources (fun path -> isSource path && path.EndsWith $"/{name}") $"{name} is there")

        testCase "every link leads somewhere" (fun () ->
            let pages = DocumentationPages.all @ literate
            Expect.isGreaterThanOrEqual pages.Length 50 "pages"
            Law.assertHolds (pages |> List.collect problemsOf))
    ]

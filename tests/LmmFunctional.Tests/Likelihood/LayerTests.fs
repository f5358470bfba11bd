/// <summary>What the sources of the library say of themselves: only the likelihood knows how it is computed, and no file is long.
/// </summary>
module LmmFunctional.Tests.LayerTests

open System.IO
open Expecto
open LmmFunctional

let private engines = [
    "LikelihoodMethod"
    "CompressedEngine"
    "BlockEngine"
    "SupernodalEngine"
    "SeparableEngine"
    "WhitenedEngine"
    "PreciseEngine"
    "IterativeEngine"
]

/// A file holds one concept; this is more than one needs.
let private mostLines = 300

/// Tables: every problem with its words.
let private tables = [ "src/LmmFunctional/Domain/LmmError.fs" ]

let private mostLinesOfFunction = 90

/// Functions and members of modules and types with their lines: what follows is indented more, or closes a bracket.
let private functions (lines: string[]) =
    let indentation (line: string) = line.Length - line.TrimStart().Length

    let isHead (line: string) =
        let text = line.TrimStart()

        indentation line <= 4 && text.StartsWith "let "
        || text.StartsWith "member "
        || text.StartsWith "static member "
        || text.StartsWith "override "

    let belongs head (line: string) =
        line.Trim() = ""
        || indentation line > head
        || (")]}".Contains(line.TrimStart()[0]) && indentation line = head)

    [
        for at in 0 .. lines.Length - 1 do
            if isHead lines[at] then
                let rest =
                    lines
                    |> Seq.skip (at + 1)
                    |> Seq.takeWhile (belongs (indentation lines[at]))
                    |> Seq.toList

                let blank = rest |> List.rev |> List.takeWhile (fun line -> line.Trim() = "")
                at + 1, 1 + rest.Length - blank.Length
    ]

let private sources =
    lazy
        (Seq.collect
            (fun pattern ->
                Directory.EnumerateFiles(Path.Combine(TestData.root, "src"), pattern, SearchOption.AllDirectories))
            [ "*.fs"; "*.cs" ]
         |> Seq.map (fun path -> Path.GetRelativePath(TestData.root, path).Replace('\\', '/'))
         |> Seq.filter (fun path -> not (path.Contains "/obj/" || path.Contains "/bin/"))
         |> List.ofSeq)

let private text (path: string) =
    File.ReadAllText(Path.Combine(TestData.root, path))

[<Tests>]
let tests =
    testList "LayerTests" [
        testCase "no file outside the likelihood names an engine or the method of a likelihood" (fun () ->
            let inside, outside =
                sources.Value
                |> List.partition (fun path -> path.StartsWith "src/LmmFunctional/Likelihood/")

            // The test reads what it means to read.
            Check.isTrue (inside |> List.exists (fun path -> (text path).Contains "LikelihoodMethod"))
            Check.isTrue (outside.Length > 200)

            Check.isEmpty [
                for path in outside do
                    let own = text path

                    for engine in engines do
                        if own.Contains engine then
                            path, engine
            ])

        testCase "no file is over 300 lines, tables apart" (fun () ->
            Check.isEmpty [
                for path in sources.Value do
                    let lines = File.ReadAllLines(Path.Combine(TestData.root, path)).Length

                    if lines > mostLines && not (List.contains path tables) then
                        path
            ])

        testCase "no function is over 90 lines, tables apart" (fun () ->
            Check.isEmpty [
                for path in sources.Value do
                    if path.EndsWith ".fs" && not (List.contains path tables) then
                        for line, length in functions (File.ReadAllLines(Path.Combine(TestData.root, path))) do
                            if length > mostLinesOfFunction then
                                $"{path}, line {line}: {length} lines"
            ])
    ]

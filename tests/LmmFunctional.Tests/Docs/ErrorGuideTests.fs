/// <summary>docs/guides/errors.md has every problem that the library knows, with today's words.</summary>
module LmmFunctional.Tests.ErrorGuideTests

open System.Text.RegularExpressions
open Expecto
open Microsoft.FSharp.Reflection
open LmmFunctional

let private page = "docs/guides/errors.md"

let private caseOf (problem: LmmError) =
    (FSharpValue.GetUnionFields(problem, typeof<LmmError>) |> fst).Name

/// The parts of the page: the name of a problem, its message, and what is said of it.
let private entries = [
    for found in
        Regex.Matches(
            DocumentationPages.text page,
            @"^### (\w+)\n\n```text\n(.*?)\n```\n\n(.*?)(?=^##|\z)",
            RegexOptions.Multiline ||| RegexOptions.Singleline
        ) do
        found.Groups[1].Value, (found.Groups[2].Value, found.Groups[3].Value.Trim())
]

[<Tests>]
let tests =
    testList "ErrorGuideTests" [
        testCase "every problem of the library is on the page, once" (fun () ->
            let cases = [ for case in FSharpType.GetUnionCases typeof<LmmError> -> case.Name ]
            Check.equal (List.sort cases) (entries |> List.map fst |> List.sort))

        testCase "its message is what the library says" (fun () ->
            let written = Map.ofList entries

            Law.assertHolds [
                for problem in ErrorSamples.all do
                    let name = caseOf problem
                    let message = LmmError.describe problem

                    match written.TryFind name with
                    | Some(found, _) when found = message.ReplaceLineEndings "\n" -> ()
                    | _ -> $"{page}, {name}: the message reads\n{message}"
            ])

        testCase "and a sentence tells what to do" (fun () ->
            Law.assertHolds [
                for name, (_, cause) in entries do
                    yield! Law.isTrue $"{name}: no cause" (cause.Length >= 20 && cause.EndsWith '.')
            ])
    ]

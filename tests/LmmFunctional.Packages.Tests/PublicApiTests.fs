module LmmFunctional.Packages.Tests.PublicApiTests

open System.IO
open Expecto
open LmmFunctional.Tests

/// The first lines that only one of two texts has.
let private differences (before: string) (now: string) =
    let lines (text: string) = text.Split '\n'

    let only mark (own: string[]) (other: string[]) =
        let known = set other

        own
        |> Array.filter (fun line -> not (known.Contains line))
        |> Array.map (fun line -> mark + line.Trim())

    Array.append (only "- " (lines before) (lines now)) (only "+ " (lines now) (lines before))
    |> Array.truncate 20
    |> String.concat "\n"

[<Tests>]
let tests =
    testList "Public API" [
        testCases "isThatOfItsFile" PublicApi.names (fun name ->
            let path = PublicApi.file name
            let written = if File.Exists path then File.ReadAllText path else ""
            let now = PublicApi.text name

            if written <> now then
                failtest
                    $"The public members of {name} are not those of docs/api/{name}.txt. If they should be, run 'dotnet fsi build.fsx api'.\n{differences written now}")

        testCase "differencesShowLinesOfEither" (fun () ->
            Expect.equal (differences "a\nb\n" "b\nc\n") "- a\n+ c" "one line of each")
    ]

module LmmFunctional.Packages.Tests.PackageTests

open System.Text.RegularExpressions
open Expecto
open LmmFunctional.Tests

let private all = [
    "LmmFunctional"
    "LmmFunctional.CSharp"
    "LmmFunctional.CSharp.Charts"
    "LmmFunctional.CSharp.Data"
    "LmmFunctional.Charts"
    "LmmFunctional.Data"
    "LmmFunctional.DuckDb"
    "LmmFunctional.Interactive"
    "LmmFunctional.Postgres"
    "LmmFunctional.Properties"
    "lmm"
]

// Contents

let private contents =
    testList "contents" [
        testCase "everyProjectIsPacked" (fun () -> Expect.equal (Packages.names ()) (List.sort all) "packages")

        testCases "isDescribed" all (fun name ->
            let texts, _ = Packages.metadata (Packages.file name)

            for text in [ "description"; "authors"; "tags" ] do
                Expect.isGreaterThan texts[text].Length 10 text

            Expect.equal texts["license"] "MIT" "licence"
            let entries = Packages.entries (Packages.file name)
            Expect.contains entries texts["readme"] "readme"
            Expect.contains entries texts["icon"] "icon")

        testCases "hasDocumentationAndSymbols" (all |> List.filter ((<>) "lmm")) (fun name ->
            let entries = Packages.entries (Packages.file name)
            Expect.contains entries $"lib/net10.0/{name}.dll" "assembly"
            Expect.contains entries $"lib/net10.0/{name}.xml" "documentation"
            let symbols = (Packages.file name).Replace(".nupkg", ".snupkg")
            Expect.contains (Packages.entries symbols) $"lib/net10.0/{name}.pdb" "symbols")

        testCase "notebooksRegisterFormattersThemselves" (fun () ->
            let entries = Packages.entries (Packages.file "LmmFunctional.Interactive")
            Expect.contains entries "interactive-extensions/dotnet/extension.dib" "extension")
    ]

// Dependencies

let private dependencies =
    let of' name =
        snd (Packages.metadata (Packages.file name))

    testList "dependencies" [
        testCase "libraryTakesWhatNotebooksHave" (fun () ->
            let found = of' "LmmFunctional"

            Expect.equal
                (found.Keys |> Seq.sort |> List.ofSeq)
                [ "CsvHelper"; "FParsec"; "FSharp.Core"; "MathNet.Numerics" ]
                "direct dependencies only"

            Expect.stringStarts found["FSharp.Core"] "10.0." "the FSharp.Core of notebooks"
            Expect.equal found["MathNet.Numerics"] "[5.0.0, 6.0.0)" "range")

        testCases "packagesGoTogether" (all |> List.except [ "LmmFunctional"; "lmm" ]) (fun name ->
            let found = of' name

            // By themselves, or by another package of ours.
            Expect.exists found.Keys (fun id -> id.StartsWith "LmmFunctional") "needs the library"

            for KeyValue(id, version) in found do
                if id.StartsWith "LmmFunctional" then
                    Expect.isTrue (Regex.IsMatch(version, @"^\[[\d.]+\]$")) $"{id} {version} is one version")
    ]

[<Tests>]
let tests = testList "Packages" [ contents; dependencies ]

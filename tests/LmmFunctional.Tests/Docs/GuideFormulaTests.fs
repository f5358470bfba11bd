/// <summary>Formulas that the guides give for the models of other programs, and functions that the pages name.</summary>
module LmmFunctional.Tests.GuideFormulaTests

open System.Text.RegularExpressions
open Expecto
open LmmFunctional
open LmmFunctional.Charts

let private pages = [
    "docs/guides/from-r.md"
    "docs/guides/from-sas.md"
    "docs/guides/from-python.md"
]

/// Code in the last cell of each row of a table, bars as they are in code.
let private ofRows (page: string) = [
    for line in (DocumentationPages.text page).Split '\n' do
        if line.StartsWith "| " then
            let cell = Regex.Split(line.TrimEnd(' ', '|'), @"(?<!\\)\|") |> Array.last

            for code in Regex.Matches(cell, "`([^`]+)`") do
                code.Groups[1].Value.Replace(@"\|", "|")
]

/// A code that is a formula, a residual clause or a random term, as a whole formula.
let private asFormula (code: string) =
    if Regex.IsMatch(code, @"^\w+(\(\w+\))? ~ ") then
        Some code
    elif Regex.IsMatch(code, @"^(; )?residual = ") then
        Some $"y ~ x; {code.TrimStart(';', ' ')}"
    elif Regex.IsMatch(code, @"^\([^()]+ \|\|? [\w:/]+\)") then
        Some $"y ~ x + {code}"
    else
        None

let private types = [
    for assembly in [ typeof<Frame>.Assembly; typeof<ChartSpec>.Assembly ] do
        yield! assembly.GetExportedTypes()
]

/// The modules and types of a name, with the names of their members; F# calls some modules otherwise inside.
let private membersOf (name: string) =
    types
    |> List.filter (fun own -> own.Name = name || own.Name = name + "Module")
    |> List.map (fun own -> own.GetMembers() |> Seq.map _.Name.Replace("get_", "") |> Set.ofSeq)

[<Tests>]
let tests =
    testList "GuideFormulaTests" [
        testCase "every formula of the guides can be read" (fun () ->
            let formulas = pages |> List.collect ofRows |> List.choose asFormula
            Expect.isGreaterThanOrEqual formulas.Length 30 "formulas"

            Law.assertHolds [
                for formula in formulas do
                    match Formula.parse formula with
                    | Ok _ -> ()
                    | Error problems -> $"{formula}: {List.map LmmError.describe problems}"
            ])

        testCase "every function that a page names is there" (fun () ->
            let named = [
                for page in DocumentationPages.all do
                    for found in Regex.Matches(DocumentationPages.text page, @"\b([A-Z]\w+)\.([A-Za-z]\w+)") do
                        let owner, name = found.Groups[1].Value, found.Groups[2].Value

                        match membersOf owner with
                        | own when not own.IsEmpty && not (List.contains name [ "fs"; "cs"; "csproj"; "dll" ]) ->
                            page, owner, name, own
                        | _ -> ()
            ]

            Expect.isGreaterThanOrEqual named.Length 150 "names"

            Law.assertHolds [
                for page, owner, name, own in named do
                    yield! Law.isTrue $"{page}: {owner}.{name}" (own |> List.exists (Set.contains name))
            ])
    ]

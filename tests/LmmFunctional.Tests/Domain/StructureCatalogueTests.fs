/// <summary>The one table behind the names of structures.</summary>
module LmmFunctional.Tests.StructureCatalogueTests

open System.IO
open Expecto
open LmmFunctional.Model

let private arguments (entry: StructureEntry) =
    entry.Arguments |> List.map (fun name -> if name = "nu" then 1.5 else 2.0)

let private isStructure (entry: StructureEntry) =
    entry.Name <> "known" && entry.Name <> "kron"

let private along (entry: StructureEntry) =
    match entry.Name, entry.Coordinate with
    | "known", _ -> "levels of the grouping factor"
    | "kron", _ -> "one for each part"
    | _, StructureCoordinate.Levels -> "levels"
    | _, StructureCoordinate.Order -> "order of levels"
    | _, StructureCoordinate.Values -> "values"

let private row (entry: StructureEntry) =
    let element = entry.Element.Replace("|", "\\|")
    let word = entry.Word.Replace("|", "\\|")

    $"| `{StructureCatalogue.signature entry}` | `{word}` | {entry.Parameters} | {element} | {entry.Range} | {along entry} |"

[<Tests>]
let tests =
    testList "StructureCatalogueTests" [
        testCase "every entry makes the structure that is named so" (fun () ->
            for entry in StructureCatalogue.all |> List.filter isStructure do
                match StructureCatalogue.make entry.Name (arguments entry) with
                | Ok structure ->
                    Check.equal (entry.Name, arguments entry) (StructureCatalogue.nameOf structure)
                    Check.equal entry (StructureCatalogue.ofStructure structure)
                | Error words -> failtest words)

        testCase "every name with its arguments is there once" (fun () ->
            let signatures = StructureCatalogue.all |> List.map StructureCatalogue.signature
            Check.equal signatures (List.distinct signatures))

        testCase "partners are partners of each other" (fun () ->
            for entry in StructureCatalogue.all do
                match entry.Partner with
                | None -> ()
                | Some name ->
                    let partners =
                        StructureCatalogue.all
                        |> List.filter (fun other -> other.Name = name)
                        |> List.choose _.Partner

                    Expect.contains partners entry.Name "partners")

        testCases
            "what no structure is called is explained"
            [
                "ar", "the structure 'ar' is not known; did you mean 'ar1'?"
                "AR(1)", "the structure 'AR(1)' is not known; did you mean 'ar1'?"
                "UN", "the structure 'UN' is not known; did you mean 'us'?"
                "corExp", "the structure 'corExp' is not known; did you mean 'sp_exp'?"
                "topeh", "the structure 'topeh' is not known; did you mean 'toeph'?"
                "fa", "write fa(q) with a whole number, 1 or more"
                "arma", "write arma(p,q) with whole numbers, not both zero"
                "kron", "'kron' cannot stand inside 'kron'; list all parts in one"
                "known", "'known' relates the levels of a random term: known(A | g)"
                "foo",
                "the structure 'foo' is not known; there are id, diag, cs, csh, ar1, arh1, car1, arma, toep, toeph, ad1, hf, us, fa, fa0, sp_exp, sp_gau, sp_sph, sp_ratio, sp_mat, sp_pow, sp_expa, sp_gaua, sp_spha, sp_ratioa, sp_mata, sp_powa, known, kron"
            ]
            (fun (name: string, words: string) -> Check.equal (Error words) (StructureCatalogue.make name []))

        testCase "arguments that a structure does not take are explained" (fun () ->
            Check.equal (Error "'ar1' takes no arguments") (StructureCatalogue.make "ar1" [ 2.0 ])

            Check.equal
                (Error "write toep or toep(k) with a whole number, 1 or more")
                (StructureCatalogue.make "toep" [ 1.5 ])

            Check.equal
                (Error "write sp_mat or sp_mat(nu), where nu is 0.5, 1.5 or 2.5")
                (StructureCatalogue.make "sp_mat" [ 2.0 ]))

        // docs/model-language.md

        testCase "the page on the model language has the table" (fun () ->
            let page =
                File.ReadAllLines(Path.Combine(TestData.root, "docs", "model-language.md"))

            let found =
                page
                |> Array.filter (fun line ->
                    StructureCatalogue.all
                    |> List.exists (fun e -> line.StartsWith $"| `{StructureCatalogue.signature e}` | `"))

            StructureCatalogue.all |> List.map row |> Texts.equal <| List.ofArray found)
    ]

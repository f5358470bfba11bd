namespace LmmFunctional.Tests

open System.IO
open NUnit.Framework
open LmmFunctional

/// <summary>The one table behind the names of structures.</summary>
[<TestFixture>]
module StructureCatalogueTests =

    let private arguments (entry: StructureEntry) =
        entry.Arguments |> List.map (fun name -> if name = "nu" then 1.5 else 2.0)

    let private isStructure (entry: StructureEntry) =
        entry.Name <> "known" && entry.Name <> "kron"

    [<Test>]
    let ``every entry makes the structure that is named so`` () =
        for entry in StructureCatalogue.all |> List.filter isStructure do
            match StructureCatalogue.make entry.Name (arguments entry) with
            | Ok structure ->
                TestFrame.same (entry.Name, arguments entry) (StructureCatalogue.nameOf structure)
                TestFrame.same entry (StructureCatalogue.ofStructure structure)
            | Error words -> Assert.Fail words

    [<Test>]
    let ``every name with its arguments is there once`` () =
        let signatures = StructureCatalogue.all |> List.map StructureCatalogue.signature
        TestFrame.same signatures (List.distinct signatures)

    [<Test>]
    let ``partners are partners of each other`` () =
        for entry in StructureCatalogue.all do
            match entry.Partner with
            | None -> ()
            | Some name ->
                let partners =
                    StructureCatalogue.all
                    |> List.filter (fun other -> other.Name = name)
                    |> List.choose _.Partner

                Assert.That(partners, Does.Contain entry.Name)

    [<TestCase("ar", "the structure 'ar' is not known; did you mean 'ar1'?")>]
    [<TestCase("AR(1)", "the structure 'AR(1)' is not known; did you mean 'ar1'?")>]
    [<TestCase("UN", "the structure 'UN' is not known; did you mean 'us'?")>]
    [<TestCase("corExp", "the structure 'corExp' is not known; did you mean 'sp_exp'?")>]
    [<TestCase("topeh", "the structure 'topeh' is not known; did you mean 'toeph'?")>]
    [<TestCase("fa", "write fa(q) with a whole number, 1 or more")>]
    [<TestCase("arma", "write arma(p,q) with whole numbers, not both zero")>]
    [<TestCase("kron", "'kron' cannot stand inside 'kron'; list all parts in one")>]
    [<TestCase("known", "'known' relates the levels of a random term: known(A | g)")>]
    [<TestCase("foo",
               "the structure 'foo' is not known; there are id, diag, cs, csh, ar1, arh1, car1, arma, toep, toeph, ad1, us, fa, fa0, sp_exp, sp_gau, sp_sph, sp_mat, sp_pow, sp_expa, sp_gaua, sp_spha, sp_mata, sp_powa, known, kron")>]
    let ``what no structure is called is explained`` (name: string) (words: string) =
        TestFrame.same (Error words) (StructureCatalogue.make name [])

    [<Test>]
    let ``arguments that a structure does not take are explained`` () =
        TestFrame.same (Error "'ar1' takes no arguments") (StructureCatalogue.make "ar1" [ 2.0 ])

        TestFrame.same
            (Error "write toep or toep(k) with a whole number, 1 or more")
            (StructureCatalogue.make "toep" [ 1.5 ])

        TestFrame.same
            (Error "write sp_mat or sp_mat(nu), where nu is 0.5, 1.5 or 2.5")
            (StructureCatalogue.make "sp_mat" [ 2.0 ])

    // docs/model-language.md

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

    [<Test>]
    let ``the page on the model language has the table`` () =
        let page =
            File.ReadAllLines(Path.Combine(TestData.root, "docs", "model-language.md"))

        let found =
            page
            |> Array.filter (fun line ->
                StructureCatalogue.all
                |> List.exists (fun e -> line.StartsWith $"| `{StructureCatalogue.signature e}` | `"))

        StructureCatalogue.all |> List.map row |> Texts.equal <| List.ofArray found

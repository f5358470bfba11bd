namespace LmmFunctional.Tests

open System
open NUnit.Framework
open FsCheck.NUnit
open LmmFunctional

[<TestFixture>]
module ColumnTests =

    let private texts column =
        match column with
        | Column.Numeric _ -> []
        | Column.Labelled(_, labels) -> [ for label in labels -> if label = "" then None else Some label ]
        | Column.Categorical(levels, codes) -> [ for code in codes -> if code < 0 then None else Some levels[code] ]

    [<Property>]
    let ``levels are sorted, distinct and all used`` (values: string list) =
        match Column.ofStrings values with
        | Column.Numeric _
        | Column.Labelled _ -> false
        | Column.Categorical(levels, codes) ->
            let ordered =
                Seq.pairwise levels
                |> Seq.forall (fun (a, b) -> String.CompareOrdinal(a, b) < 0)

            ordered && levels |> Seq.indexed |> Seq.forall (fst >> codes.Contains)

    [<Property>]
    let ``codes reproduce the texts`` (values: string list) =
        let expected =
            values
            |> List.map (fun text -> if String.IsNullOrEmpty text then None else Some text)

        texts (Column.ofStrings values) = expected

    [<Property>]
    let ``another reference level changes no value`` (values: string list) (choice: int) =
        match Column.ofStrings values with
        | Column.Categorical(levels, _) as column when levels.Length > 0 ->
            let level = levels[abs (choice % levels.Length)]

            match Column.relevel level column with
            | Column.Categorical(moved, _) as changed ->
                moved[0] = level
                && List.tail (List.ofSeq moved) = List.ofSeq (levels.Remove level)
                && texts changed = texts column
            | Column.Numeric _
            | Column.Labelled _ -> false
        | _ -> true

    [<Property>]
    let ``whole numbers are the same floats`` (values: int list) =
        Column.ofInts values = Column.ofFloats (List.map float values)

    [<Test>]
    let ``equal texts are one level whether or not they are one object`` () =
        let copy = String([| 'b' |])
        let column = Column.ofStrings [ "b"; "b"; copy; "a"; copy ]
        Assert.That((column = Column.factor [ "a"; "b" ] [ 1; 1; 1; 0; 1 ]), Is.True)

    [<Test>]
    let ``a factor with a code outside its levels is refused`` () =
        let text = Texts.ofMistake (fun () -> Column.factor [ "a"; "b" ] [ 0; 2 ])
        Assert.That(text, Is.EqualTo "Code 2 is not between −1 and 1. (Parameter 'codes')")

    [<Test>]
    let ``a factor with a level twice is refused`` () =
        let text = Texts.ofMistake (fun () -> Column.factor [ "a"; "b"; "a" ] [ 0 ])
        Assert.That(text, Is.EqualTo "Level 'a' occurs twice. (Parameter 'levels')")

    [<Test>]
    let ``a factor with an empty level is refused`` () =
        let text = Texts.ofMistake (fun () -> Column.factor [ "a"; "" ] [ 0 ])

        let expected =
            "A level must have a name; write the code −1 for a missing value. (Parameter 'levels')"

        Assert.That(text, Is.EqualTo expected)

    [<Test>]
    let ``a reference level must exist`` () =
        let text = Texts.ofMistake (fun () -> Column.relevel "c" (Column.ofStrings [ "a" ]))
        Assert.That(text, Is.EqualTo "The column has no level 'c'. (Parameter 'level')")

    [<Test>]
    let ``a numeric column has no reference level`` () =
        let text = Texts.ofMistake (fun () -> Column.relevel "1" (Column.ofInts [ 1 ]))
        Assert.That(text, Is.EqualTo "A numeric column has no levels. (Parameter 'column')")

module LmmFunctional.Tests.ColumnTests

open System
open Expecto
open LmmFunctional

let private texts column =
    match column with
    | Column.Numeric _ -> []
    | Column.Labelled(_, labels) -> [ for label in labels -> if label = "" then None else Some label ]
    | Column.Categorical(levels, codes) -> [ for code in codes -> if code < 0 then None else Some levels[code] ]

[<Tests>]
let tests =
    testList "ColumnTests" [
        testProperty "levels are sorted, distinct and all used" (fun (values: string list) ->
            match Column.ofStrings values with
            | Column.Numeric _
            | Column.Labelled _ -> false
            | Column.Categorical(levels, codes) ->
                let ordered =
                    Seq.pairwise levels
                    |> Seq.forall (fun (a, b) -> String.CompareOrdinal(a, b) < 0)

                ordered && levels |> Seq.indexed |> Seq.forall (fst >> codes.Contains))

        testProperty "codes reproduce the texts" (fun (values: string list) ->
            let expected =
                values
                |> List.map (fun text -> if String.IsNullOrEmpty text then None else Some text)

            texts (Column.ofStrings values) = expected)

        testProperty "another reference level changes no value" (fun (values: string list) (choice: int) ->
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
            | _ -> true)

        testProperty "whole numbers are the same floats" (fun (values: int list) ->
            Column.ofInts values = Column.ofFloats (List.map float values))

        testCase "equal texts are one level whether or not they are one object" (fun () ->
            let copy = String([| 'b' |])
            let column = Column.ofStrings [ "b"; "b"; copy; "a"; copy ]
            Check.isTrue (column = Column.factor [ "a"; "b" ] [ 1; 1; 1; 0; 1 ]))

        testCase "a factor with a code outside its levels is refused" (fun () ->
            let text = Texts.ofMistake (fun () -> Column.factor [ "a"; "b" ] [ 0; 2 ])
            Check.equal "Code 2 is not between −1 and 1. (Parameter 'codes')" text)

        testCase "a factor with a level twice is refused" (fun () ->
            let text = Texts.ofMistake (fun () -> Column.factor [ "a"; "b"; "a" ] [ 0 ])
            Check.equal "Level 'a' occurs twice. (Parameter 'levels')" text)

        testCase "a factor with an empty level is refused" (fun () ->
            let text = Texts.ofMistake (fun () -> Column.factor [ "a"; "" ] [ 0 ])

            let expected =
                "A level must have a name; write the code −1 for a missing value. (Parameter 'levels')"

            Check.equal expected text)

        testCase "a reference level must exist" (fun () ->
            let text = Texts.ofMistake (fun () -> Column.relevel "c" (Column.ofStrings [ "a" ]))
            Check.equal "The column has no level 'c'. (Parameter 'level')" text)

        testCase "a numeric column has no reference level" (fun () ->
            let text = Texts.ofMistake (fun () -> Column.relevel "1" (Column.ofInts [ 1 ]))
            Check.equal "A numeric column has no levels. (Parameter 'column')" text)
    ]

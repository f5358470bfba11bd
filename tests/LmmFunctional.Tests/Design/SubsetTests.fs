/// <summary>Rows that satisfy a condition, and levels in an order.</summary>
module LmmFunctional.Tests.SubsetTests

open System
open Expecto
open LmmFunctional
open LmmFunctional.Estimation

let private frame =
    TestFrame.ofColumns [
        "x", TestFrame.numbers [ 1.0; 2.0; 3.0; nan; 5.0; 6.0 ]
        "g", TestFrame.texts [ "a"; "b"; "a"; "c"; ""; "b" ]
        "id", Column.labelled [ 1.0; 1.0; 2.0; 2.0; 3.0; 3.0 ] [ "001"; "1"; "2"; "2"; "3"; "3" ]
        "day",
        Column.labelled [ 19364.0; 19365.0; 19366.0; 19367.0; 19368.0; 19369.0 ] [
            "2023-01-07"
            "2023-01-08"
            "2023-01-09"
            "2023-01-10"
            "2023-01-11"
            "2023-01-12"
        ]
        "row", TestFrame.numbers [ 1.0 .. 6.0 ]
    ]

let private rows condition =
    Subset.rows condition frame
    |> Result.map (fun subset ->
        match subset.TryColumn "row" with
        | Some(Column.Numeric rows) -> rows |> Seq.map string |> String.concat " "
        | _ -> "")
    |> Result.mapError (List.map LmmError.describe >> String.concat "\n")

let private text result =
    match result with
    | Ok text
    | Error text -> text

let private levels result =
    result
    |> Result.map (fun (frame: Frame) ->
        match frame.TryColumn "g", frame.TryColumn "x" with
        | Some(Column.Categorical(levels, codes)), _ ->
            String.concat "," levels + ": " + String.concat " " (codes |> Seq.map string)
        | _ -> "")
    |> Result.mapError (List.map LmmError.describe >> String.concat "\n")
    |> text

[<Tests>]
let tests =
    testList "SubsetTests" [
        testCases
            "a condition keeps the rows for which it is true"
            [
                "x > 2", "3 5 6"
                "x >= 2 & x<6", "2 3 5"
                "x==1|x == 6", "1 6"
                "x == 1 || x == 6 && g == 'b'", "1 6"
                "!(x > 2)", "1 2"
                "! is.na(x) & !is.na(g)", "1 2 3 6"
                "is.na(x)", "4"
                "g == \"a\"", "1 3"
                "'a' == g", "1 3"
                "g != 'a'", "2 4 6"
                "g %in% c('a', 'c')", "1 3 4"
                "x %in% c(1, 5)", "1 5"
                "(x + 1) * 2 > 8", "5 6"
                "((x > 2)) & ((log(x) < 1.7))", "3 5"
                "x > 2 | g == 'c'", "3 4 5 6"
                "id == '1'", "2"
                "id == 1", "1 2"
                "day >= '2023-01-10' & day < \"2023-01-12\"", "4 5"
                "`x` > -1", "1 2 3 5 6"
            ]
            (fun (condition: string, expected: string) -> Check.equal expected (text (rows condition)))

        testCases
            "what is wrong with a condition"
            [
                "x > 99", "The subset 'x > 99' has no rows."
                "g == 'd'", "Column 'g' has no level 'd'; there are a, b, c."
                "h == 'a'", "Column 'h' is not in the data; there are x, g, id, day, row."
                "g > 'a'", "In '\"a\"': text is compared by == and != only, dates as \"2023-01-31\" by all signs."
                "g > 1", "Column 'g' is text, but the condition needs numbers; row 1 has 'a', which is not a number."
                "x = 1", "The condition cannot be read:\n  x = 1\n    ^ write == to compare"
            ]
            (fun (condition: string, expected: string) -> Check.equal expected (text (rows condition)))

        testProperty "a condition and its opposite part the rows that have values" (fun (threshold: int) ->
            let count condition =
                match Subset.rows condition frame with
                | Ok subset -> subset.Rows
                | Error _ -> 0

            count $"x > {threshold}" + count $"!(x > {threshold})" = 5)

        // Levels

        testCase "a level comes first" (fun () ->
            Check.equal "c,a,b: 1 2 1 0 -1 2" (levels (Levels.relevel "g" "c" frame)))

        testCase "levels come in an order" (fun () ->
            Check.equal "b,c,a: 2 0 2 1 -1 0" (levels (Levels.arrange "g" [ "b"; "c"; "a" ] frame)))

        testCase "numbers become levels by their texts" (fun () ->
            match Levels.relevel "id" "2" frame |> Result.map (fun frame -> frame.TryColumn "id") with
            | Ok(Some(Column.Categorical(levels, _))) -> List.ofSeq levels |> Texts.equal [ "2"; "001"; "1"; "3" ]
            | found -> failtest $"%A{found}")

        testCase "what is wrong with an order" (fun () ->
            Check.equal "Column 'g' has no level 'd'; there are a, b, c." (levels (Levels.relevel "g" "d" frame))

            levels (Levels.arrange "g" [ "a"; "a"; "B" ] frame)
            |> _.Split('\n')
            |> List.ofArray
            |> Texts.equal [
                "Column 'g' has no level 'B'; did you mean 'b'?"
                "Level 'a' of 'g' is listed twice; list it once."
                "The order of the levels of 'g' leaves out 'b', 'c'; list all levels."
            ])
    ]

namespace LmmFunctional.Tests

open System
open NUnit.Framework
open FsCheck.NUnit
open LmmFunctional

/// <summary>Rows that satisfy a condition, and levels in an order.</summary>
[<TestFixture>]
module SubsetTests =

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

    [<TestCase("x > 2", "3 5 6")>]
    [<TestCase("x >= 2 & x<6", "2 3 5")>]
    [<TestCase("x==1|x == 6", "1 6")>]
    [<TestCase("x == 1 || x == 6 && g == 'b'", "1 6")>]
    [<TestCase("!(x > 2)", "1 2")>]
    [<TestCase("! is.na(x) & !is.na(g)", "1 2 3 6")>]
    [<TestCase("is.na(x)", "4")>]
    [<TestCase("g == \"a\"", "1 3")>]
    [<TestCase("'a' == g", "1 3")>]
    [<TestCase("g != 'a'", "2 4 6")>]
    [<TestCase("g %in% c('a', 'c')", "1 3 4")>]
    [<TestCase("x %in% c(1, 5)", "1 5")>]
    [<TestCase("(x + 1) * 2 > 8", "5 6")>]
    [<TestCase("((x > 2)) & ((log(x) < 1.7))", "3 5")>]
    [<TestCase("x > 2 | g == 'c'", "3 4 5 6")>]
    [<TestCase("id == '1'", "2")>]
    [<TestCase("id == 1", "1 2")>]
    [<TestCase("day >= '2023-01-10' & day < \"2023-01-12\"", "4 5")>]
    [<TestCase("`x` > -1", "1 2 3 5 6")>]
    let ``a condition keeps the rows for which it is true`` (condition: string) (expected: string) =
        Assert.That(text (rows condition), Is.EqualTo expected)

    [<TestCase("x > 99", "The subset 'x > 99' has no rows.")>]
    [<TestCase("g == 'd'", "Column 'g' has no level 'd'; there are a, b, c.")>]
    [<TestCase("h == 'a'", "Column 'h' is not in the data; there are x, g, id, day, row.")>]
    [<TestCase("g > 'a'", "In '\"a\"': text is compared by == and != only, dates as \"2023-01-31\" by all signs.")>]
    [<TestCase("g > 1", "Column 'g' is text, but the condition needs numbers; row 1 has 'a', which is not a number.")>]
    [<TestCase("x = 1", "The condition cannot be read:\n  x = 1\n    ^ write == to compare")>]
    let ``what is wrong with a condition`` (condition: string) (expected: string) =
        Assert.That(text (rows condition), Is.EqualTo expected)

    [<Property>]
    let ``a condition and its opposite part the rows that have values`` (threshold: int) =
        let count condition =
            match Subset.rows condition frame with
            | Ok subset -> subset.Rows
            | Error _ -> 0

        count $"x > {threshold}" + count $"!(x > {threshold})" = 5

    // Levels

    let private levels result =
        result
        |> Result.map (fun (frame: Frame) ->
            match frame.TryColumn "g", frame.TryColumn "x" with
            | Some(Column.Categorical(levels, codes)), _ ->
                String.concat "," levels + ": " + String.concat " " (codes |> Seq.map string)
            | _ -> "")
        |> Result.mapError (List.map LmmError.describe >> String.concat "\n")
        |> text

    [<Test>]
    let ``a level comes first`` () =
        Assert.That(levels (Levels.relevel "g" "c" frame), Is.EqualTo "c,a,b: 1 2 1 0 -1 2")

    [<Test>]
    let ``levels come in an order`` () =
        Assert.That(levels (Levels.arrange "g" [ "b"; "c"; "a" ] frame), Is.EqualTo "b,c,a: 2 0 2 1 -1 0")

    [<Test>]
    let ``numbers become levels by their texts`` () =
        match Levels.relevel "id" "2" frame |> Result.map (fun frame -> frame.TryColumn "id") with
        | Ok(Some(Column.Categorical(levels, _))) -> List.ofSeq levels |> Texts.equal [ "2"; "001"; "1"; "3" ]
        | _ -> Assert.Fail()

    [<Test>]
    let ``what is wrong with an order`` () =
        Assert.That(levels (Levels.relevel "g" "d" frame), Is.EqualTo "Column 'g' has no level 'd'; there are a, b, c.")

        levels (Levels.arrange "g" [ "a"; "a"; "B" ] frame)
        |> _.Split('\n')
        |> List.ofArray
        |> Texts.equal [
            "Column 'g' has no level 'B'; did you mean 'b'?"
            "Level 'a' of 'g' is listed twice; list it once."
            "The order of the levels of 'g' leaves out 'b', 'c'; list all levels."
        ]

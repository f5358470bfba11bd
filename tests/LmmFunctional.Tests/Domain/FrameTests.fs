namespace LmmFunctional.Tests

open NUnit.Framework
open FsCheck.NUnit
open LmmFunctional

/// <summary>Frames in a form that tests can compare and print.</summary>
[<RequireQualifiedAccess>]
module Frames =

    /// <summary>Names and columns.</summary>
    let contents (frame: Frame) =
        Seq.zip frame.Names frame.Columns |> List.ofSeq

    /// <summary>Names and columns, or every problem in words.</summary>
    let outcome (result: Result<Frame, LmmError list>) =
        match result with
        | Ok frame -> Ok(contents frame)
        | Error problems -> Error(problems |> List.map LmmError.describe)

    /// <summary>The problems in words; none for a frame.</summary>
    let problems result =
        match outcome result with
        | Ok _ -> []
        | Error problems -> problems

    /// <summary>The columns; none for problems.</summary>
    let columns result =
        match outcome result with
        | Ok columns -> columns
        | Error _ -> []

[<TestFixture>]
module FrameTests =

    let private frame =
        Frame.ofColumns [
            "y", Column.ofFloats [ 1.5; nan; 3.5 ]
            "g", Column.ofStrings [ "b"; "a"; "b" ]
        ]

    [<Property>]
    let ``filtering keeps the rows that hold and their order`` (values: float list) =
        let keep row = values[row] > 0.0

        let filtered =
            Frame.ofColumns [ "x", Column.ofFloats values ]
            |> Result.bind (Frame.filter keep)

        match List.filter (fun value -> value > 0.0) values with
        | [] -> Result.isError filtered
        | kept -> Frames.columns filtered = [ "x", Column.ofFloats kept ]

    [<Test>]
    let ``a data set shows its size and its columns`` () =
        let text = frame |> Result.map (fun frame -> [ string frame; $"%A{frame}" ])
        let expected = "3 rows: y numeric, g 2 levels"
        Assert.That((text = Ok [ expected; expected ]), Is.True)

    [<Test>]
    let ``of many columns the first are shown`` () =
        let wide =
            Frame.ofColumns [ for number in 1..22 -> $"x{number}", Column.ofInts [ 1 ] ]

        let text = wide |> Result.map string |> Result.defaultValue ""
        Assert.That(text, Does.StartWith "1 row: x1 numeric, x2 numeric, ")
        Assert.That(text, Does.EndWith ", x20 numeric, 2 more")

    [<Test>]
    let ``filtering keeps all levels`` () =
        let filtered = frame |> Result.bind (Frame.filter (fun row -> row = 1))

        let expected = [ "y", Column.ofFloats [ nan ]; "g", Column.factor [ "a"; "b" ] [ 0 ] ]
        Assert.That((Frames.columns filtered = expected), Is.True)

    [<Test>]
    let ``filtering all rows away is a problem`` () =
        let problems =
            frame |> Result.bind (Frame.filter (fun _ -> false)) |> Frames.problems

        problems |> Texts.equal [ "The filtered data has no rows." ]

    [<Test>]
    let ``a new column goes to the end, one of a known name to its place`` () =
        let z = Column.ofInts [ 7; 8; 9 ]
        let added = frame |> Result.bind (Frame.withColumn "z" z) |> Frames.columns
        let replaced = frame |> Result.bind (Frame.withColumn "y" z) |> Frames.columns
        List.map fst added |> Texts.equal [ "y"; "g"; "z" ]
        List.map fst replaced |> Texts.equal [ "y"; "g" ]
        Assert.That((snd added[2] = z && snd replaced[0] = z), Is.True)

    [<Test>]
    let ``a new column must be as long as the data`` () =
        let problems =
            frame
            |> Result.bind (Frame.withColumn "z" (Column.ofInts [ 1 ]))
            |> Frames.problems

        problems
        |> Texts.equal [ "Column 'z' has 1 value where the first column has 3." ]

    [<Test>]
    let ``all problems of named columns are told at once`` () =
        let problems =
            [
                "x", Column.ofInts [ 1; 2 ]
                "x", Column.ofInts [ 3; 4 ]
                "z", Column.ofInts [ 5 ]
            ]
            |> Frame.ofColumns
            |> Frames.problems

        let expected = [
            "Column 'x' appears twice; give each column its own name."
            "Column 'z' has 1 value where the first column has 2."
        ]

        problems |> Texts.equal expected

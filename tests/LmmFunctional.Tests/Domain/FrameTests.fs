namespace LmmFunctional.Tests

open Expecto
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

module FrameTests =

    let private frame =
        Frame.ofColumns [
            "y", Column.ofFloats [ 1.5; nan; 3.5 ]
            "g", Column.ofStrings [ "b"; "a"; "b" ]
        ]

    [<Tests>]
    let tests =
        testList "FrameTests" [
            testProperty "filtering keeps the rows that hold and their order" (fun (values: float list) ->
                let keep row = values[row] > 0.0

                let filtered =
                    Frame.ofColumns [ "x", Column.ofFloats values ]
                    |> Result.bind (Frame.filter keep)

                match List.filter (fun value -> value > 0.0) values with
                | [] -> Result.isError filtered
                | kept -> Frames.columns filtered = [ "x", Column.ofFloats kept ])

            testCase "a data set shows its size and its columns" (fun () ->
                let text = frame |> Result.map (fun frame -> [ string frame; $"%A{frame}" ])
                let expected = "3 rows: y numeric, g 2 levels"
                Check.isTrue (text = Ok [ expected; expected ]))

            testCase "of many columns the first are shown" (fun () ->
                let wide =
                    Frame.ofColumns [ for number in 1..22 -> $"x{number}", Column.ofInts [ 1 ] ]

                let text = wide |> Result.map string |> Result.defaultValue ""
                Check.startsWith "1 row: x1 numeric, x2 numeric, " text
                Check.endsWith ", x20 numeric, 2 more" text)

            testCase "filtering keeps all levels" (fun () ->
                let filtered = frame |> Result.bind (Frame.filter (fun row -> row = 1))

                let expected = [ "y", Column.ofFloats [ nan ]; "g", Column.factor [ "a"; "b" ] [ 0 ] ]
                Check.isTrue (Frames.columns filtered = expected))

            testCase "filtering all rows away is a problem" (fun () ->
                let problems =
                    frame |> Result.bind (Frame.filter (fun _ -> false)) |> Frames.problems

                problems |> Texts.equal [ "The filtered data has no rows." ])

            testCase "a new column goes to the end, one of a known name to its place" (fun () ->
                let z = Column.ofInts [ 7; 8; 9 ]
                let added = frame |> Result.bind (Frame.withColumn "z" z) |> Frames.columns
                let replaced = frame |> Result.bind (Frame.withColumn "y" z) |> Frames.columns
                List.map fst added |> Texts.equal [ "y"; "g"; "z" ]
                List.map fst replaced |> Texts.equal [ "y"; "g" ]
                Check.isTrue (snd added[2] = z && snd replaced[0] = z))

            testCase "a new column must be as long as the data" (fun () ->
                let problems =
                    frame
                    |> Result.bind (Frame.withColumn "z" (Column.ofInts [ 1 ]))
                    |> Frames.problems

                problems
                |> Texts.equal [ "Column 'z' has 1 value where the first column has 3." ])

            testCase "all problems of named columns are told at once" (fun () ->
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

                problems |> Texts.equal expected)
        ]

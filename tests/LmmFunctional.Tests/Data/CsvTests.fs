namespace LmmFunctional.Tests

open System
open System.IO
open System.Text
open Expecto
open FsCheck
open FsCheck.FSharp
open LmmFunctional
open LmmFunctional.Language

/// <summary>Random data sets, and their CSV text.</summary>
[<RequireQualifiedAccess>]
module CsvText =

    let private quoted (text: string) =
        "\"" + text.Replace("\"", "\"\"") + "\""

    let private cells column =
        match column with
        | Column.Numeric values -> [
            for value in values ->
                if Double.IsNaN value then
                    "NA"
                else
                    LevelName.ofNumber value
          ]
        | Column.Labelled(_, labels) -> [ for label in labels -> quoted label ]
        // Missing ones are quoted too, because an empty line would be no row at all.
        | Column.Categorical(levels, codes) -> [ for code in codes -> quoted (if code < 0 then "" else levels[code]) ]

    /// <summary>The CSV text of named columns, with some line break.</summary>
    let printWith (separator: char) (lineBreak: string) (columns: (string * Column) list) =
        let rows = columns |> List.map (snd >> cells) |> List.transpose

        (columns |> List.map (fst >> quoted)) :: rows
        |> List.map (fun fields -> String.Join(separator, fields) + lineBreak)
        |> String.Concat

    /// <summary>The CSV text with commas.</summary>
    let print lineBreak columns = printWith ',' lineBreak columns

    /// Letters that break careless readers.
    let private text =
        Gen.elements [ 'a'; 'B'; 'é'; '1'; '.'; ' '; ','; '"'; '\n'; '\r'; ';'; '\t'; '\''; '#' ]
        |> Gen.listOf
        |> Gen.map (List.map string >> String.Concat)

    let private name = text |> Gen.map (fun text -> "x" + text)

    let private numeric rows =
        let value =
            Gen.oneof [
                ArbMap.defaults |> ArbMap.generate<float>
                Gen.choose (0, 9) |> Gen.map float
                Gen.constant nan
            ]

        Gen.listOfLength rows value |> Gen.map Column.ofFloats

    // The first cell makes sure that not all are numbers: then the column would rightly be numeric.
    let private categorical rows =
        let level =
            Gen.oneof [ Gen.constant ""; text |> Gen.map (fun text -> "x" + text + "x") ]

        Gen.listOfLength (rows - 1) level
        |> Gen.map (fun levels -> Column.ofStrings ("first" :: levels))

    /// <summary>Named columns of equal length, with every kind of difficult name, level and number.</summary>
    let columns =
        gen {
            let! rows = Gen.choose (1, 12)
            let! names = Gen.nonEmptyListOf name |> Gen.map List.distinct

            let! columns =
                Gen.listOfLength names.Length (Gen.oneof [ numeric rows; categorical rows ])

            return List.zip names columns
        }

module CsvTests =

    let private parse (text: string) =
        Csv.parse "data.csv" (new StringReader(text))

    let private columns text = parse text |> Frames.columns

    let private isRead expected text =
        let found = Frames.outcome (parse text)
        Expect.isTrue (found = Ok expected) ($"%A{found}")

    [<Tests>]
    let tests =
        testList "CsvTests" [
            testProperty "print and parse give the same data" (fun () ->
                let lineBreak = Gen.elements [ "\n"; "\r\n" ]

                Prop.forAll (Arb.fromGen (Gen.zip CsvText.columns lineBreak)) (fun (columns, lineBreak) ->
                    let text = CsvText.print lineBreak columns
                    let found = Frames.outcome (parse text)
                    (found = Ok columns) |> Prop.label $"%A{text}\n%A{found}"))

            testProperty "any text gives data or problems in words" (fun () ->
                let piece =
                    Gen.elements [ "a"; "1"; ","; "\""; "\n"; "\r"; " "; "NA"; "\000"; "\uFEFF"; "\uD800"; "é" ]

                Prop.forAll (Arb.fromGen (Gen.listOf piece |> Gen.map String.Concat)) (fun text ->
                    match parse text with
                    | Ok frame ->
                        frame.Rows > 0
                        && frame.Columns |> Seq.forall (fun column -> column.Length = frame.Rows)
                    | Error problems ->
                        not problems.IsEmpty
                        && problems |> List.forall (LmmError.describe >> String.IsNullOrWhiteSpace >> not)))

            testProperty "any string at all gives data or problems" (fun (NonEmptyString text) ->
                match parse text with
                | Ok frame -> frame.Rows > 0
                | Error problems -> not problems.IsEmpty)

            testCase "text much longer than the reader's buffer is read the same" (fun () ->
                let rows = 20_000

                let columns = [
                    "x", Column.ofFloats (Seq.init rows (fun row -> float row / 8.0))
                    "g", Column.ofStrings (Seq.init rows (fun row -> $"level \"{row % 977}\",\r\nline {row % 13}"))
                    "long",
                    Column.ofStrings (Seq.init rows (fun row -> String('x', (if row % 5000 = 7 then 70_000 else 1))))
                ]

                Check.isTrue (Frames.outcome (parse (CsvText.print "\r\n" columns)) = Ok columns))

            testCase "numbers are numeric and text is categorical" (fun () ->
                "y,g\n1.5,b\n-2e3,a\n"
                |> isRead [
                    "y", Column.labelled [ 1.5; -2000.0 ] [ "1.5"; "-2e3" ]
                    "g", Column.ofStrings [ "b"; "a" ]
                ])

            testCase "empty, NA and NaN are missing in numbers and in text" (fun () ->
                "y,g\n1,a\n,NA\nNA,\nnan,NaN\n"
                |> isRead [
                    "y", Column.ofFloats [ 1.0; nan; nan; nan ]
                    "g", Column.ofStrings [ "a"; ""; ""; "" ]
                ])

            testCase "a column without any value is numeric" (fun () ->
                "x,y\n1,NA\n2,\n"
                |> isRead [ "x", Column.ofInts [ 1; 2 ]; "y", Column.ofFloats [ nan; nan ] ])

            testCase "one text among numbers makes the column categorical, its texts unchanged" (fun () ->
                "x\n1.0\n01\nInf\nbad\n"
                |> isRead [ "x", Column.ofStrings [ "1.0"; "01"; "Inf"; "bad" ] ])

            testCase "infinities are numbers" (fun () ->
                "x\nInf\n-Inf\n1\n"
                |> isRead [ "x", Column.labelled [ infinity; -infinity; 1.0 ] [ "Inf"; "-Inf"; "1" ] ])

            testCase "blanks around a field are dropped, inside quotes they stay" (fun () ->
                " a name , b \n 1 ,\" q \" \n"
                |> isRead [ "a name", Column.ofInts [ 1 ]; "b", Column.ofStrings [ " q " ] ])

            testCase "quotes hold commas, quotes and line breaks" (fun () ->
                "\"a,b\",\"c\nd\"\n\"x \"\"y\"\"\",\"1\r\n2\"\n"
                |> isRead [ "a,b", Column.ofStrings [ "x \"y\"" ]; "c\nd", Column.ofStrings [ "1\r\n2" ] ])

            testCase "blank lines are skipped, a quoted empty line is a missing value" (fun () ->
                "\n  \nx\n\n1\n   \n\"\"\n2"
                |> isRead [ "x", Column.ofFloats [ 1.0; nan; 2.0 ] ])

            testCase "the row names of R are skipped" (fun () ->
                "\"\",\"x\"\n\"1\",5\n\"2\",6\n" |> isRead [ "x", Column.ofInts [ 5; 6 ] ])

            testCase "a byte order mark is no part of the first name" (fun () ->
                "\uFEFF\"x\"\n1\n" |> isRead [ "x", Column.ofInts [ 1 ] ])

            testCase "files may be UTF-8 or, with a byte order mark, UTF-16" (fun () ->
                for encoding in [ UTF8Encoding(false) :> Encoding; UTF8Encoding(true); UnicodeEncoding() ] do
                    let path = Path.GetTempFileName()
                    File.WriteAllText(path, "größe,g\n1,é\n", encoding)
                    let found = Csv.read path |> Frames.columns
                    File.Delete path
                    Check.isTrue (found = [ "größe", Column.ofInts [ 1 ]; "g", Column.ofStrings [ "é" ] ]))

            testCase "a larger number than fits is infinite" (fun () ->
                Check.isTrue (columns "x\n1e999\n" = [ "x", Column.labelled [ infinity ] [ "1e999" ] ]))

            // tests/data/README.md: the size and levels of each file.
            testCases
                "the data sets have their rows and names"
                [
                    "sleepstudy", 180, "Reaction;Days;Subject"
                    "insteval", 73421, "y;s;d;dept;service"
                    "pastry_dough",
                    28,
                    "Day;Flow Rate;Moisture Content;Screw Speed;Longitudinal Expansion Index;Cross-Sectional Expansion Index"
                ]
                (fun (file: string, rows: int, names: string) ->
                    match Csv.read (TestData.csv file) with
                    | Ok frame -> Check.equal (rows, names) (frame.Rows, String.concat ";" frame.Names)
                    | Error problems -> failtest $"%A{problems}")
        ]

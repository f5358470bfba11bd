/// <summary>The reference data sets through every door.</summary>
module LmmFunctional.Data.Tests.DoorTests

open System
open System.Data
open System.IO
open Expecto
open Apache.Arrow
open Apache.Arrow.Types
open LmmFunctional
open LmmFunctional.Data
open LmmFunctional.DuckDb
open LmmFunctional.Tests

let private throughFile extension write read columns =
    DataSets.withFile extension (fun path ->
        write path columns
        read path)

/// Every door, by name.
let doors: (string * ((string * Column) list -> Result<Frame, LmmError list>)) list = [
    "Parquet", throughFile ".parquet" (Writers.parquet 1) Parquet.read
    "Parquet of three groups of rows", throughFile ".parquet" (Writers.parquet 3) DataFile.read
    "Arrow file", throughFile ".arrow" (Writers.arrow true) DataFile.read
    "Arrow stream", throughFile ".arrows" (Writers.arrow false) Arrow.read
    "Excel", throughFile ".xlsx" Writers.excel DataFile.read
    "DuckDB on Parquet", throughFile ".parquet" (Writers.parquet 2) Duck.table
    "DataFrame", Writers.dataFrame >> MicrosoftDataFrame.toFrame
    "Deedle", Writers.deedle >> DeedleFrame.toFrame
]

let private isFrame expected found =
    let found = found |> DataSets.orRaise |> DataSets.named

    if found <> expected then
        failtest $"expected %A{expected}, found %A{found}"

let private epoch = DateTime(1970, 1, 1)

/// A column of dates as the CSV reader makes it.
let private dates (texts: string list) =
    let days (text: string) =
        if text = "" then
            nan
        else
            (DateTime.Parse(text, Globalization.CultureInfo.InvariantCulture) - epoch).TotalDays

    Column.labelled (List.map days texts) texts

[<Tests>]
let tests =
    testList "DoorTests" [
        testList "every data set is the same through every door" [
            for door, through in doors do
                testCase door (fun () ->
                    for name in DataSets.all do
                        // Excel needs a while for the largest.
                        if not (name = "insteval" && door = "Excel") then
                            let columns = DataSets.withoutTexts (DataSets.csv name)
                            isFrame columns (through columns))
        ]

        testCase "DuckDB reads CSV files, and many by a pattern" (fun () ->
            let whole = Duck.table (TestData.csv "sleepstudy") |> DataSets.orRaise
            Check.equal [ "Reaction"; "Days"; "Subject" ] (List.ofSeq whole.Names)
            let pattern = TestData.csv "dyestuff*"
            let both = Duck.table pattern |> DataSets.orRaise
            Check.equal 60 both.Rows)

        testCase "a query of DuckDB chooses rows and makes columns" (fun () ->
            let file = TestData.csv "sleepstudy"

            Duck.query $"select Days * 2 as twice, Days > 8 as late from '{file}' where Days >= 8 limit 2"
            |> isFrame [
                "twice", Column.ofInts [ 16; 18 ]
                "late", Column.ofStrings [ "FALSE"; "TRUE" ]
            ])

        testCase "every type of DuckDB that can be a variable is one" (fun () ->
            Duck.query
                "select 1::utinyint a, 2::hugeint b, 1.25::decimal(9,2) c, true d, date '2024-02-29' e,
                        timestamp '2024-02-29 12:00:00' f, 'x'::varchar g, 9007199254740993::bigint h, null::double j"
            |> isFrame [
                "a", Column.ofInts [ 1 ]
                "b", Column.ofInts [ 2 ]
                "c", Column.ofFloats [ 1.25 ]
                "d", Column.ofStrings [ "TRUE" ]
                "e", dates [ "2024-02-29" ]
                "f", dates [ "2024-02-29 12:00:00" ]
                "g", Column.ofStrings [ "x" ]
                "h", Column.labelled [ 9007199254740992.0 ] [ "9007199254740993" ]
                "j", Column.ofFloats [ nan ]
            ])

        testCase "a dictionary of Arrow keeps the order of its levels, unused ones too" (fun () ->
            let indices = Int8Array.Builder().Append(1y).AppendNull().Append(0y).Build()

            let levels =
                StringArray.Builder().Append("low").Append("high").Append("never").Build()

            let dictionary = DictionaryType(Int8Type.Default, StringType.Default, true)

            let schema =
                Schema.Builder().Field(Apache.Arrow.Field("dose", dictionary, true)).Build()

            let batch =
                new RecordBatch(schema, [ new DictionaryArray(dictionary, indices, levels) :> IArrowArray ], 3)

            Arrow.ofBatches "batches" [ batch ]
            |> isFrame [ "dose", Column.factor [ "low"; "high"; "never" ] [ 1; -1; 0 ] ])

        testCase "dates, times and booleans of Arrow" (fun () ->
            let day = DateTime(2024, 2, 29)
            let date = Date32Array.Builder().Append(day).AppendNull().Build() :> IArrowArray
            let truth = BooleanArray.Builder().Append(true).AppendNull().Build() :> IArrowArray
            let whole = Int64Array.Builder().Append(7L).AppendNull().Build() :> IArrowArray

            let schema =
                Schema
                    .Builder()
                    .Field(Apache.Arrow.Field("date", Date32Type.Default, true))
                    .Field(Apache.Arrow.Field("truth", BooleanType.Default, true))
                    .Field(Apache.Arrow.Field("whole", Int64Type.Default, true))
                    .Build()

            Arrow.ofBatches "batches" [ new RecordBatch(schema, [ date; truth; whole ], 2) ]
            |> isFrame [
                "date", dates [ "2024-02-29"; "" ]
                "truth", Column.ofStrings [ "TRUE"; "" ]
                "whole", Column.ofFloats [ 7.0; nan ]
            ])

        testCase "any reader of a database" (fun () ->
            let table = new DataTable()
            table.Columns.Add("id", typeof<int64>) |> ignore
            table.Columns.Add("when", typeof<DateTime>) |> ignore
            table.Columns.Add("what", typeof<obj>) |> ignore
            table.Rows.Add(5L, DateTime(2024, 1, 2, 3, 0, 0), 1.5) |> ignore
            table.Rows.Add(DBNull.Value, DBNull.Value, DBNull.Value) |> ignore
            use reader = new DataTableReader(table)

            Database.ofReader "The table" reader
            |> isFrame [
                "id", Column.ofFloats [ 5.0; nan ]
                "when", dates [ "2024-01-02 03:00:00"; "" ]
                "what", Column.ofFloats [ 1.5; nan ]
            ])

        testCase "a sheet of a workbook is chosen by its name" (fun () ->
            DataSets.withFile ".xlsx" (fun path ->
                let sheets = Collections.Generic.Dictionary<string, obj>()
                sheets["first"] <- [| {| x = 1 |} |]
                sheets["second"] <- [| {| y = "a" |}; {| y = "b" |} |]
                MiniExcelLibs.MiniExcel.SaveAs(path, sheets) |> ignore
                Excel.read path |> isFrame [ "x", Column.ofInts [ 1 ] ]
                Excel.readSheet "second" path |> isFrame [ "y", Column.ofStrings [ "a"; "b" ] ]

                Excel.readSheet "third" path
                |> DataSets.problems
                |> Texts.equal [
                    $"File '{path}' cannot be read: it has no sheet 'third', but 'first', 'second'."
                ]))
    ]

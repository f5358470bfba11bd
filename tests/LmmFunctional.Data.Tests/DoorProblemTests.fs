/// <summary>Files and queries that hold no data set: words, no exceptions.</summary>
module LmmFunctional.Data.Tests.DoorProblemTests

open System
open System.IO
open System.Threading
open Expecto
open Parquet
open Parquet.Schema
open LmmFunctional
open LmmFunctional.Data
open LmmFunctional.DuckDb
open LmmFunctional.Tests

let private says expected result =
    result |> DataSets.problems |> Texts.equal expected

let private sleepstudy = DataSets.csv "sleepstudy" |> DataSets.named

let private kinds = [
    "a Parquet file", ".parquet", Writers.parquet 2, Parquet.read
    "an Arrow file", ".arrow", Writers.arrow true, Arrow.read
    "an Excel workbook", ".xlsx", Writers.excel, Excel.read
]

[<Tests>]
let tests =
    testList "DoorProblemTests" [
        for kind, extension, write, read in kinds do
            testCase $"{kind} that does not exist" (fun () ->
                read ("no/such/file" + extension)
                |> says [ $"File 'no/such/file{extension}' does not exist; check the path." ])

            testCase $"a directory in place of {kind}" (fun () ->
                let folder = Path.GetTempPath()

                read folder
                |> says [ $"File '{folder}' cannot be read: it is a directory; name a file in it." ])

            testCase $"{kind} that is something else" (fun () ->
                DataSets.withFile extension (fun path ->
                    File.WriteAllText(path, String.replicate 50 "this is no table\n")
                    let found = read path |> DataSets.problems
                    Check.equal 1 found.Length
                    Check.startsWith $"File '{path}' cannot be read: it is not {kind}, or it is damaged" found.Head))

            testCase $"{kind} that is cut off anywhere" (fun () ->
                DataSets.withFile extension (fun path ->
                    write path sleepstudy
                    let whole = File.ReadAllBytes path

                    for part in 0..19 do
                        File.WriteAllBytes(path, whole[.. whole.Length * part / 20 - 1])
                        Check.isNotEmpty (read path |> DataSets.problems)))

            testCase $"{kind} with a damaged byte gives data or words" (fun () ->
                DataSets.withFile extension (fun path ->
                    write path sleepstudy
                    let whole = File.ReadAllBytes path

                    for part in 0..30 do
                        let damaged = Array.copy whole
                        let at = (whole.Length - 1) * part / 30
                        damaged[at] <- damaged[at] ^^^ 0xA5uy
                        File.WriteAllBytes(path, damaged)

                        match read path with
                        | Ok frame -> Check.isTrue (frame.Rows > 0)
                        | Error problems -> Check.isNotEmpty problems))

        testCase "columns of Parquet that are no variables are named, all of them" (fun () ->
            DataSets.withFile ".parquet" (fun path ->
                let fields: Parquet.Schema.Field[] = [|
                    DataField("x", typeof<float>)
                    DataField("bytes", typeof<byte[]>)
                    ListField("list", DataField("item", typeof<int>))
                    StructField("both", DataField("a", typeof<int>), DataField("b", typeof<int>))
                |]

                using (File.Create path) (fun stream ->
                    let writer =
                        ParquetWriter.CreateAsync(ParquetSchema fields, stream).GetAwaiter().GetResult()

                    writer.DisposeAsync().AsTask().Wait())

                Parquet.read path
                |> says [
                    "Column 'bytes' has type bytes; use numbers, text, booleans, dates or enumerations."
                    "Column 'list' has type list; use numbers, text, booleans, dates or enumerations."
                    "Column 'both' has type structure; use numbers, text, booleans, dates or enumerations."
                ]))

        testCase "DuckDB's words about a query" (fun () ->
            let found = Duck.query "selec 1" |> DataSets.problems
            Check.equal 1 found.Length
            Check.startsWith "DuckDB cannot answer the query: Parser Error: syntax error" found.Head)

        testCase "DuckDB's words about a file that is not there" (fun () ->
            let found = Duck.table "no/such/*.parquet" |> DataSets.problems
            Check.equal 1 found.Length
            Check.startsWith "DuckDB cannot answer the query: IO Error: No files found" found.Head)

        testCase "a name of a file in DuckDB cannot end its quotes" (fun () ->
            let found = Duck.table "x' union select 1 --.parquet" |> DataSets.problems
            Check.contains "No files found that match the pattern \"x' union select 1 --.parquet\"" found.Head)

        testCase "columns of DuckDB that are no variables are named, all of them" (fun () ->
            let found =
                Duck.query "select [1, 2] as list, 1 as x, {'a': 1} as struct"
                |> DataSets.problems

            Check.equal 2 found.Length
            Check.startsWith "Column 'list' has type" found[0]
            Check.startsWith "Column 'struct' has type" found[1])

        testCase "columns without a name, with the name of another, and without rows" (fun () ->
            Duck.query "select 1 as \" \", 2 as a, 3 as a where false"
            |> says [
                "DuckDB: column 1 has no name; add one to the header."
                "Column 'a' appears twice; give each column its own name."
                "DuckDB has no rows."
            ])

        testCase "a file of DuckDB that is not there" (fun () ->
            Duck.queryIn "no/such.duckdb" "select 1"
            |> says [ "File 'no/such.duckdb' does not exist; check the path." ])
    ]

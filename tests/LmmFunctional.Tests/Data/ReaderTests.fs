module LmmFunctional.Tests.ReaderTests

open System
open System.Data
open Expecto
open LmmFunctional

let private table (columns: (string * Type) list) (rows: objnull list list) =
    let table = new DataTable()

    for name, columnType in columns do
        table.Columns.Add(name, columnType) |> ignore

    for row in rows do
        table.Rows.Add(Array.ofList row) |> ignore

    table

/// A reader whose names and types are not those that DataTable insists on.
let private renamed (names: string list) (rows: objnull list list) =
    let columns = names |> List.mapi (fun i _ -> $"c{i}", typeof<int>)
    let reader = new DataTableReader(table columns rows)

    {
        new IDataReader with
            member _.FieldCount = reader.FieldCount
            member _.GetName field = names[field]
            member _.GetFieldType field = reader.GetFieldType field
            member _.Read() = reader.Read()

            member _.GetValue field =
                if field = 0 then reader.GetValue field else "text" :> obj

            member _.Close() = reader.Close()
            member _.Depth = reader.Depth
            member _.GetSchemaTable() = reader.GetSchemaTable()
            member _.IsClosed = reader.IsClosed
            member _.NextResult() = reader.NextResult()
            member _.RecordsAffected = reader.RecordsAffected
            member _.GetBoolean field = reader.GetBoolean field
            member _.GetByte field = reader.GetByte field

            member _.GetBytes(field, from, buffer, start, length) =
                reader.GetBytes(field, from, buffer, start, length)

            member _.GetChar field = reader.GetChar field

            member _.GetChars(field, from, buffer, start, length) =
                reader.GetChars(field, from, buffer, start, length)

            member _.GetData _ = reader
            member _.GetDataTypeName field = reader.GetDataTypeName field
            member _.GetDateTime field = reader.GetDateTime field
            member _.GetDecimal field = reader.GetDecimal field
            member _.GetDouble field = reader.GetDouble field
            member _.GetFloat field = reader.GetFloat field
            member _.GetGuid field = reader.GetGuid field
            member _.GetInt16 field = reader.GetInt16 field
            member _.GetInt32 field = reader.GetInt32 field
            member _.GetInt64 field = reader.GetInt64 field
            member _.GetOrdinal name = reader.GetOrdinal name
            member _.GetString field = reader.GetString field
            member _.GetValues values = reader.GetValues values
            member _.IsDBNull field = reader.IsDBNull field

            member _.Item
                with get (field: int) = reader[field]

            member _.Item
                with get (name: string) = reader[name]

            member _.Dispose() = reader.Dispose()
    }

[<Tests>]
let tests =
    testList "ReaderTests" [
        testProperty
            "a reader gives the same data as the records behind it"
            (fun (rows: (int * string * float option) list) ->
                let records =
                    rows
                    |> List.map (fun (week, subject, score) -> {| A = week; B = subject; C = score |})

                let columns = [ "A", typeof<int>; "B", typeof<string>; "C", typeof<float> ]

                let cells =
                    records
                    |> List.map (fun record -> [
                        box record.A
                        (if isNull (box record.B) then
                             box DBNull.Value
                         else
                             box record.B)
                        (match record.C with
                         | Some score -> box score
                         | None -> box DBNull.Value)
                    ])

                use reader = new DataTableReader(table columns cells)

                match rows with
                | [] -> Frames.problems (DataReader.toFrame reader) = [ "The data reader has no rows." ]
                | _ -> Frames.outcome (DataReader.toFrame reader) = Frames.outcome (Records.toFrame records))

        testCase "bad names and types are told at once" (fun () ->
            let columns = [ "A", typeof<byte[]>; "B", typeof<int>; "C", typeof<obj> ]
            use reader = new DataTableReader(table columns [])
            let problems = DataReader.toFrame reader |> Frames.problems

            let expected = [
                "Column 'A' has type Byte[]; use numbers, text, booleans, dates or enumerations."
                "Column 'C' has type Object; use numbers, text, booleans, dates or enumerations."
            ]

            problems |> Texts.equal expected)

        testCase "columns without a name or with another's are told" (fun () ->
            use reader = renamed [ "x"; ""; "x" ] []
            let problems = DataReader.toFrame reader |> Frames.problems

            let expected = [
                "The data reader: column 2 has no name; add one to the header."
                "Column 'x' appears twice; give each column its own name."
            ]

            problems |> Texts.equal expected)

        testCase "a value that does not fit its column's type is told" (fun () ->
            use reader = renamed [ "x"; "y" ] [ [ 1; 2 ] ]
            let problems = DataReader.toFrame reader |> Frames.problems

            let expected =
                "Column 'y' has type String; use numbers, text, booleans, dates or enumerations."

            problems |> Texts.equal [ expected ])
    ]

namespace LmmFunctional.Data

open System
open System.Globalization
open System.IO
open System.Text
open ExcelDataReader
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Language

/// <summary>Data sets from Excel workbooks, .xlsx and .xls.</summary>
/// <remarks>The first row with text is the header; empty columns at the right and empty rows are left out. Cells have the
/// meaning that their texts have in a CSV file: a column whose cells are all numbers is numeric, one of dates is days from
/// 1970-01-01, any other is categorical; empty cells, NA and cells with an error are missing.</remarks>
[<RequireQualifiedAccess>]
module Excel =

    // Workbooks of old are written in the code pages of Windows.
    let private registered =
        lazy (Encoding.RegisterProvider CodePagesEncodingProvider.Instance)

    let private textOf (value: objnull) =
        match value with
        | null -> ""
        | :? string as text -> text.Trim()
        | :? float as number -> LevelName.ofNumber number
        | :? int as number -> LevelName.ofNumber (float number)
        | :? bool as truth -> if truth then "TRUE" else "FALSE"
        | :? DateTime as date when date.TimeOfDay = TimeSpan.Zero ->
            date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)
        | :? DateTime as date -> date.ToString("yyyy-MM-dd HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture)
        | :? TimeSpan as time -> LevelName.ofNumber time.TotalDays
        | other -> string other

    let private rowsOf (reader: IExcelDataReader) = [|
        while reader.Read() do
            let row = Array.init reader.FieldCount (fun field -> textOf (reader.GetValue field))

            if row |> Array.exists (fun text -> text <> "") then
                row
    |]

    let private toFrame source (rows: string[][]) =
        match rows with
        | [||] -> Error [ LmmError.NoHeader source ]
        | _ ->
            let width =
                rows
                |> Seq.map (Array.findIndexBack (fun text -> text <> "") >> (+) 1)
                |> Seq.max

            let cell (row: string[]) column =
                if column < row.Length then row[column] else ""

            let names = Array.init width (cell rows[0])

            let problems = [
                yield! Header.problems source names

                if rows.Length = 1 then
                    LmmError.NoRows source
            ]

            match problems with
            | [] ->
                names
                |> Seq.mapi (fun column name ->
                    name,
                    CellReading.toColumn
                        (CellReading.create CsvOptions.defaults)
                        (rows |> Array.skip 1 |> Array.map (fun row -> cell row column)))
                |> Frame.ofColumns
            | _ -> Error(Problems.limit problems)

    let private sheetNames (reader: IExcelDataReader) =
        List.init reader.ResultsCount (fun _ ->
            let name = reader.Name
            reader.NextResult() |> ignore
            name)

    let rec private moveTo (sheet: string) (reader: IExcelDataReader) =
        reader.Name = sheet || (reader.NextResult() && moveTo sheet reader)

    let private readSheetOf (sheet: string option) (source: string) (stream: Stream) =
        Opening.reading "an Excel workbook" source (fun () ->
            registered.Force()
            use reader = ExcelReaderFactory.CreateReader stream

            match sheet with
            | None -> toFrame source (rowsOf reader)
            | Some sheet ->
                let names = sheetNames reader
                reader.Reset()

                if moveTo sheet reader then
                    toFrame $"{source}, sheet '{sheet}'" (rowsOf reader)
                else
                    let listed = names |> List.map (fun name -> $"'{name}'") |> String.concat ", "
                    Error [ LmmError.UnreadableFile(source, $"it has no sheet '{sheet}', but {listed}.") ])

    /// <summary>A data set from the bytes of a workbook: its first sheet.</summary>
    /// <param name="source">What to call the data in messages.</param>
    /// <param name="stream">The workbook; it must allow seeking.</param>
    /// <returns>The data set, or: another kind of file, a damaged file, columns without a name or with the name of another, no
    /// header, no rows.</returns>
    let readStream (source: string) (stream: Stream) : Result<Frame, LmmError list> = readSheetOf None source stream

    /// <summary>A data set from the first sheet of a workbook.</summary>
    /// <returns>The data set, or the problems of <c>readStream</c>, or: no such file, a directory, no permission.</returns>
    let read (path: string) : Result<Frame, LmmError list> =
        Opening.file "an Excel workbook" path (readStream path)

    /// <summary>A data set from a sheet of a workbook.</summary>
    /// <param name="sheet">The name of the sheet.</param>
    /// <param name="path">The workbook.</param>
    /// <returns>The data set, or the problems of <c>read</c>, or: no such sheet.</returns>
    let readSheet (sheet: string) (path: string) : Result<Frame, LmmError list> =
        Opening.file "an Excel workbook" path (readSheetOf (Some sheet) path)

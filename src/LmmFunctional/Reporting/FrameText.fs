namespace LmmFunctional.Analysis

open System
open System.Globalization
open System.IO
open System.Text
open System.Text.Json
open LmmFunctional

/// <summary>Frames as text for people, as CSV and as JSON.</summary>
[<RequireQualifiedAccess>]
module FrameText =

    let private invariant = CultureInfo.InvariantCulture

    /// The value of a cell, as the shortest text that reads back as the same number; empty where it is missing.
    let private cell (column: Column) row =
        match column with
        | Column.Labelled(_, labels) -> labels[row]
        | Column.Numeric values when Double.IsNaN values[row] -> ""
        | Column.Numeric values -> values[row].ToString("R", invariant)
        | Column.Categorical(_, codes) when codes[row] < 0 -> ""
        | Column.Categorical(levels, codes) -> levels[codes[row]]

    let private columnsOf (frame: Frame) = [
        for name in frame.Names do
            match frame.TryColumn name with
            | Some column -> name, column
            | None -> ()
    ]

    /// A field of CSV: quoted where it holds a comma, a quote or a line end (RFC 4180).
    let private field (text: string) =
        if text.IndexOfAny [| ','; '"'; '\n'; '\r' |] >= 0 then
            "\"" + text.Replace("\"", "\"\"") + "\""
        else
            text

    /// <summary>The frame as CSV: a header, then a line for each row; missing values are empty.</summary>
    let toCsv (frame: Frame) : string =
        let columns = columnsOf frame
        let text = StringBuilder()
        text.AppendJoin(',', columns |> List.map (fst >> field)).Append('\n') |> ignore

        for row in 0 .. frame.Rows - 1 do
            text.AppendJoin(',', columns |> List.map (fun (_, column) -> field (cell column row))).Append('\n')
            |> ignore

        text.ToString()

    let internal writeRows (json: Utf8JsonWriter) (frame: Frame) =
        let columns = columnsOf frame

        for row in 0 .. frame.Rows - 1 do
            json.WriteStartObject()

            for name, column in columns do
                match column with
                | Column.Numeric values when Double.IsFinite values[row] -> json.WriteNumber(name, values[row])
                | Column.Labelled(_, labels) when labels[row] <> "" -> json.WriteString(name, labels[row])
                | Column.Categorical(levels, codes) when codes[row] >= 0 -> json.WriteString(name, levels[codes[row]])
                | _ -> json.WriteNull name

            json.WriteEndObject()

    /// <summary>One line of JSON: texts by name, then tables by key, each an array of its rows as objects; null where a value is
    /// missing or not finite.</summary>
    let toJson (members: (string * string) list) (tables: (string * Frame) list) : string =
        use buffer = new MemoryStream()

        using (new Utf8JsonWriter(buffer, FitJson.options)) (fun json ->
            json.WriteStartObject()

            for name, value in members do
                json.WriteString(name, value)

            for key, frame in tables do
                json.WriteStartArray key
                writeRows json frame
                json.WriteEndArray()

            json.WriteEndObject())

        Encoding.UTF8.GetString(buffer.GetBuffer(), 0, int buffer.Length)

    // Digits that a person reads.
    let private digits = 5

    let private shown (column: Column) rows =
        match column with
        | Column.Numeric values ->
            let texts = NumberText.column digits (List.init rows (fun row -> values[row]))

            texts
            |> List.mapi (fun row text -> if Double.IsNaN values[row] then "" else text)
        | Column.Labelled _
        | Column.Categorical _ -> List.init rows (cell column)

    /// The first rows of the frame as cells, numbers with five significant digits.
    let internal grid (most: int) (frame: Frame) : Table =
        let rows = min most frame.Rows
        let columns = columnsOf frame

        let headers =
            columns
            |> List.map (fun (name, column) ->
                match column with
                | Column.Numeric _ -> name, Alignment.Right
                | Column.Labelled _
                | Column.Categorical _ -> name, Alignment.Left)

        let cells =
            columns |> List.map (fun (_, column) -> shown column rows |> Array.ofList)

        List.init rows (fun row -> cells |> List.map (fun column -> column[row]))
        |> Table.create headers

    /// <summary>The frame as a table of text, numbers with five significant digits, at most so many rows.</summary>
    /// <param name="most">Rows shown; the rest are counted.</param>
    /// <param name="frame">The frame.</param>
    let toTable (most: int) (frame: Frame) : string list =
        let lines = grid most frame |> Table.toText

        if most < frame.Rows then
            lines @ [ $"... and {frame.Rows - most} more rows" ]
        else
            lines

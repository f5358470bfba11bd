namespace LmmFunctional.Charts

open System
open System.Collections.Generic
open System.IO
open System.Text
open System.Text.Json
open System.Text.Encodings.Web

/// <summary>A JSON value: immutable, members of objects in their order.</summary>
[<RequireQualifiedAccess>]
type Json =
    | Null
    | Bool of bool
    /// Null in text where it is not finite.
    | Number of float
    | Text of string
    | Array of Json list
    | Object of (string * Json) list

/// <summary>Making, joining and writing JSON values.</summary>
[<RequireQualifiedAccess>]
module Json =

    /// An object without the members that have no value.
    let ofOptions (members: (string * Json option) list) =
        members
        |> List.choose (fun (name, value) -> value |> Option.map (fun value -> name, value))
        |> Json.Object

    /// An array of texts.
    let texts (values: string seq) =
        values |> Seq.map Json.Text |> List.ofSeq |> Json.Array

    /// An array of numbers.
    let numbers (values: float seq) =
        values |> Seq.map Json.Number |> List.ofSeq |> Json.Array

    /// The member of an object, if there is one.
    let tryFind (name: string) (value: Json) =
        match value with
        | Json.Object members ->
            members
            |> List.tryPick (fun (own, value) -> if own = name then Some value else None)
        | _ -> None

    /// <summary>The first value with the members of the second over its own; objects are joined member by member, all
    /// else is replaced.</summary>
    let rec merge (changes: Json) (value: Json) : Json =
        match value, changes with
        | Json.Object members, Json.Object changes ->
            let changed =
                members
                |> List.map (fun (name, own) ->
                    match changes |> List.tryFind (fun (other, _) -> other = name) with
                    | Some(_, change) -> name, merge change own
                    | None -> name, own)

            let isNew (name, _) =
                not (members |> List.exists (fun (own, _) -> own = name))

            Json.Object(changed @ List.filter isNew changes)
        | _ -> changes

    let rec private write (writer: Utf8JsonWriter) value =
        match value with
        | Json.Null -> writer.WriteNullValue()
        | Json.Bool value -> writer.WriteBooleanValue value
        | Json.Number value when Double.IsFinite value -> writer.WriteNumberValue value
        | Json.Number _ -> writer.WriteNullValue()
        | Json.Text value -> writer.WriteStringValue value
        | Json.Array values ->
            writer.WriteStartArray()
            values |> List.iter (write writer)
            writer.WriteEndArray()
        | Json.Object members ->
            writer.WriteStartObject()

            for name, value in members do
                writer.WritePropertyName name
                write writer value

            writer.WriteEndObject()

    let private text (options: JsonWriterOptions) value =
        use stream = new MemoryStream()
        using (new Utf8JsonWriter(stream, options)) (fun writer -> write writer value)
        Encoding.UTF8.GetString(stream.GetBuffer(), 0, int stream.Length)

    /// <summary>The value as text on one line. &lt;, &gt;, &amp; and quotes are escaped, so that it may stand in a page.</summary>
    let toText (value: Json) : string =
        text (JsonWriterOptions(Encoder = JavaScriptEncoder.Default)) value

    /// The value as text for people: indented, letters of every language as they are.
    let toIndented (value: Json) : string =
        text (JsonWriterOptions(Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping)) value
        + "\n"

    let rec private ofElement (element: JsonElement) =
        match element.ValueKind with
        | JsonValueKind.True -> Json.Bool true
        | JsonValueKind.False -> Json.Bool false
        | JsonValueKind.Number -> Json.Number(element.GetDouble())
        | JsonValueKind.String -> Json.Text(element.GetString() |> Option.ofObj |> Option.defaultValue "")
        | JsonValueKind.Array -> element.EnumerateArray() |> Seq.map ofElement |> List.ofSeq |> Json.Array
        | JsonValueKind.Object ->
            element.EnumerateObject()
            |> Seq.map (fun own -> own.Name, ofElement own.Value)
            |> List.ofSeq
            |> Json.Object
        | _ -> Json.Null

    /// <summary>The value that a text writes.</summary>
    /// <exception cref="T:System.ArgumentException">The text is not JSON; the message says where.</exception>
    let parse (text: string) : Json =
        try
            use document = JsonDocument.Parse text
            ofElement document.RootElement
        with :? JsonException as problem ->
            invalidArg (nameof text) $"The text is not JSON: {problem.Message}"

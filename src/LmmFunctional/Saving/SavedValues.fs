namespace LmmFunctional.Saving

open System
open System.Text.Json

/// <summary>Numbers and texts in the JSON of a saved model. Numbers have all their digits; what is not finite has words of its
/// own: null for NaN, and "Infinity".</summary>
[<RequireQualifiedAccess>]
module internal SavedValues =

    let private writeNumber (json: Utf8JsonWriter) (value: float) =
        if Double.IsFinite value then
            json.WriteNumberValue value
        elif Double.IsNaN value then
            json.WriteNullValue()
        else
            json.WriteStringValue(if value > 0.0 then "Infinity" else "-Infinity")

    /// A number under a name.
    let writeFloat (json: Utf8JsonWriter) (name: string) (value: float) =
        json.WritePropertyName name
        writeNumber json value

    /// An array under a name.
    let private writeArray write (json: Utf8JsonWriter) (name: string) (values: 'item seq) =
        json.WriteStartArray name
        values |> Seq.iter (write json)
        json.WriteEndArray()

    /// Numbers under a name.
    let writeFloats json name (values: float seq) = writeArray writeNumber json name values

    /// Whole numbers under a name.
    let writeInts json name (values: int seq) =
        writeArray (fun (json: Utf8JsonWriter) (value: int) -> json.WriteNumberValue value) json name values

    /// Texts under a name.
    let writeTexts json name (values: string seq) =
        writeArray (fun (json: Utf8JsonWriter) (value: string) -> json.WriteStringValue value) json name values

    /// An object under a name.
    let writeObject (json: Utf8JsonWriter) (name: string) write =
        json.WriteStartObject name
        write ()
        json.WriteEndObject()

    let private toFloat (element: JsonElement) =
        match element.ValueKind with
        | JsonValueKind.Null -> nan
        | JsonValueKind.String when element.GetString() = "Infinity" -> infinity
        | JsonValueKind.String -> -infinity
        | _ -> element.GetDouble()

    let private toArray read (name: string) (element: JsonElement) = [|
        for item in element.GetProperty(name).EnumerateArray() -> read item
    |]

    /// A text, never null.
    let text (element: JsonElement) =
        match element.GetString() with
        | null -> ""
        | text -> text

    /// The text under a name.
    let readText (name: string) (element: JsonElement) = text (element.GetProperty name)

    /// The number under a name.
    let readFloat (name: string) (element: JsonElement) = toFloat (element.GetProperty name)

    /// The numbers under a name.
    let readFloats name element : float[] = toArray toFloat name element

    /// The whole numbers under a name.
    let readInts name element : int[] = toArray _.GetInt32() name element

    /// The texts under a name.
    let readTexts name element : string[] = toArray text name element

    /// The members of the object under a name.
    let readObject (name: string) (read: JsonElement -> 'item) (element: JsonElement) : (string * 'item) list = [
        for own in element.GetProperty(name).EnumerateObject() -> own.Name, read own.Value
    ]

namespace LmmFunctional.Saving

open System.Collections.Immutable
open System.Runtime.InteropServices
open System.Text.Json
open LmmFunctional

/// <summary>A data set in the JSON of a saved model, column by column.</summary>
[<RequireQualifiedAccess>]
module internal SavedFrame =

    let private writeColumn (json: Utf8JsonWriter) (name: string) (column: Column) =
        json.WriteStartObject()
        json.WriteString("name", name)

        match column with
        | Column.Numeric values -> SavedValues.writeFloats json "values" values
        | Column.Labelled(values, labels) ->
            SavedValues.writeFloats json "values" values
            SavedValues.writeTexts json "labels" labels
        | Column.Categorical(levels, codes) ->
            SavedValues.writeTexts json "levels" levels
            SavedValues.writeInts json "codes" codes

        json.WriteEndObject()

    /// The columns of a data set that a predicate names.
    let write (json: Utf8JsonWriter) (isKept: string -> bool) (frame: Frame) =
        json.WriteNumber("rows", frame.Rows)
        json.WriteStartArray "columns"

        for name, column in Seq.zip frame.Names frame.Columns do
            if isKept name then
                writeColumn json name column

        json.WriteEndArray()

    let private has (name: string) (element: JsonElement) =
        let found, _ = element.TryGetProperty name
        found

    let private readColumn (element: JsonElement) : Column =
        if has "codes" element then
            Column.Categorical(
                SavedValues.readTexts "levels" element
                |> ImmutableCollectionsMarshal.AsImmutableArray,
                SavedValues.readInts "codes" element
                |> ImmutableCollectionsMarshal.AsImmutableArray
            )
        else
            let values =
                SavedValues.readFloats "values" element
                |> ImmutableCollectionsMarshal.AsImmutableArray

            if has "labels" element then
                Column.Labelled(
                    values,
                    SavedValues.readTexts "labels" element
                    |> ImmutableCollectionsMarshal.AsImmutableArray
                )
            else
                Column.Numeric values

    /// The data set.
    let read (element: JsonElement) : Frame =
        let columns = [
            for own in element.GetProperty("columns").EnumerateArray() ->
                SavedValues.readText "name" own, readColumn own
        ]

        Frame(
            columns |> Seq.map fst |> ImmutableArray.CreateRange,
            columns |> Seq.map snd |> ImmutableArray.CreateRange,
            element.GetProperty("rows").GetInt32()
        )

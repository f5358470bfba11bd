namespace LmmFunctional.Data

open System
open System.IO
open System.Text.Json
open System.Text.Json.Nodes
open LmmFunctional

/// <summary>Sums of rows as JSON: text that a data protection officer can read.</summary>
[<RequireQualifiedAccess>]
module internal SumsFile =

    let private kind = "LmmFunctional sums 1"

    // Writing

    let private array (writer: Utf8JsonWriter) (name: string) (write: 'Value -> unit) (values: 'Value seq) =
        writer.WriteStartArray name
        values |> Seq.iter write
        writer.WriteEndArray()

    let private floats (writer: Utf8JsonWriter) name (values: float seq) =
        array writer name (fun (value: float) -> writer.WriteNumberValue value) values

    let private texts (writer: Utf8JsonWriter) name (values: string seq) =
        array writer name (fun (value: string) -> writer.WriteStringValue value) values

    let private writeKey (writer: Utf8JsonWriter) (name: string, column: Column) =
        writer.WriteStartObject()
        writer.WriteString("name", name)

        match column with
        | Column.Numeric values -> floats writer "numbers" values
        | Column.Labelled(values, labels) ->
            floats writer "numbers" values
            texts writer "labels" labels
        | Column.Categorical(levels, codes) ->
            texts writer "levels" levels
            array writer "codes" (fun (code: int) -> writer.WriteNumberValue code) codes

        writer.WriteEndObject()

    /// The bytes of a file.
    let write (sums: CellSums) : byte[] =
        use bytes = new MemoryStream()

        using (new Utf8JsonWriter(bytes)) (fun writer ->
            writer.WriteStartObject()
            writer.WriteString("kind", kind)
            texts writer "summed" sums.Summed

            sums.WeightColumn
            |> Option.iter (fun name -> writer.WriteString("weightColumn", name))

            writer.WriteNumber("sumOfLogWeights", sums.SumOfLogWeights)
            writer.WriteNumber("missingRows", sums.MissingRows)
            writer.WriteNumber("zeroWeightRows", sums.ZeroWeightRows)
            array writer "keys" (writeKey writer) sums.Keys
            array writer "counts" (fun (count: int64) -> writer.WriteNumberValue count) sums.Counts
            floats writer "weights" sums.Weights
            floats writer "means" (Seq.concat sums.Means)
            floats writer "products" (Seq.concat sums.Products)
            writer.WriteEndObject())

        bytes.ToArray()

    // Reading; what is wrong raises, and the caller finds the words.

    let private damaged reason = raise (InvalidDataException reason)

    let private field (name: string) (node: JsonNode) : JsonNode =
        match node[name] with
        | null -> damaged $"'{name}' is missing"
        | value -> value

    let private values<'Value> (name: string) (node: JsonNode) : 'Value[] =
        (field name node).AsArray()
        |> Seq.map (fun value ->
            match value with
            | null -> damaged $"'{name}' has an empty element"
            | value -> value.GetValue<'Value>())
        |> Array.ofSeq

    let private has (name: string) (node: JsonNode) = not (isNull node[name])

    let private readKey (node: JsonNode) : string * Column =
        let name = (field "name" node).GetValue<string>()

        if has "levels" node then
            name, Column.factor (values<string> "levels" node) (values<int> "codes" node)
        elif has "labels" node then
            name, Column.labelled (values<float> "numbers" node) (values<string> "labels" node)
        else
            name, Column.ofFloats (values<float> "numbers" node)

    let private require condition reason =
        if not condition then
            damaged reason

    /// <summary>The sums of a file.</summary>
    /// <exception cref="T:System.IO.InvalidDataException">Something is missing or does not fit the rest.</exception>
    let read (stream: Stream) : Result<CellSums, LmmError list> =
        let file =
            match JsonNode.Parse stream with
            | null -> damaged "it is empty"
            | file -> file

        require (has "kind" file && (field "kind" file).GetValue<string>() = kind) $"its kind is not '{kind}'"
        let summed = values<string> "summed" file |> List.ofArray
        let counts = values<int64> "counts" file
        let weights = values<float> "weights" file
        let m, cells = summed.Length, counts.Length
        let means, products = values<float> "means" file, values<float> "products" file

        let keys =
            (field "keys" file).AsArray()
            |> Seq.choose Option.ofObj
            |> Seq.map readKey
            |> List.ofSeq

        let size = m * (m + 1) / 2

        let parts length (values: float[]) =
            Array.init cells (fun cell -> Array.sub values (cell * length) length)

        require
            (weights.Length = cells
             && means.Length = cells * m
             && products.Length = cells * size
             && keys |> List.forall (fun (_, column) -> column.Length = cells))
            "its lengths do not agree"

        require (counts |> Array.forall (fun count -> count > 0L)) "a count is not positive"

        require
            (weights |> Array.forall (fun weight -> weight > 0.0)
             && Array.forall Double.IsFinite (Array.concat [ weights; means; products ]))
            "a number is not finite, or a weight not positive"

        Ok {
            Keys = keys
            Summed = summed
            WeightColumn =
                if has "weightColumn" file then
                    Some((field "weightColumn" file).GetValue<string>())
                else
                    None
            Counts = counts
            Weights = weights
            Means = parts m means
            Products = parts size products
            SumOfLogWeights = (field "sumOfLogWeights" file).GetValue<float>()
            MissingRows = (field "missingRows" file).GetValue<int64>()
            ZeroWeightRows = (field "zeroWeightRows" file).GetValue<int64>()
        }

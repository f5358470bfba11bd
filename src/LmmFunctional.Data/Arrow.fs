namespace LmmFunctional.Data

open System
open System.IO
open Apache.Arrow
open Apache.Arrow.Arrays
open Apache.Arrow.Compression
open Apache.Arrow.Ipc
open LmmFunctional

/// <summary>Data sets from Apache Arrow: files (Feather version 2), streams and record batches.</summary>
/// <remarks>Numbers, booleans, text, dates and times become columns by the rules of <see cref="T:LmmFunctional.Records"/>,
/// dates and times with their texts as labels. A dictionary of text is a category: the order of its levels is kept, those
/// without a row among them (R's factors and the categories of pandas are written so). Lists, structures and bytes cannot
/// be variables. The row index that pandas writes is left out.</remarks>
[<RequireQualifiedAccess>]
module Arrow =

    let private microsecond = TimeSpan.TicksPerMicrosecond

    // The value of a row of an array without nulls, or None for a type that a variable cannot have.
    let private tryValue (array: IArrowArray) : (int -> objnull) option =
        let present (value: Nullable<'Value>) : objnull = box value

        match array with
        | :? DoubleArray as values -> Some(fun row -> values.GetValue row |> present)
        | :? FloatArray as values -> Some(fun row -> values.GetValue row |> present)
        | :? HalfFloatArray as values -> Some(fun row -> values.GetValue row |> present)
        | :? Int8Array as values -> Some(fun row -> values.GetValue row |> present)
        | :? Int16Array as values -> Some(fun row -> values.GetValue row |> present)
        | :? Int32Array as values -> Some(fun row -> values.GetValue row |> present)
        | :? Int64Array as values -> Some(fun row -> values.GetValue row |> present)
        | :? UInt8Array as values -> Some(fun row -> values.GetValue row |> present)
        | :? UInt16Array as values -> Some(fun row -> values.GetValue row |> present)
        | :? UInt32Array as values -> Some(fun row -> values.GetValue row |> present)
        | :? UInt64Array as values -> Some(fun row -> values.GetValue row |> present)
        | :? BooleanArray as values -> Some(fun row -> values.GetValue row |> present)
        | :? Decimal128Array as values -> Some(fun row -> values.GetValue row |> present)
        | :? Decimal256Array as values -> Some(fun row -> values.GetValue row |> present)
        | :? Date32Array as values -> Some(fun row -> values.GetDateTime row |> present)
        | :? Date64Array as values -> Some(fun row -> values.GetDateTime row |> present)
        | :? TimestampArray as values -> Some(fun row -> values.GetTimestamp row |> present)
        | :? DurationArray as values -> Some(fun row -> values.GetTimeSpan row |> present)
        | :? Time32Array as values ->
            Some(fun row ->
                values.GetMilliSeconds row
                |> Option.ofNullable
                |> Option.map (float >> TimeSpan.FromMilliseconds)
                |> Option.toNullable
                |> present)
        | :? Time64Array as values ->
            Some(fun row ->
                values.GetMicroSeconds row
                |> Option.ofNullable
                |> Option.map (fun time -> TimeSpan.FromTicks(time * microsecond))
                |> Option.toNullable
                |> present)
        | :? StringArray as values -> Some(fun row -> values.GetString row |> box)
        | :? LargeStringArray as values -> Some(fun row -> values.GetString row |> box)
        | :? StringViewArray as values -> Some(fun row -> values.GetString row |> box)
        | :? NullArray -> Some(fun _ -> null)
        | _ -> None

    let private indexOf (indices: IArrowArray) row =
        match tryValue indices with
        | Some value -> Convert.ToInt32(value row)
        | None -> -1

    let private add (builder: ColumnBuilder) (array: IArrowArray) (value: int -> objnull) =
        for row in 0 .. array.Length - 1 do
            if array.IsNull row then
                builder.AddMissing()
            else
                builder.Add(value row)

    /// Appends the cells of an array; false where a variable cannot have their type.
    let private append (builder: ColumnBuilder) (array: IArrowArray) =
        match array with
        | :? DictionaryArray as coded ->
            match tryValue coded.Dictionary with
            | None -> false
            | Some value ->
                let values = Array.init coded.Dictionary.Length value

                if values |> Array.forall (fun value -> isNull value || value :? string) then
                    builder.KeepLevels(values |> Seq.choose Option.ofObj |> Seq.map string)

                let index = indexOf coded.Indices
                add builder coded (fun row -> values[index row])
                true
        | _ ->
            match tryValue array with
            | Some value ->
                add builder array value
                true
            | None -> false

    /// <summary>A data set from record batches of one schema.</summary>
    /// <param name="source">What to call the data in messages.</param>
    /// <param name="batches">The batches; they are read once, and none is kept.</param>
    /// <returns>The data set, or: columns that are no variables, names that are missing or appear twice, no rows.</returns>
    let ofBatches (source: string) (batches: RecordBatch seq) : Result<Frame, LmmError list> =
        let mutable columns: (ColumnBuilder * string)[] = [||]
        let mutable refused = Set.empty

        for batch in batches do
            if columns.Length = 0 then
                columns <-
                    batch.Schema.FieldsList
                    |> Seq.map (fun field -> ColumnBuilder(field.Name, typeof<obj>, batch.Length), field.DataType.Name)
                    |> Array.ofSeq

            columns
            |> Array.iteri (fun index (builder, _) ->
                if not (append builder (batch.Column index)) then
                    refused <- refused.Add index)

        let isRefused index = refused.Contains index

        let problems = [
            for index, (builder, typeName) in Seq.indexed columns do
                if isRefused index then
                    LmmError.UnsupportedType(builder.Name, typeName)
        ]

        columns
        |> Seq.indexed
        |> Seq.filter (fun (index, _) -> not (isRefused index))
        |> Seq.map (fun (_, (builder, _)) -> builder)
        |> ColumnBuilder.toFrame source problems

    // Every file in Arrow's file format begins with these bytes; the format of streams has none.
    let private isFile (stream: Stream) =
        let first: byte[] = Array.zeroCreate 6
        let count = stream.ReadAtLeast(first.AsSpan(), 6, false)
        stream.Seek(int64 -count, SeekOrigin.Current) |> ignore
        first = "ARROW1"B

    let private batches (reader: ArrowStreamReader) =
        Seq.unfold
            (fun () ->
                reader.ReadNextRecordBatch()
                |> Option.ofObj
                |> Option.map (fun batch -> batch, ()))
            ()

    let private openReader (stream: Stream) =
        let context = ArrowContext(compressionCodecFactory = CompressionCodecFactory())

        if isFile stream then
            new ArrowFileReader(context, stream, true) :> ArrowStreamReader
        else
            new ArrowStreamReader(context, stream, true)

    /// <summary>A data set from the bytes of an Arrow file or stream, compressed or not.</summary>
    /// <param name="source">What to call the data in messages.</param>
    /// <param name="stream">The bytes; the stream must allow seeking, and is left open.</param>
    /// <returns>The data set, or: another kind of file, a damaged file, columns that are no variables, no rows.</returns>
    let readStream (source: string) (stream: Stream) : Result<Frame, LmmError list> =
        Opening.reading "an Arrow file" source (fun () ->
            use reader = openReader stream
            ofBatches source (batches reader))

    /// <summary>What some work makes of the batches of a file, which it reads one by one.</summary>
    let internal withBatches (path: string) (work: RecordBatch seq -> Result<'ok, LmmError list>) =
        Opening.file "an Arrow file" path (fun stream ->
            use reader = openReader stream
            work (batches reader))

    /// <summary>A data set from an Arrow file: .arrow, .feather, .ipc.</summary>
    /// <returns>The data set, or the problems of <c>readStream</c>, or: no such file, a directory, no permission.</returns>
    let read (path: string) : Result<Frame, LmmError list> =
        Opening.file "an Arrow file" path (readStream path)

namespace LmmFunctional.Data

open System
open System.Collections.Generic
open System.IO
open System.Threading
open System.Threading.Tasks
open Parquet
open Parquet.Schema
open LmmFunctional

type private SchemaField = Parquet.Schema.Field

/// <summary>Data sets from Parquet files.</summary>
/// <remarks>Numbers, booleans, text, dates and times become columns by the rules of <see cref="T:LmmFunctional.Records"/>,
/// dates and times with their texts as labels. Lists, structures, maps and bytes cannot be variables. The row index that
/// pandas writes is left out.</remarks>
[<RequireQualifiedAccess>]
module Parquet =

    let private wait (task: Task) = task.GetAwaiter().GetResult()

    let private waitFor (task: ValueTask) = task.AsTask() |> wait

    let private readValues<'Value when 'Value: struct and 'Value :> ValueType and 'Value: (new: unit -> 'Value)>
        (add: ColumnBuilder -> 'Value -> unit)
        (group: ParquetRowGroupReader)
        (field: DataField)
        (builder: ColumnBuilder)
        =
        let rows = int group.RowCount

        if field.IsNullable then
            let cells: Nullable<'Value>[] = Array.zeroCreate rows

            group.ReadAsync<'Value>(field, Memory<Nullable<'Value>> cells, Nullable(), CancellationToken.None)
            |> waitFor

            for cell in cells do
                if cell.HasValue then
                    add builder cell.Value
                else
                    builder.AddMissing()
        else
            let cells: 'Value[] = Array.zeroCreate rows

            group.ReadAsync<'Value>(field, Memory<'Value> cells, Nullable(), CancellationToken.None)
            |> waitFor

            for cell in cells do
                add builder cell

    let private readTexts (group: ParquetRowGroupReader) (field: DataField) (builder: ColumnBuilder) =
        let cells: string[] = Array.zeroCreate (int group.RowCount)

        group.ReadAsync(field, Memory<string> cells, Nullable(), CancellationToken.None)
        |> waitFor

        for cell in cells do
            builder.AddText cell

    let private number toFloat (builder: ColumnBuilder) value = builder.AddNumber(toFloat value)
    let private other (builder: ColumnBuilder) value = builder.Add(box value)

    // The types that Parquet's physical and logical types are read as.
    let private readers: (Type * (ParquetRowGroupReader -> DataField -> ColumnBuilder -> unit)) list = [
        typeof<float>, readValues<float>(number id)
        typeof<float32>, readValues<float32>(number float)
        typeof<int>, readValues<int>(number float)
        typeof<int16>, readValues<int16>(number float)
        typeof<sbyte>, readValues<sbyte>(number float)
        typeof<byte>, readValues<byte>(number float)
        typeof<uint16>, readValues<uint16>(number float)
        typeof<uint32>, readValues<uint32>(number float)
        typeof<int64>, readValues<int64> other
        typeof<uint64>, readValues<uint64> other
        typeof<decimal>, readValues<decimal> other
        typeof<bool>, readValues<bool> other
        typeof<DateTime>, readValues<DateTime> other
        typeof<DateOnly>, readValues<DateOnly> other
        typeof<TimeOnly>, readValues<TimeOnly> other
        typeof<TimeSpan>, readValues<TimeSpan> other
        typeof<Guid>, readValues<Guid> other
        typeof<string>, readTexts
        typeof<ReadOnlyMemory<char>>, readTexts
    ]

    let private bytes = HashSet<Type> [ typeof<byte[]>; typeof<ReadOnlyMemory<byte>> ]

    // The type of the cells that a field is read as.
    let private cellType (field: DataField) =
        if field.ClrType = typeof<ReadOnlyMemory<char>> then
            typeof<string>
        else
            field.ClrType

    // A field of the schema with its reader, or the word for a type that a variable cannot have.
    let private classify (field: SchemaField) =
        match field with
        | :? DataField as data when not data.IsArray ->
            match readers |> List.tryFind (fun (valueType, _) -> valueType = data.ClrType) with
            | Some(_, read) -> Ok(data, read)
            | None when bytes.Contains data.ClrType -> Error(LmmError.UnsupportedType(field.Name, "bytes"))
            | None -> Error(LmmError.UnsupportedType(field.Name, Cell.typeName data.ClrType))
        | :? DataField
        | :? ListField -> Error(LmmError.UnsupportedType(field.Name, "list"))
        | :? MapField -> Error(LmmError.UnsupportedType(field.Name, "map"))
        | _ -> Error(LmmError.UnsupportedType(field.Name, "structure"))

    let private readAll source (reader: ParquetReader) =
        let rows =
            match reader.Metadata with
            | null -> 0
            | metadata -> int metadata.NumRows

        let fields = reader.Schema.Fields |> Seq.map classify |> List.ofSeq

        let columns =
            fields
            |> List.choose (function
                | Ok(field, read) -> Some(field, read, ColumnBuilder(field.Name, cellType field, rows))
                | Error _ -> None)

        let problems =
            fields
            |> List.choose (function
                | Error problem -> Some problem
                | Ok _ -> None)

        if problems.IsEmpty then
            for group in 0 .. reader.RowGroupCount - 1 do
                use group = reader.OpenRowGroupReader group

                for field, read, builder in columns do
                    read group field builder

        columns
        |> List.map (fun (_, _, builder) -> builder)
        |> ColumnBuilder.toFrame source problems

    /// <summary>A data set from the bytes of a Parquet file.</summary>
    /// <param name="source">What to call the data in messages.</param>
    /// <param name="stream">The file; it must allow seeking, and is left open.</param>
    /// <returns>The data set, or: another kind of file, a damaged file, columns that are no variables, no rows.</returns>
    let readStream (source: string) (stream: Stream) : Result<Frame, LmmError list> =
        Opening.reading "a Parquet file" source (fun () ->
            let reader =
                ParquetReader.CreateAsync(stream, null, true, CancellationToken.None).GetAwaiter().GetResult()

            try
                readAll source reader
            finally
                reader.DisposeAsync() |> waitFor)

    /// <summary>A data set from a Parquet file.</summary>
    /// <returns>The data set, or the problems of <c>readStream</c>, or: no such file, a directory, no permission.</returns>
    let read (path: string) : Result<Frame, LmmError list> =
        Opening.file "a Parquet file" path (readStream path)

namespace LmmFunctional.Data.Tests

open System
open System.Collections.Generic
open System.IO
open System.Threading
open Apache.Arrow
open Apache.Arrow.Ipc
open Apache.Arrow.Types
open Parquet
open Parquet.Schema
open LmmFunctional
open LmmFunctional.Tests

/// <summary>Data sets written in other formats by the libraries that own them.</summary>
[<RequireQualifiedAccess>]
module Writers =

    let private number (values: float seq) =
        values
        |> Seq.map (fun value -> if Double.IsNaN value then Nullable() else Nullable value)
        |> Array.ofSeq

    let private text (levels: IReadOnlyList<string>) codes : (string | null)[] =
        codes
        |> Seq.map (fun code -> if code < 0 then null else levels[code])
        |> Array.ofSeq

    /// Numbers with null where missing, or texts with null where missing.
    let cells (column: Column) : Choice<Nullable<float>[], (string | null)[]> =
        match column with
        | Column.Numeric values
        | Column.Labelled(values, _) -> Choice1Of2(number values)
        | Column.Categorical(levels, codes) -> Choice2Of2(text levels codes)

    /// Rows from one to another, for a file of several groups of rows.
    let private slices rows count =
        let size = (rows + count - 1) / count
        [ for start in 0..size .. rows - 1 -> start, min rows (start + size) ]

    /// A Parquet file of some groups of rows.
    let parquet (groups: int) (path: string) (columns: (string * Column) list) =
        let fields =
            columns
            |> List.map (fun (name, column) ->
                match cells column with
                | Choice1Of2 _ -> DataField(name, typeof<float>, Nullable true)
                | Choice2Of2 _ -> DataField(name, typeof<string>, Nullable true))

        let schema = ParquetSchema(fields |> Seq.cast<Parquet.Schema.Field> |> Array.ofSeq)
        use stream = File.Create path
        let writer = ParquetWriter.CreateAsync(schema, stream).GetAwaiter().GetResult()
        let rows = (snd columns.Head).Length

        for first, last in slices rows groups do
            use group = writer.CreateRowGroup()

            for field, (_, column) in List.zip fields columns do
                match cells column with
                | Choice1Of2 numbers ->
                    group.WriteAsync<float>(field, ReadOnlyMemory(numbers, first, last - first)).Wait()
                | Choice2Of2 texts ->
                    group.WriteAsync(field, (texts[first .. last - 1] :> IReadOnlyCollection<_>)).Wait()

        writer.DisposeAsync().AsTask().Wait()

    let private arrowArray (column: Column) first last : IArrowArray =
        match cells column with
        | Choice1Of2 numbers ->
            let builder = DoubleArray.Builder()

            for value in numbers[first .. last - 1] do
                if value.HasValue then
                    builder.Append value.Value |> ignore
                else
                    builder.AppendNull() |> ignore

            builder.Build() :> IArrowArray
        | Choice2Of2 texts ->
            let builder = StringArray.Builder()

            for value in texts[first .. last - 1] do
                match value with
                | null -> builder.AppendNull() |> ignore
                | value -> builder.Append value |> ignore

            builder.Build() :> IArrowArray

    let arrowSchema columns =
        let builder = Schema.Builder()

        for name, column in columns do
            let arrowType: IArrowType =
                match cells column with
                | Choice1Of2 _ -> DoubleType.Default
                | Choice2Of2 _ -> StringType.Default

            builder.Field(Apache.Arrow.Field(name, arrowType, true)) |> ignore

        builder.Build()

    /// An Arrow file (or stream) of two batches.
    let arrow (asFile: bool) (path: string) (columns: (string * Column) list) =
        let schema = arrowSchema columns
        use stream = File.Create path

        use writer =
            if asFile then
                new ArrowFileWriter(stream, schema) :> ArrowStreamWriter
            else
                new ArrowStreamWriter(stream, schema)

        let rows = (snd columns.Head).Length

        for first, last in slices rows 2 do
            let arrays = columns |> List.map (fun (_, column) -> arrowArray column first last)
            writer.WriteRecordBatch(new RecordBatch(schema, arrays, last - first))

        writer.WriteEnd()

    /// An Excel workbook.
    let excel (path: string) (columns: (string * Column) list) =
        let rows = [
            for row in 0 .. (snd columns.Head).Length - 1 do
                let record = Dictionary<string, objnull>()

                for name, column in columns do
                    record[name] <-
                        match cells column with
                        | Choice1Of2 numbers -> box numbers[row]
                        | Choice2Of2 texts -> box texts[row]

                record
        ]

        MiniExcelLibs.MiniExcel.SaveAs(path, rows) |> ignore

    let dataFrame (columns: (string * Column) list) =
        columns
        |> List.map (fun (name, column) ->
            match cells column with
            | Choice1Of2 numbers ->
                Microsoft.Data.Analysis.DoubleDataFrameColumn(name, numbers) :> Microsoft.Data.Analysis.DataFrameColumn
            | Choice2Of2 texts -> Microsoft.Data.Analysis.StringDataFrameColumn(name, texts))
        |> Array.ofList
        |> Microsoft.Data.Analysis.DataFrame

    let deedle (columns: (string * Column) list) : Deedle.Frame<int, string> =
        columns
        |> List.map (fun (name, column) ->
            let rows = Seq.init column.Length id

            match cells column with
            | Choice1Of2 numbers ->
                let values =
                    numbers |> Array.map (fun value -> if value.HasValue then value.Value else nan)

                name, (Deedle.Series<int, float>(rows, values) :> Deedle.ISeries<int>)
            | Choice2Of2 texts ->
                name, (Deedle.Series<int, objnull>(rows, texts |> Seq.map box) :> Deedle.ISeries<int>))
        |> fun series -> Deedle.Frame<int, string>(List.map fst series, List.map snd series)

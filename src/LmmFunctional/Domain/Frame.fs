namespace LmmFunctional

open System.Collections.Immutable
open LmmFunctional.Model

/// <summary>A data set: named columns of equal length, immutable.</summary>
[<Sealed; StructuredFormatDisplay("{Display}")>]
type Frame internal (names: ImmutableArray<string>, columns: ImmutableArray<Column>, rows: int) =

    /// Column names, in order.
    member _.Names = names

    /// Columns, in the order of their names.
    member _.Columns = columns

    /// Number of rows.
    member _.Rows = rows

    /// The column of a name, if there is one.
    member _.TryColumn(name: string) : Column option =
        match names.IndexOf name with
        | -1 -> None
        | index -> Some columns[index]

    member private _.Display =
        let describe (name: string) column =
            match column with
            | Column.Numeric _
            | Column.Labelled _ -> $"{name} numeric"
            | Column.Categorical(levels, _) -> name + " " + Plural.count levels.Length "level"

        // More would hide the rest of a session; the first say which data these are.
        let shown = Seq.map2 describe names columns |> Seq.truncate 20 |> List.ofSeq

        let rest =
            match names.Length - shown.Length with
            | 0 -> []
            | more -> [ $"{more} more" ]

        Plural.count rows "row" + ": " + String.concat ", " (shown @ rest)

    /// The number of rows, and name and kind of each column: 180 rows: Reaction numeric, Days numeric, Subject 18 levels.
    override frame.ToString() = frame.Display

/// <summary>Making and asking data sets.</summary>
[<RequireQualifiedAccess>]
module Frame =

    /// <summary>A data set from named columns.</summary>
    /// <returns>The data set, or: a name twice, columns of unequal length, no rows.</returns>
    let ofColumns (columns: (string * Column) seq) : Result<Frame, LmmError list> =
        let columns = List.ofSeq columns

        let rows =
            match columns with
            | [] -> 0
            | (_, first) :: _ -> first.Length

        let problems = [
            for name, group in columns |> List.groupBy fst do
                if group.Length > 1 then
                    LmmError.DuplicateColumn name

            for name, column in columns do
                if column.Length <> rows then
                    LmmError.UnequalLengths(name, rows, column.Length)

            if rows = 0 then
                LmmError.NoRows "The data"
        ]

        match problems with
        | [] ->
            let names = columns |> Seq.map fst |> ImmutableArray.CreateRange
            Ok(Frame(names, columns |> Seq.map snd |> ImmutableArray.CreateRange, rows))
        | _ -> Error(LmmError.limit problems)

    /// The names of all columns.
    let names (frame: Frame) = List.ofSeq frame.Names

    /// The column of a name, if there is one.
    let tryColumn name (frame: Frame) = frame.TryColumn name

    let private named (frame: Frame) =
        Seq.zip frame.Names frame.Columns |> List.ofSeq

    /// <summary>The data set with a column added at the end, or replaced where the name exists.</summary>
    /// <returns>The new data set, or: the column has another length than the data.</returns>
    let withColumn (name: string) (column: Column) (frame: Frame) : Result<Frame, LmmError list> =
        if column.Length <> frame.Rows then
            Error [ LmmError.UnequalLengths(name, frame.Rows, column.Length) ]
        else
            match frame.Names.IndexOf name with
            | -1 -> ofColumns (named frame @ [ name, column ])
            | index -> ofColumns (named frame |> List.updateAt index (name, column))

    /// <summary>The rows, numbered from zero, for which <paramref name="keep"/> holds; levels are all kept.</summary>
    /// <returns>The smaller data set, or: no rows.</returns>
    let filter (keep: int -> bool) (frame: Frame) : Result<Frame, LmmError list> =
        let rows = Array.init frame.Rows id |> Array.filter keep

        match rows.Length with
        | 0 -> Error [ LmmError.NoRows "The filtered data" ]
        | _ ->
            named frame
            |> List.map (fun (name, column) -> name, Column.select rows column)
            |> ofColumns

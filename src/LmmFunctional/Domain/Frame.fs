namespace LmmFunctional

open System
open System.Collections.Immutable

/// <summary>One column of a data set.</summary>
[<RequireQualifiedAccess; CustomEquality; NoComparison>]
type Column =
    /// Numbers; NaN where missing.
    | Numeric of values: ImmutableArray<float>
    /// Categories: level names and, per row, an index into them; −1 where missing.
    | Categorical of levels: ImmutableArray<string> * codes: ImmutableArray<int>

    /// Number of rows.
    member column.Length =
        match column with
        | Numeric values -> values.Length
        | Categorical(_, codes) -> codes.Length

    override column.Equals other =
        match column, other with
        | Numeric a, (:? Column as b) ->
            match b with
            | Numeric b -> a.AsSpan().SequenceEqual(b.AsSpan())
            | Categorical _ -> false
        | Categorical(levels, codes), (:? Column as b) ->
            match b with
            | Numeric _ -> false
            | Categorical(otherLevels, otherCodes) ->
                levels.AsSpan().SequenceEqual(otherLevels.AsSpan()) && codes.AsSpan().SequenceEqual(otherCodes.AsSpan())
        | _ -> false

    override column.GetHashCode() = column.Length

/// <summary>A data set: named columns of equal length, immutable.</summary>
[<Sealed>]
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

/// <summary>Making and asking data sets.</summary>
[<RequireQualifiedAccess>]
module Frame =

    /// <summary>A data set from named columns.</summary>
    /// <returns>The data set, or: a name twice, columns of unequal length, no rows.</returns>
    let ofColumns (columns: (string * Column) seq) : Result<Frame, LmmError list> =
        let columns = List.ofSeq columns
        let rows = match columns with [] -> 0 | (_, first) :: _ -> first.Length

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
        | _ -> Error problems

    /// The names of all columns.
    let names (frame: Frame) = List.ofSeq frame.Names

    /// The column of a name, if there is one.
    let tryColumn name (frame: Frame) = frame.TryColumn name

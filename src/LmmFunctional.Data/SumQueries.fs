namespace LmmFunctional.Data

open System
open System.Collections.Immutable
open System.Data.Common
open LmmFunctional
open LmmFunctional.Language

/// <summary>Rows that lie in a database.</summary>
[<RequireQualifiedAccess>]
type SqlSource =
    /// A table by its name, or by its schema and name.
    | Table of parts: string list
    /// The rows that a SELECT statement returns.
    | Query of select: string

/// <summary>The queries that sum the rows of a source for a model: SELECT statements, nothing else is ever sent.</summary>
type SumQueries = {
    /// Counts, and means to centre the columns by.
    First: string
    /// The number of cells, and of their rows.
    Count: string
    /// The sums of each cell, given the centres of the summed columns.
    Cells: ImmutableArray<float> -> string
    /// The columns that rows are grouped by.
    Keys: string list
    /// The columns that are summed.
    Summed: string list
}

/// <summary>Writing the queries for sums.</summary>
[<RequireQualifiedAccess>]
module internal SumQueries =

    let from (dialect: SqlDialect) (source: SqlSource) =
        match source with
        | SqlSource.Table parts -> parts |> List.map dialect.Quote |> String.concat "."
        // A line break, so that a comment at the end of the query ends.
        | SqlSource.Query select -> $"({select.TrimEnd([| ' '; '\n'; '\r'; '\t'; ';' |])}\n) AS rows"

    let private select columns from =
        let columns = String.concat ", " columns
        $"SELECT {columns} FROM {from}"

    // Databases do not agree on what the number of a date is, so rows are grouped by dates.
    let private times = [
        typeof<DateTime>
        typeof<DateTimeOffset>
        typeof<DateOnly>
        typeof<TimeOnly>
        typeof<TimeSpan>
    ]

    // A column without rows, of numbers that can be summed or not; a type that is no variable has no column.
    let private emptyColumn (valueType: Type) =
        let inner, _ = Cell.unwrap valueType

        match Cell.tryIsNumber inner with
        | Some true when List.contains inner times -> Some(Column.ofStrings [ "" ])
        | Some true -> Some(Column.ofFloats [ nan ])
        | Some false -> Some(Column.ofStrings [ "" ])
        | None -> None

    /// The names and kinds of the columns, as a data set of one row that misses everything.
    let shape (command: DbCommand) from =
        command.CommandText <- select [ "*" ] from + " WHERE 1 = 0"
        use reader = command.ExecuteReader()

        [
            for field in 0 .. reader.FieldCount - 1 do
                match emptyColumn (reader.GetFieldType field) with
                | Some column -> reader.GetName field, column
                | None -> ()
        ]
        |> List.distinctBy fst
        |> Frame.ofColumns

    let private isText (shape: Frame) name =
        match shape.TryColumn name with
        | Some(Column.Categorical _) -> true
        | _ -> false

    /// What is selected of each cell: its keys, rows and weight, sums and products of the centred columns.
    let private cellColumns (dialect: SqlDialect) (roles: SumRoles) weight (centres: ImmutableArray<float>) =
        let centred =
            roles.Summed
            |> List.mapi (fun k name -> $"({dialect.ToDouble(dialect.Quote name)} - ({LevelName.ofNumber centres[k]}))")

        let times value =
            match weight with
            | Some weight -> $"{weight} * {value}"
            | None -> value

        [
            for k, name in List.indexed roles.Keys do
                $"{dialect.Quote name} AS key{k}"

            "COUNT(*) AS n"
            (match weight with
             | Some weight -> $"SUM({weight}) AS w"
             | None -> dialect.ToDouble "COUNT(*)" + " AS w")

            for k, value in List.indexed centred do
                $"SUM({times value}) AS s{k}"

            for i, first in List.indexed centred do
                for j in 0..i do
                    $"SUM({times first} * {centred[j]}) AS p{i}_{j}"
        ]

    /// <summary>The queries for a model.</summary>
    /// <param name="dialect">How the database writes them.</param>
    /// <param name="source">The rows.</param>
    /// <param name="shape">The columns of the source.</param>
    /// <param name="shards">Columns that say where rows lie: rows are grouped by them first.</param>
    /// <param name="roles">What the model needs of them.</param>
    let create
        (dialect: SqlDialect)
        (source: SqlSource)
        (shape: Frame)
        (shards: string list)
        (roles: SumRoles)
        : SumQueries =
        let number name = dialect.ToDouble(dialect.Quote name)
        let from = from dialect source

        let isThere name =
            if isText shape name then
                // Booleans and dates are never empty as text.
                $"({dialect.Quote name} IS NOT NULL AND CAST({dialect.Quote name} AS VARCHAR) <> '')"
            else
                $"({dialect.Quote name} IS NOT NULL AND NOT ({dialect.IsNaN(number name)}))"

        let complete =
            roles.Keys @ roles.Summed
            |> List.map isThere
            |> function
                | [] -> "1 = 1"
                | conditions -> String.concat " AND " conditions

        let weight = roles.Weights |> Option.map number

        let used =
            match weight with
            | Some weight -> $"{complete} AND {weight} > 0"
            | None -> complete

        let countOf condition =
            $"SUM(CASE WHEN {condition} THEN 1 ELSE 0 END)"

        let given value = $"CASE WHEN {used} THEN {value} END"

        let groupedBy names =
            match names |> List.distinct |> List.map dialect.Quote with
            | [] -> ""
            | names -> " GROUP BY " + String.concat ", " names

        let fingerprint =
            match roles.Keys @ roles.Summed @ Option.toList roles.Weights, dialect.Fingerprint with
            | [], _
            | _, None -> None
            | names, Some fingerprint ->
                names
                |> List.map (fun name -> dialect.Quote name, not (isText shape name))
                |> fingerprint
                |> Some

        let sumOf value = dialect.ToDouble $"SUM({value})"

        {
            First =
                select
                    [
                        "COUNT(*)"
                        countOf complete
                        countOf used

                        match weight with
                        | Some weight ->
                            countOf $"{complete} AND ({weight} IS NULL OR {weight} < 0 OR {dialect.IsNaN weight})"
                            $"SUM({given (dialect.Log weight)})"
                        | None -> ()

                        for name in roles.Summed do
                            $"AVG({given (number name)})"

                        match fingerprint with
                        | Some value -> sumOf (given value)
                        | None -> ()
                    ]
                    from
                + groupedBy shards
            Count =
                let cells = select [ "COUNT(*) AS n" ] from
                $"SELECT COUNT(*), SUM(n) FROM ({cells} WHERE {used}{groupedBy roles.Keys}) AS cells"
            Cells =
                fun centres ->
                    let columns =
                        cellColumns dialect roles weight centres
                        @ (Option.map (fun value -> $"{sumOf value} AS f") fingerprint |> Option.toList)

                    $"{select columns from} WHERE {used}{groupedBy (shards @ roles.Keys)}"
            Keys = roles.Keys
            Summed = roles.Summed
        }

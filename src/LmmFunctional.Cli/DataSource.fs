namespace LmmFunctional.Cli

open System
open System.Data.Common
open LmmFunctional
open LmmFunctional.Data
open LmmFunctional.DuckDb
open LmmFunctional.Postgres

/// <summary>Where data are, as the word DATA says with its options.</summary>
[<RequireQualifiedAccess>]
type DataSource =
    /// Standard input, as CSV.
    | Input
    | File of path: string
    /// A query that DuckDB answers.
    | DuckDb of sql: string
    /// A table or a query of a server, with the text of the connection.
    | Postgres of connection: string * SqlSource
    /// Files of sums, by a pattern.
    | Sums of files: string

/// <summary>Reading the word DATA, and then the data.</summary>
[<RequireQualifiedAccess>]
module DataSource =

    let private duckDb = "duckdb:"
    let private postgres = "postgres:"
    let private sums = "sums:"

    let private (|After|_|) (mark: string) (text: string) =
        if text.StartsWith(mark, StringComparison.OrdinalIgnoreCase) then
            Some(text.Substring mark.Length)
        else
            None

    /// The options that say what is taken from a server.
    let options = [
        OptionTable.value "--table" "TABLE" "with postgres: the table, such as trial.visits."
        OptionTable.value "--query" "SELECT" "with postgres: the query, instead of a table."
    ]

    /// What the help says of the data.
    let help =
        "a CSV file with a header, compressed by gzip or not, or - for standard input; a Parquet, Arrow or Excel file "
        + "(.parquet, .arrow, .feather, .xlsx, .xls); \"duckdb:SELECT ...\", a query of files that DuckDB answers; "
        + "or \"postgres:Host=...;Database=...\" with --table or --query, a PostgreSQL server."

    // A path with a pattern and its options is not known to be that of a server before the options are read.
    let private asked (values: OptionValues) =
        match OptionValues.tryFind "--table" values, OptionValues.tryFind "--query" values with
        | Some _, Some _ -> Error "give one of --table and --query."
        | Some table, None -> Ok(Some(Postgres.tableOf table))
        | None, Some query -> Ok(Some(SqlSource.Query query))
        | None, None -> Ok None

    /// <summary>Where data are.</summary>
    /// <param name="word">The word DATA; empty where a saved model takes its place.</param>
    /// <param name="values">The options of the command.</param>
    /// <returns>That, or what is wrong with the options.</returns>
    let ofWord (word: string) (values: OptionValues) : Result<DataSource, string> =
        match word, asked values with
        | _, Error problem -> Error problem
        | After postgres connection, Ok(Some source) -> Ok(DataSource.Postgres(connection, source))
        | After postgres _, Ok None ->
            Error "a PostgreSQL server needs --table or --query; write --table trial.visits, or --query \"select ...\"."
        | _, Ok(Some _) -> Error "--table and --query go with data on a server: \"postgres:Host=...;Database=...\"."
        | "-", Ok None -> Ok DataSource.Input
        | After duckDb sql, Ok None -> Ok(DataSource.DuckDb sql)
        | After sums files, Ok None -> Ok(DataSource.Sums files)
        | path, Ok None -> Ok(DataSource.File path)

    /// Where data are that have no options of their own: a file, standard input or a query of DuckDB.
    let ofPath (path: string) : DataSource =
        match path with
        | "-" -> DataSource.Input
        | After duckDb sql -> DataSource.DuckDb sql
        | path -> DataSource.File path

    // A password is nobody else's.
    let private withoutPassword (connection: string) =
        try
            let builder = DbConnectionStringBuilder(ConnectionString = connection)

            for key in builder.Keys |> Seq.cast<string> |> List.ofSeq do
                let isSecret =
                    [ "password"; "passwd"; "pwd"; "psw" ]
                    |> List.exists (fun part -> key.Contains(part, StringComparison.OrdinalIgnoreCase))

                if isSecret then
                    builder.Remove key |> ignore

            builder.ConnectionString
        with :? ArgumentException ->
            ""

    /// The word that says where data are, as it may be shown to others.
    let word (source: DataSource) : string =
        match source with
        | DataSource.Input -> "-"
        | DataSource.File path -> path
        | DataSource.DuckDb sql -> duckDb + sql
        | DataSource.Postgres(connection, _) -> postgres + withoutPassword connection
        | DataSource.Sums files -> sums + files

    /// Whether the data are text, which has separators, decimal marks and codes for missing values.
    let isText (source: DataSource) =
        match source with
        | DataSource.Input -> true
        | DataSource.File path -> DataFile.kindOf path = DataFile.Csv
        | DataSource.DuckDb _
        | DataSource.Postgres _
        | DataSource.Sums _ -> false

    /// <summary>Reads all rows.</summary>
    /// <param name="options">How text is written.</param>
    /// <param name="source">Where the rows are.</param>
    /// <returns>The data set, or the problems of the file, the query or the server; sums have no rows.</returns>
    let read (options: CsvOptions) (source: DataSource) : Result<Frame, LmmError list> =
        match source with
        | DataSource.Input ->
            use stream = Console.OpenStandardInput()
            Csv.readStream options "standard input" stream
        | DataSource.File path -> DataFile.readWith options path
        | DataSource.DuckDb sql -> Duck.query sql
        | DataSource.Postgres(connection, source) -> Postgres.rows connection source
        | DataSource.Sums _ -> Error [ LmmError.FitOfSums "This" ]

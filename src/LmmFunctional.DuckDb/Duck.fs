namespace LmmFunctional.DuckDb

open System.Data.Common
open DuckDB.NET.Data
open LmmFunctional
open LmmFunctional.Data

/// <summary>Data sets through DuckDB, in this process: CSV, Parquet and JSON files, many files by a pattern, DuckDB's own
/// files; what a query leaves must fit in memory, what it reads need not.</summary>
/// <remarks>Values become cells as in <see cref="T:LmmFunctional.Data.Database"/>.</remarks>
[<RequireQualifiedAccess>]
module Duck =

    let private source = "DuckDB"

    /// <summary>A connection to a database that lives in memory.</summary>
    let connect () : DbConnection =
        new DuckDBConnection "DataSource=:memory:" :> DbConnection

    /// <summary>A connection to a database that lives in memory, with settings: <c>memory_limit</c> "2GB",
    /// <c>temp_directory</c> "/scratch", <c>max_temp_directory_size</c> "100GB", <c>threads</c> "4".</summary>
    /// <param name="settings">Names of DuckDB's settings, with their values. What is too large for the memory limit spills to the
    /// directory.</param>
    let connectWith (settings: (string * string) list) () : DbConnection =
        let builder = DbConnectionStringBuilder()
        builder["DataSource"] <- ":memory:"

        for name, value in settings do
            builder[name] <- value

        new DuckDBConnection(builder.ConnectionString) :> DbConnection

    /// <summary>A connection to a file of DuckDB, for reading.</summary>
    /// <param name="path">The file; another process may read it at the same time.</param>
    let connectTo (path: string) : DbConnection =
        let builder = DbConnectionStringBuilder()
        builder["DataSource"] <- path
        builder["ACCESS_MODE"] <- "READ_ONLY"
        new DuckDBConnection(builder.ConnectionString) :> DbConnection

    /// <summary>The rows that a query returns: <c>select * from 'ratings/*.parquet' where stars > 0</c>.</summary>
    /// <returns>The data set, or: what DuckDB says against the query; columns without a name, with the name of another, or of
    /// a type that is neither number nor category; no rows.</returns>
    let query (sql: string) : Result<Frame, LmmError list> = Database.query source connect sql

    /// <summary>The rows that a query of a file of DuckDB returns.</summary>
    /// <param name="path">The file, which is not changed.</param>
    /// <param name="sql">The query.</param>
    /// <returns>The data set, or the problems of <c>query</c>, or: no such file.</returns>
    let queryIn (path: string) (sql: string) : Result<Frame, LmmError list> =
        if System.IO.File.Exists path then
            Database.query source (fun () -> connectTo path) sql
        else
            Error [ LmmError.FileNotFound path ]

    /// Some work on files that DuckDB can read as they are; files without rows are named.
    let private onFiles (files: string) (work: unit -> Result<'ok, LmmError list>) =
        DuckFile.check files
        |> Result.bind work
        |> Result.mapError (
            List.map (fun problem ->
                match problem with
                | LmmError.NoRows _ -> LmmError.NoRows files
                | other -> other)
        )

    /// <summary>All rows and columns of a file, or of many by a pattern: <c>ratings/*.parquet</c>.</summary>
    /// <param name="files">CSV, Parquet or JSON, compressed or not; <c>*</c> stands for any part of a name, <c>**</c> for any
    /// directories.</param>
    /// <returns>The data set, or the problems of <c>query</c>; no such file is one.</returns>
    let table (files: string) : Result<Frame, LmmError list> =
        onFiles files (fun () -> query (DuckFile.rows files))

    // Sums

    let private rowsOf options files =
        SqlSource.Query(DuckFile.rowsWith options files)

    /// <summary>The sums of the rows of files, with how CSV files among them are written.</summary>
    /// <param name="options">Separator, decimal mark, and texts that mean a missing value.</param>
    /// <param name="files">As for <c>table</c>.</param>
    /// <param name="spec">The model: random terms of any kind over independent residuals.</param>
    /// <returns>The sums, or the problems of <c>SqlSums.collect</c>; or a gzip file that is cut off.</returns>
    let sumsWith (options: CsvOptions) (files: string) (spec: LmmSpec) : Result<Partial, LmmError list> =
        onFiles files (fun () -> SqlSums.collect connect SqlDialect.duckDb (rowsOf options files) spec)

    /// <summary>The sums of the rows of a file, or of many by a pattern, that a model needs: DuckDB adds them up, and no row
    /// is read into this program.</summary>
    /// <param name="files">As for <c>table</c>.</param>
    /// <param name="spec">The model: random terms of any kind over independent residuals.</param>
    /// <returns>The sums, for <c>Partial.fitOf</c>; or the problems of <c>SqlSums.collect</c>.</returns>
    let sums (files: string) (spec: LmmSpec) : Result<Partial, LmmError list> = sumsWith CsvOptions.defaults files spec

    /// <summary>The sums of the rows that a query returns.</summary>
    /// <param name="sql">The query.</param>
    /// <param name="spec">The model.</param>
    /// <returns>The sums, or the problems of <c>SqlSums.collect</c>.</returns>
    let sumsOf (sql: string) (spec: LmmSpec) : Result<Partial, LmmError list> =
        SqlSums.collect connect SqlDialect.duckDb (SqlSource.Query sql) spec

    /// <summary>The queries that <c>sums</c> would send.</summary>
    /// <returns>The queries, or what of the model needs the rows themselves, and the other problems of <c>sums</c>.</returns>
    let planSums (files: string) (spec: LmmSpec) : Result<SumQueries, LmmError list> =
        onFiles files (fun () -> SqlSums.plan connect SqlDialect.duckDb (rowsOf CsvOptions.defaults files) spec)

    /// <summary>What the sums of the rows that a query returns would cost; DuckDB counts rows and cells.</summary>
    /// <param name="sql">The query.</param>
    /// <param name="spec">The model.</param>
    /// <returns>The cost, or the problems of <c>planSums</c>.</returns>
    let costOfSums (sql: string) (spec: LmmSpec) : Result<SumCost, LmmError list> =
        SqlSums.cost connect SqlDialect.duckDb (SqlSource.Query sql) spec

    /// <summary>What <c>sumsWith</c> would cost; DuckDB counts rows and cells.</summary>
    /// <returns>The cost, or the problems of <c>planSums</c>.</returns>
    let costWith (options: CsvOptions) (files: string) (spec: LmmSpec) : Result<SumCost, LmmError list> =
        onFiles files (fun () -> SqlSums.cost connect SqlDialect.duckDb (rowsOf options files) spec)

namespace LmmFunctional.Postgres

open System
open System.Data.Common
open Npgsql
open LmmFunctional
open LmmFunctional.Data

/// <summary>Data sets from PostgreSQL: rows of a table or a query, and the sums of rows that a model needs, made by the
/// server.</summary>
/// <remarks>A connection is given as text: <c>Host=db.example.org;Database=trials;Username=ann</c>; the password may stand in
/// PGPASSWORD or in the file .pgpass. A query lasts as long as it needs, unless the text has a <c>Command Timeout</c> in seconds.
/// Only SELECT is sent. Values become cells as in <see cref="T:LmmFunctional.Data.Database"/>.</remarks>
[<RequireQualifiedAccess>]
module Postgres =

    let private dialect = SqlDialect.postgreSql

    let private timeout = "commandtimeout"

    /// <summary>The text of a connection whose commands have no time-out, unless it names one.</summary>
    let private withoutTimeout (text: string) =
        let given = DbConnectionStringBuilder(ConnectionString = text)

        let isNamed =
            given.Keys
            |> Seq.cast<string>
            |> Seq.exists (fun key -> key.Replace(" ", "").ToLowerInvariant() = timeout)

        if not isNamed then
            given["Command Timeout"] <- 0

        given.ConnectionString

    /// <summary>Makes a connection that is not open yet.</summary>
    /// <param name="connection">The text of the connection.</param>
    /// <exception cref="T:System.ArgumentException">The text cannot be read, or names something that there is not.</exception>
    let connect (connection: string) : DbConnection =
        new NpgsqlConnection(withoutTimeout connection) :> DbConnection

    // A text that cannot be read is a mistake of the user's, as a name that there is not.
    let private onServer (connection: string) (work: (unit -> DbConnection) -> Result<'ok, LmmError list>) =
        match
            try
                Ok(connect connection)
            with :? ArgumentException as problem ->
                Error [ LmmError.QueryFailed(dialect.Name, $"the connection: {problem.Message}") ]
        with
        | Ok made ->
            made.Dispose()
            work (fun () -> connect connection)
        | Error problems -> Error problems

    /// <summary>A table by its name, or by its schema and name: <c>visits</c>, <c>trial.visits</c>, <c>trial."Visits 2"</c>.
    /// </summary>
    /// <param name="name">The name; quotes keep points and upper case, without them it is taken as it is written.</param>
    let tableOf (name: string) : SqlSource =
        let rec parts (text: string) =
            if text.StartsWith '"' then
                // Two quotes stand for one.
                let rec ending (at: int) =
                    match text.IndexOf('"', at) with
                    | -1 -> text.Length
                    | at when at + 1 < text.Length && text[at + 1] = '"' -> ending (at + 2)
                    | at -> at

                let last = ending 1
                let part = text.Substring(1, last - 1).Replace("\"\"", "\"")

                let rest =
                    if last + 1 < text.Length then
                        text.Substring(last + 1)
                    else
                        ""

                if rest.StartsWith '.' then
                    part :: parts (rest.Substring 1)
                else
                    [ part + rest ]
            else
                match text.IndexOf '.' with
                | -1 -> [ text ]
                | at -> text.Substring(0, at) :: parts (text.Substring(at + 1))

        SqlSource.Table(parts name)

    // Rows

    /// <summary>The rows that a query returns.</summary>
    /// <param name="connection">The text of the connection.</param>
    /// <param name="sql">The query.</param>
    /// <returns>The data set, or: what the server says against the connection or the query; columns without a name, with the name
    /// of another, or of a type that is neither number nor category; no rows.</returns>
    let query (connection: string) (sql: string) : Result<Frame, LmmError list> =
        onServer connection (fun connect -> Database.query dialect.Name connect sql)

    /// <summary>The rows of a source: all of a table, or those of a query.</summary>
    /// <param name="connection">The text of the connection.</param>
    /// <param name="source">The table or the query.</param>
    /// <returns>The data set, or the problems of <c>query</c>.</returns>
    let rows (connection: string) (source: SqlSource) : Result<Frame, LmmError list> =
        match source with
        | SqlSource.Query sql -> query connection sql
        | SqlSource.Table parts ->
            let name = parts |> List.map dialect.Quote |> String.concat "."
            query connection $"SELECT * FROM {name}"

    /// <summary>All rows of a table.</summary>
    /// <param name="connection">The text of the connection.</param>
    /// <param name="name">The table, as <c>tableOf</c> reads it.</param>
    /// <returns>The data set, or the problems of <c>query</c>.</returns>
    let table (connection: string) (name: string) : Result<Frame, LmmError list> = rows connection (tableOf name)

    // Sums

    /// <summary>The sums of rows that a model needs, made by the server: no row leaves it.</summary>
    /// <param name="connection">The text of the connection.</param>
    /// <param name="source">The table or the query.</param>
    /// <param name="spec">The model: random terms of any kind over independent residuals.</param>
    /// <returns>The sums, for <c>Partial.fitOf</c>; or the problems of <c>SqlSums.collect</c>.</returns>
    let sums (connection: string) (source: SqlSource) (spec: LmmSpec) : Result<Partial, LmmError list> =
        onServer connection (fun connect -> SqlSums.collect connect dialect source spec)

    /// <summary>The queries that <c>sums</c> would send.</summary>
    /// <returns>The queries, or what of the model needs the rows themselves, and the other problems of <c>sums</c>.</returns>
    let planSums (connection: string) (source: SqlSource) (spec: LmmSpec) : Result<SumQueries, LmmError list> =
        onServer connection (fun connect -> SqlSums.plan connect dialect source spec)

    /// <summary>What <c>sums</c> would cost; the server counts rows and cells.</summary>
    /// <returns>The cost, or the problems of <c>planSums</c>.</returns>
    let costOfSums (connection: string) (source: SqlSource) (spec: LmmSpec) : Result<SumCost, LmmError list> =
        onServer connection (fun connect -> SqlSums.cost connect dialect source spec)

namespace LmmFunctional.Data

open System.Data.Common
open LmmFunctional

/// <summary>Sums of rows that are read chunk by chunk: for files and databases that do not sum themselves, in constant memory.
/// </summary>
[<RequireQualifiedAccess>]
module StreamedSums =

    // A chunk is large beside what its sums cost, and small beside the memory.
    let private rowsOfChunk = 250_000

    /// <summary>The sums of the rows of an Arrow file or stream, batch by batch.</summary>
    /// <param name="path">The file.</param>
    /// <param name="spec">The model: random terms of any kind over independent residuals.</param>
    /// <returns>The sums, or: no such file, a damaged file, columns that are no variables, the problems of
    /// <c>Partial.collect</c>.</returns>
    let ofArrow (path: string) (spec: LmmSpec) : Result<Partial, LmmError list> =
        Arrow.withBatches path (fun batches ->
            use rest = batches.GetEnumerator()

            // Batches may be as small as their writer liked.
            let next isFirst =
                let taken = ResizeArray()
                let mutable rows = 0

                while rows < rowsOfChunk && rest.MoveNext() do
                    taken.Add rest.Current
                    rows <- rows + rest.Current.Length

                if taken.Count = 0 && not isFirst then
                    None
                else
                    Some(Arrow.ofBatches path taken, false)

            Seq.unfold next true |> Partial.collectChunks spec)

    /// <summary>The sums of the rows that a query of any ADO.NET driver returns: rows cross the wire, and none is kept.</summary>
    /// <param name="source">What to call the database in messages.</param>
    /// <param name="connect">Makes a connection, open or not, which is closed here.</param>
    /// <param name="sql">The query.</param>
    /// <param name="spec">The model: random terms of any kind over independent residuals.</param>
    /// <returns>The sums, or the problems of <c>Database.query</c> and <c>Partial.collect</c>.</returns>
    let ofQuery
        (source: string)
        (connect: unit -> DbConnection)
        (sql: string)
        (spec: LmmSpec)
        : Result<Partial, LmmError list> =
        Database.guarded source (fun () ->
            use connection = connect ()
            Database.ensureOpen connection
            use command = connection.CreateCommand()
            command.CommandText <- sql
            use reader = command.ExecuteReader()
            Database.chunks source rowsOfChunk reader |> Partial.collectChunks spec)

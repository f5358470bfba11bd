namespace LmmFunctional.Data

open System
open System.Data
open System.Data.Common
open System.IO
open LmmFunctional

/// <summary>Data sets from databases, by their ADO.NET drivers.</summary>
/// <remarks>Values become cells by the rules of <see cref="T:LmmFunctional.Records"/>, dates and times with their texts as
/// labels; NULL is missing.</remarks>
[<RequireQualifiedAccess>]
module Database =

    // Getters without boxes for the types that most columns have.
    let private cellReader (reader: DbDataReader) field (builder: ColumnBuilder) : unit -> unit =
        let fieldType = reader.GetFieldType field

        let unlessNull add =
            fun () ->
                if reader.IsDBNull field then
                    builder.AddMissing()
                else
                    add ()

        if fieldType = typeof<float> then
            unlessNull (fun () -> builder.AddNumber(reader.GetDouble field))
        elif fieldType = typeof<int> then
            unlessNull (fun () -> builder.AddNumber(float (reader.GetInt32 field)))
        elif fieldType = typeof<int64> then
            unlessNull (fun () ->
                let value = reader.GetInt64 field

                // Every whole number between these is a double; others keep their digits.
                if value < 9007199254740992L && value > -9007199254740992L then
                    builder.AddNumber(float value)
                else
                    builder.Add(box value))
        elif fieldType = typeof<string> then
            unlessNull (fun () -> builder.AddText(reader.GetString field))
        else
            unlessNull (fun () -> builder.Add(reader.GetValue field))

    let private readRows (source: string) (most: int) (reader: DbDataReader) =
        let builders =
            Array.init reader.FieldCount (fun field ->
                ColumnBuilder(reader.GetName field, reader.GetFieldType field, 0))

        let read = builders |> Array.mapi (cellReader reader)
        let mutable count = 0

        while count < most && reader.Read() do
            for add in read do
                add ()

            count <- count + 1

        count, lazy ColumnBuilder.toFrame source [] builders

    /// <summary>Data sets of some records each, as they are asked for; the first may be without rows, which is a problem.</summary>
    let internal chunks (source: string) (most: int) (reader: DbDataReader) : Result<Frame, LmmError list> seq =
        Seq.unfold
            (fun (isFirst, isLast) ->
                if isLast then
                    None
                else
                    match readRows source most reader with
                    | 0, _ when not isFirst -> None
                    | count, frame -> Some(frame.Value, (false, count < most)))
            (true, false)

    /// <summary>A data set with a row for each record that is left.</summary>
    /// <param name="source">What to call the data in messages.</param>
    /// <param name="reader">Is read once, to the end of its present result, and left open.</param>
    /// <returns>The data set, or: columns without a name, with the name of another, or of a type that is neither number nor
    /// category; no rows.</returns>
    /// <remarks>Exceptions of the database, such as a lost connection, are not caught.</remarks>
    let ofReader (source: string) (reader: DbDataReader) : Result<Frame, LmmError list> =
        let _, frame = readRows source Int32.MaxValue reader
        frame.Value

    // Drivers say of a lost connection only that they were reading; the cause is inside.
    let private reasonOf (problem: exn) =
        // Most drivers point into the query on further lines.
        let first = (problem.Message.Split '\n').[0].Trim()

        match problem.InnerException with
        | :? TimeoutException -> $"it took longer than the time-out of the connection ({first.TrimEnd '.'})"
        | :? IOException as inner -> $"the connection was lost: {(inner.Message.Split '\n').[0].Trim()}"
        | _ -> first

    /// <summary>What a database makes of some work; its exceptions become words.</summary>
    let internal guarded (source: string) (work: unit -> Result<'ok, LmmError list>) : Result<'ok, LmmError list> =
        try
            work ()
        with
        | :? DbException
        | :? InvalidOperationException
        | :? InvalidCastException
        | :? NotSupportedException
        | :? IOException
        | :? TimeoutException as problem -> Error [ LmmError.QueryFailed(source, reasonOf problem) ]

    let internal ensureOpen (connection: DbConnection) =
        if connection.State <> ConnectionState.Open then
            connection.Open()

    /// <summary>A data set from the rows that a query returns.</summary>
    /// <param name="source">What to call the database in messages.</param>
    /// <param name="connect">Makes a connection, open or not, which is closed here.</param>
    /// <param name="sql">The query.</param>
    /// <returns>The data set, or: what the database says against the connection or the query, or the problems of
    /// <c>ofReader</c>.</returns>
    let query (source: string) (connect: unit -> DbConnection) (sql: string) : Result<Frame, LmmError list> =
        guarded source (fun () ->
            use connection = connect ()
            ensureOpen connection
            use command = connection.CreateCommand()
            command.CommandText <- sql
            use reader = command.ExecuteReader()
            ofReader source reader)

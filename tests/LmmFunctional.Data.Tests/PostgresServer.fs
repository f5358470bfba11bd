namespace LmmFunctional.Data.Tests

open System
open System.Diagnostics
open System.IO
open System.Net
open System.Net.Sockets
open Npgsql
open LmmFunctional

/// <summary>A PostgreSQL server of our own, on loopback, gone when disposed.</summary>
[<Sealed>]
type PostgresServer private (folder: DirectoryInfo, port: int) =

    static let programs =
        [ for version in 18..-1..12 -> $"/usr/lib/postgresql/{version}/bin" ]
        |> List.tryFind Directory.Exists

    // The server refuses to run as root.
    static let isRoot = Environment.UserName = "root"

    static let run (program: string) (arguments: string list) =
        let all =
            if isRoot then
                [ "runuser"; "-u"; "postgres"; "--"; program ] @ arguments
            else
                program :: arguments

        let info = ProcessStartInfo(all.Head, all.Tail)
        info.RedirectStandardOutput <- true
        info.RedirectStandardError <- true
        info.WorkingDirectory <- Path.GetTempPath()

        match Process.Start info with
        | null -> -1
        | started ->
            use started = started
            // The server inherits these, so they are not read to their end.
            started.WaitForExit()
            started.ExitCode

    static let freePort () =
        use listener = new TcpListener(IPAddress.Loopback, 0)
        listener.Start()
        (listener.LocalEndpoint :?> IPEndPoint).Port

    /// Whether the programs of PostgreSQL are on this machine.
    static member IsHere = programs.IsSome && OperatingSystem.IsLinux()

    /// Starts a server with an empty database.
    static member Start() =
        let bin = Option.get programs
        let folder = Directory.CreateTempSubdirectory "lmm-postgres-"

        if isRoot then
            use chown = Process.Start("chown", [ "postgres"; folder.FullName ])
            chown.WaitForExit()

        let data = Path.Combine(folder.FullName, "data")
        let port = freePort ()

        let options =
            $"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"

        let created =
            run $"{bin}/initdb" [
                "-D"
                data
                "-A"
                "trust"
                "-U"
                "postgres"
                "--no-sync"
                "-E"
                "UTF8"
                "--locale=C"
            ]

        let started =
            run $"{bin}/pg_ctl" [
                "-D"
                data
                "-o"
                options
                "-l"
                Path.Combine(folder.FullName, "log")
                "-w"
                "start"
            ]

        if created <> 0 || started <> 0 then
            invalidOp $"PostgreSQL does not start ({created}, {started}): see {folder.FullName}."

        new PostgresServer(folder, port)

    /// The port on which it listens.
    member _.Port = port

    /// The text of a connection, with more settings.
    member _.TextWith(settings: string) =
        $"Host=127.0.0.1;Port={port};Username=postgres;Database=postgres;Pooling=false;Timeout=60{settings}"

    /// A connection that is not open yet.
    member server.Connect() =
        new NpgsqlConnection(server.TextWith "")

    /// Runs statements, for the superuser.
    member server.Execute(statements: string list) =
        use connection = server.Connect()
        connection.Open()

        for statement in statements do
            use command = connection.CreateCommand()
            command.CommandText <- statement
            command.ExecuteNonQuery() |> ignore

    /// The text in the first column of all rows of a query.
    member server.Lines(sql: string) : string list =
        use connection = server.Connect()
        connection.Open()
        use command = connection.CreateCommand()
        command.CommandText <- sql
        use reader = command.ExecuteReader()

        [
            while reader.Read() do
                string (reader.GetValue 0)
        ]

    /// Waits until a query sleeps, for a minute at most.
    member server.WaitForSleep() =
        let started = Stopwatch.StartNew()

        // By what it waits for: the text of a query is cut off after a kilobyte.
        let sleeps () =
            server.Lines "select count(*) from pg_stat_activity where wait_event = 'PgSleep'"
            <> [ "0" ]

        while not (sleeps ()) do
            if started.Elapsed > TimeSpan.FromMinutes 1.0 then
                failwith "No query has slept within a minute."

            Threading.Thread.Sleep 20

    member private _.Log = File.ReadAllLines(Path.Combine(folder.FullName, "log"))

    /// Waits until the log has some words, for a minute at most.
    member server.WaitForLog(words: string) =
        let started = Stopwatch.StartNew()

        while not (server.Log |> Array.exists _.Contains(words))
              && started.Elapsed < TimeSpan.FromMinutes 1.0 do
            Threading.Thread.Sleep 20

    /// The first lines of the statements in the log.
    member server.Statements() : string list = [
        for line in server.Log do
            for mark in [ "statement: "; "execute <unnamed>: " ] do
                match line.IndexOf mark with
                | -1 -> ()
                | at -> line.Substring(at + mark.Length)
    ]

    /// Makes a table of a data set; the server keeps rows in an order of its own, so that they are numbered in a column
    /// 'row number'.
    member server.Write(name: string, columns: (string * Column) list) =
        use connection = server.Connect()
        connection.Open()

        let quote (name: string) =
            "\"" + name.Replace("\"", "\"\"") + "\""

        let typed =
            columns
            |> List.map (fun (name, column) ->
                match Writers.cells column with
                | Choice1Of2 _ -> $"{quote name} double precision"
                | Choice2Of2 _ -> $"{quote name} text")
            |> String.concat ", "

        using (connection.CreateCommand()) (fun command ->
            command.CommandText <- $"create table {quote name} ({typed}, \"row number\" int)"
            command.ExecuteNonQuery() |> ignore)

        let names = columns |> List.map (fst >> quote) |> String.concat ", "

        use writer =
            connection.BeginBinaryImport $"copy {quote name} ({names}, \"row number\") from stdin (format binary)"

        let cells = columns |> List.map (snd >> Writers.cells)

        for row in 0 .. (snd columns.Head).Length - 1 do
            writer.StartRow()

            for column in cells do
                match column with
                | Choice1Of2 numbers when numbers[row].HasValue -> writer.Write<float> numbers[row].Value
                | Choice1Of2 _ -> writer.WriteNull()
                | Choice2Of2 texts ->
                    match texts[row] with
                    | null -> writer.WriteNull()
                    | text -> writer.Write<string> text

            writer.Write<int> row

        writer.Complete() |> ignore

    /// Stops the server at once, as a crash would.
    member _.Stop() =
        run $"{Option.get programs}/pg_ctl" [
            "-D"
            Path.Combine(folder.FullName, "data")
            "-m"
            "immediate"
            "-w"
            "stop"
        ]
        |> ignore

    interface IDisposable with
        member server.Dispose() =
            server.Stop()
            folder.Delete true

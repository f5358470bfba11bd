/// <summary>Three servers: a table whose partitions lie on two others.</summary>
module LmmFunctional.Data.Tests.PostgresClusterTests

open System
open System.Data.Common
open Expecto
open LmmFunctional
open LmmFunctional.Data
open LmmFunctional.Tests

let private spec text = Formula.parse text |> DataSets.orRaise

let private quote (name: string) =
    "\"" + name.Replace("\"", "\"\"") + "\""

let private typed (name, column) =
    match Writers.cells column with
    | Choice1Of2 _ -> $"{quote name} double precision"
    | Choice2Of2 _ -> $"{quote name} text"

let private toServer index (worker: PostgresServer) =
    $"create server worker{index} foreign data wrapper postgres_fdw options
        (host '127.0.0.1', port '{worker.Port}', dbname 'postgres', use_remote_estimate 'true', async_capable 'true')"

let private wrapper = "create extension postgres_fdw"

let private users = [
    for index in [ 0; 1 ] -> $"create user mapping for postgres server worker{index} options (user 'postgres')"
]

/// A table on the first server whose rows lie on the others, by the shard.
let private distribute (head: PostgresServer) (workers: PostgresServer list) name (columns: (string * Column) list) =
    let rows = (snd columns.Head).Length

    for index, worker in List.indexed workers do
        let own = [| 0 .. rows - 1 |] |> Array.filter (fun row -> row % 2 = index)

        worker.Write(
            name,
            (columns |> List.map (fun (name, column) -> name, Column.select own column))
            @ [ "shard", Column.ofFloats (Array.create own.Length (float index)) ]
        )

        worker.Execute [ $"analyze {quote name}" ]

    let all = columns @ [ "shard", Column.ofFloats [ 0.0 ] ]
    let types = all |> List.map typed |> String.concat ", "

    head.Execute [
        $"create table {quote name} ({types}, \"row number\" int) partition by list (shard)"

        for index in [ 0; 1 ] do
            $"create foreign table {quote (name + string index)} partition of {quote name} for values in ({index})
                server worker{index} options (table_name '{name}')"

        $"analyze {quote name}"
    ]

/// The settings by which aggregates are left to the servers where the rows lie.
let private settings =
    ";Options=-c enable_partitionwise_aggregate=on -c enable_partitionwise_join=on"

let private withCluster run =
    use head = PostgresServer.Start()
    use first = PostgresServer.Start()
    use second = PostgresServer.Start()
    let workers = [ first; second ]
    head.Execute(wrapper :: List.mapi toServer workers @ users)

    let connect () =
        new Npgsql.NpgsqlConnection(head.TextWith settings) :> DbConnection

    run head workers connect

[<Tests>]
let tests =
    testSequenced (
        testList "PostgresClusterTests" [
            PostgresTests.testOnServer
                "sums of a table on three servers give the fit of every reference data set"
                (fun () ->
                    withCluster (fun head workers connect ->
                        for name, text in DataSets.models do
                            distribute head workers name (DataSets.withoutTexts (DataSets.csv name))

                            SqlSums.collectByShard
                                connect
                                SqlDialect.postgreSql
                                [ "shard" ]
                                (SqlSource.Table [ name ])
                                (spec text)
                            |> DataSets.orRaise
                            |> List.singleton
                            |> PostgresTests.isFitOfRows name text))

            PostgresTests.testOnServer "grouped by shard, the sums are made where the rows lie" (fun () ->
                withCluster (fun head workers connect ->
                    let name, text = "sleepstudy", "Reaction ~ Days + (Days | Subject)"
                    distribute head workers name (DataSets.withoutTexts (DataSets.csv name))

                    let queries =
                        SqlSums.planByShard
                            connect
                            SqlDialect.postgreSql
                            [ "shard" ]
                            (SqlSource.Table [ name ])
                            (spec text)
                        |> DataSets.orRaise

                    let centres = Collections.Immutable.ImmutableArray.Create(300.0, 4.5)

                    let explained (query: string) =
                        use connection = connect ()
                        connection.Open()
                        use command = connection.CreateCommand()
                        command.CommandText <- "explain (verbose, costs off) " + query
                        use reader = command.ExecuteReader()

                        [
                            while reader.Read() do
                                reader.GetString 0
                        ]

                    for query in [ queries.First; queries.Cells centres ] do
                        let lines = explained query

                        // One query for each server, and each has the aggregate in it.
                        let remote = lines |> List.filter _.Contains("Remote SQL:")
                        Check.equal 2 remote.Length

                        for line in remote do
                            Check.contains "GROUP BY" (line.ToUpperInvariant())
                            Check.contains "SUM(" (line.ToUpperInvariant())))

            PostgresTests.testOnServer "a server of the cluster that has stopped gives words" (fun () ->
                withCluster (fun head workers connect ->
                    let name = "sleepstudy"
                    distribute head workers name (DataSets.withoutTexts (DataSets.csv name))
                    workers[1].Stop()

                    let found =
                        SqlSums.collectByShard
                            connect
                            SqlDialect.postgreSql
                            [ "shard" ]
                            (SqlSource.Table [ name ])
                            (spec "Reaction ~ Days + (Days | Subject)")
                        |> DataSets.problems

                    Check.equal 1 found.Length

                    Check.startsWith
                        "PostgreSQL cannot answer the query: 08001: could not connect to server"
                        found.Head))
        ]
    )

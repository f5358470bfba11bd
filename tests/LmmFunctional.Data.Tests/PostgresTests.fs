/// <summary>Rows and sums from PostgreSQL.</summary>
module LmmFunctional.Data.Tests.PostgresTests

open System.Data.Common
open Expecto
open LmmFunctional
open LmmFunctional.Data
open LmmFunctional.Tests

let private spec text = Formula.parse text |> DataSets.orRaise

let private sums (server: PostgresServer) name text =
    SqlSums.collect
        (fun () -> server.Connect() :> DbConnection)
        SqlDialect.postgreSql
        (SqlSource.Table [ name ])
        (spec text)

let isFitOfRows name text partials =
    let frame =
        DataSets.csv name
        |> DataSets.withoutTexts
        |> Frame.ofColumns
        |> DataSets.orRaise

    let whole = Lmm.fitFormula FitOptions.defaults frame text |> DataSets.orRaise

    let summed =
        Partial.fitOf FitOptions.defaults (spec text) partials |> DataSets.orRaise

    PartialTests.differences whole summed |> Texts.equal []

// Machines without PostgreSQL leave these out, and the run says so.
let testOnServer name run =
    if PostgresServer.IsHere then
        testCase name run
    else
        ptestCase name run

[<Tests>]
let tests =
    testSequenced (
        testList "PostgresTests" [
            testOnServer "every reference data set gives the same rows and the same fit of sums" (fun () ->
                use server = PostgresServer.Start()

                for name, text in DataSets.models do
                    let columns = DataSets.withoutTexts (DataSets.csv name)
                    server.Write(name, columns)

                    let read =
                        Database.query
                            "PostgreSQL"
                            (fun () -> server.Connect())
                            $"select * from \"{name}\" order by \"row number\""
                        |> DataSets.orRaise

                    for (expected, column), (found, own) in
                        List.zip columns (DataSets.named read |> List.take columns.Length) do
                        if expected <> found || column <> own then
                            failtest $"{name}: {expected} %A{column} and {found} %A{own}"

                    isFitOfRows name text [ sums server name text |> DataSets.orRaise ])

            testOnServer "sums of several servers are added" (fun () ->
                use first = PostgresServer.Start()
                use second = PostgresServer.Start()
                let name, text = "sleepstudy", "Reaction ~ Days + (Days | Subject)"

                for server, part in List.zip [ first; second ] (PartialTests.dealt 2 (DataSets.csv name)) do
                    server.Write(name, DataSets.withoutTexts part)

                isFitOfRows name text [ for server in [ first; second ] -> sums server name text |> DataSets.orRaise ])

            testOnServer "a server that has stopped, and a table that is not there, give words" (fun () ->
                use server = PostgresServer.Start()
                let text = "Reaction ~ Days + (Days | Subject)"
                let missing = sums server "nothing" text |> DataSets.problems
                Check.equal 1 missing.Length

                Check.startsWith
                    "PostgreSQL cannot answer the query: 42P01: relation \"nothing\" does not exist"
                    missing.Head

                server.Write("sleepstudy", DataSets.withoutTexts (DataSets.csv "sleepstudy"))
                server.Stop()
                let stopped = sums server "sleepstudy" text |> DataSets.problems
                Check.equal 1 stopped.Length
                Check.startsWith "PostgreSQL cannot answer the query: Failed to connect" stopped.Head)
        ]
    )

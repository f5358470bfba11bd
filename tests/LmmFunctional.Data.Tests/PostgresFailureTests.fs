/// <summary>What goes wrong with a server: words, no hang, nothing half done.</summary>
module LmmFunctional.Data.Tests.PostgresFailureTests

open System
open System.Data.Common
open System.Threading.Tasks
open Expecto
open FsCheck
open FsCheck.FSharp
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Data
open LmmFunctional.Postgres
open LmmFunctional.Tests

let private formula = "Reaction ~ Days + (Days | Subject)"
let private spec = Formula.parse formula |> DataSets.orRaise

let private withServer run =
    use server = PostgresServer.Start()
    server.Write("sleepstudy", DataSets.withoutTexts (DataSets.csv "sleepstudy"))
    run server

/// Rows that come so slowly that a query of them is at work for minutes.
let private slow =
    "select * from sleepstudy cross join lateral (select pg_sleep(1 + 0 * \"Days\")::text as slept) as s"

/// The problems of some work that the server does not survive.
let private problemsWhenStopped (server: PostgresServer) (work: unit -> Result<'ok, LmmError list>) =
    let task = Task.Run(fun () -> work () |> DataSets.problems)
    server.WaitForSleep()
    server.Stop()
    Check.isTrue (task.Wait(TimeSpan.FromMinutes 1.0))
    task.Result

let private isOne (start: string) (found: string list) =
    Check.equal 1 found.Length
    Check.startsWith $"PostgreSQL cannot answer the query: {start}" found.Head

let private changed =
    "PostgreSQL cannot answer the query: the table changed between two queries; fit it again."

/// Sums with some statements run between the two passes.
let private sumsWhile (server: PostgresServer) statements =
    SqlSums.collectWith
        (fun () -> server.Execute statements)
        (fun () -> server.Connect() :> DbConnection)
        SqlDialect.postgreSql
        []
        (SqlSource.Table [ "sleepstudy" ])
        spec
    |> DataSets.problems

[<Tests>]
let tests =
    testSequenced (
        testList "PostgresFailureTests" [
            PostgresTests.testOnServer "a server that stops while it sums, and while rows are read" (fun () ->
                withServer (fun server ->
                    problemsWhenStopped server (fun () ->
                        Postgres.sums (server.TextWith "") (SqlSource.Query slow) spec)
                    |> isOne "")

                withServer (fun server ->
                    problemsWhenStopped server (fun () -> Postgres.query (server.TextWith "") slow)
                    |> isOne ""))

            PostgresTests.testOnServer "a time-out of the server, and of the connection" (fun () ->
                withServer (fun server ->
                    Postgres.sums (server.TextWith ";Options=-c statement_timeout=200") (SqlSource.Query slow) spec
                    |> DataSets.problems
                    |> isOne "57014: canceling statement due to statement timeout"

                    Postgres.sums (server.TextWith ";Command Timeout=1") (SqlSource.Query slow) spec
                    |> DataSets.problems
                    |> isOne "it took longer than the time-out of the connection"

                    Postgres.query (server.TextWith ";Command Timeout=1") slow
                    |> DataSets.problems
                    |> isOne "it took longer than the time-out of the connection"))

            PostgresTests.testOnServer "a permission that is refused, for rows and for sums" (fun () ->
                withServer (fun server ->
                    server.Execute [ "create role visitor login" ]

                    let text = (server.TextWith "").Replace("Username=postgres", "Username=visitor")

                    Postgres.table text "sleepstudy"
                    |> DataSets.problems
                    |> isOne "42501: permission denied for table sleepstudy"

                    Postgres.sums text (Postgres.tableOf "sleepstudy") spec
                    |> DataSets.problems
                    |> isOne "42501: permission denied for table sleepstudy"

                    // A role that may only read is enough.
                    server.Execute [ "grant select on sleepstudy to visitor" ]
                    let read = text + ";Options=-c default_transaction_read_only=on"

                    let partial =
                        Postgres.sums read (Postgres.tableOf "sleepstudy") spec |> DataSets.orRaise

                    Check.equal "180 rows in 18 cells" $"{partial}"))

            PostgresTests.testOnServer "a table that changes between the passes" (fun () ->
                withServer (fun server ->
                    // As many rows, with the same means.
                    sumsWhile server [
                        "update sleepstudy set \"Reaction\" = \"Reaction\" + 1 where \"row number\" = 3"
                        "update sleepstudy set \"Reaction\" = \"Reaction\" - 1 where \"row number\" = 4"
                    ]
                    |> Texts.equal [ changed ]

                    sumsWhile server [ "update sleepstudy set \"Subject\" = 999 where \"row number\" = 3" ]
                    |> Texts.equal [ changed ]

                    sumsWhile server [ "delete from sleepstudy where \"row number\" = 3" ]
                    |> Texts.equal [ changed ]

                    Check.equal
                        []
                        (sumsWhile server [ "update sleepstudy set \"row number\" = 500 + \"row number\"" ])

                    sumsWhile server [ "alter table sleepstudy rename column \"Days\" to days" ]
                    |> isOne "42703: column \"Days\" does not exist"

                    server.Execute [ "alter table sleepstudy rename column days to \"Days\"" ]

                    sumsWhile server [ "drop table sleepstudy" ]
                    |> isOne "42P01: relation \"sleepstudy\" does not exist"))

            PostgresTests.testOnServer "only SELECT reaches the server" (fun () ->
                withServer (fun server ->
                    server.Execute [ "alter system set log_statement = 'all'"; "select pg_reload_conf()" ]

                    server.WaitForLog "parameter \"log_statement\" changed"
                    let before = server.Statements().Length
                    let text = server.TextWith ";Server Compatibility Mode=NoTypeLoading"

                    Postgres.sums text (Postgres.tableOf "sleepstudy") spec
                    |> DataSets.orRaise
                    |> ignore

                    Postgres.table text "sleepstudy" |> DataSets.orRaise |> ignore
                    let sent = server.Statements() |> List.skip before
                    Check.isNotEmpty sent

                    for statement in sent do
                        Check.startsWith "SELECT " (statement.ToUpperInvariant())))

            PostgresTests.testOnServer "no name of a table or column ends its quotes" (fun () ->
                withServer (fun server ->
                    let quote (name: string) =
                        "\"" + name.Replace("\"", "\"\"") + "\""

                    let columns = DataSets.withoutTexts (DataSets.csv "sleepstudy") |> List.map snd

                    let names =
                        Gen.sampleWithSeed (Rnd 15UL) 10 12 (Gen.zip SqlSumsTests.name SqlSumsTests.name)

                    for index, (a, b) in Seq.indexed names do
                        let cut (text: string) = text.Substring(0, min 40 text.Length)

                        let table, y, g = $"t{index}" + cut a, "y" + cut b, "g" + cut a
                        server.Write(table, List.zip [ y; "x"; g ] columns)
                        let own = Formula.parse "y ~ x + (1 | g)" |> DataSets.orRaise

                        let spec = {
                            own with
                                Response = Expr.Column y
                                Random = [
                                    {
                                        own.Random.Head with
                                            Group = Term.ofExpr (Expr.Column g)
                                    }
                                ]
                        }

                        let partial =
                            Postgres.sums (server.TextWith "") (Postgres.tableOf (quote table)) spec
                            |> DataSets.orRaise

                        Check.equal "180 rows in 18 cells" $"{partial}"
                        let rows = Postgres.table (server.TextWith "") (quote table) |> DataSets.orRaise
                        Check.equal 180 rows.Rows

                    // All tables are still there.
                    Check.equal [ "13" ] (server.Lines "select count(*) from pg_tables where schemaname = 'public'")))
        ]
    )

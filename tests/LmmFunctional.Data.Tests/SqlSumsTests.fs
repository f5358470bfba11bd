/// <summary>Sums made by a database against the rows.</summary>
module LmmFunctional.Data.Tests.SqlSumsTests

open System
open System.Data.Common
open Expecto
open FsCheck
open FsCheck.FSharp
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation
open LmmFunctional.Data
open LmmFunctional.DuckDb
open LmmFunctional.Tests

let private spec text = Formula.parse text |> DataSets.orRaise

let private throughDuck columns run =
    DataSets.withFile ".parquet" (fun path ->
        Writers.parquet 3 path columns
        run path)

let private isSame options spec (frame: Frame) =
    let columns = DataSets.withoutTexts frame
    let frame = Frame.ofColumns columns |> DataSets.orRaise

    let summed =
        throughDuck columns (fun path ->
            Duck.sums path spec
            |> Result.bind (fun partial -> Partial.fitOf options spec [ partial ]))

    match Lmm.fit options frame spec, summed with
    | Ok whole, Ok summed -> [
        yield! PartialTests.differences whole summed

        let left = whole.Design.MissingRows, whole.Design.ZeroWeightRows
        let own = summed.Fit.Design.MissingRows, summed.Fit.Design.ZeroWeightRows

        if left <> own then
            $"left out %A{left} and %A{own}"
      ]
    | Error a, Error b when a = b -> []
    | Ok _, Error problems -> problems |> List.map LmmError.describe
    | Error problems, _ -> [ $"the rows have problems %A{problems}" ]

let private problemsOf text columns =
    throughDuck columns (fun path -> Duck.sums path (spec text) |> DataSets.problems)

/// A connection to a new database, in which some statements have been run.
let private connectionWith (statements: string list) () : DbConnection =
    let connection = Duck.connect ()
    connection.Open()
    use command = connection.CreateCommand()

    for statement in statements do
        command.CommandText <- statement
        command.ExecuteNonQuery() |> ignore

    connection

// Letters that end strings, identifiers and statements where they are not quoted.
let name =
    Gen.elements [
        'a'
        '"'
        '\''
        ';'
        '-'
        ' '
        ')'
        '('
        '%'
        '\\'
        '/'
        '*'
        '\n'
        '?'
        '$'
        '@'
        'é'
    ]
    |> Gen.listOf
    |> Gen.map (List.map string >> String.Concat)

[<Tests>]
let tests =
    testList "SqlSumsTests" [
        testCases "DuckDB's sums give the fit of every reference data set" DataSets.models (fun (name: string, text) ->
            isSame FitOptions.defaults (spec text) (DataSets.csv name) |> Texts.equal [])

        testCases
            "DuckDB's sums of a CSV file give the fit of every reference data set"
            DataSets.models
            (fun (name: string, text) ->
                let whole =
                    Lmm.fitFormula FitOptions.defaults (DataSets.csv name) text |> DataSets.orRaise

                Duck.sums (TestData.csv name) (spec text)
                |> Result.bind (fun partial -> Partial.fitOf FitOptions.defaults (spec text) [ partial ])
                |> DataSets.orRaise
                |> PartialTests.differences whole
                |> Texts.equal [])

        testPropertyWithConfig (Law.tries 10) "a dialect without fingerprints sums too, with weights or not" (fun () ->
            let weighted = Gen.elements [ id; LmmSpec.withWeights "w" ]

            Prop.forAll (Arb.fromGen (Gen.zip PartialTests.randomFrame weighted)) (fun (frame, weighted) ->
                let spec = weighted (spec "y ~ x + (1 | g)")

                let dialect = {
                    SqlDialect.duckDb with
                        Fingerprint = None
                }

                let summed =
                    throughDuck (DataSets.withoutTexts frame) (fun path ->
                        SqlSums.collect Duck.connect dialect (SqlSource.Query $"select * from '{path}'") spec
                        |> Result.bind (fun partial -> Partial.fitOf FitOptions.defaults spec [ partial ]))
                    |> DataSets.orRaise

                let whole = Lmm.fit FitOptions.defaults frame spec |> DataSets.orRaise
                let found = PartialTests.differences whole summed
                found.IsEmpty |> Prop.label (String.concat "; " found)))

        testPropertyWithConfig (Law.tries 25) "DuckDB's sums give the fit of the rows" (fun () ->
            let weighted = Gen.elements [ id; LmmSpec.withWeights "w" ]

            Prop.forAll
                (Arb.fromGen (Gen.zip3 PartialTests.randomFrame PartialTests.randomModel weighted))
                (fun (frame, text, weighted) ->
                    let found = isSame FitOptions.defaults (weighted (spec text)) frame
                    found.IsEmpty |> Prop.label (text + ": " + String.concat "; " found)))

        testPropertyWithConfig (Law.tries 25) "no name of a column ends its quotes" (fun () ->
            Prop.forAll (Arb.fromGen (Gen.zip3 name name name)) (fun (a, b, c) ->
                let y, x, g = "y" + a, "x" + b, "g" + c
                let frame = DataSets.csv "sleepstudy"

                let columns = List.zip [ y; x; g ] (frame.Columns |> List.ofSeq)

                let column name = Term.ofExpr (Expr.Column name)
                let own = spec "Reaction ~ Days + (1 | Subject)"

                let spec = {
                    own with
                        Response = Expr.Column y
                        Fixed = Terms.ofList [ Term.intercept; column x ]
                        Random = [
                            {
                                own.Random.Head with
                                    Group = column g
                            }
                        ]
                }

                throughDuck columns (fun path ->
                    match Duck.sums path spec with
                    | Ok partial -> (partial.Rows = 180L && partial.Cells = 18) |> Prop.label $"{partial}"
                    | Error problems -> false |> Prop.label $"%A{problems}")))

        testCase "only SELECT is sent, one statement at a time" (fun () ->
            let queries =
                Duck.planSums (TestData.csv "sleepstudy") (spec "Reaction ~ Days + (Days | Subject)")
                |> DataSets.orRaise

            let centres = Collections.Immutable.ImmutableArray.Create(1.0, 2.0)
            Check.equal [ "Subject" ] queries.Keys
            Check.equal [ "Days"; "Reaction" ] (List.sort queries.Summed)

            for query in [ queries.First; queries.Cells centres ] do
                Check.startsWith "SELECT " query
                Check.lacks ";" query

            Check.contains "GROUP BY \"Subject\"" (queries.Cells centres))

        testCase "a plan says what needs the rows" (fun () ->
            Duck.planSums
                (TestData.csv "sleepstudy")
                (spec "Reaction ~ Dayz + (Days | Subject); residual = ar1(Days | Subject)")
            |> DataSets.problems
            |> Texts.equal [
                "Column 'Dayz' is not in the data; did you mean 'Days'?"
                "Sums of rows cannot fit a residual structure, which needs the rows themselves; fit the data instead."
            ])

        testPropertyWithConfig
            (Law.tries 20)
            "functions of a whole column: DuckDB's sums give the fit of the rows"
            (fun () ->
                Prop.forAll
                    (Arb.fromGen (Gen.zip PartialTests.completeFrame PartialTests.modelOfColumns))
                    (fun (frame, text) ->
                        let found = isSame FitOptions.defaults (spec text) frame
                        found.IsEmpty |> Prop.label (text + ": " + String.concat "; " found)))

        testCase "what a model would cost is counted by one query" (fun () ->
            let file = TestData.csv "sleepstudy"

            let cost =
                Duck.costOfSums $"select * from '{file}'" (spec "Reaction ~ Days + (Days | Subject)")
                |> DataSets.orRaise

            Check.equal (180L, 18L) (cost.Rows, cost.Cells)

            SumCost.describe cost
            |> Texts.equal [
                "Sums: DuckDB makes 18 cells of 180 rows, 1.2 kB instead of 4.3 kB."
                "Grouped by: Subject. Summed: Reaction, Days."
            ])

        testCase "rows that change between the queries are told, with the same number and means" (fun () ->
            let connection =
                connectionWith [ "create table t as select i, i % 3 as g, i * 1.5 as y from range(12) r(i)" ] ()

            let between () =
                use command = connection.CreateCommand()
                command.CommandText <- "update t set y = y + case i when 3 then 1 when 6 then -1 else 0 end"
                command.ExecuteNonQuery() |> ignore

            SqlSums.collectWith
                between
                (fun () -> connection)
                SqlDialect.duckDb
                []
                (SqlSource.Table [ "t" ])
                (spec "y ~ 1 + (1 | g)")
            |> DataSets.problems
            |> Texts.equal [
                "DuckDB cannot answer the query: the table changed between two queries; fit it again."
            ])

        testCase "a spill that has no room gives words" (fun () ->
            let folder = IO.Directory.CreateTempSubdirectory "lmm-spill-"

            let connect =
                Duck.connectWith [
                    "memory_limit", "30MB"
                    "temp_directory", folder.FullName
                    "max_temp_directory_size", "1MB"
                    "threads", "1"
                ]

            let source =
                SqlSource.Query
                    "select (i % 200003)::varchar || repeat('x', 300) as g, i * 0.5 as y from range(300000) r(i)"

            let found =
                SqlSums.collect connect SqlDialect.duckDb source (spec "y ~ 1 + (1 | g)")
                |> DataSets.problems

            folder.Delete true
            Check.equal 1 found.Length
            Check.startsWith "DuckDB cannot answer the query: Out of Memory Error" found.Head)

        testCase "a query may end with a semicolon or a comment" (fun () ->
            let file = TestData.csv "sleepstudy"
            let spec = spec "Reaction ~ Days + (1 | Subject)"

            for ending in [ ";"; " -- all rows"; " ; \n" ] do
                let partial = Duck.sumsOf $"select * from '{file}'{ending}" spec |> DataSets.orRaise
                Check.equal 180L partial.Rows)

        testCase "a query that is no SELECT is refused by the database" (fun () ->
            let found =
                Duck.sumsOf "create table t (x int)" (spec "y ~ x + (1 | g)")
                |> DataSets.problems

            Check.equal 1 found.Length
            Check.startsWith "DuckDB cannot answer the query: Parser Error" found.Head)

        testCase "weights below zero, missing weights, infinite values and no rows" (fun () ->
            let columns y w = [
                "y", Column.ofFloats y
                "g", Column.ofStrings [ "a"; "a"; "b"; "b" ]
                "w", Column.ofFloats w
            ]

            let weighted columns =
                throughDuck columns (fun path ->
                    Duck.sums path (spec "y ~ 1 + (1 | g)" |> LmmSpec.withWeights "w")
                    |> DataSets.problems)

            let wrong = [
                "DuckDB cannot answer the query: column 'w' of the weights has negative or missing values."
            ]

            weighted (columns [ 1.0; 2.0; 3.0; 5.0 ] [ 1.0; -1.0; 1.0; 1.0 ])
            |> Texts.equal wrong

            weighted (columns [ 1.0; 2.0; 3.0; 5.0 ] [ 1.0; nan; 1.0; 1.0 ])
            |> Texts.equal wrong

            problemsOf "y ~ 1 + (1 | g)" (columns [ 1.0; infinity; 3.0; 5.0 ] [ 1.0; 1.0; 1.0; 1.0 ])
            |> Texts.equal [ "DuckDB cannot answer the query: column 'y' has infinite values." ]

            problemsOf "y ~ 1 + (1 | g)" (columns [ nan; nan; nan; nan ] [ 1.0; 1.0; 1.0; 1.0 ])
            |> Texts.equal [ LmmError.describe (LmmError.NoCompleteRows 4) ])

        testCase "a table that changes between the queries is told" (fun () ->
            let connect =
                connectionWith [
                    "create table t as select i, i % 3 as g, i * 1.5 as y from range(12) r(i)"
                    "create sequence s"
                ]

            let source = SqlSource.Query "select y, g from t where nextval('s') <= 18"

            SqlSums.collect connect SqlDialect.duckDb source (spec "y ~ 1 + (1 | g)")
            |> DataSets.problems
            |> Texts.equal [
                "DuckDB cannot answer the query: the table changed between two queries; fit it again."
            ])

        testCase "tables by name, dates and booleans as keys" (fun () ->
            let connect =
                connectionWith [
                    "create schema \"my schema\""
                    "create table \"my schema\".\"my \"\"table\"\"\" as
                        select i * 1.5 + i % 5 as y, i % 2 = 0 as even, date '2024-01-01' + (i % 3)::int as day
                        from range(30) r(i)"
                ]

            let partial =
                SqlSums.collect
                    connect
                    SqlDialect.duckDb
                    (SqlSource.Table [ "my schema"; "my \"table\"" ])
                    (spec "y ~ even + (1 | day)")
                |> DataSets.orRaise

            Check.equal "30 rows in 6 cells" $"{partial}"
            let keys = Map.ofList partial.Sums.Keys
            Check.equal (Some true) (keys |> Map.tryFind "even" |> Option.map _.IsCategorical)
            Check.equal (Some true) (keys |> Map.tryFind "day" |> Option.map _.IsLabelled))
    ]

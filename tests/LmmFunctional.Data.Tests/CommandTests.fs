/// <summary>The command line on files of every kind.</summary>
module LmmFunctional.Data.Tests.CommandTests

open System.IO
open System.Text.RegularExpressions
open Expecto
open LmmFunctional.Cli
open LmmFunctional.Tests

let private run arguments =
    use output = new StringWriter()
    use error = new StringWriter()
    let code = Cli.run (Array.ofList arguments) output error
    // The time that a fit took is the last thing that the summary says.
    code, Regex.Replace(output.ToString(), @"in \d+\.\d\d s", "in no time"), error.ToString()

let private formula = "Reaction ~ Days + (Days | Subject)"
let private csv = TestData.csv "sleepstudy"

/// Endings of files, with what writes them.
let kinds = [
    ".parquet", Writers.parquet 1
    ".arrow", Writers.arrow true
    ".feather", Writers.arrow true
    ".xlsx", Writers.excel
]

[<Tests>]
let tests =
    testList "CommandTests" [
        testCase "a file of any kind gives the summary of the CSV file" (fun () ->
            let expected = run [ "fit"; csv; formula ]
            Check.equal (0, "") (let code, _, error = expected in code, error)

            for extension, write in kinds do
                DataSets.withFile extension (fun path ->
                    write path (DataSets.named (DataSets.csv "sleepstudy"))
                    Check.equal expected (run [ "fit"; path; formula ])))

        testCase "a query of DuckDB is data for every command" (fun () ->
            let query = $"duckdb:select * from '{csv}'"

            for command in [ "fit"; "anova"; "plan"; "verify"; "r2" ] do
                let code, output, _ = run [ command; csv; formula ]
                let queried, found, _ = run [ command; query; formula ]
                Check.equal (code, output) (queried, found))

        testCase "options of CSV files are refused for others" (fun () ->
            Check.equal
                (2, "", "lmm: --separator and --na can only be given for a CSV file.\n")
                (run [ "fit"; "x.parquet"; formula; "--separator"; ";"; "--na"; "." ]))
    ]

/// <summary>The command line on files of every kind.</summary>
module LmmFunctional.Data.Tests.CommandTests

open System
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

module private Numbers =

    /// A text with its numbers rounded: the last digits of an optimum are not those of another engine.
    let rounded (text: string) =
        Regex.Replace(
            text,
            @"-?\d+\.\d+(e[-+]\d+)?",
            fun found ->
                let value = Double.Parse(found.Value, Globalization.CultureInfo.InvariantCulture)
                (if abs value < 1e-6 then 0.0 else value).ToString("G3", Globalization.CultureInfo.InvariantCulture)
        )

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

        testCase "sums of any source give the summary of the rows, but for residuals" (fun () ->
            let withoutResiduals (text: string) =
                let lines = text.Split '\n' |> List.ofArray
                let at = lines |> List.findIndex (fun line -> line = "Scaled residuals:")
                let kept = List.take at lines @ List.skip (at + 4) lines
                kept |> List.filter (fun line -> not (line.StartsWith "gradient"))

            let sums source =
                let code, output, error = run [ "fit"; source; formula; "--sums" ]
                Check.equal (0, "") (code, error)

                output.Split '\n'
                |> List.ofArray
                |> List.filter (fun line -> not (line.StartsWith "gradient"))

            let _, rows, _ = run [ "fit"; csv; formula ]
            let expected = withoutResiduals rows
            Texts.equal expected (sums csv)
            Texts.equal expected (sums $"duckdb:select * from '{csv}'")

            for extension, write in kinds do
                DataSets.withFile extension (fun path ->
                    write path (DataSets.named (DataSets.csv "sleepstudy"))
                    Texts.equal expected (sums path)))

        testCase "a CSV file with other marks is summed as it is written" (fun () ->
            DataSets.withFile ".csv" (fun path ->
                File.WriteAllText(path, "y;g;x\n1,5;a;TRUE\n2;a;FALSE\n.;b;TRUE\n3,25;b;FALSE\n4;c;TRUE\n7;c;FALSE\n")
                let marks = [ "--decimal"; ","; "--na"; "." ]

                let estimates more =
                    let code, output, error =
                        run ([ "fit"; path; "y ~ x + (1 | g)"; "--csv" ] @ marks @ more)

                    Check.equal (0, "") (code, error)
                    output

                Texts.equal [ estimates [] ] [ estimates [ "--sums" ] ]
                Texts.equal [ estimates [ "--relevel"; "x=TRUE" ] ] [ estimates [ "--sums"; "--relevel"; "x=TRUE" ] ]))

        testCase "tests, means, intervals, effects and predictions come from sums" (fun () ->
            for command in
                [
                    [ "anova" ]
                    [ "emmeans"; "--over"; "Days" ]
                    [ "ci"; "--wald" ]
                    [ "ranef" ]
                    [ "predict"; "--new"; csv ]
                ] do
                let all source =
                    [ command.Head; source; formula ] @ command.Tail

                let code, output, error = run (all csv @ [ "--sums" ])
                let expected, rows, _ = run (all csv)
                Check.equal (expected, "") (code, error)
                Texts.equal [ Numbers.rounded rows ] [ Numbers.rounded output ])

        testCase "what needs rows says so" (fun () ->
            let says (expected: string) arguments =
                let code, output, error = run arguments
                Check.equal (2, "") (code, output)
                Texts.equal [ expected ] [ error ]

            says "lmm: '--sums' means nothing to 'lmm residuals'; 'lmm fit' takes it.\n" [
                "residuals"
                csv
                formula
                "--sums"
            ]

            says
                "Predictions of the rows cannot be made from a fit of sums, which has no rows; fit the data instead.\n"
                [ "predict"; csv; formula; "--sums" ]

            says "A bootstrap cannot be made from a fit of sums, which has no rows; fit the data instead.\n" [
                "ci"
                csv
                formula
                "--sums"
                "--boot"
                "20"
            ]

            says "A robust covariance cannot be made from a fit of sums, which has no rows; fit the data instead.\n" [
                "fit"
                csv
                formula
                "--sums"
                "--robust"
                "cr0"
            ]

            says
                "Sums of rows cannot fit a residual structure, which needs the rows themselves; fit the data instead.\n"
                [ "fit"; csv; formula; "--sums"; "--residual"; "ar1(Days | Subject)" ]

            says "File 'no.parquet' does not exist; check the path.\n" [ "fit"; "no.parquet"; formula; "--sums" ])

        testCase "a plan says what is pushed down and what it costs" (fun () ->
            let code, output, _ = run [ "plan"; csv; formula; "--sums" ]
            Check.equal 0 code

            Texts.equal
                [
                    "Plan of a fit from sums"
                    "Formula: Reaction ~ 1 + Days + (1 + Days | Subject)"
                    "Sums: DuckDB makes 18 cells of 180 rows, 1.2 kB instead of 4.3 kB."
                    "Grouped by: Subject. Summed: Reaction, Days."
                ]
                (output.Split '\n' |> List.ofArray |> List.take 4)

            let _, output, _ = run [ "plan"; csv; formula + "; residual = ar1(Days | Subject)" ]
            Check.contains "180 rows of 3 columns are read into memory, 4.3 kB." output
            Check.contains "Sums of rows cannot fit a residual structure, which needs the rows themselves" output)

        testCase "a file that is cut off gives words, an exit code and no half result" (fun () ->
            for extension, write in kinds |> List.filter (fun (extension, _) -> extension <> ".xlsx") do
                DataSets.withFile extension (fun path ->
                    write path (DataSets.named (DataSets.csv "sleepstudy"))
                    let whole = File.ReadAllBytes path

                    for share in [ 1; 5; 9 ] do
                        File.WriteAllBytes(path, Array.truncate (whole.Length * share / 10) whole)

                        for more in [ []; [ "--sums" ] ] do
                            let code, output, error = run ([ "fit"; path; formula ] @ more)
                            Check.equal (2, "") (code, output)
                            Check.isTrue (error.Length > 20))

            DataSets.withFile ".csv.gz" (fun path ->
                using (File.Create path) (fun file ->
                    use zip = new Compression.GZipStream(file, Compression.CompressionLevel.Fastest)
                    zip.Write(File.ReadAllBytes csv))

                let whole = File.ReadAllBytes path
                File.WriteAllBytes(path, Array.truncate (whole.Length / 2) whole)

                for more in [ []; [ "--sums" ] ] do
                    let code, output, error = run ([ "fit"; path; formula ] @ more)
                    Check.equal (2, "") (code, output)
                    Check.isTrue (error.Length > 20)))

        PostgresTests.testOnServer "a table of a server is data for every command, by rows and by sums" (fun () ->
            use server = PostgresServer.Start()
            server.Write("sleepstudy", DataSets.withoutTexts (DataSets.csv "sleepstudy"))
            let source = "postgres:" + server.TextWith ""
            let table = [ "--table"; "public.sleepstudy" ]
            let query = [ "--query"; "select * from sleepstudy order by \"row number\"" ]

            for command in [ "fit"; "anova"; "ranef"; "r2" ] do
                let expected = run [ command; csv; formula ]
                Check.equal expected (run ([ command; source; formula ] @ query))

            let code, output, error = run ([ "fit"; source; formula; "--sums" ] @ table)
            Check.equal (0, "") (code, error)
            let _, expected, _ = run [ "fit"; csv; formula; "--sums" ]
            Texts.equal [ Numbers.rounded expected ] [ Numbers.rounded output ]

            let code, output, _ = run ([ "plan"; source; formula; "--sums" ] @ table)
            Check.equal 0 code
            Check.contains "PostgreSQL makes 18 cells of 180 rows" output
            let code, output, error = run ([ "fit"; source; formula; "--table"; "nothing" ])
            Check.equal (2, "") (code, output)

            Texts.equal [
                "PostgreSQL cannot answer the query: 42P01: relation \"nothing\" does not exist\n"
            ] [ error ]

            DataSets.withFile ".html" (fun path ->
                let code, _, _ =
                    run ([ "report"; source + ";Password=secret123"; formula; "-o"; path ] @ table)

                Check.equal 0 code
                Check.lacks "secret123" (File.ReadAllText path)))

        testCase "what is said of a server goes with a server" (fun () ->
            let says (expected: string) arguments =
                Check.equal (2, "", $"lmm: {expected}\n") (run arguments)

            says "a PostgreSQL server needs --table or --query; write --table trial.visits, or --query \"select ...\"." [
                "fit"
                "postgres:Host=h"
                formula
            ]

            says "give one of --table and --query." [
                "fit"
                "postgres:Host=h"
                formula
                "--table"
                "t"
                "--query"
                "q"
            ]

            says "--table and --query go with data on a server: \"postgres:Host=...;Database=...\"." [
                "fit"
                csv
                formula
                "--table"
                "t"
            ]

            let code, output, error = run [ "fit"; "postgres:Hostt=h"; formula; "--table"; "t" ]
            Check.equal (2, "") (code, output)
            Check.startsWith "PostgreSQL cannot answer the query: the connection: " error)

        testCase "options of CSV files are refused for others" (fun () ->
            Check.equal
                (2, "", "lmm: --separator and --na can only be given for a CSV file.\n")
                (run [ "fit"; "x.parquet"; formula; "--separator"; ";"; "--na"; "." ]))
    ]

/// <summary>The words of each problem of a CSV file, with line and column.</summary>
module LmmFunctional.Tests.CsvProblemTests

open System.IO
open Expecto
open LmmFunctional

let private says (expected: string list) (text: string) =
    let found = Csv.parse "data.csv" (new StringReader(text)) |> Frames.problems
    found |> Texts.equal expected

let private unquoted =
    "a quote inside unquoted text; put the whole text in quotes and double the quote inside."

let private unclosed =
    "the text quoted from here does not end at a comma or line end; close it, or double a quote inside it."

[<Tests>]
let tests =
    testList "CsvProblemTests" [
        testCases "an empty file has no header" [ ""; "\n\r\n"; "  \n\t\n"; "\uFEFF" ] (fun (text: string) ->
            text
            |> says [ "data.csv is empty; a header line with the column names is needed." ])

        testCases "a header alone has no rows" [ "x,y"; "x,y\n"; "x,y\n\n  \n" ] (fun (text: string) ->
            text |> says [ "data.csv has no rows." ])

        testCase "a row with too few fields is short where it ends" (fun () ->
            "x,y,z\n1,2,3\n4,5\n6"
            |> says [
                "data.csv, line 3, column 4: 2 fields where the header has 3; check for missing or unquoted commas."
                "data.csv, line 4, column 2: 1 field where the header has 3; check for missing or unquoted commas."
            ])

        testCase "a row with too many fields is long where the first one too many starts" (fun () ->
            "x,y\n1,2\n\n3,  4, 5,6\n"
            |> says [
                "data.csv, line 4, column 8: 4 fields where the header has 2; check for missing or unquoted commas."
            ])

        testCase "lines are counted inside quotes too" (fun () ->
            "\"x\ny\",z\r\n\"a\r\n\r\nb, \"\"c\",2,3\r\n1\r\n"
            |> says [
                "data.csv, line 5, column 11: 3 fields where the header has 2; check for missing or unquoted commas."
                "data.csv, line 6, column 2: 1 field where the header has 2; check for missing or unquoted commas."
            ])

        testCase "a quote inside unquoted text is shown" (fun () ->
            "x,y\n1,5\"\n2,6\n" |> says [ $"data.csv, line 2, column 4: {unquoted}" ])

        testCase "text after a closing quote is shown" (fun () ->
            "x,y\n1,2\n \"a\"b,2\n" |> says [ $"data.csv, line 3, column 2: {unclosed}" ])

        testCases
            "a quote that is never closed is shown where it opens"
            [ "x,y\n1,\"2\n3,4\n"; "x,y\n1,\"2\n3,4"; "x,y\r\n1,\"2\r\n\r\n"; "x,y\n1,\"" ]
            (fun (text: string) -> text |> says [ $"data.csv, line 2, column 3: {unclosed}" ])

        testCase "bad quotes, ragged rows and bad names are told at once" (fun () ->
            "x,,x\n1,2,3\"\n1,2\n"
            |> says [
                "data.csv: column 2 has no name; add one to the header."
                "Column 'x' appears twice; give each column its own name."
                $"data.csv, line 2, column 6: {unquoted}"
                "data.csv, line 3, column 4: 2 fields where the header has 3; check for missing or unquoted commas."
            ])

        testCase "bad quotes in the header are shown" (fun () ->
            "x\",y\n1,2\n" |> says [ $"data.csv, line 1, column 2: {unquoted}" ])

        testCases
            "another separator makes one column of all"
            [
                "y;x\n1,5;2\n2,5;3,5\n", "y;x", "';'", "\";\""
                "\"y\";\"x\"\n1;2\n", "y;x", "';'", "\";\""
                "y\tx\n1\t2\n", "y\tx", "tabs", "tab"
                "y;x", "y;x", "';'", "\";\""
            ]
            (fun (text: string, header: string, separator: string, option: string) ->
                text
                |> says [
                    $"data.csv has one column named '{header}'; is it separated by {separator}? "
                    + $"Name the separator (--separator {option}), or separate the columns by commas."
                ])

        testCase "a name in quotes may hold other separators" (fun () -> "\"y;x\"\n1\n" |> says [])

        testCase "the only column needs a name" (fun () ->
            "\"\"\n1\n" |> says [ "data.csv: column 1 has no name; add one to the header." ])

        testCase "the first twenty bad rows are told, the others counted" (fun () ->
            let text = "x,y\n" + String.replicate 25 "1\n"
            let found = Csv.parse "data.csv" (new StringReader(text)) |> Frames.problems
            Check.equal 21 found.Length

            Check.equal "data.csv: 5 more problems are not shown; correct those above first." (List.last found))

        testCase "lines are counted right far into a file" (fun () ->
            let text = "x,y\r\n" + String.replicate 30_000 "\"1\r\n2\",3\r\n" + "4,5,6\r\n"

            text
            |> says [
                "data.csv, line 60002, column 5: 3 fields where the header has 2; check for missing or unquoted commas."
            ])

        testCase "a missing file" (fun () ->
            let found = Csv.read "no/such/file.csv" |> Frames.problems

            found
            |> Texts.equal [ "File 'no/such/file.csv' does not exist; check the path." ])

        testCase "a directory" (fun () ->
            let folder = Path.GetTempPath()
            let found = Csv.read folder |> Frames.problems

            found
            |> Texts.equal [ $"File '{folder}' cannot be read: it is a directory; name a file in it." ])

        testCase "a file in another encoding" (fun () ->
            let path = Path.GetTempFileName()
            File.WriteAllBytes(path, [| byte 'x'; 10uy; 0xE9uy; 10uy |])
            let found = Csv.read path |> Frames.problems
            File.Delete path

            found
            |> Texts.equal [ $"File '{path}' cannot be read: it is not UTF-8 text; save it as UTF-8." ])

        testCase "a file that another program keeps for itself" (fun () ->
            let path = Path.GetTempFileName()

            let found =
                use _ = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None)
                Csv.read path |> Frames.problems

            File.Delete path

            match found with
            | [ problem ] -> Check.startsWith ($"File '{path}' cannot be read: ") problem
            | _ -> failtest $"%A{found}")
    ]

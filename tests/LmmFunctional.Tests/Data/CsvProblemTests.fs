namespace LmmFunctional.Tests

open System.IO
open NUnit.Framework
open LmmFunctional

/// <summary>The words of each problem of a CSV file, with line and column.</summary>
[<TestFixture>]
module CsvProblemTests =

    let private says (expected: string list) (text: string) =
        let found = Csv.parse "data.csv" (new StringReader(text)) |> Frames.problems
        found |> Texts.equal expected

    let private unquoted =
        "a quote inside unquoted text; put the whole text in quotes and double the quote inside."

    let private unclosed =
        "the text quoted from here does not end at a comma or line end; close it, or double a quote inside it."

    [<TestCase("")>]
    [<TestCase("\n\r\n")>]
    [<TestCase("  \n\t\n")>]
    [<TestCase("\uFEFF")>]
    let ``an empty file has no header`` (text: string) =
        text
        |> says [ "data.csv is empty; a header line with the column names is needed." ]

    [<TestCase("x,y")>]
    [<TestCase("x,y\n")>]
    [<TestCase("x,y\n\n  \n")>]
    let ``a header alone has no rows`` (text: string) =
        text |> says [ "data.csv has no rows." ]

    [<Test>]
    let ``a row with too few fields is short where it ends`` () =
        "x,y,z\n1,2,3\n4,5\n6"
        |> says [
            "data.csv, line 3, column 4: 2 fields where the header has 3; check for missing or unquoted commas."
            "data.csv, line 4, column 2: 1 field where the header has 3; check for missing or unquoted commas."
        ]

    [<Test>]
    let ``a row with too many fields is long where the first one too many starts`` () =
        "x,y\n1,2\n\n3,  4, 5,6\n"
        |> says [
            "data.csv, line 4, column 8: 4 fields where the header has 2; check for missing or unquoted commas."
        ]

    [<Test>]
    let ``lines are counted inside quotes too`` () =
        "\"x\ny\",z\r\n\"a\r\n\r\nb, \"\"c\",2,3\r\n1\r\n"
        |> says [
            "data.csv, line 5, column 11: 3 fields where the header has 2; check for missing or unquoted commas."
            "data.csv, line 6, column 2: 1 field where the header has 2; check for missing or unquoted commas."
        ]

    [<Test>]
    let ``a quote inside unquoted text is shown`` () =
        "x,y\n1,5\"\n2,6\n" |> says [ $"data.csv, line 2, column 4: {unquoted}" ]

    [<Test>]
    let ``text after a closing quote is shown`` () =
        "x,y\n1,2\n \"a\"b,2\n" |> says [ $"data.csv, line 3, column 2: {unclosed}" ]

    [<TestCase("x,y\n1,\"2\n3,4\n")>]
    [<TestCase("x,y\n1,\"2\n3,4")>]
    [<TestCase("x,y\r\n1,\"2\r\n\r\n")>]
    [<TestCase("x,y\n1,\"")>]
    let ``a quote that is never closed is shown where it opens`` (text: string) =
        text |> says [ $"data.csv, line 2, column 3: {unclosed}" ]

    [<Test>]
    let ``bad quotes, ragged rows and bad names are told at once`` () =
        "x,,x\n1,2,3\"\n1,2\n"
        |> says [
            "data.csv: column 2 has no name; add one to the header."
            "Column 'x' appears twice; give each column its own name."
            $"data.csv, line 2, column 6: {unquoted}"
            "data.csv, line 3, column 4: 2 fields where the header has 3; check for missing or unquoted commas."
        ]

    [<Test>]
    let ``bad quotes in the header are shown`` () =
        "x\",y\n1,2\n" |> says [ $"data.csv, line 1, column 2: {unquoted}" ]

    [<TestCase("y;x\n1,5;2\n2,5;3,5\n", "y;x", "';'", "\";\"")>]
    [<TestCase("\"y\";\"x\"\n1;2\n", "y;x", "';'", "\";\"")>]
    [<TestCase("y\tx\n1\t2\n", "y\tx", "tabs", "tab")>]
    [<TestCase("y;x", "y;x", "';'", "\";\"")>]
    let ``another separator makes one column of all``
        (text: string)
        (header: string)
        (separator: string)
        (option: string)
        =
        text
        |> says [
            $"data.csv has one column named '{header}'; is it separated by {separator}? "
            + $"Name the separator (--separator {option}), or separate the columns by commas."
        ]

    [<Test>]
    let ``a name in quotes may hold other separators`` () = "\"y;x\"\n1\n" |> says []

    [<Test>]
    let ``the only column needs a name`` () =
        "\"\"\n1\n" |> says [ "data.csv: column 1 has no name; add one to the header." ]

    [<Test>]
    let ``the first twenty bad rows are told, the others counted`` () =
        let text = "x,y\n" + String.replicate 25 "1\n"
        let found = Csv.parse "data.csv" (new StringReader(text)) |> Frames.problems
        Assert.That(found.Length, Is.EqualTo 21)

        Assert.That(List.last found, Is.EqualTo "data.csv: 5 more problems are not shown; correct those above first.")

    [<Test>]
    let ``lines are counted right far into a file`` () =
        let text = "x,y\r\n" + String.replicate 30_000 "\"1\r\n2\",3\r\n" + "4,5,6\r\n"

        text
        |> says [
            "data.csv, line 60002, column 5: 3 fields where the header has 2; check for missing or unquoted commas."
        ]

    [<Test>]
    let ``a missing file`` () =
        let found = Csv.read "no/such/file.csv" |> Frames.problems

        found
        |> Texts.equal [ "File 'no/such/file.csv' does not exist; check the path." ]

    [<Test>]
    let ``a directory`` () =
        let folder = Path.GetTempPath()
        let found = Csv.read folder |> Frames.problems

        found
        |> Texts.equal [ $"File '{folder}' cannot be read: it is a directory; name a file in it." ]

    [<Test>]
    let ``a file in another encoding`` () =
        let path = Path.GetTempFileName()
        File.WriteAllBytes(path, [| byte 'x'; 10uy; 0xE9uy; 10uy |])
        let found = Csv.read path |> Frames.problems
        File.Delete path

        found
        |> Texts.equal [ $"File '{path}' cannot be read: it is not UTF-8 text; save it as UTF-8." ]

    [<Test>]
    let ``a file that another program keeps for itself`` () =
        let path = Path.GetTempFileName()

        let found =
            use _ = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None)
            Csv.read path |> Frames.problems

        File.Delete path

        match found with
        | [ problem ] -> Assert.That(problem, Does.StartWith $"File '{path}' cannot be read: ")
        | _ -> Assert.Fail $"%A{found}"

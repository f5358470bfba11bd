namespace LmmFunctional.Tests

open System
open System.Text.RegularExpressions
open NUnit.Framework
open FsCheck.NUnit
open LmmFunctional

/// <summary>Laws of tables in text and Markdown.</summary>
[<TestFixture>]
module TableTests =

    /// A table of one to four columns, aligned left and right in turn.
    let private table (size: byte) (cells: char[] list) =
        let columns = 1 + int size % 4
        let cells = cells |> List.map String

        let rows =
            cells
            |> List.chunkBySize columns
            |> List.filter (fun row -> row.Length = columns)

        let header index =
            $"c{index}|", (if index % 2 = 0 then Alignment.Left else Alignment.Right)

        Table.create (List.init columns header) rows

    [<Property>]
    let ``all lines of text are equally wide`` size cells =
        table size cells
        |> Table.toText
        |> List.map Table.width
        |> List.distinct
        |> List.length
            =
            1

    [<Property>]
    let ``there is a line for the headers and one for each row`` size cells =
        let table = table size cells
        (Table.toText table).Length = 1 + table.Rows.Length

    [<Property>]
    let ``no line breaks`` size cells =
        let table = table size cells

        Table.toText table @ Table.toMarkdown table
        |> List.forall (fun line -> line.IndexOfAny [| '\n'; '\r'; '\u0085' |] < 0)

    [<Property>]
    let ``a line of Markdown has one bar more than columns`` size cells =
        let table = table size cells

        let bars line =
            Regex.Replace(line, @"\\.", "") |> Seq.filter ((=) '|') |> Seq.length

        Table.toMarkdown table
        |> List.forall (fun line -> bars line = table.Headers.Length + 1)

    [<Test>]
    let ``numbers stand right, names left`` () =
        let table =
            Table.create [ "Name", Alignment.Left; "x", Alignment.Right ] [ [ "a"; "1.5" ]; [ "élève"; "-10.5" ] ]

        Table.toText table
        |> Texts.equal [ "Name      x"; "a       1.5"; "élève -10.5" ]

        Table.toMarkdown table
        |> Texts.equal [
            "| Name  |     x |"
            "| ----- | ----: |"
            "| a     |   1.5 |"
            "| élève | -10.5 |"
        ]

    [<Test>]
    let ``marks above letters take no place`` () =
        let table = Table.create [ "n", Alignment.Left ] [ [ "e\u0301" ]; [ "ab" ] ]
        Table.toText table |> Texts.equal [ "n "; "e\u0301 "; "ab" ]

    [<Test>]
    let ``what means something in Markdown is escaped`` () =
        Assert.That(Table.escapeMarkdown "a|b *c* _d_ `e` \\", Is.EqualTo @"a\|b \*c\* \_d\_ \`e\` \\")

    [<Test>]
    let ``a row must have a cell for each header`` () =
        let message =
            Texts.ofMistake (fun () -> Table.create [ "a", Alignment.Left ] [ [ "1"; "2" ] ])

        Assert.That(message, Is.EqualTo "Each row must have 1 cells, one for each header. (Parameter 'rows')")

/// <summary>Laws of tables in text and Markdown.</summary>
module LmmFunctional.Tests.TableTests

open System
open System.Text.RegularExpressions
open Expecto
open LmmFunctional.Analysis

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

[<Tests>]
let tests =
    testList "TableTests" [
        testProperty "all lines of text are equally wide" (fun size cells ->
            table size cells
            |> Table.toText
            |> List.map Table.width
            |> List.distinct
            |> List.length
                =
                1)

        testProperty "there is a line for the headers and one for each row" (fun size cells ->
            let table = table size cells
            (Table.toText table).Length = 1 + table.Rows.Length)

        testProperty "no line breaks" (fun size cells ->
            let table = table size cells

            Table.toText table @ Table.toMarkdown table
            |> List.forall (fun line -> line.IndexOfAny [| '\n'; '\r'; '\u0085' |] < 0))

        testProperty "a line of Markdown has one bar more than columns" (fun size cells ->
            let table = table size cells

            let bars line =
                Regex.Replace(line, @"\\.", "") |> Seq.filter ((=) '|') |> Seq.length

            Table.toMarkdown table
            |> List.forall (fun line -> bars line = table.Headers.Length + 1))

        testCase "numbers stand right, names left" (fun () ->
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
            ])

        testCase "marks above letters take no place" (fun () ->
            let table = Table.create [ "n", Alignment.Left ] [ [ "e\u0301" ]; [ "ab" ] ]
            Table.toText table |> Texts.equal [ "n "; "e\u0301 "; "ab" ])

        testCase "what means something in Markdown is escaped" (fun () ->
            Check.equal (@"a\|b \*c\* \_d\_ \`e\` \\") (Table.escapeMarkdown "a|b *c* _d_ `e` \\"))

        testCase "a row must have a cell for each header" (fun () ->
            let message =
                Texts.ofMistake (fun () -> Table.create [ "a", Alignment.Left ] [ [ "1"; "2" ] ])

            Check.equal "Each row must have 1 cells, one for each header. (Parameter 'rows')" message)
    ]

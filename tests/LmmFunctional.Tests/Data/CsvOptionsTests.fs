/// <summary>Files that are written otherwise: separators, decimal marks, codes of missing values, gzip, streams.</summary>
module LmmFunctional.Tests.CsvOptionsTests

open System
open System.IO
open System.IO.Compression
open System.Text
open Expecto
open FsCheck.FSharp
open LmmFunctional

let private parse options (text: string) =
    Csv.parseWith options "data.csv" (new StringReader(text))

let private isRead expected found =
    let found = Frames.outcome found
    Expect.isTrue (found = Ok expected) ($"%A{found}")

let private separatedBy separator = {
    CsvOptions.defaults with
        Separator = separator
}

let private compressed (text: string) =
    use buffer = new MemoryStream()

    using (new GZipStream(buffer, CompressionLevel.Fastest)) (fun gzip ->
        gzip.Write(ReadOnlySpan(Encoding.UTF8.GetBytes text)))

    buffer.ToArray()

/// A stream that cannot go back, as standard input.
let private forwardOnly (bytes: byte[]) : Stream =
    new BufferedStream(
        new DeflateStream(
            new MemoryStream(
                using (new MemoryStream()) (fun buffer ->
                    using (new DeflateStream(buffer, CompressionLevel.Fastest, true)) (fun deflate ->
                        deflate.Write(ReadOnlySpan bytes))

                    buffer.ToArray())
            ),
            CompressionMode.Decompress
        )
    )

[<Tests>]
let tests =
    testList "CsvOptionsTests" [
        testCases "columns are parted by any mark" [ ';'; '\t'; '|'; ' ' ] (fun (separator: char) ->
            let text =
                "x,g\n1,\"a,;\t b\"\n2,c\n"
                    .Replace("x,g", $"x{separator}g")
                    .Replace("1,", $"1{separator}")
                    .Replace("2,", $"2{separator}")

            parse (separatedBy separator) text
            |> isRead [ "x", Column.ofInts [ 1; 2 ]; "g", Column.ofStrings [ "a,;\t b"; "c" ] ])

        testProperty "print and parse give the same data with semicolons" (fun () ->
            Prop.forAll (Arb.fromGen CsvText.columns) (fun columns ->
                let text = CsvText.printWith ';' "\n" columns
                let found = Frames.outcome (parse (separatedBy ';') text)
                (found = Ok columns) |> Prop.label $"%A{text}\n%A{found}"))

        testCase "decimal commas are numbers" (fun () ->
            parse CsvOptions.semicolons "x;y\n1,5;2\n-0,25;3\n"
            |> isRead [
                "x", Column.labelled [ 1.5; -0.25 ] [ "1,5"; "-0,25" ]
                "y", Column.ofInts [ 2; 3 ]
            ])

        testCase "points are no numbers beside decimal commas" (fun () ->
            parse CsvOptions.semicolons "x\n1.5\n"
            |> isRead [ "x", Column.ofStrings [ "1.5" ] ])

        testCase "codes mean missing values in numbers and in text" (fun () ->
            let options = {
                CsvOptions.defaults with
                    Missing = [ "."; "*"; "-9" ]
            }

            parse options "x,g\n1,a\n-9,*\n.,b\n-9.0,-9\n"
            |> isRead [
                "x", Column.labelled [ 1.0; nan; nan; -9.0 ] [ "1"; ""; ""; "-9.0" ]
                "g", Column.ofStrings [ "a"; ""; "b"; "" ]
            ])

        testCase "problems have their places beside other separators" (fun () ->
            parse (separatedBy ';') "x;y\n1;2;3\n\"a;2\n"
            |> Frames.problems
            |> Texts.equal [
                "data.csv, line 2, column 5: 3 fields where the header has 2; check for missing or unquoted commas."
                "data.csv, line 3, column 1: the text quoted from here does not end at a separator or line end; close it, or "
                + "double a quote inside it."
            ])

        testCase "a comma instead of the separator is seen" (fun () ->
            parse (separatedBy ';') "x,y\n1,2\n"
            |> Frames.problems
            |> Texts.equal [
                "data.csv has one column named 'x,y'; is it separated by ','? "
                + "Name the separator (--separator \",\"), or separate the columns by commas."
            ])

        testCases
            "options that contradict each other are mistakes"
            [
                'a', '.', "'a' cannot separate columns."
                '"', '.', "'\"' cannot separate columns."
                ';', ':', "The decimal mark is a point or a comma, not ':'."
                ',', ',', "',' cannot separate both columns and decimals."
            ]
            (fun (separator, mark, expected: string) ->
                let options = {
                    CsvOptions.defaults with
                        Separator = separator
                        DecimalMark = mark
                }

                Check.startsWith expected (Texts.ofMistake (fun () -> parse options "x\n1\n")))

        testCase "files and streams may be compressed" (fun () ->
            let text = "größe,g\n1,é\n"
            let expected = [ "größe", Column.ofInts [ 1 ]; "g", Column.ofStrings [ "é" ] ]
            let path = Path.GetTempFileName()
            File.WriteAllBytes(path, compressed text)
            let found = Csv.read path
            File.Delete path
            isRead expected found

            for bytes in [ compressed text; Encoding.UTF8.GetBytes text ] do
                use stream = forwardOnly bytes
                Csv.readStream CsvOptions.defaults "input" stream |> isRead expected)

        testCase "a damaged gzip file is a problem" (fun () ->
            let bytes = compressed (String.replicate 200 "x,y\n1,2\n")

            let broken =
                Array.append (Array.truncate (bytes.Length / 2) bytes) (Array.replicate 20 7uy)

            Csv.readStream CsvOptions.defaults "data.csv.gz" (new MemoryStream(broken))
            |> Frames.problems
            |> Texts.equal [
                "File 'data.csv.gz' cannot be read: it is a damaged gzip file; compress it again."
            ])

        testCases
            "dates are days from 1970"
            [
                "2023-01-07", 19364.0
                "1970-01-01", 0.0
                "1970/1/2", 1.0
                "1970-01-01 12:00", 0.5
                "1970-01-01T06:00:00Z", 0.25
                "1970-01-01T06:00:00+06:00", 0.0
            ]
            (fun (text: string, days: float) ->
                parse CsvOptions.defaults $"d\n{text}\n"
                |> isRead [ "d", Column.labelled [ days ] [ text ] ])

        testCases "other texts are no dates" [ "2023-02-30"; "01/02/2023"; "20230101 x" ] (fun (text: string) ->
            parse CsvOptions.defaults $"d\n{text}\n"
            |> isRead [ "d", Column.ofStrings [ text ] ])
    ]

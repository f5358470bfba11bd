/// <summary>The reader of plain text in blocks against the reader of records.</summary>
module LmmFunctional.Data.Tests.CsvBlocksTests

open System
open System.IO
open System.Text
open Expecto
open FsCheck
open FsCheck.FSharp
open LmmFunctional
open LmmFunctional.Data
open LmmFunctional.Tests

let private byRecords options (text: string) =
    Csv.parseRecords options "data.csv" (new StringReader(text))

let private byBlocks options size (text: string) =
    use bytes = new MemoryStream(Encoding.UTF8.GetBytes text)
    CsvBlocks.tryRead size options bytes

let private isSame options size text =
    match byBlocks options size text, byRecords options text with
    | None, _ -> true
    | Some frame, Ok expected -> DataSets.named frame = DataSets.named expected
    | Some _, Error _ -> false

let private anyText pieces =
    Gen.elements pieces |> Gen.listOf |> Gen.map String.Concat

let private oddText =
    anyText [
        "a"
        "1"
        "1.5"
        "0.50"
        ","
        ","
        "\""
        "\n"
        "\n"
        "\r\n"
        "\r"
        " "
        "\t"
        "NA"
        "-"
        "é"
        ";"
    ]

// Rows of two fields, so that most texts are plain.
let private plainText =
    let field =
        Gen.elements [
            "1"
            "-2.5"
            "0.001"
            "01"
            "1.50"
            "1e3"
            "Inf"
            "NA"
            ""
            " 7 "
            "-0"
            "x"
            "é"
            "\"q\""
            "\"q, \"\"q\"\"\""
            "\"two\nlines\""
            "\"5\""
            "2024-02-29"
            "123456789012345678"
        ]

    let row = Gen.map2 (fun a b -> a + "," + b) field field
    let ending = Gen.elements [ "\n"; "\r\n"; "\n\n" ]

    Gen.map2 (fun rows (ending: string) -> "a,b" + ending + String.concat ending rows) (Gen.listOf row) ending

let private options =
    Gen.elements [
        CsvOptions.defaults
        CsvOptions.semicolons
        {
            CsvOptions.defaults with
                Missing = [ "x"; "1" ]
        }
        {
            CsvOptions.defaults with
                Separator = '\t'
        }
    ]

let private sizes = Gen.elements [ 1; 3; 8; 50; 1000 ]

[<Tests>]
let tests =
    testList "CsvBlocksTests" [
        testProperty "blocks give what records give, for odd text" (fun () ->
            Prop.forAll (Arb.fromGen (Gen.zip3 oddText sizes options)) (fun (text, size, options) ->
                isSame options size text |> Prop.label $"%A{text} in blocks of {size}"))

        testProperty "blocks give what records give, for plain text" (fun () ->
            Prop.forAll (Arb.fromGen (Gen.zip plainText sizes)) (fun (text, size) ->
                isSame CsvOptions.defaults size text
                |> Prop.label
                    $"%A{text} in blocks of {size}: %A{byBlocks CsvOptions.defaults size text |> Option.map DataSets.named} and %A{byRecords CsvOptions.defaults text |> Result.map DataSets.named}"))

        testProperty "plain text with rows is read in blocks" (fun () ->
            Prop.forAll (Arb.fromGen (Gen.zip plainText sizes)) (fun (text, size) ->
                (byBlocks CsvOptions.defaults size text).IsSome = (byRecords CsvOptions.defaults text).IsOk
                |> Prop.label $"%A{text}"))

        testProperty "marks are the separators, line ends and quotes, at any place and length" (fun () ->
            let texts =
                Gen.elements [ "a"; ","; ";"; "\""; "\r"; "\n"; "é"; "1234567890123456789" ]
                |> Gen.listOfLength 40
                |> Gen.map (fun parts -> Encoding.UTF8.GetBytes(String.Concat parts))

            Prop.forAll
                (Arb.fromGen (Gen.zip3 texts (Gen.choose (0, 150)) (Gen.choose (0, 150))))
                (fun (bytes, first, length) ->
                    let at = min first (bytes.Length - 1)
                    let stop = min bytes.Length (at + 1 + length)

                    let expected =
                        Seq.init (min CsvMarks.width (stop - at)) id
                        |> Seq.filter (fun offset -> ",\n\r\"".Contains(char bytes[at + offset]))
                        |> Seq.sumBy (fun offset -> 1UL <<< offset)

                    CsvMarks.find (byte ',') bytes at stop = expected
                    |> Prop.label $"%A{bytes} from {at} to {stop}"))

        testProperty "blocks give what records give, around the width of the vectors" (fun () ->
            let field =
                Gen.elements [
                    "1"
                    " 2 "
                    "\"q,\"\"\""
                    "\"two\nlines\" "
                    String('x', 30)
                    String('y', 63)
                    ""
                ]

            let row = Gen.map2 (fun a b -> a + "," + b) field field
            let ending = Gen.elements [ "\n"; "\r\n"; "\n \n"; "\r"; "\"" ]
            let usual = Gen.frequency [ 30, Gen.constant "\n"; 1, ending ]

            let text =
                Gen.map2 (+) row usual
                |> Gen.listOf
                |> Gen.map (fun rows -> "a,b\n" + String.Concat rows)

            Prop.forAll (Arb.fromGen (Gen.zip text sizes)) (fun (text, size) ->
                isSame CsvOptions.defaults size text
                |> Prop.label $"%A{text} in blocks of {size}"))

        testCase "the reference data sets are read in blocks" (fun () ->
            for name in DataSets.all do
                let text = File.ReadAllText(TestData.csv name)

                for size in [ 7; 4096; CsvBlocks.defaultSize ] do
                    match byBlocks CsvOptions.defaults size text, byRecords CsvOptions.defaults text with
                    | Some frame, Ok expected -> Check.isTrue (DataSets.named frame = DataSets.named expected)
                    | found -> failtest $"{name}: %A{found}")

        testCase "many levels are found again" (fun () ->
            let lines = Seq.init 20_000 (fun row -> $"level {row * 7919 % 6007},{row}")
            let text = "g,x\n" + String.Join("\n", lines)
            Check.isTrue ((byBlocks CsvOptions.defaults 0x10000 text).IsSome)
            Check.isTrue (isSame CsvOptions.defaults 0x10000 text))
    ]

/// <summary>Labels are texts: the text of a cell names its level, whatever number it writes.</summary>
module LmmFunctional.Tests.LabelTests

open System
open System.IO
open System.Text.Json
open Expecto
open FsCheck
open FsCheck.FSharp
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis

let private parse (text: string) =
    Csv.parse "data.csv" (new StringReader(text))

let private orRaise result =
    match result with
    | Ok value -> value
    | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat "\n")

let private quoted (text: string) =
    "\"" + text.Replace("\"", "\"\"") + "\""

/// Texts that a reader of numbers would take for each other, and some that break careless writers.
let private label =
    let digits = Gen.elements [ '0'; '1'; '9'; '.' ]

    Gen.oneof [
        Gen.elements [
            "001"
            "1"
            "01"
            "1.0"
            "1.10"
            "1.1"
            "1e3"
            "1000"
            "+1"
            "-0"
            "0"
            ".5"
            "0.5"
            "12345678901234561"
            "12345678901234562"
            "12345678901234563"
            "2023-01-07"
            "2023-1-7"
            "a:b"
            "\"q\""
            "ä\\n"
            "g'1"
        ]
        Gen.listOfLength 17 digits |> Gen.map (List.map string >> String.Concat)
        Gen.choose (0, 99) |> Gen.map string
    ]
    |> Gen.filter (fun text -> text.Trim '.' <> "")

let private labels =
    Gen.listOfLength 12 label
    |> Gen.map List.distinct
    |> Gen.filter (fun labels -> labels.Length >= 3)

let private file isQuoted (labels: string list) =
    let rows =
        labels
        |> List.mapi (fun k label ->
            [ 0..2 ]
            |> List.map (fun i ->
                let label = if isQuoted then quoted label else label
                $"{label},{float (k * k % 7) + float (i * (k + 2) % 5)}"))
        |> List.concat

    "g,y\n" + String.concat "\n" rows + "\n"

[<Tests>]
let tests =
    testList "LabelTests" [
        testProperty "the labels of random texts survive reading, fitting and JSON" (fun () ->
            Prop.forAll (Arb.fromGen labels) (fun labels ->
                let fit =
                    parse (file true labels)
                    |> Result.bind (fun frame -> Lmm.fitFormula FitOptions.defaults frame "y ~ 1 + (1 | g)")
                    |> orRaise

                use json = JsonDocument.Parse(FitJson.render TimeSpan.Zero fit)
                let levels = fit.Design.Random.Head.Levels |> List.ofSeq

                Law.holds [
                    yield! Law.isTrue $"levels %A{levels} of %A{labels}" (List.sort levels = List.sort labels)
                    yield! Law.isTrue "JSON" (json.RootElement.GetProperty("n").GetInt32() = 3 * labels.Length)
                ]))

        testProperty "quotes change no level" (fun () ->
            let plain =
                labels
                |> Gen.map (List.filter (fun label -> not (label.Contains '"')))
                |> Gen.filter (List.isEmpty >> not)

            Prop.forAll (Arb.fromGen plain) (fun labels ->
                Frames.outcome (parse (file true labels)) = Frames.outcome (parse (file false labels))))

        testProperty "renaming numbers to texts of the same order changes no estimate" (fun (seed: int) ->
            let random = Random seed
            let y = List.init 24 (fun _ -> random.NextDouble())

            let fit (name: int -> string) =
                let rows = y |> List.mapi (fun i y -> $"{name (i % 6)},{y:R}")

                parse ("g,y\n" + String.concat "\n" rows)
                |> Result.bind (fun frame -> Lmm.fitFormula FitOptions.defaults frame "y ~ factor(g) + (1 | g)")

            match fit (fun k -> $"{k + 1}"), fit (fun k -> $"00{k + 1}") with
            | Ok a, Ok b -> a.CriterionValue = b.CriterionValue
            | Error a, Error b -> a.Length = b.Length
            | _ -> false)

        // Case 05 of the shared cases.
        testCase "identifiers of 17 digits are four subjects" (fun () ->
            let fit =
                Csv.read (TestData.csv "cases/05-ids")
                |> Result.bind (fun frame -> Lmm.fitFormula FitOptions.defaults frame "y ~ x + (1 | subj)")
                |> orRaise

            Check.equal 4 fit.Design.Random.Head.Levels.Length)

        testCase "levels of one number are told apart, once, in a note" (fun () ->
            let frame = parse "g,y\n001,1\n1,2\n01,4\n001,2\n1,3\n01,5\n2,4\n2,1\n" |> orRaise

            let fit = Lmm.fitFormula FitOptions.defaults frame "y ~ 1 + (1 | g)" |> orRaise

            Check.equal 4 fit.Design.Random.Head.Levels.Length

            fit.Design.Notes
            |> Texts.equal [ "The levels of 'g' are its texts: '001', '01' and '1' are different levels." ])

        testCase "numbers with labels are numbers where a model needs them" (fun () ->
            let frame =
                parse "x,y,g\n1.0,1,a\n2.0,3,a\n3.50,2,b\n4.0,5,b\n5.0,4,c\n6.0,7,c\n"
                |> orRaise

            let fit = Lmm.fitFormula FitOptions.defaults frame "y ~ x + (1 | g)" |> orRaise
            List.ofSeq fit.Design.Fixed.Names |> Texts.equal [ "(Intercept)"; "x" ]
            Check.isEmpty fit.Design.Notes)

        testCase "levels of numbers with labels come by their numbers" (fun () ->
            let frame = parse "x,y\n10.0,1\n9.0,3\n10.0,2\n9.0,5\n" |> orRaise
            let fit = Lmm.fitFormula FitOptions.defaults frame "y ~ factor(x)" |> orRaise

            List.ofSeq fit.Design.Fixed.Names
            |> Texts.equal [ "(Intercept)"; "factor(x)10.0" ])

        testCase "marginal means have the labels of the file" (fun () ->
            let frame =
                parse "x,g,y\n1.0,a,1\n2.0,a,3\n1.0,b,2\n2.0,b,5\n1.0,c,4\n2.0,c,5\n" |> orRaise

            let means =
                Lmm.fitFormula FitOptions.defaults frame "y ~ factor(x) + (1 | g)"
                |> Result.bind (fun fit -> Inference.create DegreesOfFreedomMethod.satterthwaite fit)
                |> Result.bind (MarginalMeans.over MarginalOptions.defaults "x")
                |> orRaise

            means.Means
            |> List.map (fun mean -> mean.Levels |> List.map snd |> String.concat ":")
            |> Texts.equal [ "1.0"; "2.0" ])

        testCase "identifiers of a database that no double holds stay apart" (fun () ->
            let rows = [
                for id in [ 12345678901234561L; 12345678901234562L; 12345678901234563L ] do
                    for y in [ 1.0; 2.0; 4.0 ] -> {| Id = id; Y = y + float (id % 5L) |}
            ]

            let fit =
                Records.toFrame rows
                |> Result.bind (fun frame -> Lmm.fitFormula FitOptions.defaults frame "Y ~ 1 + (1 | Id)")
                |> orRaise

            fit.Design.Random.Head.Levels
            |> List.ofSeq
            |> Texts.equal [ "12345678901234561"; "12345678901234562"; "12345678901234563" ])

        testCases
            "labels go with numbers"
            [ "There are 1 labels for 2 numbers.", 2, "a" ]
            (fun (expected: string, count, label) ->
                let message =
                    Texts.ofMistake (fun () -> Column.labelled (Seq.init count float) [ label ])

                Check.startsWith expected message)

        testCase "a label stands for one number" (fun () ->
            let message = Texts.ofMistake (fun () -> Column.labelled [ 1.0; 2.0 ] [ "a"; "a" ])
            Check.startsWith "Label 'a' stands for 1 and for 2." message)
    ]

/// <summary>Reading arguments by a table.</summary>
module LmmFunctional.Tests.ArgumentTests

open System
open Expecto
open FsCheck.FSharp
open LmmFunctional.Cli

let private table = [
    OptionTable.switch "--ml" ""
    OptionTable.value "--weights" "COLUMN" ""
    OptionTable.repeated "--fix" "NAME=VALUE" ""
    OptionTable.choice "--kind" [ "one", 1; "two", 2 ] ""
    OptionTable.file "-o" "" |> OptionTable.also "--output"
]

let private word name kind : CommandWord = {
    Name = name
    Kind = kind
    MayRepeat = false
    Unless = None
    Help = ""
}

let private places = [
    word "DATA" (ArgumentKind.File "DATA")
    word "FORMULA" (ArgumentKind.Text("FORMULA", []))
]

let private read arguments = Arguments.read places table arguments

let private given arguments =
    match read arguments with
    | Ok read -> read.Words, read.Options.Given
    | Error problem -> failtest $"{problem}"

// Options with their values, each in one of the ways to write it.
let private written =
    Gen.elements [
        [ "--ml" ], ("--ml", "")
        [ "--weights"; "w" ], ("--weights", "w")
        [ "--weights=w" ], ("--weights", "w")
        [ "--weights"; "-1" ], ("--weights", "-1")
        [ "--kind"; "two" ], ("--kind", "two")
        [ "-o"; "a b.csv" ], ("-o", "a b.csv")
        [ "--output"; "x" ], ("-o", "x")
        [ "--fix"; "Residual=4" ], ("--fix", "Residual=4")
        [ "--fix=Residual=4" ], ("--fix", "Residual=4")
    ]

[<Tests>]
let tests =
    testList "ArgumentTests" [
        testProperty "options stand anywhere and are read in their order" (fun () ->
            let lines =
                Gen.map2
                    (fun options places -> options |> List.distinctBy (snd >> fst), places)
                    (Gen.listOf written)
                    (Gen.two (Gen.choose (0, 4)))

            Prop.forAll (Arb.fromGen lines) (fun (options, (first, second)) ->
                let at place = min place options.Length
                let first, second = min (at first) (at second), max (at first) (at second)
                let texts = options |> List.map fst

                let arguments =
                    List.concat texts[.. first - 1]
                    @ [ "my data.csv" ]
                    @ List.concat texts[first .. second - 1]
                    @ [ "-y ~ x" ]
                    @ List.concat texts[second..]

                given arguments = ([ "my data.csv"; "-y ~ x" ], options |> List.map snd)))

        testCase "a dash alone is a word" (fun () -> Check.equal ([ "-"; "y ~ x" ], []) (given [ "-"; "y ~ x" ]))

        testCases
            "what is wrong"
            [
                "d f --wieghts w", ArgumentProblem.UnknownOption "--wieghts"
                "d f -x", ArgumentProblem.UnknownOption "-x"
                "d f --ml=yes", ArgumentProblem.UnknownOption "--ml=yes"
                "d f --weights", ArgumentProblem.MissingValue("--weights", "COLUMN")
                "d f --weights --ml", ArgumentProblem.MissingValue("--weights", "COLUMN")
                "d f --kind", ArgumentProblem.MissingValue("--kind", "one|two")
                "d f --output", ArgumentProblem.MissingValue("--output", "FILE")
                "d f -o a --output b", ArgumentProblem.Twice "-o"
                "d f --ml --ml", ArgumentProblem.Twice "--ml"
                "d f g", ArgumentProblem.Unexpected "g"
                "d", ArgumentProblem.MissingWords [ "FORMULA" ]
                "--ml", ArgumentProblem.MissingWords [ "DATA"; "FORMULA" ]
            ]
            (fun (line: string, problem) ->
                match line.Split ' ' |> List.ofArray |> read with
                | Error found -> Check.equal problem found
                | Ok _ -> failtest $"'{line}' was read")

        testCase "a word that is one of several" (fun () ->
            let kind = word "KIND" (ArgumentKind.OneOf [ "qq"; "trace" ])

            let found arguments =
                Arguments.read [ kind ] table arguments |> Result.map _.Words

            Check.equal (Ok [ "qq" ]) (found [ "qq" ])
            Check.equal (Error(ArgumentProblem.UnknownWord("KIND", "pie", [ "qq"; "trace" ]))) (found [ "pie" ]))

        testCase "an option takes the place of words" (fun () ->
            let places = places |> List.map (fun place -> { place with Unless = Some "-o" })

            let found arguments =
                Arguments.read places table arguments |> Result.map _.Words

            Check.equal (Ok []) (found [ "-o"; "f" ])
            Check.equal (Error(ArgumentProblem.InOption("d", "-o"))) (found [ "d"; "-o"; "f" ])
            Check.equal (Ok [ "d"; "f" ]) (found [ "d"; "f" ]))

        testCase "a name that is in no table is a mistake of the program" (fun () ->
            match read [ "d"; "f" ] with
            | Ok read ->
                Expect.throwsT<ArgumentException>
                    (fun () -> OptionValues.tryFind "--nowhere" read.Options |> ignore)
                    "name"
            | Error problem -> failtest $"{problem}")
    ]

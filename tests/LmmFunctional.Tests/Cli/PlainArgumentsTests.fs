/// <summary>The quick reader of the usual command line, held to Argu.</summary>
module LmmFunctional.Tests.PlainArgumentsTests

open Expecto
open FsCheck.FSharp
open LmmFunctional.Cli

let private options =
    Gen.elements [
        [ "--ml" ]
        [ "--json" ]
        [ "--quiet" ]
        [ "--weights"; "w" ]
        [ "--residual"; "ar1(t | g)" ]
        [ "--residual"; "--ml" ]
        [ "--known"; "A=a.csv" ]
        [ "--pedigree"; "P=p.csv" ]
        [ "--weights"; "--ml" ]
        [ "--algorithm"; "nr" ]
        [ "--algorithm"; "fisher" ]
        [ "--algorithm"; "ai" ]
        [ "--algorithm"; "em" ]
        [ "--algorithm"; "px-em" ]
        [ "--algorithm"; "newton" ]
        [ "--algorithm" ]
        [ "--df"; "kenward-roger" ]
        [ "--df" ]
        [ "--convention"; "sas" ]
        [ "--robust"; "cr0" ]
        [ "--robust"; "cr2" ]
        [ "--robust"; "hc3" ]
        [ "--cluster"; "g" ]
        [ "--ml=yes" ]
        [ "extra" ]
        [ "-q" ]
        [ "" ]
    ]

let private commandLines =
    Gen.map3
        (fun data formula options -> "fit" :: data :: formula :: List.concat options)
        (Gen.elements [ "data.csv"; "my data.csv"; "fit"; "--ml"; "" ])
        (Gen.elements [ "y ~ x"; "-y ~ x"; "y ~ -1 + (x | g)"; "fit"; "" ])
        (Gen.resize 4 (Gen.listOf options))

[<Tests>]
let tests =
    testList "PlainArgumentsTests" [
        testProperty "what it reads, Argu reads the same" (fun () ->
            Prop.forAll (Arb.fromGen commandLines) (fun arguments ->
                match PlainArguments.tryRead arguments with
                | None -> true
                | Some command -> CommandLine.parseInFull (Array.ofList arguments) = Ok command))

        testCase "it reads the usual fit" (fun () ->
            let arguments = [
                "fit"
                "data.csv"
                "y ~ x"
                "--json"
                "--weights"
                "w"
                "--algorithm"
                "nr"
                "--ml"
            ]

            Check.isTrue ((PlainArguments.tryRead arguments).IsSome))

        testCases
            "it leaves the rest to Argu"
            [
                "--version"
                "fit data.csv"
                "fit data.csv y~x --ml --ml"
                "fit data.csv y~x --weights"
                "fit data.csv y~x --algorithm newton"
            ]
            (fun (line: string) -> Check.isTrue ((line.Split ' ' |> List.ofArray |> PlainArguments.tryRead).IsNone))
    ]

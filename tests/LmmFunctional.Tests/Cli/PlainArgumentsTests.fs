namespace LmmFunctional.Tests

open NUnit.Framework
open FsCheck.FSharp
open FsCheck.NUnit
open LmmFunctional.Cli

/// <summary>The quick reader of the usual command line, held to Argu.</summary>
[<TestFixture>]
module PlainArgumentsTests =

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

    [<Property>]
    let ``what it reads, Argu reads the same`` () =
        Prop.forAll (Arb.fromGen commandLines) (fun arguments ->
            match PlainArguments.tryRead arguments with
            | None -> true
            | Some command -> CommandLine.parseInFull (Array.ofList arguments) = Ok command)

    [<Test>]
    let ``it reads the usual fit`` () =
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

        Assert.That((PlainArguments.tryRead arguments).IsSome)

    [<TestCase("--version")>]
    [<TestCase("fit data.csv")>]
    [<TestCase("fit data.csv y~x --ml --ml")>]
    [<TestCase("fit data.csv y~x --weights")>]
    [<TestCase("fit data.csv y~x --algorithm newton")>]
    let ``it leaves the rest to Argu`` (line: string) =
        Assert.That((line.Split ' ' |> List.ofArray |> PlainArguments.tryRead).IsNone)

namespace LmmFunctional.Tests

open System.IO
open System.Text.Json
open NUnit.Framework
open LmmFunctional.Cli

/// <summary>Known matrices, pedigrees and held variances on the command line.</summary>
[<TestFixture>]
module KnownMatricesTests =

    let private calves =
        "gain,sex,calf\n4.5,male,4\n2.9,female,5\n3.9,female,6\n3.5,male,7\n5.0,male,8\n"

    let private pedigree = "calf,sire,dam\n4,1,0\n5,3,2\n6,1,2\n7,4,5\n8,3,6\n"

    /// Code, output and problems of a fit beside the files data.csv, pedigree.csv and loop.csv.
    let private run arguments =
        let folder = Directory.CreateTempSubdirectory "lmm-known-"
        let path name = Path.Combine(folder.FullName, name)

        try
            File.WriteAllText(path "data.csv", calves)
            File.WriteAllText(path "pedigree.csv", pedigree)
            File.WriteAllText(path "loop.csv", "calf,sire,dam\n4,5,0\n5,4,0\n")
            use output = new StringWriter()
            use error = new StringWriter()

            let own =
                arguments
                |> List.map (fun (text: string) -> text.Replace("=@", "=" + folder.FullName + "/"))

            let code =
                Cli.run
                    (Array.ofList ([ "fit"; path "data.csv"; "gain ~ 0 + sex + known(A | calf)" ] @ own))
                    output
                    error

            code, output.ToString(), error.ToString().Replace(folder.FullName + "/", "").TrimEnd()
        finally
            folder.Delete true

    [<Test>]
    let ``Mrode's calves with held variances`` () =
        let code, output, error =
            run [
                "--pedigree"
                "A=@pedigree.csv"
                "--fix"
                "calf.(Intercept)=20"
                "--fix"
                "Residual=40"
                "--json"
            ]

        Assert.That(error, Is.Empty)
        Assert.That(code, Is.EqualTo 0)
        let json = JsonDocument.Parse(output).RootElement
        Assert.That(json.GetProperty("sigma").GetDouble(), Is.EqualTo(sqrt 40.0).Within 1e-12)

    [<Test>]
    let ``problems of the matrix and of the command`` () =
        let refuses (expected: string) arguments =
            let code, _, error = run arguments
            Assert.That(error, Is.EqualTo expected)
            Assert.That(code, Is.EqualTo 2)

        [ "--pedigree"; "A=@loop.csv" ]
        |> refuses
            "The pedigree has a loop, an animal that is its own ancestor: '4' <- '5' <- '4'; correct one of these parents."

        [ "--known"; "A=@none.csv" ]
        |> refuses "File 'none.csv' does not exist; check the path."

        [] |> refuses "The model names a known matrix 'A' that was not given."

        [ "--fix"; "Residual" ]
        |> refuses "lmm: '--fix Residual' is not a name and a number; write --fix NAME=VALUE."

        [ "--fix"; "Residual=1"; "--fix"; "Residual=2" ]
        |> refuses "lmm: 'Residual' has two values; give it one."

        [ "--bound"; "Residual=1" ]
        |> refuses
            "lmm: '--bound Residual=1' is not a name and two ends; write --bound NAME=LOWER..UPPER, where one end may be left out."

        [ "--bound"; "Residual=1.."; "--bound"; "Residual=..2" ]
        |> refuses "lmm: 'Residual' is bounded twice; give both ends in one --bound NAME=LOWER..UPPER."

/// <summary>Known matrices, pedigrees and held variances on the command line.</summary>
module LmmFunctional.Tests.KnownMatricesTests

open System.IO
open System.Text.Json
open Expecto
open LmmFunctional.Cli

let private calves =
    "gain,sex,calf\n4.5,male,4\n2.9,female,5\n3.9,female,6\n3.5,male,7\n5.0,male,8\n"

// Five records cannot part the variances: the best residual variance is zero.
let private secondRecords =
    "4.1,male,4\n3.4,female,5\n3.3,female,6\n3.9,male,7\n4.6,male,8\n"

let private pedigree = "calf,sire,dam\n4,1,0\n5,3,2\n6,1,2\n7,4,5\n8,3,6\n"

let private model = "gain ~ 0 + sex + known(A | calf)"

/// Code, output and problems of a command beside the files data.csv, pedigree.csv and loop.csv.
let private runOn (data: string) command arguments =
    let folder = Directory.CreateTempSubdirectory "lmm-known-"
    let path name = Path.Combine(folder.FullName, name)

    try
        File.WriteAllText(path "data.csv", data)
        File.WriteAllText(path "pedigree.csv", pedigree)
        File.WriteAllText(path "loop.csv", "calf,sire,dam\n4,5,0\n5,4,0\n")
        use output = new StringWriter()
        use error = new StringWriter()

        let own =
            arguments
            |> List.map (fun (text: string) -> text.Replace("=@", "=" + folder.FullName + "/"))

        let code = Cli.run (Array.ofList ([ command; path "data.csv" ] @ own)) output error

        code, output.ToString(), error.ToString().Replace(folder.FullName + "/", "").TrimEnd()
    finally
        folder.Delete true

let private runCommand command arguments = runOn calves command arguments

let private run arguments = runCommand "fit" (model :: arguments)

[<Tests>]
let tests =
    testList "KnownMatricesTests" [
        testCase "Mrode's calves with held variances" (fun () ->
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

            Check.isEmpty error
            Check.equal 0 code
            let json = JsonDocument.Parse(output).RootElement
            Law.assertHolds (Law.near "value" (1e-12) (sqrt 40.0) (json.GetProperty("sigma").GetDouble())))

        testCase "problems of the matrix and of the command" (fun () ->
            let refuses (expected: string) arguments =
                let code, _, error = run arguments
                Check.equal expected error
                Check.equal 2 code

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
            |> refuses "lmm: 'Residual' is bounded twice; give both ends in one --bound NAME=LOWER..UPPER.")

        testCase "every command that reads a model takes a pedigree" (fun () ->
            for command, arguments, expected in
                [
                    "plan", [ model ], "supernodal"
                    "anova", [ model; "--df"; "residual" ], "Type III tests"
                    "emmeans", [ model; "--over"; "sex"; "--df"; "residual" ], "Estimates of the mean of gain"
                    "ci", [ model; "--wald" ], "sd(calf (Intercept))"
                    "compare", [ model; "gain ~ 1 + known(A | calf)" ], "1 in 2: chi-squared"
                    "verify", [ model ], "Identities of a linear mixed model"
                ] do
                let code, output, error =
                    runOn (calves + secondRecords) command (arguments @ [ "--pedigree"; "A=@pedigree.csv" ])

                Check.isEmpty error
                Expect.equal code 0 command
                Check.contains expected output)

        testCase "related levels have intervals by a bootstrap" (fun () ->
            let code, output, error =
                runOn (calves + secondRecords) "ci" [ model; "--boot"; "30"; "--pedigree"; "A=@pedigree.csv" ]

            Check.isEmpty error
            Check.equal 0 code
            Check.contains "sd(calf (Intercept))" output)

        testCase "a matrix that no term names" (fun () ->
            let error formula name =
                let code, _, error =
                    runCommand "plan" [ formula; "--pedigree"; $"{name}=@pedigree.csv" ]

                Check.equal 2 code
                error

            Check.equal "Matrix 'B' is given, but the model names A; use one name for both." (error model "B")

            Check.equal
                "Matrix 'A' is given, but the model has no term for it; write one such as known(A | g)."
                (error "gain ~ sex" "A"))

        testCases
            "problems of the matrix are told by every command"
            [ "plan"; "anova"; "ci"; "verify" ]
            (fun (command) ->
                let code, _, error = runCommand command [ model; "--known"; "A=@none.csv" ]
                Check.equal "File 'none.csv' does not exist; check the path." error
                Check.equal 2 code

                let _, _, error = runCommand command [ model; "--known"; "A" ]

                Check.equal "lmm: '--known A' is not a name and a file; write --known NAME=FILE.csv." error)
    ]

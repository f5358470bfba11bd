/// <summary>The option --residual of every command that reads a model.</summary>
module LmmFunctional.Tests.ResidualOptionTests

open System.IO
open Expecto
open LmmFunctional.Cli

let private run (arguments: string list) =
    use output = new StringWriter()
    use error = new StringWriter()
    let code = Cli.run (Array.ofList arguments) output error
    code, output.ToString(), error.ToString().TrimEnd()

let private orthodont = TestData.csv "orthodont"

[<Tests>]
let tests =
    testList "ResidualOptionTests" [
        testCases
            "the option says what the clause says"
            [
                "plan", ""
                "anova", "--quiet"
                "emmeans", "--over Sex --quiet"
                "ci", "--wald"
                "verify", ""
            ]
            (fun (command: string, options: string) ->
                let options = options.Split ' ' |> List.ofArray |> List.filter ((<>) "")
                let structure = "ar1(age | Subject)"

                let byClause =
                    run (
                        [ command; orthodont; $"distance ~ age * Sex; residual = {structure}" ]
                        @ options
                    )

                let byOption =
                    run (
                        [ command; orthodont; "distance ~ age * Sex"; "--residual"; structure ]
                        @ options
                    )

                Check.equal byClause byOption
                let code, output, _ = byOption
                Check.equal 0 code
                Check.isNotEmpty output)

        testCase "all compared models have the structure" (fun () ->
            let code, output, _ =
                run [
                    "compare"
                    orthodont
                    "distance ~ age + Sex"
                    "distance ~ age * Sex"
                    "--residual"
                    "cs(age | Subject)"
                ]

            Check.equal 0 code
            Check.contains "1: distance ~ 1 + age + Sex; residual = cs(age | Subject)" output
            Check.contains "2: distance ~ 1 + age + Sex + age:Sex; residual = cs(age | Subject)" output)

        testCases "a clause and an option contradict each other" [ "plan"; "anova"; "ci"; "verify" ] (fun (command) ->
            let code, output, error =
                run [
                    command
                    orthodont
                    "distance ~ age; residual = cs(age | Subject)"
                    "--residual"
                    "ar1(age | Subject)"
                ]

            Check.equal "The model has two residual structures; keep exactly one 'residual'." error
            Check.equal 2 code
            Check.isEmpty output)

        testCase "a structure that is not known" (fun () ->
            let code, _, error =
                run [ "plan"; orthodont; "distance ~ age"; "--residual"; "csx(age | Subject)" ]

            error.Split '\n'
            |> List.ofArray
            |> Texts.equal [
                "The formula cannot be read:"
                "  csx(age | Subject)"
                "  ^ the structure 'csx' is not known; did you mean 'cs'?"
            ]

            Check.equal 2 code)
    ]

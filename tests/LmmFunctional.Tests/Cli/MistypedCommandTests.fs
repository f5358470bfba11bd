/// <summary>Commands and options that are mistyped.</summary>
module LmmFunctional.Tests.MistypedCommandTests

open System.IO
open Expecto
open LmmFunctional.Cli

[<Tests>]
let tests =
    testList "MistypedCommandTests" [
        testCases
            "a command that does not exist"
            [
                "fitt data.csv y~x", "there is no command 'fitt'; did you mean 'fit'?"
                "data.csv y~x", "there is no command 'data.csv';"
                "--versoin", "there is no option '--versoin' before a command; did you mean '--version'?"
            ]
            (fun (line: string, problem: string) ->
                use output = new StringWriter()
                use error = new StringWriter()
                let code = Cli.run (line.Split ' ') output error
                Check.equal 2 code
                Check.equal ($"lmm: {problem} 'lmm --help' lists the commands.") (error.ToString().TrimEnd()))

        testCases
            "the nearest option of each command"
            [
                "plan", "--residul", "--residual"
                "verify", "--pedigre", "--pedigree"
                "emmeans", "--prior-weight", "--prior-weights"
                "anova-table", "--differnces", "--differences"
            ]
            (fun (command: string, typed: string, meant: string) ->
                match CommandLine.parse [| command; "data.csv"; "y ~ x"; typed; "z" |] with
                | Error problem ->
                    Check.equal
                        ($"unrecognized argument: '{typed}'; did you mean '{meant}'? 'lmm {command} --help' lists the arguments.")
                        problem
                | Ok _ -> failtest "was read")
    ]

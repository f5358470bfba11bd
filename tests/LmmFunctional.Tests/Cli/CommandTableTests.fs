/// <summary>Every command keeps the rules of all commands: options about data and result, help, examples, completion.</summary>
module LmmFunctional.Tests.CommandTableTests

open System.IO
open System.Text.Json
open System.Text.RegularExpressions
open Expecto
open LmmFunctional.Cli

let private run arguments =
    use output = new StringWriter()
    use error = new StringWriter()
    let code = Cli.run (Array.ofList arguments) output error
    code, output.ToString().Replace("\r", ""), error.ToString().Replace("\r", "")

let private names (command: Command) =
    Command.options command |> List.collect OptionTable.names

let private hasData (command: Command) =
    command.Words |> List.exists (fun word -> word.Name = "DATA")

// As a shell would part the line.
let private split (line: string) =
    Regex.Matches(line, "\"([^\"]*)\"|(\\S+)")
    |> Seq.map (fun found -> found.Groups[1].Value + found.Groups[2].Value)
    |> List.ofSeq

// A short run of each command; one that is missing here fails below.
let private sleepstudy = [ "tests/data/sleepstudy.csv"; "Reaction ~ Days + (1 | Subject)" ]

let private short =
    Map [
        "fit", sleepstudy
        "anova", sleepstudy
        "emmeans", sleepstudy @ [ "--over"; "1" ]
        "ci", sleepstudy @ [ "--wald" ]
        "r2", sleepstudy
        "variance-test", sleepstudy @ [ "--draws"; "100" ]
        "verify", sleepstudy
        "predict", sleepstudy
        "ranef", sleepstudy
        "residuals", sleepstudy
        "influence", sleepstudy
        "outliers", sleepstudy
        "check", sleepstudy
        "simulate", sleepstudy
        "power", sleepstudy @ [ "--term"; "Days"; "--simulations"; "2" ]
        "plot", "residuals" :: sleepstudy
        "export", sleepstudy @ [ "--to"; "lme4" ]
        "compare", sleepstudy @ [ "Reaction ~ 1 + (1 | Subject)" ]
        "plan", sleepstudy
        "ems", [ "A*B"; "--levels"; "A=4,B=5"; "--reps"; "2" ]
        "anova-table", [ "tests/data/dyestuff.csv"; "Yield ~ Batch"; "--random"; "Batch" ]
        "completion", [ "bash" ]
    ]

// They make files: a page, a saved model, sums.
let private makers = [ "report"; "save"; "sums" ]

let private located (argument: string) =
    argument.Replace("tests/data/", Path.Combine(TestData.root, "tests", "data") + "/")

/// A short run of each command that prints.
let commands: string list list = [ for KeyValue(name, arguments) in short -> name :: List.map located arguments ]

[<Tests>]
let tests =
    testList "CommandTableTests" [
        testCase "every command has the options about the result, and about data where it has data" (fun () ->
            for command in CommandList.all do
                let expected = [
                    "--json"
                    "--csv"
                    "-o"
                    "--output"
                    "--rows"
                    "--quiet"

                    if hasData command then
                        for option in DataOptions.table do
                            option.Name
                ]

                let missing = List.except (names command) expected
                Check.equal (command.Name, []) (command.Name, missing))

        testCase "every command on a model has the options about the model" (fun () ->
            let others = [ "plan"; "sums"; "ems"; "anova-table"; "completion" ]

            for command in CommandList.all do
                if not (List.contains command.Name others) then
                    let missing =
                        [
                            "--ml"
                            "--residual"
                            "--known"
                            "--pedigree"
                            "--fix"
                            "--bound"
                            "--start"
                            "--algorithm"
                            "--budget"
                        ]
                        |> List.except (names command)

                    Check.equal (command.Name, []) (command.Name, missing))

        testCase "names are unique within a command" (fun () ->
            for command in CommandList.all do
                let twice =
                    names command |> List.countBy id |> List.filter (fun (_, count) -> count > 1)

                Check.equal (command.Name, []) (command.Name, twice))

        testCase "the example of every command is read, and so is every option" (fun () ->
            for command in CommandList.all do
                match CommandLine.parse (Array.ofList (command.Name :: split command.Example)) with
                | Ok(Request.Run _) -> ()
                | Ok _ -> failtest $"{command.Name}: help"
                | Error problem -> failtest $"{command.Name}: {problem}")

        testCase "help shows what a command has, in lines of 80" (fun () ->
            let _, all, _ = run [ "--help" ]

            for command in CommandList.all do
                let code, text, _ = run [ command.Name; "--help" ]
                Check.equal 0 code
                Check.contains $"\n    {command.Name} " all
                Check.contains $"\n    lmm {command.Name} {command.Example}\n" text

                for option in Command.options command do
                    Check.contains $"\n    {option.Name}" text

                for line in text.Split '\n' |> Array.skip 3 do
                    if not (line.StartsWith "USAGE" || line.StartsWith "       lmm") then
                        Check.isTrue (line.Length <= 80))

        testCase "every command prints text, CSV and JSON, to standard output and to a file" (fun () ->
            let known = (short |> Map.toList |> List.map fst) @ makers
            Check.equal [] (CommandList.all |> List.map _.Name |> List.except known)
            let file = Path.GetTempFileName()

            try
                for command in commands do
                    let printed options =
                        let code, output, error = run (command @ options)
                        Check.equal (command.Head, 0, "") (command.Head, code, error)
                        output

                    Check.isNotEmpty (printed [])
                    let header = (printed [ "--csv" ]).Split('\n')[0]
                    Check.isTrue (header.Contains ',' && not (header.Contains ' '))
                    use json = JsonDocument.Parse(printed [ "--json"; "--quiet" ])
                    Check.equal JsonValueKind.Object json.RootElement.ValueKind
                    Check.isEmpty (printed [ "--csv"; "-o"; file ])
                    Check.startsWith header (File.ReadAllText file)
            finally
                File.Delete file)

        testCase "completion of every shell has every command, option and word" (fun () ->
            for shell in [ "bash"; "zsh"; "fish"; "pwsh" ] do
                let code, script, _ = run [ "completion"; shell ]
                Check.equal 0 code

                for command in CommandList.all do
                    for name in command.Name :: names command do
                        // fish writes names without dashes.
                        Check.contains (if shell = "fish" then name.TrimStart '-' else name) script

                    for option in Command.options command do
                        match option.Kind with
                        | ArgumentKind.OneOf words ->
                            for word in words do
                                Check.contains word script
                        | _ -> ())

        testCase "bash completes as the script says" (fun () ->
            let folder = Directory.CreateTempSubdirectory "lmm-completion-"
            let path = Path.Combine(folder.FullName, "complete.sh")

            try
                let _, script, _ = run [ "completion"; "bash" ]

                let ask words =
                    $"COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _lmm; echo ${{COMPREPLY[@]}}\n"

                File.WriteAllText(
                    path,
                    script
                    + ask "lmm ano"
                    + ask "lmm fit data.csv model --algorithm p"
                    + ask "lmm fit data.csv --conv"
                    + ask "lmm plot traj"
                    + ask "lmm plot tr"
                )

                let start =
                    System.Diagnostics.ProcessStartInfo("bash", [ path ], RedirectStandardOutput = true)

                try
                    use shell = System.Diagnostics.Process.Start start |> nonNull
                    let found = shell.StandardOutput.ReadToEnd()
                    shell.WaitForExit()
                    Check.equal "anova anova-table\npx-em\n--convention\n\ntrace\n" found
                with :? System.ComponentModel.Win32Exception ->
                    skiptest "there is no bash"
            finally
                folder.Delete true)
    ]

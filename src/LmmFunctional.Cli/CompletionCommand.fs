namespace LmmFunctional.Cli

open LmmFunctional
open LmmFunctional.Analysis

/// <summary>The command <c>lmm completion</c>.</summary>
[<RequireQualifiedAccess>]
module internal CompletionCommand =

    let private shells = [
        "bash", Completion.bash
        "zsh", Completion.zsh
        "fish", Completion.fish
        "pwsh", Completion.pwsh
    ]

    let private table (commands: Command list) =
        let rows = [
            for command in commands do
                for option in Command.options command do
                    command.Name, option
        ]

        let value (option: CommandOption) =
            OptionTable.placeholder option.Kind |> Option.defaultValue ""

        CommandTables.frame [
            "command", rows |> List.map fst |> Column.ofStrings
            "option", rows |> List.map (snd >> _.Name) |> Column.ofStrings
            "value", rows |> List.map (snd >> value) |> Column.ofStrings
            "help", rows |> List.map (snd >> _.Help) |> Column.ofStrings
        ]

    let private result commands shell : CommandResult =
        let script =
            shells
            |> List.find (fun (name, _) -> name = shell)
            |> fun (_, write) -> CommandResult.lines (write commands)

        CommandResult.create
            (fun () -> script)
            (fun () -> FrameText.toJson [ "shell", shell; "script", script ] [])
            (fun () -> table commands)

    /// <summary>The command, which knows all others and itself.</summary>
    /// <param name="others">All other commands.</param>
    let rec create (others: Command list) : Command = {
        Name = "completion"
        Purpose = "print a script that completes words in a shell."
        Example = "bash"
        Words = [
            {
                Name = "SHELL"
                Kind = ArgumentKind.OneOf(List.map fst shells)
                MayRepeat = false
                Unless = None
                Help = "bash, zsh, fish or pwsh; the first line of the script says how it is put to use."
            }
        ]
        Meanings = []
        Groups = []
        Read = fun arguments -> Ok(fun _ -> Ok(result (others @ [ create others ]) arguments.Words.Head))
    }

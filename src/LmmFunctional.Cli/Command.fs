namespace LmmFunctional.Cli

open LmmFunctional

/// <summary>A command at work; it is given what takes words on how far it has come.</summary>
type CommandRun = (string -> unit) -> Result<CommandResult, LmmError list>

/// <summary>A command: its table, and what it does.</summary>
[<ReferenceEquality>]
type Command = {
    /// Such as predict.
    Name: string
    /// What it does, as the list of commands says it.
    Purpose: string
    /// What follows the name in the example of its help.
    Example: string
    /// The arguments without names.
    Words: CommandWord list
    /// Words that an argument may be, by its name, and what they mean.
    Meanings: (string * (string * string) list) list
    /// Options by headings, without those about the result.
    Groups: (string * CommandOption list) list
    /// What is done, or what is wrong with an argument.
    Read: Arguments -> Result<CommandRun, string>
}

/// <summary>Commands.</summary>
[<RequireQualifiedAccess>]
module Command =

    /// All options by headings.
    let groups (command: Command) =
        command.Groups @ [ "RESULT", ResultOptions.table ]

    /// All options.
    let options (command: Command) = groups command |> List.collect snd

    // Words

    /// The data.
    let data = {
        Name = "DATA"
        Kind = ArgumentKind.File "DATA"
        MayRepeat = false
        Unless = None
        Help = DataSource.help
    }

    /// The formula of a model.
    let formula = {
        Name = "FORMULA"
        Kind = ArgumentKind.Text("FORMULA", [])
        MayRepeat = false
        Unless = None
        Help = "the model, such as \"Reaction ~ Days + (Days | Subject)\"."
    }

    // Help

    let private usage (command: Command) words =
        [
            $"lmm {command.Name}"
            for word: CommandWord in words do
                if word.MayRepeat then
                    $"<{word.Name}>..."
                else
                    $"<{word.Name}>"
            "[options]"
        ]
        |> String.concat " "

    // With an option that takes the place of words there is another way to write the command.
    let private usages (command: Command) = [
        $"USAGE: {usage command command.Words}"

        for option in command.Words |> List.choose _.Unless |> List.distinct do
            let others = command.Words |> List.filter (fun word -> word.Unless <> Some option)
            $"       {usage command others}".Replace("[options]", $"{option} <FILE> [options]")
    ]

    let private section heading lines = [ ""; $"{heading}:"; ""; yield! lines ]

    /// <summary>The help of a command: what it does, an example, its arguments and options.</summary>
    let help (command: Command) : string =
        [
            $"lmm {command.Name}: {command.Purpose}"
            ""
            $"    lmm {command.Name} {command.Example}"
            ""
            yield! usages command

            yield!
                section "ARGUMENTS" [
                    for word in command.Words do
                        yield! OptionTable.entry $"<{word.Name}>" word.Help
                ]

            for name, meanings in command.Meanings do
                yield!
                    section name [
                        for word, meaning in meanings do
                            yield! OptionTable.entry word meaning
                    ]

            for heading, options in groups command do
                if not options.IsEmpty then
                    yield! section heading (OptionTable.help options)
        ]
        |> String.concat "\n"

namespace LmmFunctional.Cli

open System

/// <summary>What an argument holds.</summary>
[<RequireQualifiedAccess>]
type ArgumentKind =
    /// Nothing: an option that is there or not.
    | Switch
    /// Text such as COLUMN; some words that it may be, for completion.
    | Text of name: string * words: string list
    /// The path of a file.
    | File of name: string
    /// One of these words.
    | OneOf of words: string list

/// <summary>An option of a command.</summary>
type CommandOption = {
    /// Such as --separator.
    Name: string
    /// Another name, such as -h.
    Also: string option
    /// What follows it.
    Kind: ArgumentKind
    MayRepeat: bool
    /// What the help says of it.
    Help: string
}

/// <summary>Options as tables: one list reads the arguments, writes the help and completes words in a shell.</summary>
[<RequireQualifiedAccess>]
module OptionTable =

    let private create name kind help = {
        Name = name
        Also = None
        Kind = kind
        MayRepeat = false
        Help = help
    }

    /// An option that is there or not.
    let switch name help = create name ArgumentKind.Switch help

    /// An option with a text, written once.
    let value name value help =
        create name (ArgumentKind.Text(value, [])) help

    /// An option with a text that usually is one of some words.
    let named name value words help =
        create name (ArgumentKind.Text(value, words)) help

    /// An option with the path of a file.
    let file name help =
        create name (ArgumentKind.File "FILE") help

    /// An option with one of several words, which stand for values.
    let choice name (words: (string * 'value) list) help =
        create name (ArgumentKind.OneOf(List.map fst words)) help

    /// An option with a text that may be written several times.
    let repeated name text help = {
        value name text help with
            MayRepeat = true
    }

    /// The option with another name besides its own.
    let also name (option: CommandOption) = { option with Also = Some name }

    /// All names of an option.
    let names (option: CommandOption) =
        option.Name :: Option.toList option.Also

    /// The option of a name.
    let tryFind name (options: CommandOption list) =
        options
        |> List.tryFind (fun option -> option.Name = name || option.Also = Some name)

    /// What follows an option, such as COLUMN or nr|fisher; None for a switch.
    let placeholder kind =
        match kind with
        | ArgumentKind.Switch -> None
        | ArgumentKind.Text(name, _)
        | ArgumentKind.File name -> Some name
        | ArgumentKind.OneOf words -> Some(String.concat "|" words)

    // Help

    // Two columns: names, and text.
    let private column = 26

    let private wrap width (text: string) =
        (([], ""), text.Split ' ')
        ||> Array.fold (fun (lines, line) word ->
            if line = "" then
                lines, word
            elif line.Length + 1 + word.Length <= width then
                lines, line + " " + word
            else
                line :: lines, word)
        |> fun (lines, last) -> List.rev (last :: lines)

    /// A name and its text in two columns.
    let entry (head: string) (text: string) : string list = [
        let head = "    " + head
        let lines = wrap (80 - column) text

        if head.Length < column then
            head.PadRight column + lines.Head
        else
            head
            String(' ', column) + lines.Head

        for line in lines.Tail do
            String(' ', column) + line
    ]

    /// The lines of the help.
    let help (options: CommandOption list) : string list =
        options
        |> List.collect (fun option ->
            let own = names option |> String.concat ", "

            let head =
                match placeholder option.Kind with
                | Some value -> $"{own} <{value}>"
                | None -> own

            entry head option.Help)

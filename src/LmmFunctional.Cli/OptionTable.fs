namespace LmmFunctional.Cli

open System

/// <summary>An option of a command.</summary>
type CommandOption = {
    /// Such as --separator.
    Name: string
    /// What follows it, such as CHARACTER; None for a switch.
    Value: string option
    MayRepeat: bool
    /// What the help says of it.
    Help: string
}

/// <summary>Options as tables: one list reads the arguments and writes the help.</summary>
[<RequireQualifiedAccess>]
module OptionTable =

    /// An option that is there or not.
    let switch name help = {
        Name = name
        Value = None
        MayRepeat = false
        Help = help
    }

    /// An option with a value, written once.
    let value name value help = {
        Name = name
        Value = Some value
        MayRepeat = false
        Help = help
    }

    /// An option with a value that may be written several times.
    let repeated name value help = {
        Name = name
        Value = Some value
        MayRepeat = true
        Help = help
    }

    // Argu's layout: names in a column, text in another one.
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

    /// <summary>A name and its text, as Argu lays them out.</summary>
    let entry (head: string) (text: string) : string list = [
        let head = "    " + head
        let lines = wrap 54 text

        if head.Length < 26 then
            head.PadRight 26 + lines.Head
        else
            head
            String(' ', 26) + lines.Head

        for line in lines.Tail do
            String(' ', 26) + line
    ]

    /// The lines of the help.
    let help (options: CommandOption list) : string list =
        options
        |> List.collect (fun option ->
            let head =
                match option.Value with
                | Some value -> $"{option.Name} <{value}>"
                | None -> option.Name

            entry head option.Help)

    // The options with their values, and everything else in its order.
    let rec private take command (options: CommandOption list) found others arguments =
        match arguments with
        | name :: rest ->
            match options |> List.tryFind (fun option -> option.Name = name), rest with
            | None, _ -> take command options found (name :: others) rest
            | Some { Value = None }, _ -> take command options ((name, "") :: found) others rest
            | Some { Value = Some _ }, value :: rest -> take command options ((name, value) :: found) others rest
            | Some { Value = Some value }, [] ->
                Error $"argument '{name}' must be followed by <{value}>; 'lmm {command} --help' lists the arguments."
        | [] -> Ok(List.rev found, List.rev others)

    let private twice (options: CommandOption list) found =
        found
        |> List.countBy fst
        |> List.tryPick (fun (name, count) ->
            let mayRepeat =
                options |> List.exists (fun option -> option.Name = name && option.MayRepeat)

            if count > 1 && not mayRepeat then Some name else None)

    /// <summary>Takes options out of the arguments of a command.</summary>
    /// <param name="options">The options.</param>
    /// <param name="command">The name of the command, for messages.</param>
    /// <param name="arguments">What follows it.</param>
    /// <returns>Names and values of the options in their order, and all other arguments; or what is wrong with an option.
    /// </returns>
    let split
        (options: CommandOption list)
        (command: string)
        (arguments: string list)
        : Result<(string * string) list * string list, string> =
        take command options [] [] arguments
        |> Result.bind (fun (found, others) ->
            match twice options found with
            | Some name -> Error $"'{name}' is there twice; write it once."
            | None -> Ok(found, others))

namespace LmmFunctional.Cli

open System

/// <summary>An argument of a command that has no name before it, such as DATA.</summary>
type CommandWord = {
    Name: string
    Kind: ArgumentKind
    /// Whether several may follow each other; only the last word may.
    MayRepeat: bool
    /// The option that takes its place, if there is one.
    Unless: string option
    Help: string
}

/// <summary>What follows a command, read by its table.</summary>
type Arguments = {
    /// Those without names, in their order.
    Words: string list
    Options: OptionValues
}

/// <summary>What is wrong with the arguments of a command.</summary>
[<RequireQualifiedAccess>]
type ArgumentProblem =
    /// An option that the command does not have.
    | UnknownOption of string
    /// A word too many.
    | Unexpected of string
    | MissingValue of option: string * value: string
    | MissingWords of names: string list
    | Twice of option: string
    | UnknownWord of name: string * word: string * words: string list
    /// A word, and the option that has what it says.
    | InOption of word: string * option: string

/// <summary>Reading arguments by the table of a command.</summary>
[<RequireQualifiedAccess>]
module Arguments =

    // A formula may begin with a minus sign, and a dash alone is standard input.
    let private isOption (argument: string) =
        argument.StartsWith '-'
        && argument.Length > 1
        && not (argument.Contains ' ' || argument.Contains '~')

    // --name=value is the same as --name value.
    let private parted options (argument: string) =
        match argument.IndexOf '=' with
        | at when at > 0 && argument.StartsWith "--" ->
            OptionTable.tryFind (argument.Substring(0, at)) options
            |> Option.filter (fun option -> option.Kind <> ArgumentKind.Switch)
            |> Option.map (fun option -> option, argument.Substring(at + 1))
        | _ -> None

    let rec private take options words given arguments =
        match arguments with
        | [] -> Ok(List.rev words, List.rev given)
        | word :: rest when not (isOption word) -> take options (word :: words) given rest
        | argument :: rest ->
            match OptionTable.tryFind argument options, parted options argument with
            | None, None -> Error(ArgumentProblem.UnknownOption argument)
            | None, Some(option, value) -> take options words ((option.Name, value) :: given) rest
            | Some option, _ ->
                match OptionTable.placeholder option.Kind, rest with
                | None, _ -> take options words ((option.Name, "") :: given) rest
                | Some _, value :: rest when (OptionTable.tryFind value options).IsNone ->
                    take options words ((option.Name, value) :: given) rest
                | Some value, _ -> Error(ArgumentProblem.MissingValue(argument, value))

    let private twice (options: CommandOption list) given =
        given
        |> List.countBy fst
        |> List.tryPick (fun (name, count) ->
            let mayRepeat =
                options |> List.exists (fun option -> option.Name = name && option.MayRepeat)

            if count > 1 && not mayRepeat then Some name else None)

    let private unknown (place: CommandWord) word =
        match place.Kind with
        | ArgumentKind.OneOf known when not (List.contains word known) ->
            Some(ArgumentProblem.UnknownWord(place.Name, word, known))
        | _ -> None

    // Words in their places; the last place may take several.
    let rec private fill (places: CommandWord list) (words: string list) =
        match places, words with
        | [], [] -> Ok()
        | [], word :: _ -> Error(ArgumentProblem.Unexpected word)
        | missing, [] -> Error(ArgumentProblem.MissingWords(missing |> List.map _.Name))
        | place :: others, word :: rest ->
            match unknown place word with
            | Some problem -> Error problem
            | None when place.MayRepeat -> Ok()
            | None -> fill others rest

    let private placed (places: CommandWord list) (words: string list) given =
        let isGiven (place: CommandWord) =
            place.Unless
            |> Option.exists (fun name -> given |> List.exists (fun (own, _) -> own = name))

        match places |> List.filter isGiven, places |> List.filter (isGiven >> not) with
        | [], places -> fill places words
        | replaced, places ->
            match fill places words with
            | Error(ArgumentProblem.Unexpected word) ->
                Error(ArgumentProblem.InOption(word, replaced.Head.Unless |> Option.defaultValue ""))
            | other -> other

    /// <summary>Reads what follows a command.</summary>
    /// <param name="places">The arguments without names that it has.</param>
    /// <param name="options">The options that it has.</param>
    /// <param name="arguments">What follows it.</param>
    /// <returns>Words and options, or the first problem.</returns>
    let read (places: CommandWord list) (options: CommandOption list) (arguments: string list) =
        take options [] [] arguments
        |> Result.bind (fun (words, given) ->
            match twice options given with
            | Some name -> Error(ArgumentProblem.Twice name)
            | None ->
                placed places words given
                |> Result.map (fun () -> {
                    Words = words
                    Options = { Table = options; Given = given }
                }))

    /// Whether help is asked for.
    let asksForHelp (arguments: string list) =
        arguments
        |> List.exists (fun argument -> argument = "--help" || argument = "-h")

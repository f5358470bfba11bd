namespace LmmFunctional.Cli

open System
open System.Globalization

/// <summary>The options of a command as written, with their values.</summary>
type OptionValues = {
    /// The options that the command has.
    Table: CommandOption list
    /// Names and values of those that are there, in their order.
    Given: (string * string) list
}

/// <summary>Reading the values of options: what is there and cannot be read is told.</summary>
[<RequireQualifiedAccess>]
module OptionValues =

    /// <summary>All values of an option, in their order.</summary>
    /// <exception cref="T:System.ArgumentException">The table of the command has no such option.</exception>
    let all name (options: OptionValues) =
        if options.Table |> List.forall (fun option -> option.Name <> name) then
            invalidArg (nameof name) $"The option {name} is in no table."

        options.Given |> List.filter (fun (own, _) -> own = name) |> List.map snd

    /// The value of an option that is written once.
    let tryFind name options = all name options |> List.tryHead

    /// Whether an option is there.
    let contains name options = not (all name options).IsEmpty

    /// The first of several options that is there.
    let tryAny names options =
        names |> List.tryFind (fun name -> contains name options)

    /// <summary>A number between two ends, or the usual one.</summary>
    let number name usual (isAllowed: float -> bool) rule (options: OptionValues) : Result<float, string> =
        match tryFind name options with
        | None -> Ok usual
        | Some text ->
            match Double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture) with
            | true, value when isAllowed value -> Ok value
            | _ -> Error $"{name} {rule}, not '{text}'."

    /// A number between zero and one, both left out.
    let fraction name (usual: float) options =
        number name usual (fun value -> value > 0.0 && value < 1.0) $"must lie between 0 and 1, such as {usual}" options

    /// The level of intervals.
    let level (options: OptionValues) = fraction "--level" 0.95 options

    /// The whole number that a text after an option stands for, from a least one upwards.
    let whole name least usual (text: string) : Result<int, string> =
        match Int32.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture) with
        | true, value when value >= least -> Ok value
        | _ -> Error $"{name} takes a whole number, {least} or more, such as {usual}, not '{text}'."

    /// A whole number from a least one upwards; None without the option.
    let tryCount name least usual (options: OptionValues) : Result<int option, string> =
        match tryFind name options with
        | None -> Ok None
        | Some text -> whole name least usual text |> Result.map Some

    /// A whole number from a least one upwards, or the usual one.
    let count name least usual options : Result<int, string> =
        tryCount name least usual options |> Result.map (Option.defaultValue usual)

    /// One of several words; None without the option.
    let tryChoice name (words: (string * 'value) list) (options: OptionValues) : Result<'value option, string> =
        match tryFind name options with
        | None -> Ok None
        | Some text ->
            match words |> List.tryFind (fun (word, _) -> word = text) with
            | Some(_, value) -> Ok(Some value)
            | None ->
                let known = words |> List.map fst |> String.concat ", "
                Error $"there is no {name} '{text}'; choose one of {known}."

    /// One of several words, the first without the option.
    let choice name (words: (string * 'value) list) (options: OptionValues) : Result<'value, string> =
        tryChoice name words options
        |> Result.map (Option.defaultValue (snd words.Head))

    /// Words parted by commas.
    let words (text: string) =
        text.Split(',', StringSplitOptions.TrimEntries ||| StringSplitOptions.RemoveEmptyEntries)
        |> List.ofArray

namespace LmmFunctional.Cli

open System
open System.Globalization

/// <summary>The options of a command as written, with their values.</summary>
type OptionValues = (string * string) list

/// <summary>Reading the values of options: what is there and cannot be read is told.</summary>
[<RequireQualifiedAccess>]
module OptionValues =

    /// Whether an option is there.
    let contains name (options: OptionValues) =
        options |> List.exists (fun (own, _) -> own = name)

    /// The value of an option that is written once.
    let tryFind name (options: OptionValues) =
        options |> List.tryFind (fun (own, _) -> own = name) |> Option.map snd

    /// All values of an option, in their order.
    let all name (options: OptionValues) =
        options |> List.filter (fun (own, _) -> own = name) |> List.map snd

    /// <summary>A number between two ends, or the usual one.</summary>
    let number name usual (isAllowed: float -> bool) rule (options: OptionValues) : Result<float, string> =
        match tryFind name options with
        | None -> Ok usual
        | Some text ->
            match Double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture) with
            | true, value when isAllowed value -> Ok value
            | _ -> Error $"{name} {rule}, not '{text}'."

    /// The level of intervals.
    let level (options: OptionValues) =
        number "--level" 0.95 (fun level -> level > 0.0 && level < 1.0) "must lie between 0 and 1, such as 0.95" options

    /// A whole number from a least one upwards; None without the option.
    let tryCount name least usual (options: OptionValues) : Result<int option, string> =
        match tryFind name options with
        | None -> Ok None
        | Some text ->
            match Int32.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture) with
            | true, value when value >= least -> Ok(Some value)
            | _ -> Error $"{name} takes a whole number, {least} or more, such as {usual}, not '{text}'."

    /// A whole number from a least one upwards, or the usual one.
    let count name least usual options : Result<int, string> =
        tryCount name least usual options |> Result.map (Option.defaultValue usual)

    /// One of several words, the first without the option.
    let choice name (words: (string * 'value) list) (options: OptionValues) : Result<'value, string> =
        match tryFind name options with
        | None -> Ok(snd words.Head)
        | Some text ->
            match words |> List.tryFind (fun (word, _) -> word = text) with
            | Some(_, value) -> Ok value
            | None ->
                let known = words |> List.map fst |> String.concat ", "
                Error $"there is no {name} '{text}'; choose one of {known}."

    /// Words parted by commas.
    let words (text: string) =
        text.Split(',', StringSplitOptions.TrimEntries ||| StringSplitOptions.RemoveEmptyEntries)
        |> List.ofArray

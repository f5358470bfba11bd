namespace LmmFunctional.Cli

open System
open System.Globalization

/// <summary>Arguments of the form NAME=FILE and NAME=VALUE.</summary>
[<RequireQualifiedAccess>]
module internal NamedValues =

    // A=kinship.csv: a name, which has no equals sign, and a file, which may have one.
    let private namedFile option (text: string) =
        match text.IndexOf '=' with
        | at when at > 0 && at < text.Length - 1 -> Ok(text.Substring(0, at), text.Substring(at + 1))
        | _ -> Error $"'{option} {text}' is not a name and a file; write {option} NAME=FILE.csv."

    // Residual=4: the name of a parameter, which may have an equals sign, and a number, which has none.
    let private namedNumber option (text: string) =
        let at = text.LastIndexOf '='
        let number = if at > 0 then text.Substring(at + 1) else ""

        match Double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture) with
        | true, value -> Ok(text.Substring(0, at), value)
        | false, _ -> Error $"'{option} {text}' is not a name and a number; write {option} NAME=VALUE."

    // All values, or the first problem.
    let private all results =
        (results, Ok [])
        ||> List.foldBack (fun result rest ->
            result
            |> Result.bind (fun value -> rest |> Result.map (fun values -> value :: values)))

    /// The first name that is there twice.
    let repeated pairs =
        pairs
        |> List.countBy fst
        |> List.tryPick (fun (name, count) -> if count > 1 then Some name else None)

    /// Names and files after an option; or the first that cannot be read.
    let files option (texts: string list) : Result<(string * string) list, string> =
        texts |> List.map (namedFile option) |> all

    /// Names and values of covariance parameters after an option, each name once; or the first that cannot be read.
    let numbers option (texts: string list) : Result<(string * float) list, string> =
        texts
        |> List.map (namedNumber option)
        |> all
        |> Result.bind (fun pairs ->
            match repeated pairs with
            | Some name -> Error $"'{name}' has two values; give it one."
            | None -> Ok pairs)

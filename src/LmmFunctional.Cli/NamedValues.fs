namespace LmmFunctional.Cli

open System
open System.Globalization
open Argu

/// <summary>Arguments of the form NAME=FILE and NAME=VALUE.</summary>
[<RequireQualifiedAccess>]
module internal NamedValues =

    // A=kinship.csv: a name, which has no equals sign, and a file, which may have one.
    let private namedFile option (text: string) =
        match text.IndexOf '=' with
        | at when at > 0 && at < text.Length - 1 -> Ok(text.Substring(0, at), text.Substring(at + 1))
        | _ -> Error $"'{option} {text}' is not a name and a file; write {option} NAME=FILE.csv."

    // Residual=4: the name of a variance, which may have an equals sign, and a number, which has none.
    let private heldVariance (text: string) =
        let at = text.LastIndexOf '='
        let number = if at > 0 then text.Substring(at + 1) else ""

        match Double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture) with
        | true, value -> Ok(text.Substring(0, at), value)
        | false, _ -> Error $"'--fix {text}' is not a name and a number; write --fix NAME=VALUE."

    /// Names and values of the variances that are held; or the first that cannot be read.
    let heldVariances (fit: ParseResults<FitArguments>) =
        (fit.GetResults FitArguments.Fix, Ok [])
        ||> List.foldBack (fun text rest ->
            rest
            |> Result.bind (fun pairs -> heldVariance text |> Result.map (fun pair -> pair :: pairs)))
        |> Result.bind (fun pairs ->
            match pairs |> List.countBy fst |> List.tryFind (fun (_, count) -> count > 1) with
            | Some(name, _) -> Error $"'{name}' has two values; give it one."
            | None -> Ok pairs)

    /// Names and files of matrices and of pedigrees: a name stands for one matrix, however it is given.
    let namedFiles (fit: ParseResults<FitArguments>) =
        let known = fit.GetResults FitArguments.Known |> List.map (namedFile "--known")

        let pedigrees =
            fit.GetResults FitArguments.Pedigree |> List.map (namedFile "--pedigree")

        let pairs results =
            results
            |> List.choose (fun result ->
                match result with
                | Ok pair -> Some pair
                | Error _ -> None)

        let first =
            known @ pedigrees
            |> List.tryPick (fun result ->
                match result with
                | Ok _ -> None
                | Error problem -> Some problem)

        let repeated =
            pairs known @ pairs pedigrees
            |> List.countBy fst
            |> List.tryFind (fun (_, count) -> count > 1)

        match first, repeated with
        | Some problem, _ -> Error problem
        | None, Some(name, _) -> Error $"two matrices are named '{name}'; give each its own name."
        | None, None -> Ok(pairs known, pairs pedigrees)

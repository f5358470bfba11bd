namespace LmmFunctional.Cli

open System
open System.Globalization
open LmmFunctional

/// <summary>Arguments of the form NAME=LOWER..UPPER.</summary>
[<RequireQualifiedAccess>]
module internal NamedBounds =

    let private tryEnd (text: string) =
        match text, Double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture) with
        | "", _ -> Some None
        | _, (true, value) -> Some(Some value)
        | _, (false, _) -> None

    // Residual.rho=0..0.9: a name, which may have an equals sign, and two ends, one of which may be open.
    let private bound (text: string) =
        let at = text.LastIndexOf '='

        let ends =
            if at > 0 then
                match text.Substring(at + 1).Split ".." with
                | [| lower; upper |] -> Option.map2 (fun lower upper -> lower, upper) (tryEnd lower) (tryEnd upper)
                | _ -> None
            else
                None

        match ends with
        | Some(lower, upper) -> Ok(text.Substring(0, at), { Lower = lower; Upper = upper })
        | None ->
            Error
                $"'--bound {text}' is not a name and two ends; write --bound NAME=LOWER..UPPER, where one end may be left out."

    /// Names and ends of the parameters that are bounded; or the first that cannot be read.
    let read (texts: string list) : Result<(string * Bound) list, string> =
        (texts, Ok [])
        ||> List.foldBack (fun text rest ->
            rest
            |> Result.bind (fun pairs -> bound text |> Result.map (fun pair -> pair :: pairs)))
        |> Result.bind (fun pairs ->
            match NamedValues.repeated pairs with
            | Some name -> Error $"'{name}' is bounded twice; give both ends in one --bound NAME=LOWER..UPPER."
            | None -> Ok pairs)

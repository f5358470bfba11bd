namespace LmmFunctional.Analysis

open System
open System.Globalization
open LmmFunctional
open LmmFunctional.Model

/// <summary>Names, numbers and signs in the text of a hypothesis.</summary>
[<RequireQualifiedAccess>]
module internal HypothesisTokens =

    let rec skip (text: string) at =
        if at < text.Length && Char.IsWhiteSpace text[at] then
            skip text (at + 1)
        else
            at

    let isAt (signs: string) (text: string) at =
        at < text.Length && signs.Contains text[at]

    let isPlain (c: char) =
        Char.IsLetterOrDigit c || c = '_' || c = '.'

    /// The longest name that stands at a place and does not end inside a word.
    let nameAt (names: string[]) (text: string) at =
        let ends (name: string) =
            let next = at + name.Length

            next >= text.Length
            || not (isPlain text[next])
            || not (isPlain name[name.Length - 1])

        names
        |> Seq.indexed
        |> Seq.filter (fun (_, name) -> String.CompareOrdinal(text, at, name, 0, name.Length) = 0 && ends name)
        |> Seq.sortByDescending (fun (_, name) -> name.Length)
        |> Seq.tryHead
        |> Option.map (fun (index, name) -> index, at + name.Length)

    let numberAt (text: string) at =
        let isDigit index =
            index < text.Length && (Char.IsAsciiDigit text[index] || text[index] = '.')

        let rec digits index =
            if isDigit index then digits (index + 1) else index

        let whole = digits at

        if whole = at then
            None
        else
            let exponent =
                if whole < text.Length && Char.ToLowerInvariant text[whole] = 'e' then
                    let sign = if isAt "-+" text (whole + 1) then whole + 2 else whole + 1
                    let last = digits sign
                    if last > sign then last else whole
                else
                    whole

            match Double.TryParse(text.AsSpan(at, exponent - at), NumberStyles.Float, CultureInfo.InvariantCulture) with
            | true, value when Double.IsFinite value -> Some(value, exponent)
            | _ -> None

    let problem text at expected =
        Error [ LmmError.HypothesisSyntax(text, at, expected) ]

    // What stands where a name should: up to the next sign, so that the message can show it.
    let unknown (names: string[]) (text: string) at =
        let stop = text.IndexOfAny([| '+'; '-'; '='; ','; ';'; '*'; '/' |], at)

        let word =
            (if stop < 0 then
                 text.Substring at
             else
                 text.Substring(at, stop - at))
                .Trim()
                .Trim('`')

        if word = "" then
            problem text at "a column of X or a number is needed here"
        else
            Error [ LmmError.UnknownCoefficient(word, Nearest.suggest names word) ]

    /// A name, between backquotes or not.
    let quotedOrPlain names (text: string) at =
        if isAt "`" text at then
            match text.IndexOf('`', at + 1) with
            | -1 -> problem text at "the closing backquote is missing"
            | stop ->
                let name = text.Substring(at + 1, stop - at - 1)

                match Array.IndexOf(names, name) with
                | -1 -> Error [ LmmError.UnknownCoefficient(name, Nearest.suggest names name) ]
                | index -> Ok(index, stop + 1)
        else
            match nameAt names text at with
            | Some found -> Ok found
            | None -> unknown names text at

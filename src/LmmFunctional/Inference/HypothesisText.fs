namespace LmmFunctional

open System
open System.Globalization

/// One hypothesis as text: the weights of the names, and the value they are tested against.
[<NoComparison; ReferenceEquality>]
type internal HypothesisRow = {
    Label: string
    Weights: float[]
    Value: float
}

/// <summary>Reading linear hypotheses: sums of names with factors, an equals sign, commas between
/// hypotheses.</summary>
/// <remarks>The names of columns hold spaces, commas, colons and minus signs, so at every place the longest name that
/// fits is taken.
/// </remarks>
[<RequireQualifiedAccess>]
module internal HypothesisText =

    // A sum read so far: weights of the names, the constant, and where reading goes on.
    type private Sum = {
        Weights: float[]
        Constant: float
        At: int
    }

    let rec private skip (text: string) at =
        if at < text.Length && Char.IsWhiteSpace text[at] then
            skip text (at + 1)
        else
            at

    let private isPlain (c: char) =
        Char.IsLetterOrDigit c || c = '_' || c = '.'

    /// The longest name that stands at a place and does not end inside a word.
    let private nameAt (names: string[]) (text: string) at =
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

    let private numberAt (text: string) at =
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
                    let sign =
                        if whole + 1 < text.Length && (text[whole + 1] = '-' || text[whole + 1] = '+') then
                            whole + 2
                        else
                            whole + 1

                    let last = digits sign
                    if last > sign then last else whole
                else
                    whole

            match Double.TryParse(text.AsSpan(at, exponent - at), NumberStyles.Float, CultureInfo.InvariantCulture) with
            | true, value when Double.IsFinite value -> Some(value, exponent)
            | _ -> None

    let private problem text at expected =
        Error [ LmmError.HypothesisSyntax(text, at, expected) ]

    // What stands where a name should: up to the next sign, so that the message can show it.
    let private unknown (names: string[]) (text: string) at =
        let stop = text.IndexOfAny([| '+'; '-'; '='; ','; ';'; '*' |], at)

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
    let private quotedOrPlain names (text: string) at =
        if at < text.Length && text[at] = '`' then
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

    let private add index weight (sum: Sum) at = {
        sum with
            Weights = sum.Weights |> Array.mapi (fun i w -> if i = index then w + weight else w)
            At = at
    }

    /// One summand with its sign: a number, a name, or a number times a name.
    let private summand names (text: string) sign (sum: Sum) at =
        match nameAt names text at, numberAt text at with
        | Some(index, next), _ -> Ok(add index sign sum next)
        | None, Some(value, next) ->
            let star = skip text next
            let isProduct = star < text.Length && text[star] = '*'
            let after = if isProduct then skip text (star + 1) else star

            let isName =
                nameAt names text after <> None || after < text.Length && text[after] = '`'

            if isProduct || isName then
                quotedOrPlain names text after
                |> Result.map (fun (index, next) -> add index (sign * value) sum next)
            else
                Ok {
                    sum with
                        Constant = sum.Constant + sign * value
                        At = next
                }
        | None, None ->
            quotedOrPlain names text at
            |> Result.map (fun (index, next) -> add index sign sum next)

    let rec private sum names (text: string) isFirst (soFar: Sum) =
        let at = skip text soFar.At

        if at < text.Length && (text[at] = '+' || text[at] = '-') then
            let sign = if text[at] = '-' then -1.0 else 1.0

            summand names text sign soFar (skip text (at + 1))
            |> Result.bind (sum names text false)
        elif isFirst then
            summand names text 1.0 soFar at |> Result.bind (sum names text false)
        else
            Ok { soFar with At = at }

    let private difference (label: string) (left: Sum) (right: Sum) = {
        Label = label
        Weights = Array.map2 (-) left.Weights right.Weights
        Value = right.Constant - left.Constant
    }

    /// <summary>Hypotheses from text; the label of each is its own text.</summary>
    let parse (names: string[]) (text: string) : Result<HypothesisRow list, LmmError list> =
        let empty at = {
            Weights = Array.zeroCreate names.Length
            Constant = 0.0
            At = at
        }

        let row start =
            sum names text true (empty start)
            |> Result.bind (fun left ->
                let right =
                    if left.At < text.Length && text[left.At] = '=' then
                        sum names text true (empty (left.At + 1))
                    else
                        Ok(empty left.At)

                right
                |> Result.bind (fun right ->
                    let label = text.Substring(start, right.At - start).Trim()
                    let found = difference label left right

                    if found.Weights |> Array.forall ((=) 0.0) then
                        problem text start "this names no column of X"
                    else
                        Ok(found, right.At)))

        let rec rows start found =
            row start
            |> Result.bind (fun (next, at) ->
                if at >= text.Length then
                    Ok(List.rev (next :: found))
                elif text[at] = ',' || text[at] = ';' then
                    rows (at + 1) (next :: found)
                else
                    problem text at "a sign, '=' or ',' is needed here")

        rows 0 []

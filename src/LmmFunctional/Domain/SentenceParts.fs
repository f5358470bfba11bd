namespace LmmFunctional.Model

open System
open LmmFunctional.Data
open LmmFunctional.Language

/// <summary>Parts of sentences that the messages of problems share.</summary>
module internal SentenceParts =

    // More names than this are no help.
    let private mostListed = 10

    /// Names in a row; of many the first ones, and how many more there are.
    let limited (names: string list) =
        match names.Length - mostListed with
        | more when more > 1 -> String.concat ", " (List.truncate mostListed names) + $" and {more} more"
        | _ -> String.concat ", " names

    /// The end of a sentence: the name that was probably meant, if there is one.
    let didYouMean suggestion =
        match suggestion with
        | Some name -> $"; did you mean '{name}'?"
        | None -> "."

    /// The name that was probably meant, or the names that there are, those most like it first.
    let meantOrListed suggestion name (known: string list) =
        match suggestion, known with
        | Some _, _
        | None, [] -> didYouMean suggestion
        | None, known when known.Length <= mostListed ->
            let thereIs = Plural.verb known.Length "there is" "there are"
            $"; {thereIs} " + String.concat ", " known + "."
        | None, known ->
            let nearest =
                known |> List.sortBy (Nearest.distance name) |> List.truncate mostListed

            let others = known.Length - mostListed
            "; there are " + String.concat ", " nearest + $" and {others} more."

    /// The column that was probably meant, in back-ticks where a formula needs them, or the columns that there are.
    let meantColumn suggestion name (known: string list) =
        match suggestion with
        | Some column when not (Lexeme.isSyntactic column) ->
            $"; did you mean {Lexeme.name column}? Such a name needs its back-ticks."
        | _ -> meantOrListed suggestion name known

    // A longer text is shown around the place only.
    let private mostShown = 400

    /// A text with the place where it cannot be read.
    let caret what (text: string) position expected =
        let at = min (max position 0) text.Length

        let text, at =
            if text.Length <= mostShown then
                text, at
            else
                let first = max 0 (at - mostShown / 2)
                let last = min text.Length (first + mostShown)
                let before = if first > 0 then "..." else ""
                let after = if last < text.Length then "..." else ""
                before + text.Substring(first, last - first) + after, at - first + before.Length

        String.concat Environment.NewLine [
            $"The {what} cannot be read:"
            "  " + text
            "  " + String(' ', at) + "^ " + expected
        ]

    // Digits around one comma, as much of Europe writes a decimal number.
    let private hasDecimalComma (value: string) =
        let digits (text: string) = text |> Seq.forall Char.IsAsciiDigit

        match value.TrimStart('-', '+').Split ',' with
        | [| whole; fraction |] -> fraction <> "" && digits whole && digits fraction
        | _ -> false

    /// What to do about the first value that is no number, with its row.
    let correction found =
        match found with
        | Some(value: string, row: int) when hasDecimalComma value ->
            $"row {row} has '{value}': write decimal points, {value.Replace(',', '.')}."
        | Some(value, row) when DateText.looksLikeDate value -> $"row {row} has '{value}': write dates as 2023-01-31."
        | Some(value, row) -> $"row {row} has '{value}', which is not a number."
        | None -> "make the column numeric."

    /// Cells with their rows: row 7, 'x'; rows 7, 'x', and 9, 'y'.
    let cells (found: (string * int) list) count =
        let shown = found |> List.map (fun (value, row) -> $"{row} ('{value}')")

        let more =
            if count > shown.Length then
                $" and {count - shown.Length} more"
            else
                ""

        Plural.verb count "row " "rows " + String.concat ", " shown + more

    /// Bytes in units of 10⁹.
    let gigabytes bytes = bytes / 1e9

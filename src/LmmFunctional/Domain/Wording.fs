namespace LmmFunctional

open System

/// <summary>Parts of sentences that the messages of problems share.</summary>
module internal Wording =

    /// The end of a sentence: the name that was probably meant, if there is one.
    let didYouMean suggestion =
        match suggestion with
        | Some name -> $"; did you mean '{name}'?"
        | None -> "."

    // More names than this are no help.
    let private mostListed = 10

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

    /// A text with the place where it cannot be read.
    let caret what (text: string) position expected =
        let at = min (max position 0) text.Length

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
        | Some(value, row) -> $"row {row} has '{value}', which is not a number."
        | None -> "make the column numeric."

    /// Bytes in units of 10⁹.
    let gigabytes bytes = bytes / 1e9

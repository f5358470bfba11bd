namespace LmmFunctional.Data

open System

/// <summary>Places in the raw text of one CSV record, for problems that name a line and a column.</summary>
[<RequireQualifiedAccess>]
module internal RawRecord =

    // Blanks around a field do not belong to it, unless they separate the fields.
    let private skipBlanks (separator: char) (raw: string) (start: int) =
        let blanks = " \t".Replace(string separator, "")
        raw.Length - raw.AsSpan(start).TrimStart(blanks).Length

    /// Where the field that starts at a position ends: at its separator, or at the length of the record; one more than that
    /// when a quote is never closed.
    let private endOfField (separator: char) (raw: string) start =
        let isQuote position =
            position < raw.Length && raw[position] = '"'

        let rec skipQuoted position =
            if position >= raw.Length then
                raw.Length + 1
            elif isQuote position && isQuote (position + 1) then
                skipQuoted (position + 2)
            elif isQuote position then
                position + 1
            else
                skipQuoted (position + 1)

        let content = skipBlanks separator raw start

        let afterQuotes =
            if isQuote content then
                skipQuoted (content + 1)
            else
                content

        if afterQuotes > raw.Length then
            afterQuotes
        else
            match raw.IndexOf(separator, afterQuotes) with
            | -1 -> raw.Length
            | at -> at

    /// The length of a record without the line break that ends it; in a quote that is never closed nothing ends it.
    let contentLength separator (raw: string) =
        let rec isClosed start =
            let last = endOfField separator raw start
            last <= raw.Length && (last = raw.Length || isClosed (last + 1))

        if isClosed 0 then
            raw.TrimEnd('\r', '\n').Length
        else
            raw.Length

    /// <summary>Where the text of a field starts, counted from zero; blanks before it are skipped.</summary>
    let startOfField separator (raw: string) field =
        (0, seq { 1..field })
        ||> Seq.fold (fun start _ -> min raw.Length (endOfField separator raw start + 1))
        |> skipBlanks separator raw

    /// <summary>The line and column, both from one, of a position in a record whose last line is
    /// <paramref name="lastLine"/>.</summary>
    let place separator (raw: string) lastLine position =
        let length = contentLength separator raw
        let mutable breaksAfter = 0
        let mutable lineStart = 0

        for at in 0 .. length - 1 do
            let isBreak =
                raw[at] = '\n'
                || (raw[at] = '\r' && (at + 1 = raw.Length || raw[at + 1] <> '\n'))

            if isBreak && at < position then
                lineStart <- at + 1
            elif isBreak then
                breaksAfter <- breaksAfter + 1

        lastLine - breaksAfter, position - lineStart + 1

namespace LmmFunctional.Data

open System
open System.Globalization
open System.IO
open CsvHelper
open CsvHelper.Configuration
open LmmFunctional

/// Problems of rows, in order: the first are kept, the rest only counted.
[<Sealed>]
type internal RowProblems(source: string) =
    let kept = ResizeArray<LmmError>()
    let mutable count = 0

    /// Describing a problem takes time, so only those that are kept are described.
    member _.Add(describe: unit -> LmmError) =
        if count < 20 then
            kept.Add(describe ())

        count <- count + 1

    member _.ToList() = [
        yield! kept

        if count > kept.Count then
            LmmError.MoreProblems(source, count - kept.Count)
    ]

/// <summary>What can be wrong with a record, with its line and column.</summary>
[<RequireQualifiedAccess>]
module internal RecordProblem =

    /// A field with a quote where none may be.
    let badQuote source (separator: char) (parser: CsvParser) field =
        let raw = parser.RawRecord
        let start = RawRecord.startOfField separator raw field
        let isQuoted = start < raw.Length && raw[start] = '"'

        let position, reason =
            match raw.IndexOf('"', start) with
            | quote when quote > start && not isQuoted ->
                quote, "a quote inside unquoted text; put the whole text in quotes and double the quote inside."
            | _ ->
                let called = if separator = ',' then "comma" else "separator"

                start,
                $"the text quoted from here does not end at a {called} or line end; close it, or double a quote inside it."

        let line, column = RawRecord.place separator raw parser.RawRow position
        LmmError.MalformedText(source, line, column, reason)

    /// A record with too few or too many fields.
    let ragged source separator (parser: CsvParser) expected =
        let raw = parser.RawRecord

        let position =
            if parser.Count > expected then
                RawRecord.startOfField separator raw expected
            else
                RawRecord.contentLength separator raw

        let line, column = RawRecord.place separator raw parser.RawRow position
        LmmError.RaggedRow(source, line, column, expected, parser.Count)

/// <summary>The records of a CSV text one by one, problems collected on the way.</summary>
[<Sealed>]
type internal CsvRecords(source: string, separator: char, reader: TextReader) =
    let problems = RowProblems source
    let mutable hasBadQuote = false

    let configuration =
        CsvConfiguration(
            CultureInfo.InvariantCulture,
            Delimiter = string separator,
            BufferSize = 0x8000,
            TrimOptions = TrimOptions.Trim,
            WhiteSpaceChars = ([| ' '; '\t' |] |> Array.except [ separator ]),
            // One string per distinct text instead of one per cell.
            CacheFields = true,
            BadDataFound = BadDataFound(fun _ -> hasBadQuote <- true)
        )

    let parser = new CsvParser(reader, configuration, true)

    // A line of blanks is one empty field; the text "" is one too, but says that a value is missing.
    let isBlankLine () =
        parser.Count = 1 && parser[0] = "" && not (parser.RawRecord.Contains '"')

    let rec readRecord () =
        parser.Read() && (not (isBlankLine ()) || readRecord ())

    /// The problems of all records read so far.
    member _.Problems = problems.ToList()

    /// The next record's fields, empty where a quote is wrong; None when nothing but blank lines is left.
    member _.TryReadHeader() : string[] option =
        if readRecord () then
            Some(
                Array.init parser.Count (fun field ->
                    let text = parser[field]

                    if hasBadQuote then
                        problems.Add(fun () -> RecordProblem.badQuote source separator parser field)
                        hasBadQuote <- false

                    text)
            )
        else
            None

    /// Whether the record last read begins with a quote.
    member _.BeginsQuoted = parser.RawRecord.TrimStart().StartsWith '"'

    /// Appends the next record's fields to the columns; false when nothing but blank lines is left.
    member _.TryReadRow(columns: ResizeArray<string>[]) : bool =
        if readRecord () then
            let count = parser.Count
            let mutable isGood = true

            for field in 0 .. count - 1 do
                let text = parser[field]

                if hasBadQuote then
                    problems.Add(fun () -> RecordProblem.badQuote source separator parser field)
                    hasBadQuote <- false
                    isGood <- false
                elif count = columns.Length then
                    columns[field].Add text

            if isGood && count <> columns.Length then
                problems.Add(fun () -> RecordProblem.ragged source separator parser columns.Length)

            true
        else
            false

    interface IDisposable with
        member _.Dispose() = parser.Dispose()

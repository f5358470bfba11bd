namespace LmmFunctional

open System
open System.Collections.Generic

/// <summary>The cells of one column in one block of a CSV text.</summary>
[<RequireQualifiedAccess>]
type internal CsvPiece =
    /// Numbers, NaN where missing, with the texts of those rows whose numbers would print in another way.
    | Numbers of numbers: float[] * texts: Dictionary<int, string>
    /// Distinct texts, and the code of every row.
    | Texts of texts: string[] * codes: int[]

    /// The number of rows.
    member piece.Rows =
        match piece with
        | Numbers(numbers, _) -> numbers.Length
        | Texts(_, codes) -> codes.Length

/// <summary>Reading the cells of a block.</summary>
[<RequireQualifiedAccess>]
module internal CsvPiece =

    // Powers that a double holds exactly.
    let private powersOfTen =
        Array.init 16 (fun power -> Math.Round(10.0 ** float power))

    /// <summary>A decimal of at most 15 digits that would print as it is written.</summary>
    /// <remarks>Digits and power of ten are exact doubles, so their quotient is correctly rounded (Clinger 1990). Small
    /// numbers may print with an exponent, so two zeros after the point are left to the slower way.</remarks>
    let private tryPlain (bytes: byte[]) (start: int) (stop: int) (value: byref<float>) =
        let first =
            if start < stop && bytes[start] = 45uy then
                start + 1
            else
                start

        let mutable at = first
        let mutable digits = 0L
        let mutable point = -1
        let mutable isPlain = stop - first <= 16

        while isPlain && at < stop do
            let digit = int bytes[at] - 48

            if uint32 digit <= 9u then
                digits <- digits * 10L + int64 digit
            elif bytes[at] = 46uy && point < 0 then
                point <- at
            else
                isPlain <- false

            at <- at + 1

        let whole = (if point < 0 then stop else point) - first
        let decimals = if point < 0 then 0 else stop - point - 1

        isPlain
        && whole > 0
        && whole + decimals <= 15
        && (bytes[first] <> 48uy || (whole = 1 && (point > 0 || first = start)))
        && (point < 0
            || (decimals > 0
                && bytes[stop - 1] <> 48uy
                && not (
                    whole = 1
                    && decimals > 2
                    && bytes[first] = 48uy
                    && bytes[point + 1] = 48uy
                    && bytes[point + 2] = 48uy
                )))
        && (let magnitude =
                if point < 0 then
                    float digits
                else
                    float digits / powersOfTen[decimals]

            value <- if first = start then magnitude else -magnitude
            true)

    let private isPlainlyMissing (bytes: byte[]) start stop =
        start = stop
        || (stop - start = 2 && bytes[start] = 78uy && bytes[start + 1] = 65uy)

    /// All cells as numbers; None where one is neither a number nor missing.
    let private tryNumbers (reading: CellReading) (bytes: byte[]) (fields: CsvFields) column =
        let numbers = Array.zeroCreate<float> fields.Rows
        let texts = Dictionary<int, string>()
        // Other codes and marks are compared as text.
        let mayBePlain = reading.IsPlain
        let mutable row = 0
        let mutable isGood = true

        while isGood && row < fields.Rows do
            let first = fields.First(row, column)
            let last = fields.Last(row, column)
            let mutable number = 0.0

            if mayBePlain && tryPlain bytes first last &number then
                numbers[row] <- number
            elif mayBePlain && isPlainlyMissing bytes first last then
                numbers[row] <- nan
            else
                let text = CsvTexts.Read(bytes, fields, row, column)

                match reading.TryNumber text with
                | ValueSome number ->
                    numbers[row] <- number

                    if not (Double.IsNaN number || CellText.isCanonical text number) then
                        texts.Add(row, text)
                | ValueNone when reading.IsMissing text -> numbers[row] <- nan
                | ValueNone -> isGood <- false

            row <- row + 1

        if isGood then
            Some(CsvPiece.Numbers(numbers, texts))
        else
            None

    /// <summary>The cells of a column in a block whose fields have been found.</summary>
    let read (reading: CellReading) (bytes: byte[]) (fields: CsvFields) (column: int) : CsvPiece =
        match tryNumbers reading bytes fields column with
        | Some piece -> piece
        | None ->
            let texts = CsvTexts(bytes, fields, column)
            let codes = Array.init fields.Rows texts.Code
            CsvPiece.Texts(texts.Texts.ToArray(), codes)

    /// The text of a row of numbers; "" where missing.
    let private label (numbers: float[]) (texts: Dictionary<int, string>) row =
        match texts.TryGetValue row with
        | true, text -> text
        | false, _ when Double.IsNaN numbers[row] -> ""
        | false, _ -> LevelName.ofNumber numbers[row]

    // The pieces behind each other, each piece written from its first row on.
    let private joined (pieces: CsvPiece[]) (write: CsvPiece -> 'Value[] -> int -> unit) =
        let all: 'Value[] = Array.zeroCreate (pieces |> Array.sumBy _.Rows)
        let mutable start = 0

        for piece in pieces do
            write piece all start
            start <- start + piece.Rows

        all

    let private numbersOf (pieces: CsvPiece[]) =
        joined pieces (fun piece all start ->
            match piece with
            | CsvPiece.Numbers(numbers, _) -> Array.blit numbers 0 all start numbers.Length
            | CsvPiece.Texts _ -> ())

    let private labelsOf (pieces: CsvPiece[]) =
        // Numbers that occur often are written once.
        let written = Dictionary<float, string>()

        let textOf number =
            match written.TryGetValue number with
            | true, text -> text
            | false, _ ->
                let text =
                    if Double.IsNaN number then
                        ""
                    else
                        LevelName.ofNumber number

                written.Add(number, text)
                text

        joined pieces (fun piece all start ->
            match piece with
            | CsvPiece.Numbers(numbers, texts) ->
                for row in 0 .. numbers.Length - 1 do
                    all[start + row] <- textOf numbers[row]

                for entry in texts do
                    all[start + entry.Key] <- entry.Value
            | CsvPiece.Texts _ -> ())

    /// Distinct texts of all pieces, and the code of every row.
    let private coded (pieces: CsvPiece[]) =
        let codeOf = Dictionary<string, int>(StringComparer.Ordinal)
        let texts = ResizeArray<string>()

        let code text =
            match codeOf.TryGetValue text with
            | true, code -> code
            | false, _ ->
                codeOf.Add(text, texts.Count)
                texts.Add text
                texts.Count - 1

        let codes =
            joined pieces (fun piece all start ->
                match piece with
                | CsvPiece.Numbers(numbers, labels) ->
                    for row in 0 .. numbers.Length - 1 do
                        all[start + row] <- code (label numbers labels row)
                | CsvPiece.Texts(own, codes) ->
                    let places = own |> Array.map code

                    for row in 0 .. codes.Length - 1 do
                        all[start + row] <- places[codes[row]])

        texts.ToArray(), codes

    /// <summary>The column of all pieces, by the rules of <see cref="T:LmmFunctional.CellReading"/>.</summary>
    let toColumn (reading: CellReading) (pieces: CsvPiece[]) : Column =
        let areNumbers =
            pieces
            |> Array.forall (function
                | CsvPiece.Numbers _ -> true
                | CsvPiece.Texts _ -> false)

        let areCanonical =
            pieces
            |> Array.forall (function
                | CsvPiece.Numbers(_, texts) -> texts.Count = 0
                | CsvPiece.Texts _ -> false)

        if areCanonical then
            Column.ofOwnedFloats (numbersOf pieces)
        elif areNumbers then
            Column.ofOwnedLabels (numbersOf pieces) (labelsOf pieces)
        else
            coded pieces ||> CellReading.ofCodedTexts reading

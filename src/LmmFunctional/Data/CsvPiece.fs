namespace LmmFunctional.Data

open System
open System.Collections.Generic
open LmmFunctional

/// <summary>The cells of one column in one block of a CSV text.</summary>
[<RequireQualifiedAccess>]
type internal CsvPiece =
    /// Numbers, NaN where missing, from some row of the array of the whole column on, with the texts of those rows of the
    /// piece whose numbers would print in another way.
    | Numbers of all: float[] * start: int * rows: int * texts: Dictionary<int, string>
    /// Distinct texts, and the code of every row.
    | Texts of texts: string[] * codes: int[]

    /// The number of rows.
    member piece.Rows =
        match piece with
        | Numbers(_, _, rows, _) -> rows
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

    /// All cells as numbers, written into the column; None where one is neither a number nor missing.
    let private tryNumbers (reading: CellReading) (bytes: byte[]) (fields: CsvFields) column (all: float[]) start =
        let numbers = Span<float>(all, start, fields.Rows)
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
            Some(CsvPiece.Numbers(all, start, fields.Rows, texts))
        else
            None

    /// <summary>The cells of a column in a block whose fields have been found.</summary>
    /// <param name="reading">What the cells mean.</param>
    /// <param name="bytes">The block.</param>
    /// <param name="fields">Where its fields are.</param>
    /// <param name="all">The numbers of the whole column, made when the first block has numbers.</param>
    /// <param name="start">The first row of the block.</param>
    /// <param name="column">The column.</param>
    let read
        (reading: CellReading)
        (bytes: byte[])
        (fields: CsvFields)
        (all: Lazy<float[]>)
        (start: int)
        (column: int)
        : CsvPiece =
        match tryNumbers reading bytes fields column all.Value start with
        | Some piece -> piece
        | None ->
            let texts = CsvTexts(bytes, fields, column)
            let codes = Array.init fields.Rows texts.Code
            CsvPiece.Texts(texts.Texts.ToArray(), codes)

    let private rowsOf (pieces: CsvPiece[]) = pieces |> Array.sumBy _.Rows

    /// The numbers of all pieces without the gaps that lines without a record have left.
    let private numbersOf (pieces: CsvPiece[]) : float[] =
        let mutable rows = 0
        let mutable numbers = Array.empty

        for piece in pieces do
            match piece with
            | CsvPiece.Numbers(all, start, own, _) ->
                if start <> rows then
                    Array.Copy(all, start, all, rows, own)

                rows <- rows + own
                numbers <- all
            | CsvPiece.Texts _ -> ()

        if rows = numbers.Length then
            numbers
        else
            Array.sub numbers 0 rows

    let private labelsOf (numbers: float[]) (pieces: CsvPiece[]) : string[] =
        let written = NumberTexts()
        let labels: string[] = Array.zeroCreate numbers.Length

        for row in 0 .. numbers.Length - 1 do
            labels[row] <- written.Text numbers[row]

        let mutable start = 0

        for piece in pieces do
            match piece with
            | CsvPiece.Numbers(_, _, _, texts) ->
                for entry in texts do
                    labels[start + entry.Key] <- entry.Value
            | CsvPiece.Texts _ -> ()

            start <- start + piece.Rows

        labels

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

        let written = NumberTexts()
        let codes: int[] = Array.zeroCreate (rowsOf pieces)
        let mutable start = 0

        for piece in pieces do
            match piece with
            | CsvPiece.Numbers(all, first, rows, labels) ->
                for row in 0 .. rows - 1 do
                    codes[start + row] <-
                        match labels.TryGetValue row with
                        | true, text -> code text
                        | false, _ -> code (written.Text all[first + row])
            | CsvPiece.Texts(own, ownCodes) ->
                let places = own |> Array.map code

                for row in 0 .. ownCodes.Length - 1 do
                    codes[start + row] <- places[ownCodes[row]]

            start <- start + piece.Rows

        texts.ToArray(), codes

    /// <summary>The column of all pieces, by the rules of <see cref="T:LmmFunctional.Data.CellReading"/>.</summary>
    let toColumn (reading: CellReading) (pieces: CsvPiece[]) : Column =
        let textsOf piece =
            match piece with
            | CsvPiece.Numbers(_, _, _, texts) -> Some texts.Count
            | CsvPiece.Texts _ -> None

        let counts = pieces |> Array.map textsOf

        if counts |> Array.forall Option.isSome then
            let numbers = numbersOf pieces

            if Seq.sumBy Option.get counts = 0 then
                Column.ofOwnedFloats numbers
            else
                Column.ofOwnedLabels numbers (labelsOf numbers pieces)
        else
            coded pieces ||> CellReading.ofCodedTexts reading

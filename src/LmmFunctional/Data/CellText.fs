namespace LmmFunctional.Data

open System
open System.Collections.Generic
open System.Globalization
open System.Runtime.InteropServices
open LmmFunctional
open LmmFunctional.Language

/// <summary>What the text of a cell means.</summary>
[<RequireQualifiedAccess>]
module internal CellText =

    /// Blank, NA or NaN, as in R: blanks around it do not count.
    let isMissing (text: string) =
        let cell = text.AsSpan().Trim()

        cell.IsEmpty
        || cell.SequenceEqual("NA".AsSpan())
        || cell.Equals("NaN".AsSpan(), StringComparison.OrdinalIgnoreCase)

    /// Plain decimals of at most 15 digits: both the digits and the power of ten are then exact doubles, so their
    /// quotient is correctly rounded (Clinger 1990) and no general parser is needed for nearly all cells.
    let private tryPlainDecimal (text: string) (value: byref<float>) =
        let first = if text.Length > 0 && text[0] = '-' then 1 else 0
        let mutable digits = 0L
        let mutable count = 0
        let mutable hasPoint = false
        let mutable scale = 1.0
        let mutable position = first
        let mutable plain = text.Length - first <= 16

        while plain && position < text.Length do
            let c = text[position]

            if c >= '0' && c <= '9' then
                digits <- digits * 10L + int64 (int c - int '0')
                count <- count + 1

                if hasPoint then
                    scale <- scale * 10.0
            elif c = '.' && not hasPoint then
                hasPoint <- true
            else
                plain <- false

            position <- position + 1

        if plain && count > 0 && count <= 15 then
            let magnitude = float digits / scale
            value <- if first = 1 then -magnitude else magnitude
            true
        else
            false

    let private tryInfinity (text: string) (value: byref<float>) =
        let cell = text.AsSpan().Trim()
        let isNegative = cell.StartsWith "-"

        let unsigned =
            if isNegative || cell.StartsWith "+" then
                cell.Slice 1
            else
                cell

        value <- if isNegative then -infinity else infinity
        unsigned.Equals("Inf".AsSpan(), StringComparison.OrdinalIgnoreCase)

    /// <summary>The number that a text writes: decimal point, optional exponent, or R's Inf.</summary>
    let tryNumber (text: string) (value: byref<float>) =
        tryPlainDecimal text &value
        || Double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, &value)
        || tryInfinity text &value

    // Plain decimals that print as they are written, by their characters: no zero in front or behind, no exponent. Small
    // ones may print with an exponent.
    let private isPlainlyCanonical (text: string) =
        let first = if text.Length > 0 && text[0] = '-' then 1 else 0
        let point = text.IndexOf '.'
        let whole = (if point < 0 then text.Length else point) - first

        let digits =
            text.Length - first <= 16
            && text
               |> Seq.indexed
               |> Seq.forall (fun (i, c) -> Char.IsAsciiDigit c || i = point || i < first)

        digits
        && whole > 0
        && (whole = 1 && (point > 0 || first = 0) || text[first] <> '0')
        && (point < 0
            || (text[text.Length - 1] <> '0'
                && point < text.Length - 1
                && not (text.AsSpan(first).StartsWith "0.00")))
        && (point >= 0 || text.Length - first <= 15)

    /// <summary>Whether a number prints as it was written, so that its text need not be kept.</summary>
    let isCanonical (text: string) (value: float) =
        isPlainlyCanonical text || LevelName.ofNumber value = text

    /// <summary>The number that a text writes with some decimal mark.</summary>
    let readNumber (decimalMark: char) (text: string) : float voption =
        let mutable value = 0.0

        if decimalMark = '.' then
            if tryNumber text &value then ValueSome value else ValueNone
        elif text.Contains '.' then
            ValueNone
        elif tryNumber (text.Replace(decimalMark, '.')) &value then
            ValueSome value
        else
            ValueNone

    /// <summary>The days from 1970-01-01 to the date that a text writes.</summary>
    let readDate (text: string) : float voption =
        let mutable value = 0.0

        if DateText.tryDays text &value then
            ValueSome value
        else
            ValueNone

/// <summary>What the options of a file say about its cells.</summary>
[<NoComparison; NoEquality>]
type internal CellReading = {
    /// Whether the text alone tells a number or a missing value: a decimal point, no further codes.
    IsPlain: bool
    IsMissing: string -> bool
    TryNumber: string -> float voption
    TryDate: string -> float voption
}

/// <summary>Columns from the texts of cells.</summary>
[<RequireQualifiedAccess>]
module internal CellReading =

    /// What some options say.
    let create (options: CsvOptions) : CellReading =
        let codes = HashSet<string>(options.Missing, StringComparer.Ordinal)

        let unlessCode read text =
            if codes.Contains text then ValueNone else read text

        {
            IsPlain = codes.Count = 0 && options.DecimalMark = '.'
            IsMissing = fun text -> codes.Contains text || CellText.isMissing text
            TryNumber = unlessCode (CellText.readNumber options.DecimalMark)
            TryDate = unlessCode CellText.readDate
        }

    // All cells as numbers, NaN where missing; None where one is neither.
    let private tryAll (isMissing: string -> bool) (read: string -> float voption) (texts: string[]) =
        let numbers = Array.zeroCreate<float> texts.Length
        let mutable row = 0
        let mutable isGood = true

        while isGood && row < texts.Length do
            match read texts[row] with
            | ValueSome number -> numbers[row] <- number
            | ValueNone when isMissing texts[row] -> numbers[row] <- nan
            | ValueNone -> isGood <- false

            row <- row + 1

        if isGood then Some numbers else None

    let private kept (texts: string[]) (numbers: float[]) =
        (texts, numbers)
        ||> Array.map2 (fun text number -> if Double.IsNaN number then "" else text)

    let private unlessMissing reading text =
        if reading.IsMissing text then "" else text

    /// <summary>The column of some cells: numeric when all not missing are numbers or all are dates, else categorical.
    /// </summary>
    /// <remarks>Where numbers would not print as they were written, and for dates, the texts are kept as labels.</remarks>
    let toColumn (reading: CellReading) (texts: string[]) : Column =
        match tryAll reading.IsMissing reading.TryNumber texts with
        | Some numbers ->
            let mutable row = 0

            while row < texts.Length
                  && (Double.IsNaN numbers[row] || CellText.isCanonical texts[row] numbers[row]) do
                row <- row + 1

            if row = texts.Length then
                Column.ofOwnedFloats numbers
            else
                Column.ofOwnedLabels numbers (kept texts numbers)
        | None ->
            match tryAll reading.IsMissing reading.TryDate texts with
            | Some days -> Column.ofOwnedLabels days (kept texts days)
            | None -> texts |> Array.map (unlessMissing reading) |> Column.ofStrings

    /// <summary>The column of cells of which one at least is neither a number nor missing: dates or categories.</summary>
    /// <param name="reading">What the cells mean.</param>
    /// <param name="texts">The distinct texts.</param>
    /// <param name="codes">The index of every cell's text.</param>
    let ofCodedTexts (reading: CellReading) (texts: string[]) (codes: int[]) : Column =
        match tryAll reading.IsMissing reading.TryDate texts with
        | Some days ->
            let labels = kept texts days
            Column.ofOwnedLabels (codes |> Array.map (Array.get days)) (codes |> Array.map (Array.get labels))
        | None ->
            let texts = texts |> Array.map (unlessMissing reading)
            let levels = texts |> Array.filter (fun text -> text <> "") |> Array.distinct
            Array.Sort(levels, StringComparer.Ordinal)

            let places =
                texts
                |> Array.map (fun text ->
                    if text = "" then
                        -1
                    else
                        Array.BinarySearch(levels, text, StringComparer.Ordinal))

            Column.Categorical(
                ImmutableCollectionsMarshal.AsImmutableArray levels,
                ImmutableCollectionsMarshal.AsImmutableArray(codes |> Array.map (Array.get places))
            )

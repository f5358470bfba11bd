namespace LmmFunctional

open System
open System.Globalization

/// <summary>What the text of a cell means, and what a column of such cells is.</summary>
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

    let private tryNumbers (texts: string[]) =
        let numbers = Array.zeroCreate<float> texts.Length
        let mutable row = 0

        while row < texts.Length
              && (tryNumber texts[row] &numbers[row]
                  || (isMissing texts[row]
                      && (numbers[row] <- nan
                          true))) do
            row <- row + 1

        if row = texts.Length then Some numbers else None

    /// <summary>The column of some cells: numeric when all not missing are numbers, else categorical.</summary>
    let toColumn (texts: string[]) : Column =
        match tryNumbers texts with
        | Some numbers -> Column.ofOwnedFloats numbers
        | None ->
            texts
            |> Array.map (fun text -> if isMissing text then "" else text)
            |> Column.ofStrings

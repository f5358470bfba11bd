namespace LmmFunctional.Language

open System
open System.Globalization
open System.Text

/// <summary>Names, numbers and strings as R writes them.</summary>
[<RequireQualifiedAccess>]
module internal Lexeme =

    let private reserved =
        set [
            "TRUE"
            "FALSE"
            "NULL"
            "NA"
            "NA_integer_"
            "NA_real_"
            "NA_complex_"
            "NA_character_"
            "NaN"
            "Inf"
            "if"
            "else"
            "for"
            "while"
            "repeat"
            "function"
            "next"
            "break"
            "in"
        ]

    /// Letters of any script, dots and underscores may begin a bare name.
    let isNameStart (c: char) = Char.IsLetter c || c = '.' || c = '_'

    /// Also digits, and the combining accents of decomposed Unicode text.
    let isNamePart (c: char) =
        isNameStart c
        || Char.IsDigit c
        || Char.GetUnicodeCategory c = UnicodeCategory.NonSpacingMark
        || Char.GetUnicodeCategory c = UnicodeCategory.SpacingCombiningMark

    /// Whether R lets a name stand without back-ticks.
    let isSyntactic (name: string) =
        let startsAsNumber = name.Length > 1 && name[0] = '.' && Char.IsDigit name[1]

        name <> ""
        && name <> "."
        && isNameStart name[0]
        && name[0] <> '_'
        && not startsAsNumber
        && Seq.forall isNamePart name
        && not (reserved.Contains name)

    let private quoted (quote: char) (text: string) =
        let builder = StringBuilder().Append quote

        for c in text do
            match c with
            | '\n' -> builder.Append "\\n"
            | '\r' -> builder.Append "\\r"
            | '\t' -> builder.Append "\\t"
            | '\\' -> builder.Append "\\\\"
            | c when c = quote -> builder.Append('\\').Append c
            | c -> builder.Append c
            |> ignore

        builder.Append(quote).ToString()

    /// A name, in back-ticks where R needs them.
    let name text =
        if isSyntactic text then text else quoted '`' text

    /// A string in double quotes.
    let text value = quoted '"' value

    /// The shortest digits that read back to the same number, with R's choice between 100000 and 1e+05: the shorter.
    let number (value: float) =
        let shortest = (abs value).ToString("E16", CultureInfo.InvariantCulture)
        let roundTrip = (abs value).ToString("R", CultureInfo.InvariantCulture)

        if not (Double.IsFinite value) then
            value.ToString("R", CultureInfo.InvariantCulture)
        else
            let mantissa = roundTrip.Split('E')[0]
            let digits = mantissa.Replace(".", "").TrimStart('0').TrimEnd '0'
            let digits = if digits = "" then "0" else digits
            let exponent = if value = 0.0 then 0 else int (shortest.Split('E')[1])

            let fixedPoint =
                if exponent < 0 then
                    "0." + String('0', -exponent - 1) + digits
                elif digits.Length <= exponent + 1 then
                    digits.PadRight(exponent + 1, '0')
                else
                    digits.Insert(exponent + 1, ".")

            let sign = if exponent < 0 then "-" else "+"

            let scientific =
                (if digits.Length > 1 then digits.Insert(1, ".") else digits)
                + $"e{sign}%02d{abs exponent}"

            (if value < 0.0 then "-" else "")
            + (if fixedPoint.Length <= scientific.Length then
                   fixedPoint
               else
                   scientific)

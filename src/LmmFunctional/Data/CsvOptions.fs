namespace LmmFunctional

open System

/// <summary>How a file of data is written, where it is not comma-separated with decimal points.</summary>
type CsvOptions = {
    /// What parts the columns: a comma, a semicolon, a tab, a blank or any other mark.
    Separator: char
    /// The decimal mark of numbers: a point or a comma.
    DecimalMark: char
    /// Texts of cells that mean a missing value, besides an empty cell, NA and NaN: ".", "*", "-9".
    Missing: string list
}

/// <summary>Ways in which files of data are written.</summary>
[<RequireQualifiedAccess>]
module CsvOptions =

    /// Commas between columns, decimal points, and no further codes for missing values.
    let defaults = {
        Separator = ','
        DecimalMark = '.'
        Missing = []
    }

    /// Semicolons between columns and decimal commas, as much of Europe writes.
    let semicolons = {
        defaults with
            Separator = ';'
            DecimalMark = ','
    }

    /// <summary>Raises when the options contradict each other.</summary>
    /// <exception cref="T:System.ArgumentException">The separator is a quote, a line end, a letter or a digit; or the
    /// decimal mark is neither a point nor a comma, or is the separator too.</exception>
    let internal guard (options: CsvOptions) =
        let separator, mark = options.Separator, options.DecimalMark

        if Char.IsLetterOrDigit separator || "\"\r\n.-+".Contains separator then
            invalidArg (nameof options) $"'{separator}' cannot separate columns."

        if mark <> '.' && mark <> ',' then
            invalidArg (nameof options) $"The decimal mark is a point or a comma, not '{mark}'."

        if mark = separator then
            invalidArg (nameof options) $"'{mark}' cannot separate both columns and decimals."

using Microsoft.FSharp.Collections;

namespace LmmFunctional.CSharp;

/// <summary>How a file of data is written, where it is not comma-separated with decimal points.</summary>
/// <example><code>Data.ReadCsv("trial.csv", new CsvFormat { Separator = ';', DecimalMark = ',', Missing = [".", "-9"] })
/// </code></example>
public sealed record CsvFormat
{
    /// <summary>What parts the columns: a comma, a semicolon, a tab, a blank or any other mark.</summary>
    public char Separator { get; init; } = ',';

    /// <summary>The decimal mark of numbers: a point or a comma.</summary>
    public char DecimalMark { get; init; } = '.';

    /// <summary>Texts of cells that mean a missing value, besides an empty cell, NA and NaN.</summary>
    public IReadOnlyList<string> Missing { get; init; } = [];

    /// <summary>Commas between columns and decimal points.</summary>
    public static CsvFormat Default { get; } = new();

    /// <summary>Semicolons between columns and decimal commas, as much of Europe writes.</summary>
    public static CsvFormat Semicolons { get; } = new() { Separator = ';', DecimalMark = ',' };

    internal CsvOptions ToOptions() => new(Separator, DecimalMark, ListModule.OfSeq(Missing));
}

using System.Data;
using System.Diagnostics.CodeAnalysis;
using FrameResult = Microsoft.FSharp.Core.FSharpResult<
    LmmFunctional.Frame, Microsoft.FSharp.Collections.FSharpList<LmmFunctional.LmmError>>;

namespace LmmFunctional.CSharp;

/// <summary>Data sets from files, objects, columns and databases.</summary>
/// <remarks>Every source comes twice: one member throws <see cref="LmmException"/> with all problems, its twin
/// <c>Try...</c> returns them.</remarks>
public static class Data
{
    /// <summary>A data set from a CSV file with a header line.</summary>
    /// <param name="path">A file in UTF-8, or in UTF-16 with a byte order mark.</param>
    /// <exception cref="LmmException">The file cannot be read; every problem has its line and column.</exception>
    public static Frame ReadCsv(string path) => Convert.ValueOrThrow(CsvFile(path));

    /// <summary>A data set from a CSV file with a header line, or its problems.</summary>
    /// <param name="path">A file in UTF-8, or in UTF-16 with a byte order mark.</param>
    /// <param name="frame">The data set; null if there are problems.</param>
    /// <param name="issues">Every problem with its line and column.</param>
    public static bool TryReadCsv(
        string path, [NotNullWhen(true)] out Frame? frame, out IReadOnlyList<LmmIssue> issues) =>
        Convert.TryValue(CsvFile(path), out frame, out issues);

    /// <summary>A data set from a file with a header line, compressed by gzip or not.</summary>
    /// <param name="path">A file in UTF-8, or in UTF-16 with a byte order mark.</param>
    /// <param name="format">How the file is written.</param>
    /// <exception cref="LmmException">The file cannot be read; every problem has its line and column.</exception>
    /// <exception cref="ArgumentException">The separator is the decimal mark too, or no mark at all.</exception>
    public static Frame ReadCsv(string path, CsvFormat format) => Convert.ValueOrThrow(CsvFile(path, format));

    /// <summary>A data set from a file with a header line, or its problems.</summary>
    /// <param name="path">A file in UTF-8, or in UTF-16 with a byte order mark.</param>
    /// <param name="format">How the file is written.</param>
    /// <param name="frame">The data set; null if there are problems.</param>
    /// <param name="issues">Every problem with its line and column.</param>
    /// <exception cref="ArgumentException">The separator is the decimal mark too, or no mark at all.</exception>
    public static bool TryReadCsv(
        string path,
        CsvFormat format,
        [NotNullWhen(true)] out Frame? frame,
        out IReadOnlyList<LmmIssue> issues) =>
        Convert.TryValue(CsvFile(path, format), out frame, out issues);

    /// <summary>A data set from the bytes of a file with a header line, compressed by gzip or not.</summary>
    /// <param name="stream">UTF-8, or UTF-16 with a byte order mark; it is read to its end and left open.</param>
    /// <param name="format">How the data are written; null for commas and decimal points.</param>
    /// <param name="source">What to call the data in messages.</param>
    /// <exception cref="LmmException">The data cannot be read; every problem has its line and column.</exception>
    /// <exception cref="ArgumentException">The separator is the decimal mark too, or no mark at all.</exception>
    public static Frame ReadCsv(Stream stream, CsvFormat? format = null, string source = "The stream")
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(source);
        return Convert.ValueOrThrow(Csv.readStream((format ?? CsvFormat.Default).ToOptions(), source, stream));
    }

    /// <summary>A data set from CSV text with a header line.</summary>
    /// <param name="reader">The text; it is read to its end and left open.</param>
    /// <param name="source">What to call the text in messages.</param>
    /// <exception cref="LmmException">The text cannot be read; every problem has its line and column.</exception>
    public static Frame ParseCsv(TextReader reader, string source = "The text") =>
        Convert.ValueOrThrow(CsvText(reader, source));

    /// <summary>A data set from CSV text with a header line, or its problems.</summary>
    /// <param name="reader">The text; it is read to its end and left open.</param>
    /// <param name="frame">The data set; null if there are problems.</param>
    /// <param name="issues">Every problem with its line and column.</param>
    /// <param name="source">What to call the text in messages.</param>
    public static bool TryParseCsv(
        TextReader reader,
        [NotNullWhen(true)] out Frame? frame,
        out IReadOnlyList<LmmIssue> issues,
        string source = "The text") =>
        Convert.TryValue(CsvText(reader, source), out frame, out issues);

    /// <summary>A data set with a row for each object and a column for each public property.</summary>
    /// <param name="rows">Objects of any class, record or anonymous type.</param>
    /// <exception cref="LmmException">A property is neither number nor category, or there are no rows.</exception>
    /// <exception cref="ArgumentException">The type has no public properties, or an object is null.</exception>
    public static Frame FromObjects<T>(IEnumerable<T> rows) => Convert.ValueOrThrow(Objects(rows));

    /// <summary>A data set with a row for each object and a column for each public property, or its problems.</summary>
    /// <param name="rows">Objects of any class, record or anonymous type.</param>
    /// <param name="frame">The data set; null if there are problems.</param>
    /// <param name="issues">Properties that are neither number nor category, or that there are no rows.</param>
    /// <exception cref="ArgumentException">The type has no public properties, or an object is null.</exception>
    public static bool TryFromObjects<T>(
        IEnumerable<T> rows, [NotNullWhen(true)] out Frame? frame, out IReadOnlyList<LmmIssue> issues) =>
        Convert.TryValue(Objects(rows), out frame, out issues);

    /// <summary>A data set from named columns.</summary>
    /// <example><code>Data.FromColumns(("y", Columns.Numbers(y)), ("g", Columns.Categories(g)))</code></example>
    /// <exception cref="LmmException">A name twice, columns of unequal length, or no rows.</exception>
    public static Frame FromColumns(params IEnumerable<(string Name, Column Column)> columns) =>
        Convert.ValueOrThrow(Named(columns));

    /// <summary>A data set from named columns, or its problems.</summary>
    /// <param name="columns">Names and columns, in order.</param>
    /// <param name="frame">The data set; null if there are problems.</param>
    /// <param name="issues">Names that occur twice, columns of unequal length, or that there are no rows.</param>
    public static bool TryFromColumns(
        IEnumerable<(string Name, Column Column)> columns,
        [NotNullWhen(true)] out Frame? frame,
        out IReadOnlyList<LmmIssue> issues) =>
        Convert.TryValue(Named(columns), out frame, out issues);

    /// <summary>A data set with a row for each record that is left in a data reader.</summary>
    /// <param name="reader">Is read to the end of its present result, and left open.</param>
    /// <exception cref="LmmException">Columns without a name of their own or of a type that is neither number nor
    /// category, or no rows.</exception>
    public static Frame FromReader(IDataReader reader) => Convert.ValueOrThrow(Database(reader));

    /// <summary>A data set with a row for each record that is left in a data reader, or its problems.</summary>
    /// <param name="reader">Is read to the end of its present result, and left open.</param>
    /// <param name="frame">The data set; null if there are problems.</param>
    /// <param name="issues">Columns without a name of their own or of a type that is neither number nor category,
    /// or that there are no rows.</param>
    public static bool TryFromReader(
        IDataReader reader, [NotNullWhen(true)] out Frame? frame, out IReadOnlyList<LmmIssue> issues) =>
        Convert.TryValue(Database(reader), out frame, out issues);

    private static FrameResult CsvFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Csv.read(path);
    }

    private static FrameResult CsvFile(string path, CsvFormat format)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(format);
        return Csv.readWith(format.ToOptions(), path);
    }

    private static FrameResult CsvText(TextReader reader, string source)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(source);
        return Csv.parse(source, reader);
    }

    private static FrameResult Objects<T>(IEnumerable<T> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        return Records.toFrame(rows);
    }

    private static FrameResult Named(IEnumerable<(string Name, Column Column)> columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        var named = columns.Select(column => Tuple.Create(column.Name, column.Column)).ToArray();

        if (named.Any(column => column.Item1 is null || column.Item2 is null))
        {
            throw new ArgumentException("A name or a column is null.", nameof(columns));
        }

        return FrameModule.ofColumns(named);
    }

    private static FrameResult Database(IDataReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        return DataReader.toFrame(reader);
    }
}

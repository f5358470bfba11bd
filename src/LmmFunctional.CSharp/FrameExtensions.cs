using System.Diagnostics.CodeAnalysis;

namespace LmmFunctional.CSharp;

/// <summary>Asking and changing data sets; each change gives a new one.</summary>
public static class FrameExtensions
{
    /// <summary>The column of a name, if there is one.</summary>
    public static bool TryGetColumn(this Frame frame, string name, [NotNullWhen(true)] out Column? column)
    {
        ArgumentNullException.ThrowIfNull(frame);
        ArgumentNullException.ThrowIfNull(name);
        column = Convert.OrNull(frame.TryColumn(name));
        return column is not null;
    }

    /// <summary>The data set with a column added at the end, or replaced where the name exists.</summary>
    /// <exception cref="LmmException">The column has another length than the data.</exception>
    public static Frame WithColumn(this Frame frame, string name, Column column)
    {
        ArgumentNullException.ThrowIfNull(frame);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(column);
        return Convert.ValueOrThrow(FrameModule.withColumn(name, column, frame));
    }

    /// <summary>The rows, numbered from zero, for which <paramref name="keep"/> holds; levels are all kept.</summary>
    /// <exception cref="LmmException">No row is left.</exception>
    public static Frame Where(this Frame frame, Func<int, bool> keep)
    {
        ArgumentNullException.ThrowIfNull(frame);
        ArgumentNullException.ThrowIfNull(keep);
        return Convert.ValueOrThrow(FrameModule.filter(Convert.Function(keep), frame));
    }

    /// <summary>The rows for which a condition is true; those whose values are missing are left out.</summary>
    /// <param name="frame">The data.</param>
    /// <param name="condition">As R writes it: <c>x > 3 &amp; trt != "A"</c>, <c>g %in% c("a", "b")</c>,
    /// <c>!is.na(x)</c>.</param>
    /// <exception cref="LmmException">The condition cannot be read, names what is not there, or leaves no row.</exception>
    public static Frame Subset(this Frame frame, string condition)
    {
        ArgumentNullException.ThrowIfNull(frame);
        ArgumentNullException.ThrowIfNull(condition);
        return Convert.ValueOrThrow(LmmFunctional.Estimation.Subset.rows(condition, frame));
    }

    /// <summary>The data with one level of a column first; a column of numbers becomes a factor.</summary>
    /// <exception cref="LmmException">There is no such column or no such level.</exception>
    public static Frame Relevel(this Frame frame, string column, string level)
    {
        ArgumentNullException.ThrowIfNull(frame);
        ArgumentException.ThrowIfNullOrEmpty(column);
        ArgumentException.ThrowIfNullOrEmpty(level);
        return Convert.ValueOrThrow(Levels.relevel(column, level, frame));
    }

    /// <summary>The data with all levels of a column in an order, the reference first; a column of numbers becomes a
    /// factor.</summary>
    /// <exception cref="LmmException">There is no such column, or a level is not there, left out or listed twice.
    /// </exception>
    public static Frame WithLevels(this Frame frame, string column, params IEnumerable<string> levels)
    {
        ArgumentNullException.ThrowIfNull(frame);
        ArgumentException.ThrowIfNullOrEmpty(column);
        ArgumentNullException.ThrowIfNull(levels);
        return Convert.ValueOrThrow(
            Levels.arrange(column, Microsoft.FSharp.Collections.ListModule.OfSeq(levels), frame));
    }

    /// <summary>The frame as CSV: a header, then a line for each row; missing values are empty.</summary>
    public static string ToCsv(this Frame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        return FrameText.toCsv(frame);
    }
}

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
}

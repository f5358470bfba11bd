namespace LmmFunctional.CSharp;

/// <summary>Columns of a data set.</summary>
public static class Columns
{
    /// <summary>A numeric column; NaN where missing.</summary>
    public static Column Numbers(IEnumerable<double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return ColumnModule.ofFloats(values);
    }

    /// <summary>A column of numbers with a text for each, which names the level where the column is a factor.</summary>
    /// <param name="values">The numbers; NaN where missing.</param>
    /// <param name="labels">The texts: 001, 1.10; null or "" where missing.</param>
    /// <exception cref="ArgumentException">There are not as many texts as numbers, one of the two is missing, or a text
    /// stands for two numbers.</exception>
    public static Column Labelled(IEnumerable<double> values, IEnumerable<string?> labels)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(labels);
        return ColumnModule.labelled(values, labels!);
    }

    /// <summary>A categorical column from text: null or "" is missing, levels in ordinal order.</summary>
    public static Column Categories(IEnumerable<string?> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return ColumnModule.ofStrings(values!);
    }

    /// <summary>A categorical column with levels in a chosen order.</summary>
    /// <param name="levels">Level names; the first is the reference level of treatment contrasts.</param>
    /// <param name="codes">For every row the index of its level, from zero; −1 where missing.</param>
    /// <exception cref="ArgumentException">A level is empty or occurs twice, or a code has no level.</exception>
    public static Column Factor(IEnumerable<string> levels, IEnumerable<int> codes)
    {
        ArgumentNullException.ThrowIfNull(levels);
        ArgumentNullException.ThrowIfNull(codes);
        return ColumnModule.factor(levels, codes);
    }

    /// <summary>The categorical column with one level first, so that treatment contrasts compare with it.</summary>
    /// <exception cref="ArgumentException">The column is numeric or has no such level.</exception>
    public static Column Relevel(this Column column, string level)
    {
        ArgumentNullException.ThrowIfNull(column);
        ArgumentNullException.ThrowIfNull(level);
        return ColumnModule.relevel(level, column);
    }
}

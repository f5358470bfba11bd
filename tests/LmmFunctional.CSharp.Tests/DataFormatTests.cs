using NUnit.Framework;

namespace LmmFunctional.CSharp.Tests;

/// <summary>Files that are written otherwise, rows and levels that are chosen.</summary>
[TestFixture]
public static class DataFormatTests
{
    private static Frame Parsed(string text, CsvFormat format)
    {
        using var stream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text));
        return Data.ReadCsv(stream, format, "data.csv");
    }

    [Test]
    public static void SemicolonsAndDecimalCommas()
    {
        var frame = Parsed("x;g\n1,5;a\n.;b\n", CsvFormat.Semicolons with { Missing = ["."] });
        Assert.That(frame.ToString(), Is.EqualTo("2 rows: x numeric, g 2 levels"));
    }

    [Test]
    public static void RowsAndLevels()
    {
        var frame = Parsed("x,g\n1,a\n2,b\n3,c\n4,a\n", CsvFormat.Default);
        Assert.That(frame.Subset("x > 1 & g != 'c'").Rows, Is.EqualTo(2));

        foreach (var changed in new[] { frame.Relevel("g", "c"), frame.WithLevels("g", "c", "a", "b") })
        {
            Assert.That(changed.TryGetColumn("g", out var column), Is.True);
            Assert.That(((Column.Categorical)column!).levels[0], Is.EqualTo("c"));
        }

        var problem = Assert.Throws<LmmException>(() => frame.Relevel("g", "d"))!;
        Assert.That(problem.Message, Is.EqualTo("Column 'g' has no level 'd'; there are a, b, c."));
        Assert.That(() => frame.Subset("x >"), Throws.TypeOf<LmmException>());
    }

    [Test]
    public static void NumbersWithLabels()
    {
        var frame = Data.FromColumns(
            ("y", Columns.Numbers([1, 2, 4, 3, 5, 7])),
            ("g", Columns.Labelled([1, 1, 1, 1, 2, 2], ["001", "001", "1", "1", "2", "2"])));

        var fit = Model.Parse("y ~ 1 + (1 | g)").Fit(frame);
        Assert.That(fit.Groups.Single().Levels, Is.EqualTo(3));
    }
}

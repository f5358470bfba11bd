using System.Data;
using NUnit.Framework;
using static LmmFunctional.CSharp.Model;

namespace LmmFunctional.CSharp.Tests;

/// <summary>Data sets from every source, and their problems.</summary>
public class DataTests
{
    private sealed record Night(double Reaction, int Days, string? Subject);

    private sealed record Odd(double Y, Uri Address, Version Release);

    private static readonly string[] Expected = ["Reaction", "Days", "Subject"];

    private static IEnumerable<Night> Nights() =>
        File.ReadLines(TestData.Csv("sleepstudy")).Skip(1).Select(line => line.Split(','))
            .Select(cells => new Night(double.Parse(cells[0]), int.Parse(cells[1]), "S" + cells[2]));

    private static double Criterion(Frame frame) =>
        Parse("Reaction ~ Days + (Days | Subject)").Fit(frame).CriterionValue;

    [Test]
    public void ObjectsFitLikeTheirFile()
    {
        var frame = Data.FromObjects(Nights());

        Assert.Multiple(() =>
        {
            Assert.That(frame.Names, Is.EqualTo(Expected));
            Assert.That(frame.Rows, Is.EqualTo(180));
            Assert.That(Criterion(frame), Is.EqualTo(Criterion(TestData.Sleepstudy)));
        });
    }

    [Test]
    public void ColumnsFitLikeTheirFile()
    {
        var nights = Nights().ToArray();

        var frame = Data.FromColumns(
            ("Reaction", Columns.Numbers(nights.Select(night => night.Reaction))),
            ("Days", Columns.Numbers(nights.Select(night => (double)night.Days))),
            ("Subject", Columns.Categories(nights.Select(night => night.Subject))));

        Assert.That(Criterion(frame), Is.EqualTo(Criterion(TestData.Sleepstudy)));
    }

    [Test]
    public void ADataReaderFitsLikeItsFile()
    {
        using var table = new DataTable();
        table.Columns.Add("Reaction", typeof(double));
        table.Columns.Add("Days", typeof(int));
        table.Columns.Add("Subject", typeof(string));

        foreach (var night in Nights())
        {
            table.Rows.Add(night.Reaction, night.Days, night.Subject);
        }

        using var reader = table.CreateDataReader();
        Assert.That(Criterion(Data.FromReader(reader)), Is.EqualTo(Criterion(TestData.Sleepstudy)));
    }

    [Test]
    public void TextIsReadLikeAFile()
    {
        using var text = new StringReader("y,g\n1.5,a\nNA,b\n");
        var frame = Data.ParseCsv(text);

        Assert.Multiple(() =>
        {
            Assert.That(frame.TryGetColumn("y", out var y), Is.True);
            Assert.That(y, Is.EqualTo(Columns.Numbers([1.5, double.NaN])));
            Assert.That(frame.TryGetColumn("g", out var g), Is.True);
            Assert.That(g, Is.EqualTo(Columns.Factor(["a", "b"], [0, 1])));
            Assert.That(g?.Relevel("b"), Is.EqualTo(Columns.Factor(["b", "a"], [1, 0])));
            Assert.That(frame.TryGetColumn("x", out var nothing), Is.False);
            Assert.That(nothing, Is.Null);
        });
    }

    [Test]
    public void RowsAreKeptByNumber() => Assert.Multiple(() =>
    {
        Assert.That(TestData.Sleepstudy.Where(row => row < 10).Rows, Is.EqualTo(10));
        Assert.Throws<LmmException>(() => TestData.Sleepstudy.Where(_ => false));
    });

    [Test]
    public void EveryBadRowOfAFileIsReported()
    {
        using var text = new StringReader("y,g\n1,a,7\n2\n3,b\n");
        var isFrame = Data.TryParseCsv(text, out var frame, out var issues, "nights.csv");

        Assert.Multiple(() =>
        {
            Assert.That(isFrame, Is.False);
            Assert.That(frame, Is.Null);
            Assert.That(issues.Select(issue => issue.Kind), Is.EqualTo(new[] { "RaggedRow", "RaggedRow" }));
            Assert.That(issues[0].Message, Does.StartWith("nights.csv, line 2"));
        });
    }

    [Test]
    public void AMissingFileIsAProblemAndNotAnIoException()
    {
        var problem = Assert.Throws<LmmException>(() => Data.ReadCsv("no-such.csv"))!;
        var isFrame = Data.TryReadCsv("no-such.csv", out _, out var issues);

        Assert.Multiple(() =>
        {
            Assert.That(problem.Message, Is.EqualTo("File 'no-such.csv' does not exist; check the path."));
            Assert.That(isFrame, Is.False);
            Assert.That(issues, Is.EqualTo(new[] { new LmmIssue("FileNotFound", problem.Message) }));
        });
    }

    [Test]
    public void PropertiesThatAreNoCellsAreAllNamed()
    {
        Odd[] rows = [new(1.0, new Uri("https://example.invalid"), new Version(1, 0))];
        var isFrame = Data.TryFromObjects(rows, out _, out var issues);

        Assert.Multiple(() =>
        {
            Assert.That(isFrame, Is.False);
            Assert.That(issues.Select(issue => issue.Kind), Is.EqualTo(new[] { "UnsupportedType", "UnsupportedType" }));
        });
    }

    [Test]
    public void EveryColumnThatDoesNotFitIsNamed()
    {
        (string, Column)[] columns =
        [
            ("y", Columns.Numbers([1.0, 2.0])),
            ("y", Columns.Numbers([1.0, 2.0])),
            ("x", Columns.Numbers([1.0])),
        ];

        var isFrame = Data.TryFromColumns(columns, out _, out var issues);

        Assert.Multiple(() =>
        {
            Assert.That(isFrame, Is.False);
            Assert.That(issues.Select(issue => issue.Kind), Is.EqualTo(new[] { "DuplicateColumn", "UnequalLengths" }));
        });
    }

    [Test]
    public void AnEmptyReaderIsAProblem()
    {
        using var table = new DataTable();
        table.Columns.Add("y", typeof(double));
        using var reader = table.CreateDataReader();
        var isFrame = Data.TryFromReader(reader, out _, out var issues);

        Assert.Multiple(() =>
        {
            Assert.That(isFrame, Is.False);
            Assert.That(issues.Select(issue => issue.Kind), Is.EqualTo(new[] { "NoRows" }));
        });
    }
}

using LmmFunctional.DuckDb;
using NUnit.Framework;

namespace LmmFunctional.CSharp.Tests;

/// <summary>Files, queries and sums from C#.</summary>
public class SumsTests
{
    private static readonly LmmModel Sleep = Model.Parse("Reaction ~ Days + (Days | Subject)");

    private static SqlRows Rows => SqlRows.Query($"select * from '{TestData.Csv("sleepstudy")}'");

    private static void IsFitOfRows(FittedLmm found)
    {
        var rows = Sleep.Fit(TestData.Sleepstudy);
        Assert.That(found.CriterionValue, Is.EqualTo(rows.CriterionValue).Within(1e-9 * rows.CriterionValue));

        foreach (var (a, b) in rows.Coefficients.Zip(found.Coefficients))
        {
            Assert.That(b.Term, Is.EqualTo(a.Term));
            Assert.That(b.Estimate, Is.EqualTo(a.Estimate).Within(1e-6 * a.StandardError));
        }
    }

    [Test]
    public void FilesAndQueriesGiveTheSameData()
    {
        var file = DataFiles.Read(TestData.Csv("sleepstudy"));
        var query = DataFiles.Query(Duck.connect, $"select * from '{TestData.Csv("sleepstudy")}'", "DuckDB");
        Assert.That(file.Rows, Is.EqualTo(180));
        Assert.That(query.Names, Is.EqualTo(file.Names));
        IsFitOfRows(Sleep.Fit(query));
    }

    [Test]
    public void DataFramesAreData()
    {
        var table = new Microsoft.Data.Analysis.DataFrame(
            new Microsoft.Data.Analysis.DoubleDataFrameColumn("y", [1.0, 2.5]),
            new Microsoft.Data.Analysis.StringDataFrameColumn("g", ["a", "b"]));

        Assert.That(DataFiles.FromDataFrame(table).Rows, Is.EqualTo(2));
    }

    [Test]
    public void SumsOfPartsGiveTheFitOfTheRows()
    {
        var frame = TestData.Sleepstudy;
        var first = SummedRows.Collect(Sleep, frame.Where(row => row % 2 == 0));
        var second = SummedRows.Collect(Sleep, frame.Where(row => row % 2 == 1));
        var sum = first + second;
        Assert.That(sum.ToString(), Is.EqualTo("180 rows in 18 cells"));
        Assert.That(sum.Keys, Is.EqualTo(new[] { "Subject" }));
        IsFitOfRows(sum.Fit(Sleep));
    }

    [Test]
    public void ADatabaseSumsItsRows()
    {
        var plan = SummedRows.Plan(Sleep, Duck.connect, SqlEngine.DuckDb, Rows);
        Assert.That((plan.Rows, plan.Cells), Is.EqualTo((180L, 18L)));
        Assert.That(plan.ToString(), Does.StartWith("Sums: DuckDB makes 18 cells of 180 rows"));
        IsFitOfRows(SummedRows.Collect(Sleep, Duck.connect, SqlEngine.DuckDb, Rows).Fit(Sleep));
    }

    [Test]
    public void RowsAreSummedAsTheyCome()
    {
        var sql = $"select * from '{TestData.Csv("sleepstudy")}'";
        IsFitOfRows(SummedRows.CollectRows(Sleep, Duck.connect, sql).Fit(Sleep));
    }

    [Test]
    public void ADialectOfOnesOwnSumsTheRows()
    {
        var engine = SqlEngine.With("Quack", isNaN: value => $"isnan({value})");
        IsFitOfRows(SummedRows.Collect(Sleep, Duck.connect, engine, Rows).Fit(Sleep));
    }

    [Test]
    public void SumsAreSavedAndLoaded()
    {
        var path = Path.GetTempFileName();

        try
        {
            SummedRows.Collect(Sleep, TestData.Sleepstudy).Save(path);
            IsFitOfRows(SummedRows.Load(path).Fit(Sleep));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Test]
    public void WhatNeedsRowsSaysSo()
    {
        var fit = SummedRows.Collect(Sleep, TestData.Sleepstudy).Fit(Sleep);
        var problem = Assert.Throws<LmmException>(() => fit.Save(Path.GetTempFileName()));
        Assert.That(
            problem!.Issues.Single().Message,
            Is.EqualTo("A saved model cannot be made from a fit of sums, which has no rows; fit the data instead."));

        Assert.Throws<LmmException>(() => fit.Predict());
    }

    [Test]
    public void WhatASourceSaysAgainstAModelIsThrown()
    {
        var problem = Assert.Throws<LmmException>(
            () => SummedRows.Collect(Model.Parse("Reaction ~ Dayz + (1 | Subject)"), Duck.connect, SqlEngine.DuckDb, Rows));

        Assert.That(
            problem!.Issues.Single().Message, Is.EqualTo("Column 'Dayz' is not in the data; did you mean 'Days'?"));

        Assert.Throws<LmmException>(() => DataFiles.Read("no.parquet"));
        Assert.Throws<ArgumentException>(() => SqlRows.Table());
    }
}

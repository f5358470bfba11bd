using NUnit.Framework;
using static LmmFunctional.CSharp.Model;

namespace LmmFunctional.CSharp.Tests.Docs;

/// <summary>The C# of docs/guides/csharp.md and docs/guides/six-tasks.md; DocumentedCodeTests holds the pages against it.</summary>
/// <remarks>Paths are from the root of the repository, as in the pages.</remarks>
[NonParallelizable]
public class GuideTests
{
    private readonly string before = Directory.GetCurrentDirectory();
    private readonly TextWriter output = Console.Out;
    private readonly StringWriter written = new();

    [SetUp]
    public void AtTheRoot()
    {
        Directory.SetCurrentDirectory(TestData.Root);
        written.GetStringBuilder().Clear();
        Console.SetOut(written);
    }

    [TearDown]
    public void Back()
    {
        Console.SetOut(output);
        Directory.SetCurrentDirectory(before);
    }

    [Test]
    public void TheGuide()
    {
        var data = Data.ReadCsv("tests/data/sleepstudy.csv");

        var fit = Response("Reaction")
            .Fixed(Intercept + Col("Days"))
            .Random(Intercept + Col("Days"), by: "Subject")
            .Fit(data);

        Console.WriteLine(fit.Summary());

        try
        {
            Parse("Reacton ~ Dys + (1 | Subject)").Fit(data);
        }
        catch (LmmException problem)
        {
            foreach (var issue in problem.Issues)
                Console.WriteLine(issue.Message);
        }

        if (Parse("Reaction ~ Days + (1 | Subject)").TryFit(data, out var fitted, out var issues))
            Console.WriteLine(fitted.Certificate);
        else
            Console.WriteLine($"{issues.Count} problems");

        var trial = Data.ReadCsv("tests/data/fev.csv");

        var mmrm = Response("FEV1")
            .Fixed(Intercept + Col("RACE") + Col("SEX") + (Col("ARMCD") * Col("AVISIT")))
            .Residual(Covariance.Unstructured, along: "AVISIT", within: "USUBJID")
            .Fit(trial);

        foreach (var parameter in mmrm.CovarianceParameters)
            Console.WriteLine($"{parameter.Name} {parameter.Estimate:F3}");

        foreach (var row in mmrm.TestCoefficients(DfMethod.KenwardRoger, DfConvention.Mmrm))
            Console.WriteLine($"{row.Name} {row.Estimate:F3} {row.StandardError:F3} {row.Df:F1} {row.P:G3}");

        var settings = new MarginalSettings { Method = DfMethod.KenwardRoger, Convention = DfConvention.Mmrm };
        var differences = mmrm.MarginalContrasts("ARMCD | AVISIT", Comparison.Reference, settings: settings);

        foreach (var row in differences.Rows)
            Console.WriteLine($"{row.Name} {row.Estimate?.Estimate:F3} {row.Estimate?.P:G3}");

        var rows = Data.FromObjects([new { Days = 10.0, Subject = "308" }, new { Days = 10.0, Subject = "401" }]);

        foreach (var p in fit.Predict(rows, new PredictionSettings { Quantity = PredictedQuantity.Observation }))
            Console.WriteLine($"{p.Estimate:F1} ({p.Lower:F1} to {p.Upper:F1})");

        foreach (var interval in fit.ProfileIntervals())
            Console.WriteLine($"{interval.Name} {interval.Lower:F2} {interval.Upper:F2}");

        foreach (var shift in fit.MeanShifts("row", PAdjustment.Holm).Take(3))
            Console.WriteLine($"{shift.Unit} {shift.Shift:F1} {shift.AdjustedP:G2}");

        Assert.That(written.ToString(), Does.Contain("Column 'Reacton' is not in the data; did you mean 'Reaction'?"));
        Assert.That(written.ToString(), Does.Contain("ARMCDTRT:AVISITVIS4 0.624"));
        Assert.That(written.ToString(), Does.Contain("57 150.9"));
    }

    [Test]
    public void TheSixTasks()
    {
        var sleep = Data.ReadCsv("tests/data/sleepstudy.csv");
        var fit = Parse("Reaction ~ Days + (Days | Subject)").Fit(sleep);
        Console.WriteLine(fit.Summary());

        var smaller = Parse("Reaction ~ Days + (1 | Subject)").Fit(sleep);
        Console.WriteLine(smaller.TestAgainst(fit));

        var yields = Parse("yield ~ Variety * nitroF + (1 | Block/Variety)").Fit(Data.ReadCsv("tests/data/oats.csv"));
        var settings = new MarginalSettings { Method = DfMethod.KenwardRoger };
        var pairs = yields.MarginalContrasts("nitroF", Comparison.Pairwise, settings: settings);
        Console.WriteLine(string.Join("\n", pairs.Rows));
        Console.WriteLine(string.Join(" ", yields.CompactLetters("nitroF", settings: settings)));

        var rows = Data.ReadCsv("tests/data/sleepstudy_new.csv");
        var observation = new PredictionSettings { Quantity = PredictedQuantity.Observation };
        foreach (var p in fit.Predict(rows, observation))
            Console.WriteLine($"{p.Estimate:F1} ({p.Lower:F1} to {p.Upper:F1})");

        var shifts = fit.MeanShifts("row", PAdjustment.Bonferroni);
        foreach (var shift in shifts.Take(3))
            Console.WriteLine($"{shift.Unit} {shift.AdjustedP:G3}");

        var folder = Directory.CreateTempSubdirectory("lmm-report-");
        Directory.SetCurrentDirectory(folder.FullName);

        fit.SaveReport("report.html");

        Assert.That(File.ReadAllText("report.html"), Does.Contain("</html>"));
        Assert.That(written.ToString(), Does.Contain("a b c c"));
        Assert.That(written.ToString(), Does.Contain("57 1.47E-06"));
        Directory.SetCurrentDirectory(TestData.Root);
        folder.Delete(true);
    }
}

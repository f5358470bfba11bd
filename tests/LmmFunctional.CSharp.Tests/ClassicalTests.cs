using NUnit.Framework;
using static LmmFunctional.CSharp.Model;

namespace LmmFunctional.CSharp.Tests;

/// <summary>Classical analyses through the facade.</summary>
public class ClassicalTests
{
    private static readonly Dictionary<string, int> Levels = new() { ["A"] = 4, ["B"] = 5 };

    [Test]
    public void ExpectedMeanSquaresOfAMixedModel()
    {
        var ems = BalancedEms.Of("A*B", Levels, random: ["B"], replicates: 2);

        Assert.That(ems.Rows.Select(row => row.Numbers), Is.EqualTo(new[]
        {
            "σ² + 2σ²_AB + 10ΣA²/3",
            "σ² + 2σ²_AB + 8σ²_B",
            "σ² + 2σ²_AB",
            "σ²",
        }));

        Assert.That(ems.Rows[0].Symbols, Is.EqualTo("σ² + nσ²_AB + bnΣA²/(a−1)"));
        Assert.That(ems.Rows[0].Ratio, Is.EqualTo("MS(A) / MS(AB)"));
        Assert.That(ems.Rows[3].Ratio, Is.Null);
    }

    [Test]
    public void ProblemsOfADesign()
    {
        Assert.That(BalancedEms.TryOf("A*C", Levels, out var ems, out var issues), Is.False);
        Assert.That(ems, Is.Null);

        Assert.That(issues.Select(issue => issue.Message), Is.EqualTo(new[]
        {
            "Factor 'B' is not in the model.",
            "Factor 'C' has no number of levels; give one, as in C=4.",
        }));
    }

    [Test]
    public void PenicillinBlends()
    {
        var analysis = Response("yield").Fixed(Intercept + Col("process") + Col("blend"))
            .AnalyseVariance(Data.ReadCsv(TestData.Csv("penicillin_blend")), random: ["blend"]);

        Assert.That(analysis.Sources.Select(row => row.Source), Is.EqualTo(new[] { "process", "blend", "Error" }));
        Assert.That(analysis.Sources[1].SumOfSquares, Is.EqualTo(264.0).Within(1e-9));
        Assert.That(analysis.Sources[2].SumOfSquares, Is.EqualTo(226.0).Within(1e-9));
        Assert.That(analysis.Sources[1].ExpectedMeanSquare, Is.EqualTo("σ² + 4σ²_blend"));
        Assert.That(analysis.Sources[1].Test!.F, Is.EqualTo(66.0 / (226.0 / 12.0)).Within(1e-9));
        Assert.That(analysis.Components[0].Estimate, Is.EqualTo((66.0 - (226.0 / 12.0)) / 4.0).Within(1e-9));
        Assert.That(analysis.Components[1].Satterthwaite!.Lower, Is.EqualTo(9.68433).Within(1e-5));
        Assert.That(analysis.ToString(), Does.Contain("σ² + 4σ²_blend"));
        Assert.That(analysis.ToJson(), Does.StartWith("{\"formula\":\"yield ~ 1 + process + blend\""));
    }

    [Test]
    public void NegativeEstimatesAreSetToZeroOnRequest()
    {
        var model = Response("Yield").Fixed(Intercept).Random(Intercept, by: "Batch");
        var data = Data.ReadCsv(TestData.Csv("dyestuff2"));
        Assert.That(model.AnalyseVariance(data).Components[0].Estimate, Is.LessThan(0.0));
        var zeroed = model.AnalyseVariance(data, zeroNegative: true).Components[0];
        Assert.That((zeroed.Estimate, zeroed.SetToZero), Is.EqualTo((0.0, true)));
        Assert.That(zeroed.Satterthwaite, Is.Null);
    }

    [Test]
    public void ProblemsOfAnAnalysis()
    {
        var model = Response("yield").Fixed(Intercept + Col("process"));
        var data = Data.ReadCsv(TestData.Csv("penicillin_blend"));
        Assert.That(model.TryAnalyseVariance(data, out _, out var issues, random: ["blend"]), Is.False);
        Assert.That(issues[0].Message, Is.EqualTo("Factor 'blend' is not in the model."));
    }
}

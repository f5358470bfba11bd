using NUnit.Framework;

namespace LmmFunctional.CSharp.Tests;

/// <summary>Intervals and tests by the likelihood, as C# users call them.</summary>
public class LikelihoodInferenceTests
{
    private static FittedLmm Sleepstudy(string random, FitBy by = FitBy.Ml) =>
        Model.Parse($"Reaction ~ Days + {random}").Fit(Data.ReadCsv(TestData.Csv("sleepstudy")), by);

    [Test]
    public void IntervalsHaveAnEntryForEachParameter()
    {
        var fit = Sleepstudy("(Days | Subject)");
        var profile = fit.ProfileIntervals();

        Assert.That(profile.Select(found => found.Name).First(), Is.EqualTo("(Intercept)"));
        Assert.That(profile, Has.Count.EqualTo(6));
        Assert.That(profile[1].Lower, Is.EqualTo(7.358653).Within(1e-4));
        Assert.That(fit.WaldIntervals(), Has.Count.EqualTo(6));
        Assert.That(fit.BootstrapIntervals(replicates: 20), Has.Count.EqualTo(6));
    }

    [Test]
    public void NestedModelsAreTestedAndScored()
    {
        var smaller = Sleepstudy("(1 | Subject)");
        var larger = Sleepstudy("(Days | Subject)");

        Assert.That(smaller.TestAgainst(larger).Df, Is.EqualTo(2));
        Assert.That(() => larger.TestAgainst(smaller), Throws.TypeOf<LmmException>());
        Assert.That(LikelihoodInference.Compare(larger, smaller).Sum(score => score.Weight), Is.EqualTo(1).Within(1e-12));
    }

    [Test]
    public void VariancesAreTestedAndExplained()
    {
        var fit = Sleepstudy("(1 | Subject)", FitBy.Reml);

        Assert.That(fit.TestVariance().ExactP, Is.LessThan(0.001));
        Assert.That(fit.TestVariance().BootstrapP, Is.Null);
        Assert.That(fit.ExplainedVariance().Conditional, Is.EqualTo(0.7042555).Within(1e-5));
        Assert.That(fit.RobustCoefficients("Subject")[1].Df, Is.EqualTo(17).Within(1e-6));
        Assert.That(fit.Simulate(1), Has.Length.EqualTo(180));
    }
}

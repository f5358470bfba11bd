using NUnit.Framework;
using static LmmFunctional.CSharp.Model;

namespace LmmFunctional.CSharp.Tests;

/// <summary>Options that are numbers out of range are refused as misuse, before any work.</summary>
public class OptionRangeTests
{
    private static readonly LmmModel Model = Parse("yield ~ Variety * nitroF + (1 | Block/Variety)");
    private static readonly Frame Oats = Data.ReadCsv(TestData.Csv("oats"));
    private static readonly FittedLmm Fit = Model.Fit(Oats);

    private static IEnumerable<double> Levels() => [95, 1, 0, -1, double.NaN, double.PositiveInfinity];

    [TestCaseSource(nameof(Levels))]
    public void ALevelLiesBetweenZeroAndOne(double level) => Assert.Multiple(() =>
    {
        var settings = new MarginalSettings { Level = level };
        Assert.That(() => Fit.TestCoefficients(level: level), Throws.ArgumentException);
        Assert.That(() => Fit.Test("nitroFN0.2", level: level), Throws.ArgumentException);
        Assert.That(() => Fit.MarginalMeans("Variety", settings), Throws.ArgumentException);
        Assert.That(() => Fit.MarginalContrasts("Variety", settings: settings), Throws.ArgumentException);
        Assert.That(() => Fit.CompactLetters("Variety", level), Throws.ArgumentException);
        Assert.That(() => Fit.ProfileIntervals(level), Throws.ArgumentException);
        Assert.That(() => Fit.WaldIntervals(level), Throws.ArgumentException);
        Assert.That(() => Fit.BootstrapIntervals(2, level: level), Throws.ArgumentException);
        Assert.That(() => Fit.RobustCoefficients("Block", level: level), Throws.ArgumentException);
    });

    [Test]
    public void CountsAreLargeEnough() => Assert.Multiple(() =>
    {
        Assert.That(() => Fit.BootstrapIntervals(1), Throws.ArgumentException);
        Assert.That(() => Fit.TestVariance(bootstrapReplicates: 0), Throws.ArgumentException);
        Assert.That(() => Fit.TestVariance(term: 7), Throws.ArgumentException);
        Assert.That(() => Model.Fit(Oats, maxIterations: -1), Throws.InstanceOf<ArgumentException>());
    });
}

using NUnit.Framework;
using static LmmFunctional.CSharp.Model;

namespace LmmFunctional.CSharp.Tests;

/// <summary>Marginal means, slopes, comparisons and letters.</summary>
public class MarginalTests
{
    private static readonly FittedLmm Oats =
        Parse("yield ~ Variety * nitroF + (1 | Block/Variety)").Fit(Data.ReadCsv(TestData.Csv("oats")));

    // The R package emmeans, oats by Variety; balanced, so that all methods agree.
    [Test]
    public void MeansAndTheirDifferences()
    {
        var means = Oats.MarginalMeans("Variety");
        var pairs = Oats.MarginalContrasts("Variety");

        Assert.Multiple(() =>
        {
            Assert.That(means.Rows.Select(row => row.Name), Is.EqualTo(new[] { "GoldenRain", "Marvellous", "Victory" }));
            Assert.That(means.Rows[0].Levels["Variety"], Is.EqualTo("GoldenRain"));
            Assert.That(means.Rows[0].Estimate!.Estimate, Is.EqualTo(104.5).Within(1e-9));
            Assert.That(means.Rows[0].Reason, Is.Null);
            Assert.That(means.Quantity, Is.EqualTo("the mean of yield"));
            Assert.That(pairs.Rows[2].Name, Is.EqualTo("Marvellous - Victory"));
            Assert.That(pairs.Rows[2].RawP, Is.EqualTo(0.1164117).Within(1e-5));
            Assert.That(pairs.Rows[2].Estimate!.P, Is.EqualTo(0.2458302).Within(1e-5));
        });
    }

    [Test]
    public void FamiliesReferencesAndLetters()
    {
        var settings = new MarginalSettings { Method = DfMethod.KenwardRoger, Weights = AverageWeights.Cells };

        var contrasts = Oats.MarginalContrasts(
            "nitroF | Variety", Comparison.Reference, PAdjustment.Holm, "N0.6", settings);

        Assert.Multiple(() =>
        {
            Assert.That(contrasts.Rows, Has.Count.EqualTo(9));
            Assert.That(contrasts.Rows[0].Name, Is.EqualTo("N0 - N0.6"));
            Assert.That(contrasts.Rows[8].Group["Variety"], Is.EqualTo("Victory"));
            Assert.That(contrasts.Rows.Select(row => row.Estimate!.P >= row.RawP), Is.All.True);
            Assert.That(Oats.CompactLetters("nitroF"), Is.EqualTo(new[] { "a", "b", "c", "c" }));
        });
    }

    [Test]
    public void SlopesAtValues()
    {
        var fit = Parse("Reaction ~ poly(Days, 2) + (Days | Subject)").Fit(TestData.Sleepstudy);

        var slopes = fit.MarginalMeans(
            "Days", new() { Trend = "Days", At = new Dictionary<string, IReadOnlyList<double>> { ["Days"] = [0, 9] } });

        Assert.That(slopes.Rows.Select(row => row.Name), Is.EqualTo(new[] { "0", "9" }));
        Assert.That(slopes.Quantity, Is.EqualTo("the slope of Reaction with Days"));
    }

    [Test]
    public void AVariableThatIsNotInTheModelIsToldInWords() =>
        Assert.That(
            Assert.Throws<LmmException>(() => Oats.MarginalMeans("Variety | nitro"))!.Message,
            Is.EqualTo(
                "The 'by' variable 'nitro' is not in the fixed effects; did you mean 'nitroF'? "
                + "Otherwise choose from Variety, nitroF."));
}

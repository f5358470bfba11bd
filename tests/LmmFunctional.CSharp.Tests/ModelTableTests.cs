using NUnit.Framework;

namespace LmmFunctional.CSharp.Tests;

/// <summary>Plans, simulated tests and residuals, and tables of models.</summary>
public class ModelTableTests
{
    private static readonly Frame Sleepstudy = Data.ReadCsv(TestData.Csv("sleepstudy"));

    private static FittedLmm Fit(string random, FitBy by = FitBy.Reml) =>
        Model.Parse($"Reaction ~ Days + {random}").Fit(Sleepstudy, by);

    [Test]
    public void APlanTellsSizesAndTheEngine()
    {
        var plan = Model.Parse("Reaction ~ Days + (Days | Subject)").Plan(Sleepstudy);

        Assert.That((plan.Rows, plan.FixedCount, plan.RandomCount), Is.EqualTo((180, 2, 36)));
        Assert.That(plan.ParameterCount, Is.EqualTo(3));
        Assert.That(plan.Engine, Is.Not.Empty);
        Assert.That(plan.Work, Is.GreaterThan(0));
        Assert.That(() => Model.Parse("Reaktion ~ Days").Plan(Sleepstudy), Throws.TypeOf<LmmException>());
    }

    [Test]
    public void AModelIsTestedByItsOwnResponses()
    {
        var smaller = Fit("(1 | Subject)", FitBy.Ml);
        var larger = Fit("(Days | Subject)", FitBy.Ml);
        var test = smaller.BootstrapTestAgainst(larger, replicates: 19);

        Assert.That(test.Statistic, Is.EqualTo(smaller.TestAgainst(larger).Statistic));
        // The statistic of 42 is beyond every replicate.
        Assert.That(test.P, Is.EqualTo(0.05).Within(1e-12));
        Assert.That(test.Replicates.Count + test.Failed, Is.EqualTo(19));
        Assert.That(() => larger.BootstrapTestAgainst(smaller), Throws.TypeOf<LmmException>());
    }

    [Test]
    public void QuantileResidualsAreTested()
    {
        var residuals = Fit("(Days | Subject)").QuantileResiduals(simulations: 50);

        Assert.That(residuals.Values, Has.Count.EqualTo(180).And.All.InRange(0.0, 1.0));
        Assert.That(residuals.Expected, Has.Count.EqualTo(180));
        Assert.That(residuals.Uniformity.P, Is.InRange(0.0, 1.0));
        Assert.That(residuals.Against("Days"), Has.Count.EqualTo(2));
        Assert.That(() => residuals.Against("Dais"), Throws.TypeOf<LmmException>());
        Assert.That(() => Fit("(1 | Subject)").QuantileResiduals(5), Throws.InstanceOf<ArgumentException>());
    }

    [Test]
    public void HeritabilityIsTheShareOfATerm()
    {
        var fit = Fit("(1 | Subject)");
        var subjects = fit.VarianceComponents[0].Covariance;
        var share = fit.Heritability();

        Assert.That(share.Share, Is.EqualTo(subjects / (subjects + fit.Sigma * fit.Sigma)).Within(1e-12));
        Assert.That(share.StandardError, Is.GreaterThan(0));
        Assert.That(() => fit.Heritability(1), Throws.InstanceOf<ArgumentException>());
    }

    [Test]
    public void ModelsStandSideBySide()
    {
        var table = ModelTables.SideBySide([("one", Fit("(1 | Subject)")), ("two", Fit("(Days | Subject)"))]);
        var latex = ModelTables.SideBySide([("one", Fit("(1 | Subject)"))], TableLayout.Latex);

        Assert.That(table, Does.Contain("one").And.Contain("two").And.Contain("Days"));
        Assert.That(latex, Does.Contain(@"\toprule"));
        Assert.That(() => ModelTables.SideBySide([]), Throws.InstanceOf<ArgumentException>());
    }

    [Test]
    public void AFrameIsWrittenAsCsvThatReadsBack()
    {
        var written = Sleepstudy.ToCsv();
        Assert.That(Data.ParseCsv(new StringReader(written)).ToCsv(), Is.EqualTo(written));
    }
}

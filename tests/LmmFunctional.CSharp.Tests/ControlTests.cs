using NUnit.Framework;
using static LmmFunctional.CSharp.Model;

namespace LmmFunctional.CSharp.Tests;

/// <summary>Starts, cancellation, rows used, covariance parameters and contrasts of one's own from C#.</summary>
public class ControlTests
{
    private static readonly LmmModel Mmrm = Parse("FEV1 ~ ARMCD * AVISIT; residual = us(AVISIT | USUBJID)");

    private static readonly FittedLmm Fev = Mmrm.Fit(Data.ReadCsv(TestData.Csv("fev")));

    [Test]
    public void CovarianceParametersOfAnMmrm()
    {
        var parameters = Fev.CovarianceParameters;

        Assert.Multiple(() =>
        {
            Assert.That(parameters, Has.Count.EqualTo(10));
            Assert.That(parameters.Select(own => own.Group), Is.All.EqualTo("Residual"));
            Assert.That(parameters[0].Name, Is.EqualTo("sigma"));
            Assert.That(parameters[0].Estimate, Is.EqualTo(Fev.Sigma).Within(1e-12));
            Assert.That(parameters.Count(own => own.Name.StartsWith("cor(", StringComparison.Ordinal)), Is.EqualTo(6));
            Assert.That(parameters.Select(own => own.StandardError), Is.All.GreaterThan(0.0));
        });
    }

    [Test]
    public void RowsUsedAreThoseWithAResponse()
    {
        var frame = Data.ReadCsv(TestData.Csv("fev"));
        var used = Fev.RowsUsed;

        Assert.Multiple(() =>
        {
            Assert.That(used, Has.Count.EqualTo(Fev.Observations));
            Assert.That(used, Is.Ordered.Ascending);
            Assert.That(used[^1], Is.LessThan(frame.Rows));
            Assert.That(Fev.Fitted(), Has.Length.EqualTo(used.Count));
            Assert.That(Fev.MissingRows, Is.EqualTo(frame.Rows - used.Count));
        });
    }

    [Test]
    public void ContrastsOfOnesOwn()
    {
        var oats = Parse("yield ~ nitroF + (1 | Block)").Fit(Data.ReadCsv(TestData.Csv("oats")));
        var means = oats.MarginalMeans("nitroF").Rows.Select(row => row.Estimate!.Estimate).ToArray();

        var contrasts = oats.MarginalContrasts(
            "nitroF",
            new Dictionary<string, IReadOnlyList<double>> { ["none - rest"] = [1, -1 / 3.0, -1 / 3.0, -1 / 3.0] });

        Assert.Multiple(() =>
        {
            Assert.That(contrasts.Rows.Single().Name, Is.EqualTo("none - rest"));
            Assert.That(
                contrasts.Rows[0].Estimate!.Estimate,
                Is.EqualTo(means[0] - ((means[1] + means[2] + means[3]) / 3)).Within(1e-10));
            Assert.That(
                Assert.Throws<LmmException>(() => oats.MarginalContrasts(
                    "nitroF", new Dictionary<string, IReadOnlyList<double>> { ["short"] = [1, -1] }))?.Issues.Single().Message,
                Is.EqualTo("In 'short': 4 means need as many weights, not all zero, not 2: N0, N0.2, N0.4, N0.6."));
        });
    }

    [Test]
    public void LevelsOfFactors()
    {
        var oats = Parse("yield ~ nitroF + (1 | Block)").Fit(Data.ReadCsv(TestData.Csv("oats")));

        var means = oats.MarginalMeans(
            "nitroF",
            new()
            {
                AtLevels = new Dictionary<string, IReadOnlyList<string>> { ["nitroF"] = ["N0.6", "N0"] },
            });

        Assert.That(means.Rows.Select(row => row.Name), Is.EqualTo(new[] { "N0.6", "N0" }));
    }

    [Test]
    public void AStartLeadsToALocalOptimum()
    {
        var model = Parse("yield ~ variety; residual = sp_sph(latitude + longitude) + nugget");
        var frame = Data.ReadCsv(TestData.Csv("wheat2"));

        var local = model.Fit(
            frame,
            start: new Dictionary<string, double> { ["Residual.range"] = 27.5, ["Residual.nugget"] = 0.21 });

        Assert.That(local.CriterionValue, Is.GreaterThan(model.Fit(frame).CriterionValue + 0.1));
        Assert.That(local.IsConverged, Is.True);
    }

    [Test]
    public void EverythingThatTakesLongCanBeCancelled()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        var frame = TestData.Sleepstudy;
        var model = Parse("Reaction ~ Days + (Days | Subject)");
        var fit = model.Fit(frame);

        Assert.Multiple(() =>
        {
            Assert.Throws<OperationCanceledException>(() => model.Fit(frame, cancellationToken: source.Token));
            Assert.Throws<OperationCanceledException>(
                () => model.TryFit(frame, out _, out _, cancellationToken: source.Token));
            Assert.Throws<OperationCanceledException>(() => fit.ProfileIntervals(cancellationToken: source.Token));
            Assert.Throws<OperationCanceledException>(() => fit.BootstrapIntervals(cancellationToken: source.Token));
            Assert.Throws<OperationCanceledException>(
                () => fit.TestVariance(0, 1, bootstrapReplicates: 100, cancellationToken: source.Token));
        });
    }
}

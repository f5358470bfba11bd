using NUnit.Framework;

namespace LmmFunctional.CSharp.Tests;

/// <summary>Generalised least squares through the facade.</summary>
public class GlsTests
{
    private static readonly double[,] Mean = { { 1.0 }, { 1.0 }, { 1.0 } };

    private static readonly KnownVariance Unequal = KnownVariance.Diagonal([1.0, 1.0, 2.0]);

    [Test]
    public void AWeightedMean()
    {
        // Weights 1, 1 and 1/2: (1 + 2 + 4/2)/2.5, and squares 1 + 0 + 4/2 about it.
        var fit = Unequal.Fit(Mean, [1.0, 2.0, 4.0]);
        var mean = fit.Estimate([1.0]);

        Assert.Multiple(() =>
        {
            Assert.That(mean.Estimate, Is.EqualTo(2.0).Within(1e-14));
            Assert.That(fit.ResidualSumOfSquares, Is.EqualTo(3.0).Within(1e-14));
            Assert.That((fit.Rank, fit.ResidualDf), Is.EqualTo((1, 2)));
            Assert.That(fit.Factor, Is.EqualTo(1.5).Within(1e-14));
            Assert.That(mean.Variance, Is.EqualTo(1.5 / 2.5).Within(1e-14));
            Assert.That(mean.StandardError, Is.EqualTo(Math.Sqrt(0.6)).Within(1e-14));
            Assert.That(fit.GeneralisedInverse[0, 0], Is.EqualTo(0.4).Within(1e-14));
        });
    }

    [Test]
    public void ACovarianceThatIsKnownEntirely() =>
        Assert.That(
            Unequal.Fit(Mean, [1.0, 2.0, 4.0], upToFactor: false).Estimate([1.0]).Variance,
            Is.EqualTo(0.4).Within(1e-14));

    [Test]
    public void OnlyEstimableFunctionsAreEstimated()
    {
        double[,] x = { { 1, 1, 0 }, { 1, 1, 0 }, { 1, 0, 1 }, { 1, 0, 1 } };
        var fit = KnownVariance.Diagonal([1, 1, 1, 1]).Fit(x, [1, 2, 4, 6], names: ["μ", "α1", "α2"]);

        Assert.Multiple(() =>
        {
            Assert.That(fit.Dropped, Is.EqualTo(new[] { "α2" }));
            Assert.That(fit.IsEstimable([0, 1, -1]), Is.True);
            Assert.That(fit.Estimate([0, 1, -1]).Estimate, Is.EqualTo(-3.5).Within(1e-13));
            Assert.That(fit.IsEstimable([0, 1, 0]), Is.False);
            Assert.That(fit.TryEstimate([0, 1, 0], out var estimate, out var issues), Is.False);
            Assert.That(estimate, Is.Null);
            Assert.That(issues.Single().Message, Does.Contain("α1"));
            Assert.That(() => fit.Estimate([0, 1]), Throws.ArgumentException);
        });
    }

    [Test]
    public void WhenOrdinaryLeastSquaresIsBest()
    {
        double[,] pair = { { 1.0, 0.3 }, { 0.3, 1.0 } };
        var same = KnownVariance.Kronecker(new[,] { { 1.0, 0.0 }, { 0.0, 1.0 } }, pair);
        double[,] x = { { 1.0 }, { 1.0 }, { 1.0 }, { 1.0 } };
        Assert.That(same.ToArray(), Is.EqualTo(KnownVariance.Blocks(pair, pair).ToArray()));
        var condition = same.OlsIsBest(x);
        Assert.That(condition.Holds, Is.True);
        Assert.That(condition.Q[0, 0], Is.EqualTo(1.3).Within(1e-14));
        Assert.That(Unequal.OlsIsBest(Mean).Holds, Is.False);
    }

    [Test]
    public void WhatOrdinaryLeastSquaresLoses()
    {
        var efficiency = Unequal.Efficiency(Mean, [1.0]);
        Assert.That(efficiency.Gls, Is.EqualTo(0.4).Within(1e-14));
        Assert.That(efficiency.Ols, Is.EqualTo(4.0 / 9.0).Within(1e-14));
        Assert.That(efficiency.Ratio, Is.EqualTo(0.9).Within(1e-14));
    }

    [Test]
    public void ACovarianceThatIsNone()
    {
        var wrong = KnownVariance.Dense(new[,] { { 1.0, 2.0 }, { 2.0, 1.0 } });
        double[,] x = { { 1.0 }, { 1.0 } };
        Assert.That(wrong.TryFit(x, [1.0, 2.0], out var fit, out var issues), Is.False);
        Assert.That(fit, Is.Null);
        Assert.That(issues.Single().Kind, Is.EqualTo("CovarianceNotPositiveDefinite"));
        Assert.That(() => wrong.Fit(x, [1.0, 2.0]), Throws.TypeOf<LmmException>());
    }
}

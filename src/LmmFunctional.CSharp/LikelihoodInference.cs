using Microsoft.FSharp.Core;

namespace LmmFunctional.CSharp;

/// <summary>Inference by the likelihood: intervals, comparisons, tests of variances, R², robust standard errors.</summary>
public static class LikelihoodInference
{
    /// <summary>Profile likelihood intervals of all fixed effects and covariance parameters.</summary>
    /// <param name="fit">The fit.</param>
    /// <param name="level">The level of confidence, between 0 and 1.</param>
    /// <param name="cancellationToken">Stops between two of the fits that the intervals are found by.</param>
    /// <exception cref="ArgumentException">The level is not between 0 and 1.</exception>
    /// <exception cref="OperationCanceledException">The intervals were cancelled.</exception>
    public static IReadOnlyList<ConfidenceLimits> ProfileIntervals(
        this FittedLmm fit, double level = 0.95, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(fit);
        return Convert.List(Profile.intervalsUntil(cancellationToken, level, fit.Inner), Limits);
    }

    /// <summary>Wald intervals: standard deviations on the log scale, correlations on the scale of Fisher's z.</summary>
    /// <exception cref="ArgumentException">The level is not between 0 and 1.</exception>
    public static IReadOnlyList<ConfidenceLimits> WaldIntervals(this FittedLmm fit, double level = 0.95)
    {
        ArgumentNullException.ThrowIfNull(fit);
        return Convert.List(IntervalReport.wald(level, fit.Inner).Intervals, Limits);
    }

    /// <summary>Parametric bootstrap intervals; the same seed gives the same bits with any number of threads.</summary>
    /// <param name="fit">The fit that responses are drawn from.</param>
    /// <param name="replicates">How many are drawn.</param>
    /// <param name="kind">How an interval is made from them.</param>
    /// <param name="level">The level of confidence, between 0 and 1.</param>
    /// <param name="seed">The seed of all draws.</param>
    /// <param name="progress">Called with the number of replicates done.</param>
    /// <param name="cancellationToken">Stops between two replicates.</param>
    /// <exception cref="ArgumentException">The level is not between 0 and 1, or there are fewer than two replicates.</exception>
    /// <exception cref="OperationCanceledException">The bootstrap was cancelled.</exception>
    /// <exception cref="LmmException">Fewer than two replicates could be fitted.</exception>
    public static IReadOnlyList<ConfidenceLimits> BootstrapIntervals(
        this FittedLmm fit,
        int replicates = 1000,
        BootstrapKind kind = BootstrapKind.Percentile,
        double level = 0.95,
        int seed = 1,
        Action<int>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(fit);
        var options = Convert.Bootstrap(replicates, seed, progress, cancellationToken);
        var bootstrap = Convert.ValueOrThrow(BootstrapModule.run(options, fit.Inner));
        return Convert.List(BootstrapModule.intervals(Kind(kind), level, bootstrap), estimate => Limits(estimate.Interval));
    }

    /// <summary>A response drawn from the fit: new random effects, new residuals; one value for each row used.</summary>
    /// <exception cref="LmmException">Blocks of dependent rows take too much memory.</exception>
    public static double[] Simulate(this FittedLmm fit, int seed)
    {
        ArgumentNullException.ThrowIfNull(fit);
        return Convert.ValueOrThrow(Simulation.simulate(seed, fit.Inner));
    }

    /// <summary>The likelihood ratio test of this model against one that contains it.</summary>
    /// <exception cref="LmmException">The data differ, or the models are not nested.</exception>
    public static RatioTest TestAgainst(this FittedLmm smaller, FittedLmm larger)
    {
        ArgumentNullException.ThrowIfNull(smaller);
        ArgumentNullException.ThrowIfNull(larger);
        var test = Convert.ValueOrThrow(ModelComparison.test(smaller.Inner, larger.Inner));
        return new(test.Statistic, test.Df, test.P, Convert.FitBy(test.Criterion), Convert.List(test.Notes));
    }

    /// <summary>Criteria and weights of models of the same data, by their number of parameters.</summary>
    /// <exception cref="LmmException">The data differ.</exception>
    /// <exception cref="ArgumentException">There is no fit.</exception>
    public static IReadOnlyList<ModelScore> Compare(params IReadOnlyList<FittedLmm> fits)
    {
        ArgumentNullException.ThrowIfNull(fits);
        var table = Convert.ValueOrThrow(ModelComparison.table(Convert.FSharpList(fits.Select(fit => fit.Inner))));
        return Convert.List(table.Models, Score);
    }

    /// <summary>Tests whether the variance of one effect of one random term is zero.</summary>
    /// <param name="fit">The fit with the effect.</param>
    /// <param name="term">The random term, from zero in the order of the formula.</param>
    /// <param name="effect">The effect of that term, from zero.</param>
    /// <param name="bootstrapReplicates">Replicates of the parametric bootstrap; null for none.</param>
    /// <param name="seed">The seed of all draws.</param>
    /// <param name="cancellationToken">Stops the bootstrap between two replicates.</param>
    /// <exception cref="ArgumentException">There is no such term or effect.</exception>
    /// <exception cref="LmmException">The model without the effect cannot be fitted.</exception>
    public static ZeroVarianceTest TestVariance(
        this FittedLmm fit,
        int term = 0,
        int effect = 0,
        int? bootstrapReplicates = null,
        int seed = 1,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(fit);

        var bootstrap = bootstrapReplicates is { } replicates
            ? FSharpOption<BootstrapOptions>.Some(Convert.Bootstrap(replicates, seed, null, cancellationToken))
            : null;

        var options = new VarianceTestOptions(VarianceTestModule.defaults.Draws, seed, bootstrap!);
        var parameter = VarianceParameter.NewEffectVariance(term, effect);
        var test = Convert.ValueOrThrow(VarianceTestModule.run(options, parameter, fit.Inner));

        return new(
            test.Name, test.Statistic, test.MixtureP, test.Exact?.Value.P, test.Bootstrap?.Value.P, test.Advice);
    }

    /// <summary>Marginal and conditional R² and intraclass correlations.</summary>
    /// <exception cref="LmmException">Levels are related, or variances are held.</exception>
    public static ExplainedVariance ExplainedVariance(this FittedLmm fit)
    {
        ArgumentNullException.ThrowIfNull(fit);
        var shares = Convert.ValueOrThrow(RSquaredModule.ofFit(fit.Inner));
        return new(shares.Marginal, shares.Conditional, shares.AdjustedIcc, shares.UnadjustedIcc);
    }

    /// <summary>Fixed effects with cluster-robust standard errors.</summary>
    /// <param name="fit">The fit.</param>
    /// <param name="cluster">A grouping factor, the subjects of structured residuals, or a column of the data (several joined by
    /// colons) that holds each level of these whole.</param>
    /// <param name="correction">CR0 to CR3.</param>
    /// <param name="level">The level of the intervals.</param>
    /// <exception cref="LmmException">The clusters are not independent.</exception>
    /// <exception cref="ArgumentException">The level is not between 0 and 1.</exception>
    public static IReadOnlyList<RobustEstimate> RobustCoefficients(
        this FittedLmm fit, string cluster, RobustCorrection correction = RobustCorrection.Cr2, double level = 0.95)
    {
        ArgumentNullException.ThrowIfNull(fit);
        ArgumentNullException.ThrowIfNull(cluster);

        var robust = Convert.ValueOrThrow(RobustCovarianceModule.create(Kind(correction), cluster, fit.Inner));

        return Convert.List(
            RobustCovarianceModule.coefficients(level, robust),
            found => new RobustEstimate(
                found.Name, found.Estimate, found.StandardError, found.Df, found.P, found.Lower, found.Upper,
                Convert.OrNull(found.NotTestable)));
    }

    private static ConfidenceLimits Limits(ParameterInterval found) =>
        new(found.Name, found.Estimate, found.Lower?.Value, found.Upper?.Value, Convert.OrNull(found.Note));

    private static ModelScore Score(ComparedModel model) =>
        new(
            model.Formula,
            model.Parameters,
            model.Deviance,
            model.Aic,
            model.Aicc?.Value,
            model.Bic,
            model.Caic,
            model.DeltaAic,
            model.Weight);

    private static BootstrapInterval Kind(BootstrapKind kind) => kind switch
    {
        BootstrapKind.Percentile => BootstrapInterval.Percentile,
        BootstrapKind.Basic => BootstrapInterval.Basic,
        BootstrapKind.BiasCorrectedAccelerated => BootstrapInterval.BiasCorrectedAccelerated,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not a kind of bootstrap interval."),
    };

    private static RobustKind Kind(RobustCorrection correction) => correction switch
    {
        RobustCorrection.Cr0 => RobustKind.Cr0,
        RobustCorrection.Cr1 => RobustKind.Cr1,
        RobustCorrection.Cr2 => RobustKind.Cr2,
        RobustCorrection.Cr3 => RobustKind.Cr3,
        _ => throw new ArgumentOutOfRangeException(nameof(correction), correction, "Not a correction."),
    };
}

using Microsoft.FSharp.Core;

namespace LmmFunctional.CSharp;

/// <summary>A likelihood ratio test whose null distribution was simulated from the smaller model.</summary>
/// <param name="Statistic">The fall of −2 log likelihood.</param>
/// <param name="P">The share of replicates with a statistic at least as large.</param>
/// <param name="MonteCarloError">The Monte Carlo standard error of P.</param>
/// <param name="BartlettP">By χ² with the statistic scaled to the mean of the replicates; null where that is zero.</param>
/// <param name="AsymptoticP">By χ².</param>
/// <param name="Replicates">The simulated statistics.</param>
/// <param name="Failed">Replicates that could not be fitted.</param>
public sealed record BootstrapRatioTest(
    double Statistic,
    double P,
    double MonteCarloError,
    double? BartlettP,
    double AsymptoticP,
    IReadOnlyList<double> Replicates,
    int Failed);

/// <summary>A test of the data against simulated ones.</summary>
/// <param name="Name">What is tested.</param>
/// <param name="Statistic">Of the data.</param>
/// <param name="Expected">The mean of the simulated statistics.</param>
/// <param name="P">The rank of the data among the simulated statistics.</param>
/// <param name="MonteCarloError">The Monte Carlo standard error of P.</param>
public sealed record SimulationTest(string Name, double Statistic, double Expected, double P, double MonteCarloError);

/// <summary>Randomised quantile residuals from simulated responses: uniform between 0 and 1 where the model is right.</summary>
public sealed class QuantileResiduals
{
    private readonly SimulatedResiduals residuals;

    internal QuantileResiduals(SimulatedResiduals residuals) => this.residuals = residuals;

    /// <summary>The residual of each row used.</summary>
    public IReadOnlyList<double> Values => Convert.List(residuals.Values);

    /// <summary>The means of the simulated responses.</summary>
    public IReadOnlyList<double> Expected => Convert.List(residuals.Expected);

    /// <summary>Whether the residuals are uniform.</summary>
    public SimulationTest Uniformity => Test(residuals.Uniformity);

    /// <summary>Whether the data vary as much as simulated ones.</summary>
    public SimulationTest Dispersion => Test(residuals.Dispersion);

    /// <summary>Whether more rows are outside all simulated values than should.</summary>
    public SimulationTest Outliers => Test(residuals.Outliers);

    /// <summary>Whether location and spread of the residuals depend on a predictor.</summary>
    /// <param name="predictor">A column of the data, or <c>fitted</c>.</param>
    /// <exception cref="LmmException">There is no such column.</exception>
    public IReadOnlyList<SimulationTest> Against(string predictor)
    {
        ArgumentNullException.ThrowIfNull(predictor);
        return Convert.List(Convert.ValueOrThrow(SimulatedResidualsModule.against(predictor, residuals)), Test);
    }

    private static SimulationTest Test(SimulatedTest found) =>
        new(found.Name, found.Statistic, found.Expected, found.P, found.MonteCarloError);
}

/// <summary>Tests by simulation.</summary>
public static class SimulatedTests
{
    /// <summary>Tests this model against one that contains it, by responses simulated from this one.</summary>
    /// <param name="smaller">The null model.</param>
    /// <param name="larger">The model that contains it.</param>
    /// <param name="replicates">Simulated responses.</param>
    /// <param name="seed">The same seed gives the same bits with any number of threads.</param>
    /// <param name="progress">Called with the number of replicates done.</param>
    /// <param name="cancellationToken">Stops between two replicates.</param>
    /// <exception cref="LmmException">The data differ, the models are not nested, or replicates cannot be fitted.</exception>
    /// <exception cref="ArgumentException">There are fewer than two replicates.</exception>
    /// <exception cref="OperationCanceledException">The bootstrap was cancelled.</exception>
    public static BootstrapRatioTest BootstrapTestAgainst(
        this FittedLmm smaller,
        FittedLmm larger,
        int replicates = 1000,
        int seed = 1,
        Action<int>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(smaller);
        ArgumentNullException.ThrowIfNull(larger);
        var options = Convert.Bootstrap(replicates, seed, progress, cancellationToken);
        var test = Convert.ValueOrThrow(BootstrapTestModule.run(options, smaller.Inner, larger.Inner));

        return new(
            test.Asymptotic.Statistic,
            test.P,
            test.MonteCarloError,
            test.BartlettP?.Value,
            test.Asymptotic.P,
            Convert.List(test.Replicates),
            test.Failed);
    }

    /// <summary>Randomised quantile residuals, with tests that the correlations of the rows do no harm to.</summary>
    /// <param name="fit">The fit that responses are drawn from.</param>
    /// <param name="simulations">How many are drawn, at least 20.</param>
    /// <param name="seed">The seed of all draws.</param>
    /// <param name="newEffects">Whether random effects are drawn too, or are those of the fit.</param>
    /// <exception cref="LmmException">The blocks of dependent rows take too much memory.</exception>
    /// <exception cref="ArgumentException">There are fewer than 20 simulations.</exception>
    public static QuantileResiduals QuantileResiduals(
        this FittedLmm fit, int simulations = 250, int seed = 1, bool newEffects = true)
    {
        ArgumentNullException.ThrowIfNull(fit);
        var effects = newEffects ? SimulatedEffects.New : SimulatedEffects.Fitted;
        var options = new SimulatedResidualOptions(simulations, seed, effects);
        return new(Convert.ValueOrThrow(SimulatedResidualsModule.create(options, fit.Inner)));
    }
}

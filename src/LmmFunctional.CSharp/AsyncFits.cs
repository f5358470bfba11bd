using Relationship = LmmFunctional.Relationship;

namespace LmmFunctional.CSharp;

/// <summary>Long work off the caller's thread: the same results as the members without <c>Async</c>, with progress and
/// cancellation.</summary>
/// <remarks>Models, data and fits do not change, so any number of threads may share them.</remarks>
public static class AsyncFits
{
    private static Action<T>? Told<T>(IProgress<T>? progress) => progress is null ? null : progress.Report;

    /// <summary>Fits the model to data.</summary>
    /// <param name="model">The model.</param>
    /// <param name="frame">The data.</param>
    /// <param name="by">What is maximised.</param>
    /// <param name="algorithm">How the solver steps.</param>
    /// <param name="progress">Told of every iteration as it is made.</param>
    /// <param name="maxIterations">Steps at most; null leaves it to the library.</param>
    /// <param name="known">Known matrices that relate the levels of random terms, by their names in the model.</param>
    /// <param name="held">Covariance parameters held at known values, by name.</param>
    /// <param name="bounds">Ends between which covariance parameters are looked for, by the same names.</param>
    /// <param name="start">Values of covariance parameters to start from, by the same names.</param>
    /// <param name="budget">Seconds there is patience for; null for any time.</param>
    /// <param name="cancellationToken">Stops the fit between two iterations.</param>
    /// <exception cref="LmmException">The data do not suit the model; all problems are in it.</exception>
    /// <exception cref="OperationCanceledException">The fit was cancelled.</exception>
    public static Task<FittedLmm> FitAsync(
        this LmmModel model,
        Frame frame,
        FitBy by = FitBy.Reml,
        SolverAlgorithm algorithm = SolverAlgorithm.AverageInformation,
        IProgress<SolverIteration>? progress = null,
        int? maxIterations = null,
        IReadOnlyDictionary<string, Relationship>? known = null,
        IReadOnlyDictionary<string, double>? held = null,
        IReadOnlyDictionary<string, ParameterBound>? bounds = null,
        IReadOnlyDictionary<string, double>? start = null,
        double? budget = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(frame);

        return Task.Run(
            () => model.Fit(
                frame, by, algorithm, Told(progress), maxIterations, known, held, bounds, start, budget, cancellationToken),
            cancellationToken);
    }

    /// <summary>Fits the model to many responses.</summary>
    /// <param name="model">The model; its response is not looked at.</param>
    /// <param name="data">The data without the responses.</param>
    /// <param name="responses">Names and values, one for each row of the data; NaN where missing.</param>
    /// <param name="by">What is maximised.</param>
    /// <param name="method">For degrees of freedom.</param>
    /// <param name="convention">Of those degrees of freedom.</param>
    /// <param name="level">Of the intervals, between 0 and 1.</param>
    /// <param name="progress">Told the number of responses done.</param>
    /// <param name="cancellationToken">Stops all fits.</param>
    /// <exception cref="LmmException">The model and its data have problems.</exception>
    /// <exception cref="ArgumentException">The level is not between 0 and 1.</exception>
    /// <exception cref="OperationCanceledException">The fits were cancelled.</exception>
    public static Task<IReadOnlyList<ResponseFit>> FitManyAsync(
        this LmmModel model,
        Frame data,
        IEnumerable<(string Name, double[] Values)> responses,
        FitBy by = FitBy.Reml,
        DfMethod method = DfMethod.Satterthwaite,
        DfConvention convention = DfConvention.Usual,
        double level = 0.95,
        IProgress<int>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(responses);

        return Task.Run<IReadOnlyList<ResponseFit>>(
            () => model
                .FitMany(data, responses, by, method, convention, level, Told(progress), cancellationToken)
                .ToList(),
            cancellationToken);
    }

    /// <summary>Profile likelihood intervals of all fixed effects and covariance parameters.</summary>
    /// <param name="fit">The fit.</param>
    /// <param name="level">The level of confidence, between 0 and 1.</param>
    /// <param name="cancellationToken">Stops between two of the fits that the intervals are found by.</param>
    /// <exception cref="ArgumentException">The level is not between 0 and 1.</exception>
    /// <exception cref="OperationCanceledException">The intervals were cancelled.</exception>
    public static Task<IReadOnlyList<ConfidenceLimits>> ProfileIntervalsAsync(
        this FittedLmm fit, double level = 0.95, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(fit);
        return Task.Run(() => fit.ProfileIntervals(level, cancellationToken), cancellationToken);
    }

    /// <summary>Parametric bootstrap intervals; the same seed gives the same bits with any number of threads.</summary>
    /// <param name="fit">The fit that responses are drawn from.</param>
    /// <param name="replicates">How many are drawn.</param>
    /// <param name="kind">How an interval is made from them.</param>
    /// <param name="level">The level of confidence, between 0 and 1.</param>
    /// <param name="seed">The seed of all draws.</param>
    /// <param name="progress">Told the number of replicates done.</param>
    /// <param name="cancellationToken">Stops between two replicates.</param>
    /// <exception cref="ArgumentException">The level is not between 0 and 1, or there are fewer than two replicates.</exception>
    /// <exception cref="OperationCanceledException">The bootstrap was cancelled.</exception>
    /// <exception cref="LmmException">Fewer than two replicates could be fitted.</exception>
    public static Task<IReadOnlyList<ConfidenceLimits>> BootstrapIntervalsAsync(
        this FittedLmm fit,
        int replicates = 1000,
        BootstrapKind kind = BootstrapKind.Percentile,
        double level = 0.95,
        int seed = 1,
        IProgress<int>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(fit);

        return Task.Run(
            () => fit.BootstrapIntervals(replicates, kind, level, seed, Told(progress), cancellationToken),
            cancellationToken);
    }

    /// <summary>Tests this model against one that contains it, by responses simulated from this one.</summary>
    /// <param name="smaller">The null model.</param>
    /// <param name="larger">The model that contains it.</param>
    /// <param name="replicates">Simulated responses.</param>
    /// <param name="seed">The same seed gives the same bits with any number of threads.</param>
    /// <param name="progress">Told the number of replicates done.</param>
    /// <param name="cancellationToken">Stops between two replicates.</param>
    /// <exception cref="LmmException">The data differ, the models are not nested, or replicates cannot be fitted.</exception>
    /// <exception cref="ArgumentException">There are fewer than two replicates.</exception>
    /// <exception cref="OperationCanceledException">The bootstrap was cancelled.</exception>
    public static Task<BootstrapRatioTest> BootstrapTestAgainstAsync(
        this FittedLmm smaller,
        FittedLmm larger,
        int replicates = 1000,
        int seed = 1,
        IProgress<int>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(smaller);
        ArgumentNullException.ThrowIfNull(larger);

        return Task.Run(
            () => smaller.BootstrapTestAgainst(larger, replicates, seed, Told(progress), cancellationToken),
            cancellationToken);
    }

    /// <summary>A test that one variance is zero.</summary>
    /// <param name="fit">The fit.</param>
    /// <param name="term">The random term, from zero in the order of the formula.</param>
    /// <param name="effect">The effect of that term, from zero.</param>
    /// <param name="bootstrapReplicates">Replicates of the parametric bootstrap; null for none.</param>
    /// <param name="seed">The seed of all draws.</param>
    /// <param name="cancellationToken">Stops the bootstrap between two replicates.</param>
    /// <exception cref="ArgumentException">There is no such term or effect.</exception>
    /// <exception cref="LmmException">The model without the effect cannot be fitted.</exception>
    /// <exception cref="OperationCanceledException">The bootstrap was cancelled.</exception>
    public static Task<ZeroVarianceTest> TestVarianceAsync(
        this FittedLmm fit,
        int term = 0,
        int effect = 0,
        int? bootstrapReplicates = null,
        int seed = 1,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(fit);

        return Task.Run(
            () => fit.TestVariance(term, effect, bootstrapReplicates, seed, cancellationToken), cancellationToken);
    }

    /// <summary>What the estimates owe to each row or level.</summary>
    /// <param name="fit">The fit.</param>
    /// <param name="by"><c>row</c>, a grouping factor of the model, or a column of the data.</param>
    /// <param name="how">How the estimates without a unit are found.</param>
    /// <param name="progress">Told the number of units done.</param>
    /// <param name="cancellationToken">Stops refits.</param>
    /// <exception cref="LmmException">There is no such factor.</exception>
    /// <exception cref="OperationCanceledException">The refits were cancelled.</exception>
    public static Task<UnitInfluences> InfluenceAsync(
        this FittedLmm fit,
        string by = "row",
        InfluenceBy how = InfluenceBy.FixedParameters,
        IProgress<int>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(fit);
        ArgumentNullException.ThrowIfNull(by);
        return Task.Run(() => fit.Influence(by, how, Told(progress), cancellationToken), cancellationToken);
    }

    /// <summary>The power of the test of a hypothesis on the data of the fit, by simulation.</summary>
    /// <param name="fit">The fit, whose estimates are the parameters.</param>
    /// <param name="hypothesis">Such as <c>armB = 0</c>.</param>
    /// <param name="settings">Effects, level, simulations; null for the defaults.</param>
    /// <param name="cancellationToken">Stops the simulations.</param>
    /// <exception cref="LmmException">The hypothesis or an effect names no coefficient.</exception>
    /// <exception cref="ArgumentException">A setting is out of its range.</exception>
    /// <exception cref="OperationCanceledException">The simulations were cancelled.</exception>
    public static Task<SimulatedPower> PowerAsync(
        this FittedLmm fit,
        string hypothesis,
        PowerSettings? settings = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(fit);
        ArgumentNullException.ThrowIfNull(hypothesis);
        return Task.Run(() => fit.Power(hypothesis, settings, cancellationToken), cancellationToken);
    }

    /// <summary>The power at several sizes of the design.</summary>
    /// <param name="fit">The fit, whose estimates are the parameters.</param>
    /// <param name="hypothesis">Such as <c>armB = 0</c>.</param>
    /// <param name="growth">How the design grows.</param>
    /// <param name="factor">Along which factor.</param>
    /// <param name="sizes">The numbers of levels, or of rows in each level.</param>
    /// <param name="settings">Effects, level, simulations; null for the defaults.</param>
    /// <param name="cancellationToken">Stops the simulations.</param>
    /// <exception cref="LmmException">There is no such factor, or the hypothesis or an effect names no coefficient.</exception>
    /// <exception cref="ArgumentException">A setting or a size is out of its range.</exception>
    /// <exception cref="OperationCanceledException">The simulations were cancelled.</exception>
    public static Task<IReadOnlyList<SimulatedPower>> PowerCurveAsync(
        this FittedLmm fit,
        string hypothesis,
        GrowthBy growth,
        string factor,
        IReadOnlyList<int> sizes,
        PowerSettings? settings = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(fit);
        ArgumentNullException.ThrowIfNull(hypothesis);
        ArgumentNullException.ThrowIfNull(factor);
        ArgumentNullException.ThrowIfNull(sizes);

        return Task.Run(
            () => fit.PowerCurve(hypothesis, growth, factor, sizes, settings, cancellationToken), cancellationToken);
    }
}

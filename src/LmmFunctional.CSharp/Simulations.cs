namespace LmmFunctional.CSharp;

/// <summary>One of many responses to the same model.</summary>
/// <param name="Response">Its name.</param>
/// <param name="Coefficients">The fixed effects with their tests; empty if there are problems.</param>
/// <param name="VarianceComponents">The variances; empty if there are problems.</param>
/// <param name="LogLikelihood">Restricted under REML; null if there are problems.</param>
/// <param name="Certificate">The evidence of the optimum; null if there are problems.</param>
/// <param name="Issues">What was wrong with the response; empty for a fit.</param>
public sealed record ResponseFit(
    string Response,
    IReadOnlyList<TestedEstimate> Coefficients,
    IReadOnlyList<VarianceEstimate> VarianceComponents,
    double? LogLikelihood,
    FitCertificate? Certificate,
    IReadOnlyList<LmmIssue> Issues);

/// <summary>The power of a test, with its Monte Carlo error.</summary>
/// <param name="Size">The size of the design; null where it did not grow.</param>
/// <param name="Rows">Rows of the design.</param>
/// <param name="Power">The share of simulations in which the test rejects.</param>
/// <param name="StandardError">Its Monte Carlo standard error.</param>
/// <param name="Lower">The lower end of its exact 95 % interval.</param>
/// <param name="Upper">The upper end.</param>
/// <param name="Simulations">Simulations made.</param>
/// <param name="Failed">Those that could not be fitted or tested.</param>
public sealed record SimulatedPower(
    int? Size,
    int Rows,
    double Power,
    double StandardError,
    double Lower,
    double Upper,
    int Simulations,
    int Failed);

/// <summary>How a design grows.</summary>
public enum GrowthBy
{
    /// <summary>By levels of a factor.</summary>
    Levels,

    /// <summary>By rows in each level of a factor.</summary>
    RowsPerLevel,
}

/// <summary>How power is estimated; all has a default.</summary>
public sealed record PowerSettings
{
    /// <summary>Coefficients that have other values than their estimates, by name.</summary>
    public IReadOnlyDictionary<string, double> Effects { get; init; } = new Dictionary<string, double>();

    /// <summary>The level of the test.</summary>
    public double Alpha { get; init; } = 0.05;

    /// <summary>Simulations at each size, at most.</summary>
    public int Simulations { get; init; } = 1000;

    /// <summary>Half the width of the 95 % interval of the power at which to stop before; null for all simulations.</summary>
    public double? HalfWidth { get; init; } = 0.02;

    /// <summary>The same seed gives the same power.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>How to find degrees of freedom.</summary>
    public DfMethod Method { get; init; } = DfMethod.Satterthwaite;

    /// <summary>Whose Satterthwaite or Kenward-Roger; other methods have no conventions.</summary>
    public DfConvention Convention { get; init; } = DfConvention.Usual;
}

/// <summary>Responses drawn from a fit, many fits of one model, and power.</summary>
public static class Simulations
{
    /// <summary>Responses drawn from the fit: new random effects, new residuals; the same bits at any number of threads.</summary>
    /// <param name="fit">The fit.</param>
    /// <param name="seed">The same seed gives the same responses.</param>
    /// <param name="count">How many.</param>
    /// <exception cref="LmmException">The blocks of dependent rows take too much memory.</exception>
    /// <exception cref="ArgumentException">The number is negative.</exception>
    public static IReadOnlyList<double[]> SimulateMany(this FittedLmm fit, int seed, int count)
    {
        ArgumentNullException.ThrowIfNull(fit);
        return Convert.ValueOrThrow(Lmm.simulate(seed, count, fit.Inner));
    }

    /// <summary>The same model fitted to another response of the same rows, from the optimum of the fit.</summary>
    /// <param name="fit">The fit, whose bounds and fixed parameters are kept.</param>
    /// <param name="response">One value for each row used, on the scale of the model; what Simulate gives is such a response.
    /// </param>
    /// <exception cref="LmmException">All values are equal, or the fixed effects fit them exactly.</exception>
    /// <exception cref="ArgumentException">There is not one finite value for each row used.</exception>
    public static FittedLmm Refit(this FittedLmm fit, double[] response)
    {
        ArgumentNullException.ThrowIfNull(fit);
        ArgumentNullException.ThrowIfNull(response);

        return new FittedLmm(Convert.ValueOrThrow(Lmm.refit(response, fit.Inner)));
    }

    /// <summary>Fits the model to many responses, in their order and as they are asked for: what does not depend on the response
    /// is made once.</summary>
    /// <param name="model">The model; its response is not looked at.</param>
    /// <param name="data">The data without the responses.</param>
    /// <param name="responses">Names and values, one for each row of the data; NaN where missing.</param>
    /// <param name="by">What is maximised.</param>
    /// <param name="method">How to find degrees of freedom.</param>
    /// <param name="convention">Whose Satterthwaite or Kenward-Roger; other methods have no conventions.</param>
    /// <param name="level">Of the intervals, between 0 and 1.</param>
    /// <param name="progress">Called with the number of responses done.</param>
    /// <param name="cancellationToken">Stops all fits.</param>
    /// <exception cref="LmmException">The model and its data have problems.</exception>
    /// <exception cref="ArgumentException">The level is not between 0 and 1.</exception>
    /// <exception cref="OperationCanceledException">The fits were cancelled; raised while results are read.</exception>
    public static IEnumerable<ResponseFit> FitMany(
        this LmmModel model,
        Frame data,
        IEnumerable<(string Name, double[] Values)> responses,
        FitBy by = FitBy.Reml,
        DfMethod method = DfMethod.Satterthwaite,
        DfConvention convention = DfConvention.Usual,
        double level = 0.95,
        Action<int>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(responses);

        var fit = Convert.Options(
            by, SolverAlgorithm.AverageInformation, null, null, null, null, null, null, null, cancellationToken);
        var options = new FitManyOptions(fit, Convert.Method(method, convention), level, Convert.Progress(progress));
        var pairs = responses.Select(pair => Tuple.Create(pair.Name, pair.Values));

        return Convert.ValueOrThrow(Lmm.fitMany(options, data, model.Inner, pairs)).Select(Convert.Response);
    }

    /// <summary>The power of the test of a hypothesis on the data of the fit, by simulation.</summary>
    /// <param name="fit">The fit, whose estimates are the parameters.</param>
    /// <param name="hypothesis">Such as <c>armB = 0</c>.</param>
    /// <param name="settings">Effects, level, simulations; null for the defaults.</param>
    /// <param name="cancellationToken">Stops the simulations.</param>
    /// <exception cref="LmmException">The hypothesis or an effect names no coefficient.</exception>
    /// <exception cref="ArgumentException">A setting is out of its range.</exception>
    /// <exception cref="OperationCanceledException">The simulations were cancelled.</exception>
    public static SimulatedPower Power(
        this FittedLmm fit,
        string hypothesis,
        PowerSettings? settings = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(fit);
        ArgumentNullException.ThrowIfNull(hypothesis);
        settings ??= new();
        var options = Convert.Options(hypothesis, settings, cancellationToken);

        return Convert.Power(Convert.ValueOrThrow(Lmm.power(options, Convert.Map(settings.Effects), fit.Inner)));
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
    public static IReadOnlyList<SimulatedPower> PowerCurve(
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
        settings ??= new();

        var grows = growth switch
        {
            GrowthBy.Levels => DesignGrowth.NewLevels(factor),
            GrowthBy.RowsPerLevel => DesignGrowth.NewRowsPerLevel(factor),
            _ => throw new ArgumentOutOfRangeException(nameof(growth), growth, "Not a way to grow."),
        };

        var options = Convert.Options(hypothesis, settings, cancellationToken);
        var curve = Lmm.powerCurve(
            options, grows, Convert.FSharpList(sizes), Convert.Map(settings.Effects), fit.Inner);
        return Convert.List(Convert.ValueOrThrow(curve), Convert.Power);
    }
}

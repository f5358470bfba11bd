namespace LmmFunctional.CSharp;

/// <summary>What the interval of a prediction holds.</summary>
public enum PredictedQuantity
{
    /// <summary>The mean, with the random effects included: a confidence interval.</summary>
    Mean,

    /// <summary>A future observation, the mean with its residual: a prediction interval. Under correlated residuals it is
    /// predicted from those of its subject too.</summary>
    Observation,
}

/// <summary>What happens to levels of random terms that the fit has not seen.</summary>
public enum UnseenLevels
{
    /// <summary>Their effects are predicted as zero, with their whole variance.</summary>
    Population,

    /// <summary>They are listed as problems.</summary>
    Refuse,
}

/// <summary>How standard errors of predictions allow for the covariance parameters being estimated.</summary>
public enum EstimationUncertainty
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>By Kenward and Roger's inflation; for fits by REML.</summary>
    KenwardRoger,

    /// <summary>By refits of responses drawn from the fit.</summary>
    Bootstrap,
}

/// <summary>How predictions are made; all has a default.</summary>
public sealed record PredictionSettings
{
    /// <summary>The grouping factors whose random effects are included: null for all, none for the population mean.</summary>
    public IReadOnlyList<string>? Effects { get; init; }

    /// <summary>What the interval holds.</summary>
    public PredictedQuantity Quantity { get; init; } = PredictedQuantity.Mean;

    /// <summary>Of the intervals, between 0 and 1.</summary>
    public double Level { get; init; } = 0.95;

    /// <summary>How to find degrees of freedom.</summary>
    public DfMethod Method { get; init; } = DfMethod.Satterthwaite;

    /// <summary>Whose Satterthwaite; other methods have no conventions.</summary>
    public DfConvention Convention { get; init; } = DfConvention.Usual;

    /// <summary>What to do with levels that the fit has not seen.</summary>
    public UnseenLevels NewLevels { get; init; } = UnseenLevels.Population;

    /// <summary>How standard errors allow for the covariance parameters being estimated.</summary>
    public EstimationUncertainty Uncertainty { get; init; } = EstimationUncertainty.None;

    /// <summary>Refits of a bootstrap.</summary>
    public int Replicates { get; init; } = 200;

    /// <summary>The seed of a bootstrap.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Whether to go back from a transformed response to its own units.</summary>
    public bool OnResponse { get; init; }

    /// <summary>Whether predictions in the response's own units are means, not medians.</summary>
    public bool MeanCorrection { get; init; }
}

/// <summary>One prediction.</summary>
/// <param name="Row">The row of the data that it is for, from one.</param>
/// <param name="Estimate">In units of the response.</param>
/// <param name="StandardError">Of the estimate less what is predicted, the covariance parameters taken as known.</param>
/// <param name="Df">Degrees of freedom; infinite for the normal distribution.</param>
/// <param name="Lower">The lower end of the interval.</param>
/// <param name="Upper">The upper end of the interval.</param>
/// <param name="NewLevels">Grouping factors with the level that the fit has not seen.</param>
public sealed record PredictedValue(
    int Row,
    double Estimate,
    double StandardError,
    double Df,
    double Lower,
    double Upper,
    IReadOnlyDictionary<string, string> NewLevels);

/// <summary>A linear combination of predictions or of effects.</summary>
/// <param name="Name">The name before its colon, or its own text.</param>
/// <param name="Estimate">In units of the response.</param>
/// <param name="StandardError">Of the estimate less what is predicted.</param>
/// <param name="Df">Degrees of freedom; infinite for the normal distribution.</param>
/// <param name="Lower">The lower end of the interval.</param>
/// <param name="Upper">The upper end of the interval.</param>
public sealed record PredictedCombination(
    string Name, double Estimate, double StandardError, double Df, double Lower, double Upper);

/// <summary>Predictions of means and of future observations.</summary>
public static class FitPrediction
{
    /// <summary>Predictions for the rows of the fit; with all effects they are the fitted values.</summary>
    /// <param name="fit">The fit.</param>
    /// <param name="settings">What is predicted, and how; null for the defaults.</param>
    /// <example><code>fit.Predict(new PredictionSettings { Effects = [] })[0].Estimate</code></example>
    /// <exception cref="LmmException">There is no such grouping factor, or no such degrees of freedom.</exception>
    /// <exception cref="ArgumentException">The level is not between 0 and 1.</exception>
    public static IReadOnlyList<PredictedValue> Predict(this FittedLmm fit, PredictionSettings? settings = null)
    {
        ArgumentNullException.ThrowIfNull(fit);
        return Convert.List(Convert.ValueOrThrow(Lmm.predict(Convert.Options(settings ?? new()), fit.Inner)), Convert.Predicted);
    }

    /// <summary>Predictions for new data.</summary>
    /// <param name="fit">The fit.</param>
    /// <param name="newData">The columns of the model; those of random terms only where their effects are included.</param>
    /// <param name="settings">What is predicted, and how; null for the defaults.</param>
    /// <exception cref="LmmException">Columns are not there or have missing values, or levels are not known.</exception>
    /// <exception cref="ArgumentException">The level is not between 0 and 1.</exception>
    public static IReadOnlyList<PredictedValue> Predict(
        this FittedLmm fit, Frame newData, PredictionSettings? settings = null)
    {
        ArgumentNullException.ThrowIfNull(fit);
        ArgumentNullException.ThrowIfNull(newData);

        return Convert.List(
            Convert.ValueOrThrow(Lmm.predictFrame(Convert.Options(settings ?? new()), newData, fit.Inner)),
            Convert.Predicted);
    }

    /// <summary>Linear combinations of predictions for new data, such as the difference of two rows.</summary>
    /// <param name="fit">The fit.</param>
    /// <param name="newData">The rows that are combined.</param>
    /// <param name="functions">The combinations, rows by the names row1, row2, …; semicolons between several.</param>
    /// <param name="settings">What is predicted, and how; null for the defaults.</param>
    /// <example><code>fit.PredictCombinations(data, "change: row2 - row1")[0].Estimate</code></example>
    /// <exception cref="LmmException">The text cannot be read, columns are not there, or levels are not known.</exception>
    /// <exception cref="ArgumentException">The level is not between 0 and 1, or the response's own units are wanted.</exception>
    public static IReadOnlyList<PredictedCombination> PredictCombinations(
        this FittedLmm fit, Frame newData, string functions, PredictionSettings? settings = null)
    {
        ArgumentNullException.ThrowIfNull(fit);
        ArgumentNullException.ThrowIfNull(newData);
        ArgumentNullException.ThrowIfNull(functions);

        var found = Predictions.combinationsOfText(Convert.Options(settings ?? new()), functions, newData, fit.Inner);
        return Convert.List(Convert.ValueOrThrow(found), own => Convert.Combination(own.Item1, own.Item2));
    }

    /// <summary>Linear functions of fixed and random effects.</summary>
    /// <param name="fit">The fit.</param>
    /// <param name="functions">The functions, random effects by names such as <c>Subject[308].Days</c>; semicolons between
    /// several.</param>
    /// <param name="settings">Level, degrees of freedom and uncertainty; all else does not matter.</param>
    /// <example><code>fit.PredictFunctions("Days + Subject[308].Days")[0].StandardError</code></example>
    /// <exception cref="LmmException">The text cannot be read, or a function is not estimable.</exception>
    /// <exception cref="ArgumentException">The level is not between 0 and 1.</exception>
    public static IReadOnlyList<PredictedCombination> PredictFunctions(
        this FittedLmm fit, string functions, PredictionSettings? settings = null)
    {
        ArgumentNullException.ThrowIfNull(fit);
        ArgumentNullException.ThrowIfNull(functions);
        var read = Convert.ValueOrThrow(LinearCombinationModule.parse(functions, fit.Inner));

        var found = Convert.ValueOrThrow(
            Predictions.ofCombinations(Convert.Options(settings ?? new()), read, fit.Inner));

        return [.. read.Zip(found.Predictions, (own, value) => Convert.Combination(own.Name, value))];
    }
}

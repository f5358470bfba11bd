namespace LmmFunctional.CSharp;

/// <summary>Residuals of every kind and leverages of one row; the covariance parameters are taken as known.</summary>
/// <param name="Row">The row of the data, from one.</param>
/// <param name="Observed">The response as the model writes it.</param>
/// <param name="Fitted">The fitted value, random effects and offset included.</param>
/// <param name="Marginal">Observed less the fixed part.</param>
/// <param name="Conditional">Observed less fitted.</param>
/// <param name="PearsonMarginal">Marginal over the standard deviation of the response.</param>
/// <param name="PearsonConditional">Conditional over the residual standard deviation.</param>
/// <param name="StudentizedMarginal">Marginal over its own standard deviation.</param>
/// <param name="StudentizedConditional">Conditional over its own standard deviation.</param>
/// <param name="Deleted">Observed less its prediction from all other rows.</param>
/// <param name="DeletedT">Deleted over its standard deviation.</param>
/// <param name="ExternalT">The same with σ² from all other rows.</param>
/// <param name="Decorrelated">Marginal residuals by the inverse of the Cholesky factor of their covariance; null where that
/// would take too long.</param>
/// <param name="Leverage">Of the fitted value.</param>
/// <param name="LeverageFixed">Of its fixed part.</param>
public sealed record RowResiduals(
    int Row,
    double Observed,
    double Fitted,
    double Marginal,
    double Conditional,
    double PearsonMarginal,
    double PearsonConditional,
    double StudentizedMarginal,
    double StudentizedConditional,
    double Deleted,
    double DeletedT,
    double ExternalT,
    double? Decorrelated,
    double Leverage,
    double LeverageFixed);

/// <summary>The mean shift of one unit.</summary>
/// <param name="Unit">The number of the row in the data, from one; or the level.</param>
/// <param name="Shift">In units of the response.</param>
/// <param name="StandardError">With the covariance parameters taken as known.</param>
/// <param name="T">Shift over its standard error, σ² that of the fit.</param>
/// <param name="ExternalT">The same with σ² from all other rows.</param>
/// <param name="P">Two-sided, of <paramref name="ExternalT"/>.</param>
/// <param name="AdjustedP">The same for the largest of all units.</param>
public sealed record ShiftedMean(
    string Unit, double Shift, double StandardError, double T, double ExternalT, double P, double AdjustedP);

/// <summary>The variance shift of one unit.</summary>
/// <param name="Unit">The number of the row in the data, from one; or the level.</param>
/// <param name="Variance">The extra variance by REML, in squared units of the response.</param>
/// <param name="Score">The slope of the restricted log likelihood at zero.</param>
/// <param name="StandardisedScore">The score over its standard deviation.</param>
/// <param name="LikelihoodRatio">Twice the rise of the restricted log likelihood.</param>
/// <param name="P">Half of χ² on one degree of freedom, half of zero.</param>
/// <param name="IsRefitted">Whether all covariance parameters were estimated again.</param>
/// <param name="Shifts">For each row of the unit the part of its residual that the shift explains.</param>
public sealed record ShiftedVariance(
    string Unit,
    double Variance,
    double Score,
    double StandardisedScore,
    double LikelihoodRatio,
    double P,
    bool IsRefitted,
    IReadOnlyList<double> Shifts);

/// <summary>How the estimates without a unit are found.</summary>
public enum InfluenceBy
{
    /// <summary>The covariance parameters stay: closed forms, no refit.</summary>
    FixedParameters,

    /// <summary>They move by one scoring step without the unit.</summary>
    OneStep,

    /// <summary>The model is fitted again without the unit.</summary>
    Refits,
}

/// <summary>What the estimates owe to one unit; definitions of SAS PROC MIXED.</summary>
/// <param name="Unit">The number of the row in the data, from one; or the level.</param>
/// <param name="CookD">Cook's D of the fixed effects.</param>
/// <param name="Mdffits">The same with their covariance without the unit.</param>
/// <param name="Dffits">The change of the row's own prediction over its standard error; null for levels.</param>
/// <param name="CovTrace">The change of the covariance of the fixed effects, by its trace.</param>
/// <param name="CovRatio">The same by its determinant.</param>
/// <param name="LikelihoodDistance">Twice the fall of the log likelihood at the estimates without the unit.</param>
/// <param name="FixedChanges">Fixed effects without the unit less the fixed effects, by name.</param>
/// <param name="VarianceChanges">Relative changes of the variances, by name; empty with parameters fixed.</param>
public sealed record UnitInfluence(
    string Unit,
    double CookD,
    double Mdffits,
    double? Dffits,
    double CovTrace,
    double CovRatio,
    double LikelihoodDistance,
    IReadOnlyDictionary<string, double> FixedChanges,
    IReadOnlyDictionary<string, double> VarianceChanges);

/// <summary>The influence of every unit.</summary>
/// <param name="Units">Those without which the model can be fitted.</param>
/// <param name="Impossible">The others, with the reason.</param>
public sealed record UnitInfluences(
    IReadOnlyList<UnitInfluence> Units, IReadOnlyDictionary<string, string> Impossible);

/// <summary>One check of a fitted model.</summary>
/// <param name="Name">What is checked.</param>
/// <param name="Of">Of what.</param>
/// <param name="IsNotable">Whether it is worth a look; null where there is nothing to check.</param>
/// <param name="Finding">One sentence.</param>
/// <param name="Advice">What to try; null where there is nothing.</param>
/// <param name="Method">How, with the source.</param>
/// <param name="Numbers">Statistics by name.</param>
public sealed record CheckedAssumption(
    string Name,
    string Of,
    bool? IsNotable,
    string Finding,
    string? Advice,
    string Method,
    IReadOnlyDictionary<string, double> Numbers);

/// <summary>Residuals, leverages, influence, checks and scans for outliers.</summary>
public static class Diagnostics
{
    /// <summary>What the estimates owe to each row or level.</summary>
    /// <param name="fit">The fit.</param>
    /// <param name="by"><c>row</c>, a grouping factor of the model, or a column of the data.</param>
    /// <param name="how">How the estimates without a unit are found.</param>
    /// <param name="progress">Called with the number of units done.</param>
    /// <param name="cancellationToken">Stops refits.</param>
    /// <exception cref="LmmException">There is no such factor.</exception>
    /// <exception cref="OperationCanceledException">The refits were cancelled.</exception>
    public static UnitInfluences Influence(
        this FittedLmm fit,
        string by = "row",
        InfluenceBy how = InfluenceBy.FixedParameters,
        Action<int>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(fit);
        ArgumentNullException.ThrowIfNull(by);

        var method = how switch
        {
            InfluenceBy.FixedParameters => InfluenceMethod.Fixed,
            InfluenceBy.OneStep => InfluenceMethod.OneStep,
            InfluenceBy.Refits => InfluenceMethod.Exact,
            _ => throw new ArgumentOutOfRangeException(nameof(how), how, "Not a method."),
        };

        var options = new InfluenceOptions(
            method, DiagnosticUnitsModule.ofName(by), Convert.Progress(progress), cancellationToken);
        var table = Convert.ValueOrThrow(Lmm.influence(options, fit.Inner));
        var effects = Convert.List(fit.Coefficients, own => own.Term);

        return new(
            Convert.List(table.Units, found => Convert.Influence(found, effects)),
            table.Impossible.ToDictionary(pair => pair.Item1.Name, pair => pair.Item2));
    }

    /// <summary>Checks the fit: normality, equal variances, correlation, collinearity, influence, outliers.</summary>
    /// <param name="fit">The fit.</param>
    /// <param name="significance">P-values below it are notable.</param>
    /// <param name="subjects">The factor within whose levels residuals may be correlated; null for that of the model.</param>
    /// <param name="along">The order of the rows of a subject; null for that of the model.</param>
    /// <exception cref="LmmException">There is no such factor or column.</exception>
    /// <exception cref="ArgumentException">The significance is not between 0 and 1.</exception>
    public static IReadOnlyList<CheckedAssumption> Check(
        this FittedLmm fit, double significance = 0.05, string? subjects = null, string? along = null)
    {
        ArgumentNullException.ThrowIfNull(fit);
        var usual = CheckOptionsModule.defaults;

        var options = new CheckOptions(
            significance,
            usual.Adjustment,
            usual.MaximumInflation,
            usual.Lags,
            usual.Distances,
            usual.Listed,
            Convert.Option(subjects),
            Convert.Option(along));

        return Convert.List(Convert.ValueOrThrow(Lmm.check(options, fit.Inner)), Convert.Check);
    }

    /// <summary>Residuals of every kind and leverages, one entry for each row used.</summary>
    public static IReadOnlyList<RowResiduals> ResidualDiagnostics(this FittedLmm fit)
    {
        ArgumentNullException.ThrowIfNull(fit);
        return Convert.Rows(Lmm.residuals(fit.Inner));
    }

    /// <summary>Scans units for a shift of their mean, the largest |t| first.</summary>
    /// <param name="fit">The fit.</param>
    /// <param name="by"><c>row</c>, a grouping factor of the model, or a column of the data.</param>
    /// <param name="adjustment">Of the p-values: Bonferroni, Holm, Šidák, false discovery rate or none; usual is
    /// Bonferroni.</param>
    /// <exception cref="LmmException">There is no such factor.</exception>
    /// <exception cref="ArgumentException">The adjustment is one of means.</exception>
    public static IReadOnlyList<ShiftedMean> MeanShifts(
        this FittedLmm fit, string by = "row", PAdjustment adjustment = PAdjustment.Usual)
    {
        ArgumentNullException.ThrowIfNull(fit);
        ArgumentNullException.ThrowIfNull(by);
        var chosen = Convert.Adjusted(adjustment)?.Value ?? Adjustment.Bonferroni;

        return Convert.List(
            Convert.ValueOrThrow(MeanShiftModule.scan(chosen, DiagnosticUnitsModule.ofName(by), fit.Inner)),
            Convert.Shifted);
    }

    /// <summary>Scans units for a shift of their variance, the largest likelihood ratio first.</summary>
    /// <param name="fit">The fit.</param>
    /// <param name="by"><c>row</c>, a grouping factor of the model, or a column of the data.</param>
    /// <param name="refits">How many of the first units are fitted again with their shift.</param>
    /// <exception cref="LmmException">There is no such factor.</exception>
    /// <exception cref="ArgumentException">The number of refits is negative.</exception>
    public static IReadOnlyList<ShiftedVariance> VarianceShifts(this FittedLmm fit, string by = "row", int refits = 5)
    {
        ArgumentNullException.ThrowIfNull(fit);
        ArgumentNullException.ThrowIfNull(by);
        ArgumentOutOfRangeException.ThrowIfNegative(refits);

        return Convert.List(
            Convert.ValueOrThrow(VarianceShiftModule.scan(refits, DiagnosticUnitsModule.ofName(by), fit.Inner)),
            Convert.Shifted);
    }
}

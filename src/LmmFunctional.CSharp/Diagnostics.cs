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
/// <param name="T">Shift over its standard error.</param>
/// <param name="P">Two-sided, σ² estimated from all other rows.</param>
/// <param name="AdjustedP">The same for the largest of all units.</param>
public sealed record ShiftedMean(string Unit, double Shift, double StandardError, double T, double P, double AdjustedP);

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

/// <summary>Residuals, leverages and scans for outliers.</summary>
public static class Diagnostics
{
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

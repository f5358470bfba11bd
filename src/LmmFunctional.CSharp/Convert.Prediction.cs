namespace LmmFunctional.CSharp;

/// <summary>Predictions and diagnostics.</summary>
internal static partial class Convert
{
    public static PredictionOptions Options(PredictionSettings settings) =>
        new(
            settings.Effects switch
            {
                null => PredictedEffects.All,
                { Count: 0 } => PredictedEffects.None,
                var groups => PredictedEffects.NewOnly(FSharpList(groups)),
            },
            settings.Quantity switch
            {
                PredictedQuantity.Mean => PredictionInterval.Confidence,
                PredictedQuantity.Observation => PredictionInterval.Prediction,
                _ => throw new ArgumentOutOfRangeException(nameof(settings), settings.Quantity, "Not a quantity."),
            },
            settings.Level,
            Method(settings.Method, settings.Convention),
            settings.NewLevels switch
            {
                UnseenLevels.Population => NewLevels.Population,
                UnseenLevels.Refuse => NewLevels.Refuse,
                _ => throw new ArgumentOutOfRangeException(nameof(settings), settings.NewLevels, "Not a choice."),
            },
            ParameterUncertainty.None,
            settings.OnResponse,
            false);

    public static PredictedValue Predicted(Prediction found) =>
        new(
            found.Row,
            found.Estimate,
            found.StandardError,
            found.Df,
            found.Lower,
            found.Upper,
            Pairs(found.NewLevels));

    public static IReadOnlyList<RowResiduals> Rows(ResidualTable table) =>
    [
        .. Enumerable.Range(0, table.Row.Length).Select(row => new RowResiduals(
            table.Row[row],
            table.Observed[row],
            table.Fitted[row],
            table.Marginal[row],
            table.Conditional[row],
            table.PearsonMarginal[row],
            table.PearsonConditional[row],
            table.StudentizedMarginal[row],
            table.StudentizedConditional[row],
            table.Deleted[row],
            table.DeletedT[row],
            table.ExternalT[row],
            table.Decorrelated.IsEmpty ? null : table.Decorrelated[row],
            table.Leverage[row],
            table.LeverageFixed[row])),
    ];

    public static ShiftedMean Shifted(MeanShift found) =>
        new(found.Unit.Name, found.Shift, found.StandardError, found.T, found.P, found.AdjustedP);

    public static ShiftedVariance Shifted(VarianceShift found) =>
        new(
            found.Unit.Name,
            found.Variance,
            found.Score,
            found.StandardisedScore,
            found.LikelihoodRatio,
            found.P,
            found.IsRefitted,
            List(found.Shifts));
}

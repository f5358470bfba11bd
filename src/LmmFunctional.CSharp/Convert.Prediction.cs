using Microsoft.FSharp.Core;

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
            settings.Uncertainty switch
            {
                EstimationUncertainty.None => ParameterUncertainty.None,
                EstimationUncertainty.KenwardRoger => ParameterUncertainty.KenwardRoger,
                EstimationUncertainty.Bootstrap => ParameterUncertainty.NewBootstrap(
                    Bootstrap(settings.Replicates, settings.Seed, null, default)),
                _ => throw new ArgumentOutOfRangeException(nameof(settings), settings.Uncertainty, "Not a choice."),
            },
            settings.OnResponse,
            settings.MeanCorrection);

    public static BootstrapOptions Bootstrap(
        int replicates, int seed, Action<int>? progress, CancellationToken cancellationToken) =>
        new(replicates, seed, Progress(progress), cancellationToken);

    public static FSharpOption<FSharpFunc<int, Unit>>? Progress(Action<int>? progress) =>
        progress is null ? null : FSharpOption<FSharpFunc<int, Unit>>.Some(FuncConvert.FromAction(progress));

    public static PredictedValue Predicted(Prediction found) =>
        new(
            found.Row,
            found.Estimate,
            found.StandardError,
            found.Df,
            found.Lower,
            found.Upper,
            Pairs(found.NewLevels));

    public static PredictedCombination Combination(string name, Prediction found) =>
        new(name, found.Estimate, found.StandardError, found.Df, found.Lower, found.Upper);

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
        new(found.Unit.Name, found.Shift, found.StandardError, found.T, found.ExternalT, found.P, found.AdjustedP);

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

    public static UnitInfluence Influence(InfluenceOfUnit found, IReadOnlyList<string> effects) =>
        new(
            found.Unit.Name,
            found.CookD,
            found.Mdffits,
            found.Dffits?.Value,
            found.CovTrace,
            found.CovRatio,
            found.LikelihoodDistance,
            effects.Zip(found.FixedChanges).ToDictionary(pair => pair.First, pair => pair.Second),
            found.VarianceChanges.ToDictionary(pair => pair.Item1, pair => pair.Item2));

    public static CheckedAssumption Check(ModelCheck found) =>
        new(
            found.Name,
            found.Of,
            found.Outcome.IsNotApplicable ? null : found.Outcome.IsNotable,
            found.Finding,
            OrNull(found.Advice),
            found.Method,
            found.Numbers.ToDictionary(pair => pair.Item1, pair => pair.Item2));

    public static ResponseFit Response(FittedResponse found)
    {
        var own = found.Estimates.IsOk ? found.Estimates.ResultValue : null;

        return new(
            found.Response,
            own is null ? [] : List(own.Coefficients, Tested),
            own is null ? [] : List(own.VarianceComponents, VarianceComponent),
            own?.LogLikelihood,
            own is null ? null : Certificate(own.Certificate),
            own is null ? List(found.Estimates.ErrorValue, Issue) : []);
    }

    public static SimulatedPower Power(PowerEstimate found) =>
        new(
            found.Size?.Value,
            found.Rows,
            found.Power,
            found.StandardError,
            found.Lower,
            found.Upper,
            found.Simulations,
            found.Failed);
}

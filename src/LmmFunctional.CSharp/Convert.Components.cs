using LmmFunctional.Classical;
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;

namespace LmmFunctional.CSharp;

/// <summary>Variance components and combinations of mean squares between F# and C#.</summary>
internal static partial class Convert
{
    // Combinations of mean squares

    private static string Known(IEnumerable<string> names) => string.Join(", ", names);

    public static FSharpList<WeightedMeanSquare> MeanSquare(AnovaTable table, string source)
    {
        var own = table.Rows.Where(row => row.Df > 0).Select(row => row.Source);

        return own.Contains(source)
            ? AnovaTableModule.combine(table, FSharpList([Tuple.Create(source, 1.0)]))
            : throw new ArgumentException($"There is no mean square '{source}'; take one of {Known(own)}.", nameof(source));
    }

    public static FSharpList<WeightedMeanSquare> Component(AnovaTable table, string source)
    {
        var estimates = AnovaEstimates.create(NegativeEstimates.Keep, table);
        var known = estimates.IsOk ? estimates.ResultValue : FSharpList<ComponentEstimate>([]);

        return known.FirstOrDefault(estimate => estimate.Source == source)?.Combination
            ?? throw new ArgumentException(
                known.IsEmpty
                    ? "The mean squares do not determine the components."
                    : $"There is no component '{source}'; take one of {Known(known.Select(item => item.Source))}.",
                nameof(source));
    }

    public static string Text(FSharpList<WeightedMeanSquare> parts) =>
        string.Join(" + ", parts.Select(part => $"{NumberText.significant(6, part.Coefficient)} MS({part.Source})"))
            .Replace("+ -", "− ", StringComparison.Ordinal);

    // Components without a likelihood

    public static FSharpResult<ComponentEstimates, FSharpList<LmmError>> ComponentEstimates(
        LmmSpec spec, Frame frame, ComponentMethod method) => method switch
        {
            ComponentMethod.HendersonOne => HendersonOneEstimates(spec, frame),
            ComponentMethod.HendersonThree => HendersonThreeEstimates(spec, frame),
            ComponentMethod.MinqueZero => MinqueEstimates(spec, frame, model =>
                Minque.estimate(MinqueWeights.Zero, model)),
            ComponentMethod.MinqueOne => MinqueEstimates(spec, frame, model =>
                Minque.estimate(MinqueWeights.One, model)),
            ComponentMethod.IteratedMinque => MinqueEstimates(spec, frame, model =>
                Minque.iterate(1000, model)),
            _ => throw new ArgumentOutOfRangeException(nameof(method), method, "Not a method."),
        };

    public static FSharpResult<ComponentEstimates, FSharpList<LmmError>> ComponentEstimates(
        LmmSpec spec, Frame frame, IReadOnlyList<double> relative) =>
        MinqueEstimates(spec, frame, model =>
            Minque.estimate(MinqueWeights.NewRelative(FSharpList(relative)), model));

    private static FSharpResult<AnovaModel, FSharpList<LmmError>> AnovaModelOf(LmmSpec spec, Frame frame) =>
        AnovaModelModule.create(spec, FSharpList<string>([]), frame);

    private static FSharpResult<ComponentEstimates, FSharpList<LmmError>> HendersonOneEstimates(
        LmmSpec spec, Frame frame) =>
        ResultModule.Bind(
            Function<AnovaModel, FSharpResult<ComponentEstimates, FSharpList<LmmError>>>(model =>
                ResultModule.Map(
                    Function<FSharpList<Tuple<string, double>>, ComponentEstimates>(found =>
                        new ComponentEstimates(
                            List(found, pair => new EstimatedComponent(pair.Item1, pair.Item2, null)), 1, true)),
                    HendersonOne.estimate(model))),
            AnovaModelOf(spec, frame));

    private static FSharpResult<ComponentEstimates, FSharpList<LmmError>> HendersonThreeEstimates(
        LmmSpec spec, Frame frame) =>
        ResultModule.Bind(
            Function<AnovaModel, FSharpResult<ComponentEstimates, FSharpList<LmmError>>>(model =>
                ResultModule.Map(
                    Function<FSharpList<ComponentEstimate>, ComponentEstimates>(found =>
                        new ComponentEstimates(
                            List(found, own => new EstimatedComponent(own.Source, own.Estimate, own.StandardError)),
                            1,
                            true)),
                    AnovaEstimates.create(
                        NegativeEstimates.Keep,
                        AnovaTableModule.create(SumsOfSquares.TypeI, QuasiF.Sums, model)))),
            AnovaModelOf(spec, frame));

    private static FSharpResult<ComponentEstimates, FSharpList<LmmError>> MinqueEstimates(
        LmmSpec spec,
        Frame frame,
        Func<AbsorbedModel, FSharpResult<MinqueEstimate, FSharpList<LmmError>>> estimate) =>
        ResultModule.Map(
            Function<MinqueEstimate, ComponentEstimates>(found => new ComponentEstimates(
                [
                    .. found.Components.Select((pair, i) =>
                        new EstimatedComponent(pair.Item1, pair.Item2, Math.Sqrt(found.Covariance[i, i]))),
                ],
                found.Iterations,
                found.IsConverged)),
            ResultModule.Bind(
                Function(estimate),
                AbsorbedModelModule.ofFormula(Formula.print(spec), frame)));
}

using LmmFunctional.Classical;
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;

namespace LmmFunctional.CSharp;

/// <summary>Classical analyses between F# and C#.</summary>
internal static partial class Convert
{
    public static InteractionForm Form(bool restricted) =>
        restricted ? InteractionForm.Restricted : InteractionForm.Unrestricted;

    public static NegativeEstimates Negative(bool zeroNegative) =>
        zeroNegative ? NegativeEstimates.SetToZero : NegativeEstimates.Keep;

    private static FSharpFunc<string, int> DfOf(IEnumerable<(string Source, int Df)> rows)
    {
        var bySource = rows.ToDictionary(row => row.Source, row => row.Df);
        return Function<string, int>(source => bySource[source]);
    }

    // Balanced designs

    public static FSharpResult<BalancedDesign, FSharpList<LmmError>> BalancedDesign(
        string terms, IReadOnlyDictionary<string, int> levels, IReadOnlyList<string>? random, int replicates)
    {
        ArgumentException.ThrowIfNullOrEmpty(terms);
        ArgumentNullException.ThrowIfNull(levels);
        var pairs = FSharpList(levels.Select(level => Tuple.Create(level.Key, level.Value)));
        return BalancedDesignModule.parse(terms, FSharpList(random ?? []), pairs, replicates);
    }

    public static IReadOnlyList<EmsRow> EmsRows(BalancedDesign design, bool restricted)
    {
        var form = Form(restricted);
        var table = ExpectedMeanSquares.table(form, design);
        var dfOf = DfOf(table.Select(row => (row.Source, row.Df)));

        return List(
            table,
            row =>
            {
                var term = design.Terms.FirstOrDefault(term => term.Name == row.Source);
                var ratio = MeanSquareRatioModule.find(QuasiF.Sums, table, row.Source);

                return new EmsRow(
                    row.Source,
                    row.Df,
                    row.IsRandom,
                    term is null ? "σ²" : EmsText.symbolic(form, design, term),
                    EmsText.numeric(dfOf, row.Source, row.Expected),
                    OrNull(ratio) is { } found ? MeanSquareRatioModule.describe(found) : null);
            });
    }

    // Analyses of variance

    public static FSharpResult<VarianceAnalysis, FSharpList<LmmError>> VarianceAnalysis(
        LmmSpec spec, Frame frame, IReadOnlyList<string>? random, AnovaType type, bool zeroNegative)
    {
        var kind = type switch
        {
            AnovaType.One => SumsOfSquares.TypeI,
            AnovaType.Two => SumsOfSquares.TypeII,
            AnovaType.Three => SumsOfSquares.TypeIII,
            _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not a type of sums of squares."),
        };

        return ResultModule.Map(
            Function<AnovaModel, VarianceAnalysis>(model =>
                new VarianceAnalysis(AnovaTableModule.create(kind, QuasiF.Sums, model), zeroNegative)),
            AnovaModelModule.create(spec, FSharpList(random ?? []), frame));
    }

    public static AnovaSource Source(AnovaTable table, AnovaRow row) =>
        new(
            row.Source,
            row.IsRandom,
            row.Df,
            row.SumOfSquares,
            row.MeanSquare?.Value,
            EmsText.numeric(DfOf(table.Rows.Select(row => (row.Source, row.Df))), row.Source, row.Expected),
            row.Test is null ? null : Test(row.Test.Value));

    private static AnovaFTest Test(AnovaTest test) =>
        new(
            MeanSquareRatioModule.describe(test.Ratio),
            test.Ratio.IsExact,
            test.F,
            test.NumeratorDf,
            test.DenominatorDf,
            test.PValue);

    public static IReadOnlyList<AnovaComponent> Components(AnovaTable table, bool zeroNegative)
    {
        const double level = 0.95;
        var estimates = AnovaEstimates.create(Negative(zeroNegative), table);

        return estimates.IsError
            ? []
            : List(
                estimates.ResultValue,
                estimate => new AnovaComponent(
                    estimate.Source,
                    estimate.Estimate,
                    estimate.StandardError,
                    estimate.WasNegative,
                    OrNull(MeanSquareCombination.satterthwaite(level, estimate.Combination)) is { } interval
                        ? Limits(interval)
                        : null,
                    Limits(VarianceIntervals.modifiedLargeSample(level, estimate.Combination))));
    }

    public static VarianceLimits Limits(ConfidenceInterval interval) =>
        new(interval.Level, interval.Lower, interval.Upper);
}

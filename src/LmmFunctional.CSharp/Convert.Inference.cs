using Microsoft.FSharp.Core;

namespace LmmFunctional.CSharp;

/// <summary>Tests and marginal means between F# and C#.</summary>
internal static partial class Convert
{
    // Tests

    public static DegreesOfFreedomMethod Method(DfMethod method, DfConvention convention)
    {
        var satterthwaite = Convention(convention, ConventionModule.lmerTest);
        var kenwardRoger = Convention(convention, ConventionModule.pbkrtest);

        return method switch
        {
            DfMethod.Asymptotic => DegreesOfFreedomMethod.Asymptotic,
            DfMethod.Residual => DegreesOfFreedomMethod.Residual,
            DfMethod.Containment => DegreesOfFreedomMethod.Containment,
            DfMethod.BetweenWithin => DegreesOfFreedomMethod.BetweenWithin,
            DfMethod.Satterthwaite => DegreesOfFreedomMethod.NewSatterthwaite(satterthwaite),
            DfMethod.KenwardRoger => DegreesOfFreedomMethod.NewKenwardRoger(kenwardRoger),
            _ => throw new ArgumentOutOfRangeException(nameof(method), method, "Not a method."),
        };
    }

    private static Convention Convention(DfConvention convention, Convention usual) => convention switch
    {
        DfConvention.Usual => usual,
        DfConvention.Sas => ConventionModule.sas,
        DfConvention.SasLinear => ConventionModule.sasLinear,
        DfConvention.Pbkrtest => ConventionModule.pbkrtest,
        DfConvention.LmerTest => ConventionModule.lmerTest,
        DfConvention.Mmrm => ConventionModule.mmrm,
        _ => throw new ArgumentOutOfRangeException(nameof(convention), convention, "Not a convention."),
    };

    public static HypothesisType Hypotheses(AnovaType type) => type switch
    {
        AnovaType.One => HypothesisType.I,
        AnovaType.Two => HypothesisType.II,
        AnovaType.Three => HypothesisType.III,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not a type."),
    };

    public static TestedEstimate Tested(Estimate own) =>
        new(
            own.Name,
            own.Estimate,
            own.StandardError,
            own.Df,
            own.Statistic,
            own.P,
            own.Lower,
            own.Upper,
            OrNull(own.NotTestable));

    public static FTest Joint(JointTest own) =>
        new(own.Name, own.NumeratorDf, own.DenominatorDf, own.F, own.P, OrNull(own.NotTestable));

    public static TestedHypothesis Tested(HypothesisTest own) =>
        new(List(own.Estimates, Tested), Joint(own.Joint), DegreesOfFreedomMethodModule.describe(own.Method));

    public static TestedTerms Terms(Anova own) =>
        new(List(own.Tests, Joint), DegreesOfFreedomMethodModule.describe(own.Method));

    // Marginal means

    public static MarginalOptions Options(MarginalSettings settings) =>
        new(
            FSharpList(settings.At.Select(pair => Tuple.Create(pair.Key, FSharpList(pair.Value)))),
            FSharpList(settings.AtLevels.Select(pair => Tuple.Create(pair.Key, FSharpList(pair.Value)))),
            settings.Weights switch
            {
                AverageWeights.Equal => MarginalWeights.Equal,
                AverageWeights.Proportional => MarginalWeights.Proportional,
                AverageWeights.Outer => MarginalWeights.Outer,
                AverageWeights.Cells => MarginalWeights.Cells,
                _ => throw new ArgumentOutOfRangeException(nameof(settings), settings.Weights, "Not weights."),
            },
            settings.Level,
            settings.OnResponse);

    public static MeanContrast Contrast(Comparison comparison, string? reference) => comparison switch
    {
        Comparison.Pairwise => MeanContrast.Pairwise,
        Comparison.Reference => MeanContrast.NewReference(
            reference is null ? null : FSharpOption<string>.Some(reference)),
        Comparison.Polynomial => MeanContrast.Polynomial,
        Comparison.Consecutive => MeanContrast.Consecutive,
        Comparison.Effects => MeanContrast.Effects,
        _ => throw new ArgumentOutOfRangeException(nameof(comparison), comparison, "Not a comparison."),
    };

    public static MeanContrast Contrasts(IReadOnlyDictionary<string, IReadOnlyList<double>> contrasts) =>
        MeanContrast.NewCustom(
            FSharpList(contrasts.Select(pair => Tuple.Create(pair.Key, FSharpList(pair.Value)))));

    public static FSharpOption<Adjustment>? Adjusted(PAdjustment adjustment) => adjustment switch
    {
        PAdjustment.Usual => null,
        PAdjustment.None => FSharpOption<Adjustment>.Some(Adjustment.None),
        PAdjustment.Tukey => FSharpOption<Adjustment>.Some(Adjustment.Tukey),
        PAdjustment.Sidak => FSharpOption<Adjustment>.Some(Adjustment.Sidak),
        PAdjustment.Bonferroni => FSharpOption<Adjustment>.Some(Adjustment.Bonferroni),
        PAdjustment.Holm => FSharpOption<Adjustment>.Some(Adjustment.Holm),
        PAdjustment.Dunnett => FSharpOption<Adjustment>.Some(Adjustment.Dunnett),
        PAdjustment.Scheffe => FSharpOption<Adjustment>.Some(Adjustment.Scheffe),
        PAdjustment.Fdr => FSharpOption<Adjustment>.Some(Adjustment.Fdr),
        _ => throw new ArgumentOutOfRangeException(nameof(adjustment), adjustment, "Not an adjustment."),
    };

    private static Dictionary<string, string> Pairs(IEnumerable<Tuple<string, string>> pairs) =>
        pairs.ToDictionary(pair => pair.Item1, pair => pair.Item2);

    private static MarginalEstimate Row(
        string name,
        IEnumerable<Tuple<string, string>> levels,
        IEnumerable<Tuple<string, string>> group,
        FSharpResult<Estimate, LmmError> found,
        double? rawP) =>
        new(
            name,
            Pairs(levels),
            Pairs(group),
            found.IsOk ? Tested(found.ResultValue) : null,
            rawP,
            found.IsOk ? null : LmmErrorModule.describe(found.ErrorValue));

    public static MarginalTable Table(MarginalMeans own) =>
        new(
            List(own.Means, mean => Row(
                string.Join(' ', mean.Levels.Select(level => level.Item2)),
                mean.Levels,
                mean.Group,
                mean.Estimate,
                null)),
            own.Quantity,
            DegreesOfFreedomMethodModule.describe(own.Method));

    public static MarginalTable Table(MarginalContrasts own) =>
        new(
            List(own.Contrasts, contrast =>
                Row(contrast.Name, [], contrast.Group, contrast.Estimate, contrast.RawP?.Value)),
            own.Means.Quantity,
            DegreesOfFreedomMethodModule.describe(own.Means.Method));
}

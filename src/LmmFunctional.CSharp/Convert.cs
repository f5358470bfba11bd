using System.Diagnostics.CodeAnalysis;
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;
using Microsoft.FSharp.Reflection;

namespace LmmFunctional.CSharp;

/// <summary>Between the types of F# and those that C# users know; the only place where they meet.</summary>
internal static partial class Convert
{
    // Results

    public static bool TryValue<T>(
        FSharpResult<T, FSharpList<LmmError>> result,
        [NotNullWhen(true)] out T? value,
        out IReadOnlyList<LmmIssue> issues)
        where T : class
    {
        value = result.IsOk ? result.ResultValue : null;
        issues = result.IsOk ? [] : List(result.ErrorValue, Issue);
        return value is not null;
    }

    public static T ValueOrThrow<T>(FSharpResult<T, FSharpList<LmmError>> result)
        where T : class =>
        TryValue(result, out var value, out var issues) ? value : throw new LmmException(issues);

    private static LmmIssue Issue(LmmError problem) =>
        new(FSharpValue.GetUnionFields(problem, typeof(LmmError), null).Item1.Name, LmmErrorModule.describe(problem));

    // Containers and functions

    public static IReadOnlyList<T> List<T>(IEnumerable<T> items) => [.. items];

    public static IReadOnlyList<TResult> List<T, TResult>(IEnumerable<T> items, Func<T, TResult> convert) =>
        [.. items.Select(convert)];

    public static FSharpList<T> FSharpList<T>(IEnumerable<T> items) => ListModule.OfSeq(items);

    public static FSharpOption<T>? Option<T>(T? value)
        where T : class =>
        value is null ? FSharpOption<T>.None : FSharpOption<T>.Some(value);

    // What a name of the catalogue stands for; wrong arguments are the programmer's mistake.
    public static Structure NamedStructure(string name, IEnumerable<double> arguments)
    {
        var made = StructureCatalogue.make(name, FSharpList(arguments));
        return made.IsOk ? made.ResultValue : throw new ArgumentException(made.ErrorValue);
    }

    public static Structure Anisotropic(Structure structure) =>
        StructureWords.anisotropic(Along(structure, "h")).Correlations.Head.Structure;

    public static StructuredAlong Along(Structure structure, string column) =>
        new(FSharpList([Correlation(structure, [column])]), false);

    public static ResidualCorrelation Correlation(Structure structure, IReadOnlyList<string> along)
    {
        if (along.Count == 0 || along.Any(string.IsNullOrEmpty))
        {
            throw new ArgumentException("Name at least one column, and none without a name.", nameof(along));
        }

        return new ResidualCorrelation(structure, Coordinates.NewVariables(FSharpList(along.Select(Expr.NewColumn))));
    }

    public static ResidualCorrelation RowOrder(Structure structure) => new(structure, Coordinates.RowOrder);

    public static RandomTerm WithStructure(RandomTerm term, Structure structure) =>
        new(term.Effects, term.Group, structure, term.Relationship, term.PerLevelOf);

    public static T? OrNull<T>(FSharpOption<T>? option)
        where T : class => option?.Value;

    public static FSharpFunc<T, TResult> Function<T, TResult>(Func<T, TResult> function) =>
        FuncConvert.FromFunc(function);

    // Models and options

    public static LmmSpec Model(ResponseClause response) => Words.lmm.Run(Words.lmm.Yield(response));

    public static FitOptions Options(
        FitBy by,
        SolverAlgorithm algorithm,
        Action<SolverIteration>? progress,
        int? maxIterations,
        IReadOnlyDictionary<string, Relationship>? known,
        IReadOnlyDictionary<string, double>? held,
        IReadOnlyDictionary<string, ParameterBound>? bounds)
    {
        if (maxIterations is { } limit)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(limit, nameof(maxIterations));
        }

        var criterion = by switch
        {
            CSharp.FitBy.Reml => Criterion.Reml,
            CSharp.FitBy.Ml => Criterion.Ml,
            _ => throw new ArgumentOutOfRangeException(nameof(by), by, "Not a criterion."),
        };

        var chosen = algorithm switch
        {
            SolverAlgorithm.AverageInformation => Algorithm.AverageInformation,
            SolverAlgorithm.NewtonRaphson => Algorithm.NewtonRaphson,
            SolverAlgorithm.FisherScoring => Algorithm.FisherScoring,
            _ => throw new ArgumentOutOfRangeException(nameof(algorithm), algorithm, "Not an algorithm."),
        };

        var defaults = FitOptionsModule.defaults;
        var steps = maxIterations ?? defaults.Solver.MaxIterations;
        var solver = new SolverOptions(chosen, steps, defaults.Solver.Tolerance);

        var report = progress is null
            ? defaults.Progress
            : FSharpOption<FSharpFunc<Iteration, Unit>>.Some(
                FuncConvert.FromAction<Iteration>(iteration => progress(Iteration(iteration))));

        var ends = Map(bounds?.ToDictionary(pair => pair.Key, pair => Bound(pair.Value)));

        return new FitOptions(criterion, solver, Map(known), Map(held), ends, report);
    }

    private static Bound Bound(ParameterBound bound) => new(End(bound.Lower), End(bound.Upper));

    private static FSharpOption<double>? End(double? end) =>
        end is { } value ? FSharpOption<double>.Some(value) : FSharpOption<double>.None;

    private static FSharpMap<string, T> Map<T>(IReadOnlyDictionary<string, T>? items) =>
        MapModule.OfSeq((items ?? new Dictionary<string, T>()).Select(item => Tuple.Create(item.Key, item.Value)));

    public static SummaryFormat Layout(SummaryLayout layout) => layout switch
    {
        SummaryLayout.Text => SummaryFormat.Text,
        SummaryLayout.Markdown => SummaryFormat.Markdown,
        _ => throw new ArgumentOutOfRangeException(nameof(layout), layout, "Not a layout."),
    };

    public static FitBy FitBy(Criterion criterion) => criterion.IsReml ? CSharp.FitBy.Reml : CSharp.FitBy.Ml;

    // Tests

    public static DegreesOfFreedomMethod Method(DfMethod method, DfConvention convention)
    {
        var satterthwaite = Convention(convention, ConventionModule.lmerTest);
        var kenwardRoger = Convention(convention, ConventionModule.sas);

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
            own.Upper);

    public static FTest Joint(JointTest own) =>
        new(own.Name, own.NumeratorDf, own.DenominatorDf, own.F, own.P);

    public static TestedHypothesis Tested(HypothesisTest own) =>
        new(List(own.Estimates, Tested), Joint(own.Joint), DegreesOfFreedomMethodModule.describe(own.Method));

    public static TestedTerms Terms(Anova own) =>
        new(List(own.Tests, Joint), DegreesOfFreedomMethodModule.describe(own.Method));

    // Marginal means

    public static MarginalOptions Options(MarginalSettings settings) =>
        new(
            FSharpList(settings.At.Select(pair => Tuple.Create(pair.Key, FSharpList(pair.Value)))),
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

    // Fits

    public static CoefficientEstimate Coefficient(Coefficient coefficient) =>
        new(coefficient.Name, coefficient.Estimate, coefficient.StandardError, coefficient.Statistic);

    public static VarianceEstimate VarianceComponent(VarianceComponent component) =>
        new(
            component.Group,
            OrNull(component.First),
            OrNull(component.Second),
            component.Covariance,
            component.StandardDeviation);

    public static IReadOnlyList<RandomEffect> RandomEffects(Fit fit) =>
    [
        .. from term in FitModule.randomEffects(fit)
           from level in Enumerable.Range(0, term.Levels.Length)
           from effect in Enumerable.Range(0, term.Effects.Length)
           select new RandomEffect(
               term.Group,
               term.Levels[level],
               term.Effects[effect],
               term.Modes[level, effect],
               term.StandardDeviations[level, effect],
               term.PredictionErrors[level, effect],
               term.Reliabilities[level, effect]),
    ];

    public static IReadOnlyList<RandomCovariance> RandomCovariances(Fit fit) =>
    [
        .. from pair in fit.Design.Random.Zip(fit.RandomCovariances)
           let covariance = pair.Second.Item2.ToArray2D()
           select new RandomCovariance(pair.Second.Item1, List(pair.First.Names), covariance),
    ];

    public static IReadOnlyList<GroupSize> Groups(IEnumerable<Tuple<string, int>> groups) =>
        List(groups, group => new GroupSize(group.Item1, group.Item2));

    public static FitCertificate Certificate(Certificate certificate)
    {
        var (verdict, names, reason) = Verdict(certificate.Verdict);

        return new FitCertificate(
            verdict,
            names,
            reason,
            certificate.Gradient,
            certificate.NewtonDecrement,
            List(certificate.Eigenvalues),
            [
                .. certificate.Multipliers.Select(pair => new BoundMultiplier(pair.Item1, pair.Item2)),
                .. certificate.BoundsInForce.Select(bound => new BoundMultiplier(bound.Name, bound.Multiplier)),
            ]);
    }

    public static IdentityResult Identity(IdentityCheck check)
    {
        var found = check.Outcome as IdentityOutcome.Checked;

        return new IdentityResult(
            check.Name,
            check.Equation,
            check.Source,
            found?.residual,
            found?.tolerance,
            check.Holds?.Value,
            (check.Outcome as IdentityOutcome.NotApplicable)?.reason);
    }

    public static SolverIteration Iteration(Iteration iteration) =>
        new(
            iteration.Number,
            iteration.Criterion,
            List(iteration.Theta),
            List(iteration.Gradient),
            List(iteration.Step),
            iteration.Halvings,
            iteration.Decrement,
            List(iteration.ActiveBounds),
            State(iteration.Progress));

    private static (FitVerdict Verdict, IReadOnlyList<string> Names, string? Reason) Verdict(Verdict verdict) =>
        verdict switch
        {
            LmmFunctional.Verdict.BoundaryOptimum bound => (FitVerdict.BoundaryOptimum, List(bound.names), null),
            LmmFunctional.Verdict.FlatDirection flat => (FitVerdict.FlatDirection, List(flat.names), null),
            LmmFunctional.Verdict.NotConverged stopped => (FitVerdict.NotConverged, [], stopped.reason),
            _ => (FitVerdict.Optimum, [], null),
        };

    private static SolverState State(Progress progress) =>
        progress.IsDescending ? SolverState.Descending
        : progress.IsPolishing ? SolverState.Polishing
        : progress.IsStalled ? SolverState.Stalled
        : SolverState.Converged;

    internal static SasInformationCriteria ToSasCriteria(Fit fit)
    {
        var criteria = LmmFunctional.SasCriteria.create(fit);
        return new SasInformationCriteria(criteria.Aic, criteria.Aicc!.Value, criteria.Bic);
    }
}

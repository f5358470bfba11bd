using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;

namespace LmmFunctional.CSharp;

/// <summary>Models and options between F# and C#.</summary>
internal static partial class Convert
{
    public static LmmSpec Model(ResponseClause response) => Words.lmm.Run(Words.lmm.Yield(response));

    public static FitOptions Options(
        FitBy by,
        SolverAlgorithm algorithm,
        Action<SolverIteration>? progress,
        int? maxIterations,
        IReadOnlyDictionary<string, Relationship>? known,
        IReadOnlyDictionary<string, double>? held,
        IReadOnlyDictionary<string, ParameterBound>? bounds,
        IReadOnlyDictionary<string, double>? start,
        double? budget,
        CancellationToken cancellationToken)
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
            SolverAlgorithm.ExpectationMaximisation => Algorithm.Em,
            SolverAlgorithm.ParameterExpandedEm => Algorithm.PxEm,
            _ => throw new ArgumentOutOfRangeException(nameof(algorithm), algorithm, "Not an algorithm."),
        };

        var defaults = FitOptionsModule.defaults;
        var usual = SolverOptionsModule.ofAlgorithm(chosen);
        var solver = new SolverOptions(chosen, maxIterations ?? usual.MaxIterations, usual.Tolerance);

        var report = progress is null
            ? defaults.Progress
            : FSharpOption<FSharpFunc<Iteration, Unit>>.Some(
                FuncConvert.FromAction<Iteration>(iteration => progress(Iteration(iteration))));

        var ends = Map(bounds?.ToDictionary(pair => pair.Key, pair => Bound(pair.Value)));

        return new FitOptions(
            criterion, solver, Map(known), Map(held), ends, Map(start), End(budget), cancellationToken, report);
    }

    private static Bound Bound(ParameterBound bound) => new(End(bound.Lower), End(bound.Upper));

    private static FSharpOption<double>? End(double? end) =>
        end is { } value ? FSharpOption<double>.Some(value) : FSharpOption<double>.None;

    public static FSharpMap<string, T> Map<T>(IReadOnlyDictionary<string, T>? items) =>
        MapModule.OfSeq((items ?? new Dictionary<string, T>()).Select(item => Tuple.Create(item.Key, item.Value)));

    public static SummaryFormat Layout(SummaryLayout layout) => layout switch
    {
        SummaryLayout.Text => SummaryFormat.Text,
        SummaryLayout.Markdown => SummaryFormat.Markdown,
        _ => throw new ArgumentOutOfRangeException(nameof(layout), layout, "Not a layout."),
    };

    public static FitBy FitBy(Criterion criterion) => criterion.IsReml ? CSharp.FitBy.Reml : CSharp.FitBy.Ml;

    public static PowerOptions Options(string hypothesis, PowerSettings settings, CancellationToken cancellationToken)
    {
        var usual = PowerOptionsModule.ofTest(PowerTest.NewHypothesis(hypothesis));

        return new(
            usual.Test,
            Method(settings.Method, settings.Convention),
            Options(
                CSharp.FitBy.Reml, SolverAlgorithm.AverageInformation, null, null, null, null, null, null, null, cancellationToken),
            settings.Alpha,
            settings.Simulations,
            settings.HalfWidth is { } width ? FSharpOption<double>.Some(width) : FSharpOption<double>.None,
            settings.Seed,
            null);
    }
}

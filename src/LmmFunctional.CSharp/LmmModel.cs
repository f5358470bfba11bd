using System.Diagnostics.CodeAnalysis;

namespace LmmFunctional.CSharp;

/// <summary>A linear mixed model, immutable: every word returns a new model.</summary>
/// <remarks>Models are equal when they mean the same, however they were written.</remarks>
public sealed partial class LmmModel : IEquatable<LmmModel>
{
    private readonly LmmSpec spec;

    internal LmmModel(LmmSpec spec) => this.spec = spec;

    internal LmmSpec Inner => spec;

    /// <summary>The model with these fixed effects added, exactly as written.</summary>
    public LmmModel Fixed(Terms terms)
    {
        ArgumentNullException.ThrowIfNull(terms);
        return new LmmModel(LmmSpecModule.withFixed(spec.Fixed + terms, spec));
    }

    /// <summary>The model with effects added that vary over the levels of a grouping factor.</summary>
    /// <param name="effects">What varies.</param>
    /// <param name="by">The grouping factor.</param>
    /// <param name="correlated">Whether the effects of a level may be correlated: <c>(x | g)</c>, or each has its own
    /// variance and no more: <c>(x || g)</c>.</param>
    public LmmModel Random(Terms effects, string by, bool correlated = true)
    {
        ArgumentNullException.ThrowIfNull(effects);
        ArgumentException.ThrowIfNullOrEmpty(by);
        return Random(Words.by(by, effects), correlated);
    }

    /// <summary>The model with effects added that vary over the combinations of several factors: a:b.</summary>
    /// <param name="effects">What varies.</param>
    /// <param name="by">The grouping factors.</param>
    /// <param name="correlated">Whether the effects of a combination may be correlated.</param>
    /// <exception cref="ArgumentException">No factor is named, or one of them is null or empty.</exception>
    public LmmModel Random(Terms effects, IReadOnlyList<string> by, bool correlated = true)
    {
        ArgumentNullException.ThrowIfNull(effects);
        ArgumentNullException.ThrowIfNull(by);

        if (by.Count == 0 || by.Any(string.IsNullOrEmpty))
        {
            throw new ArgumentException("Name at least one grouping factor, and none without a name.", nameof(by));
        }

        return Random(Words.byInteraction(Convert.FSharpList(by), effects), correlated);
    }

    /// <summary>The model weighted by a column: Var(e_i) = σ²/w_i. It replaces earlier weights.</summary>
    public LmmModel Weights(string column)
    {
        ArgumentException.ThrowIfNullOrEmpty(column);
        return new LmmModel(LmmSpecModule.withWeights(column, spec));
    }

    /// <summary>The model with these fixed effects instead of its own.</summary>
    public LmmModel WithFixed(Terms terms)
    {
        ArgumentNullException.ThrowIfNull(terms);
        return new LmmModel(LmmSpecModule.withFixed(terms, spec));
    }

    /// <summary>The model without its random effects.</summary>
    public LmmModel WithoutRandom() => new(LmmSpecModule.withRandom(Convert.FSharpList<RandomTerm>([]), spec));

    /// <summary>Fits the model to data.</summary>
    /// <param name="frame">The data.</param>
    /// <param name="by">What is maximised.</param>
    /// <param name="algorithm">How the solver steps.</param>
    /// <param name="progress">Called with every iteration as it is made.</param>
    /// <param name="maxIterations">Steps at most; null leaves it to the library.</param>
    /// <param name="known">Known matrices that relate the levels of random terms, by their names in the model.</param>
    /// <param name="held">Covariance parameters held at known values, by name: <c>group.effect</c>, <c>Residual</c>,
    /// <c>Residual.rho</c>.</param>
    /// <param name="bounds">Ends between which covariance parameters are looked for, by the same names.</param>
    /// <param name="start">Values of covariance parameters to start from, by the same names; the search then has no other
    /// start.</param>
    /// <param name="budget">Seconds there is patience for: where an exact fit of crossed effects would take longer, log
    /// determinants are sampled and the certificate states the Monte-Carlo error; null for any time.</param>
    /// <param name="cancellationToken">Stops the fit between two iterations.</param>
    /// <exception cref="LmmException">The data do not suit the model; all problems are in it. An optimum that is not
    /// reached is not among them: see <see cref="FittedLmm.Certificate"/>.</exception>
    /// <exception cref="OperationCanceledException">The fit was cancelled.</exception>
    public FittedLmm Fit(
        Frame frame,
        FitBy by = FitBy.Reml,
        SolverAlgorithm algorithm = SolverAlgorithm.AverageInformation,
        Action<SolverIteration>? progress = null,
        int? maxIterations = null,
        IReadOnlyDictionary<string, Relationship>? known = null,
        IReadOnlyDictionary<string, double>? held = null,
        IReadOnlyDictionary<string, ParameterBound>? bounds = null,
        IReadOnlyDictionary<string, double>? start = null,
        double? budget = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(frame);
        var options = Convert.Options(
            by, algorithm, progress, maxIterations, known, held, bounds, start, budget, cancellationToken);

        return new FittedLmm(Convert.ValueOrThrow(Lmm.fit(options, frame, spec)));
    }

    /// <summary>Fits the model to data, or finds the problems of the data.</summary>
    /// <param name="frame">The data.</param>
    /// <param name="fit">The fit; null if there are problems.</param>
    /// <param name="issues">All problems.</param>
    /// <param name="by">What is maximised.</param>
    /// <param name="algorithm">How the solver steps.</param>
    /// <param name="progress">Called with every iteration as it is made.</param>
    /// <param name="maxIterations">Steps at most; null leaves it to the library.</param>
    /// <param name="known">Known matrices that relate the levels of random terms, by their names in the model.</param>
    /// <param name="held">Covariance parameters held at known values, by name: <c>group.effect</c>, <c>Residual</c>,
    /// <c>Residual.rho</c>.</param>
    /// <param name="bounds">Ends between which covariance parameters are looked for, by the same names.</param>
    /// <param name="start">Values of covariance parameters to start from, by the same names; the search then has no other
    /// start.</param>
    /// <param name="budget">Seconds there is patience for: where an exact fit of crossed effects would take longer, log
    /// determinants are sampled and the certificate states the Monte-Carlo error; null for any time.</param>
    /// <param name="cancellationToken">Stops the fit between two iterations.</param>
    /// <exception cref="OperationCanceledException">The fit was cancelled.</exception>
    public bool TryFit(
        Frame frame,
        [NotNullWhen(true)] out FittedLmm? fit,
        out IReadOnlyList<LmmIssue> issues,
        FitBy by = FitBy.Reml,
        SolverAlgorithm algorithm = SolverAlgorithm.AverageInformation,
        Action<SolverIteration>? progress = null,
        int? maxIterations = null,
        IReadOnlyDictionary<string, Relationship>? known = null,
        IReadOnlyDictionary<string, double>? held = null,
        IReadOnlyDictionary<string, ParameterBound>? bounds = null,
        IReadOnlyDictionary<string, double>? start = null,
        double? budget = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(frame);
        var options = Convert.Options(
            by, algorithm, progress, maxIterations, known, held, bounds, start, budget, cancellationToken);

        fit = Convert.TryValue(Lmm.fit(options, frame, spec), out var value, out issues) ? new FittedLmm(value) : null;
        return fit is not null;
    }

    /// <summary>The model as canonical formula text, which <see cref="Model.Parse"/> reads back.</summary>
    public override string ToString() => Formula.print(spec);

    /// <summary>Whether both models mean the same.</summary>
    public bool Equals(LmmModel? other) => other is not null && spec.Equals(other.spec);

    /// <summary>Whether the other is a model that means the same.</summary>
    public override bool Equals(object? obj) => Equals(obj as LmmModel);

    /// <summary>Equal for equal models.</summary>
    public override int GetHashCode() => spec.GetHashCode();

    private LmmModel Random(RandomTerm term, bool correlated) =>
        new(LmmSpecModule.addRandom(correlated ? term : Words.uncorrelated(term), spec));
}

using Microsoft.FSharp.Collections;

namespace LmmFunctional.CSharp;

/// <content>Covariance structures of residuals and random terms.</content>
public sealed partial class LmmModel
{
    /// <summary>The model with residuals that are correlated along a column.</summary>
    /// <param name="covariance">The structure.</param>
    /// <param name="along">The column that it runs along.</param>
    /// <param name="within">The subjects, whose residuals are independent of each other; null for one whole.</param>
    /// <param name="perLevelOf">A factor with parameters of its own for each level.</param>
    /// <param name="nugget">Whether the correlation jumps at distance zero.</param>
    public LmmModel Residual(
        Covariance covariance, string along, string? within = null, string? perLevelOf = null, bool nugget = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(along);
        return Residual(covariance, [along], within, perLevelOf, nugget);
    }

    /// <summary>The model with residuals that are correlated by their distance in several coordinates.</summary>
    /// <param name="covariance">The structure.</param>
    /// <param name="along">The columns of the coordinates.</param>
    /// <param name="within">The subjects, whose residuals are independent of each other; null for one whole.</param>
    /// <param name="perLevelOf">A factor with parameters of its own for each level.</param>
    /// <param name="nugget">Whether the correlation jumps at distance zero.</param>
    /// <exception cref="ArgumentException">No column is named, or one of them is null or empty.</exception>
    public LmmModel Residual(
        Covariance covariance,
        IReadOnlyList<string> along,
        string? within = null,
        string? perLevelOf = null,
        bool nugget = false)
    {
        ArgumentNullException.ThrowIfNull(covariance);
        ArgumentNullException.ThrowIfNull(along);
        return WithCorrelations([Convert.Correlation(covariance.Structure, along)], within, perLevelOf, nugget);
    }

    /// <summary>The model with residuals that are correlated along the order of the rows within a subject.</summary>
    /// <param name="covariance">The structure.</param>
    /// <param name="within">The subjects, whose residuals are independent of each other; null for one whole.</param>
    /// <param name="perLevelOf">A factor with parameters of its own for each level.</param>
    public LmmModel ResidualInRowOrder(Covariance covariance, string? within = null, string? perLevelOf = null)
    {
        ArgumentNullException.ThrowIfNull(covariance);
        return WithCorrelations([Convert.RowOrder(covariance.Structure)], within, perLevelOf, false);
    }

    /// <summary>The model with residuals whose correlation is a Kronecker product: <c>kron(ar1(row), ar1(col))</c>.
    /// </summary>
    /// <param name="parts">Structures with the columns that they run along, two or more.</param>
    /// <param name="within">The subjects, whose residuals are independent of each other; null for one whole.</param>
    /// <param name="perLevelOf">A factor with parameters of its own for each level.</param>
    /// <param name="nugget">Whether the correlation jumps at distance zero.</param>
    /// <exception cref="ArgumentException">There are fewer than two parts.</exception>
    public LmmModel ResidualProduct(
        IReadOnlyList<(Covariance Covariance, string Along)> parts,
        string? within = null,
        string? perLevelOf = null,
        bool nugget = false)
    {
        CheckParts(parts);
        var correlations = parts.Select(part => Convert.Correlation(part.Covariance.Structure, [part.Along]));
        return WithCorrelations(correlations, within, perLevelOf, nugget);
    }

    /// <summary>The model with the residual structure of a text, as it follows <c>residual =</c> in a formula.</summary>
    /// <exception cref="LmmException">The text cannot be read; the message shows where with a caret.</exception>
    public LmmModel Residual(string structure)
    {
        ArgumentNullException.ThrowIfNull(structure);
        return new LmmModel(LmmSpecModule.withResidual(Convert.ValueOrThrow(Formula.parseResidual(structure)), spec));
    }

    /// <summary>The model with one more factor of the residual standard deviation.</summary>
    public LmmModel WithVariance(Variance variance)
    {
        ArgumentNullException.ThrowIfNull(variance);
        return new LmmModel(LmmSpecModule.withResidual(ResidualWords.withVariance(variance.Function, spec.Residual), spec));
    }

    /// <summary>The model with effects added that vary over the levels of a grouping factor with a structure.</summary>
    /// <param name="effects">What varies.</param>
    /// <param name="by">The grouping factor.</param>
    /// <param name="covariance">The covariance of the effects within a level.</param>
    /// <param name="relatedBy">The name of a known matrix that relates the levels.</param>
    /// <param name="perLevelOf">A factor with parameters of its own for each level.</param>
    public LmmModel Random(
        Terms effects, string by, Covariance covariance, string? relatedBy = null, string? perLevelOf = null)
    {
        ArgumentNullException.ThrowIfNull(effects);
        ArgumentException.ThrowIfNullOrEmpty(by);
        ArgumentNullException.ThrowIfNull(covariance);
        return WithTerm(Convert.WithStructure(Words.by(by, effects), covariance.Structure), relatedBy, perLevelOf);
    }

    /// <summary>The model with an effect added for each cell of a crossing, their covariance a Kronecker product:
    /// <c>kron(us(0 + trait), ar1(0 + visit) | g)</c>.</summary>
    /// <param name="parts">Structures with the columns that they run along, two or more.</param>
    /// <param name="by">The grouping factor.</param>
    /// <param name="relatedBy">The name of a known matrix that relates the levels.</param>
    /// <param name="perLevelOf">A factor with parameters of its own for each level.</param>
    /// <exception cref="ArgumentException">There are fewer than two parts.</exception>
    public LmmModel RandomProduct(
        IReadOnlyList<(Covariance Covariance, string Along)> parts,
        string by,
        string? relatedBy = null,
        string? perLevelOf = null)
    {
        CheckParts(parts);
        ArgumentException.ThrowIfNullOrEmpty(by);

        var product = ResidualWords.productBy(
            by, Convert.FSharpList(parts.Select(part => Convert.Along(part.Covariance.Structure, part.Along))));

        return WithTerm(product, relatedBy, perLevelOf);
    }

    private static void CheckParts(IReadOnlyList<(Covariance Covariance, string Along)> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);

        if (parts.Count < 2 || parts.Any(part => part.Covariance is null || string.IsNullOrEmpty(part.Along)))
        {
            throw new ArgumentException("A product has two parts or more, each along a column.", nameof(parts));
        }
    }

    private LmmModel WithTerm(RandomTerm term, string? relatedBy, string? perLevelOf)
    {
        var related = relatedBy is null ? term : ResidualWords.relatedBy(relatedBy, term);
        return new LmmModel(
            LmmSpecModule.addRandom(perLevelOf is null ? related : ResidualWords.separatelyFor(perLevelOf, related), spec));
    }

    private LmmModel WithCorrelations(
        IEnumerable<ResidualCorrelation> correlations, string? within, string? perLevelOf, bool nugget) =>
        new(LmmSpecModule.withResidual(
            ResidualTerm.NewStructured(new ResidualStructure(
                Convert.FSharpList(correlations),
                Convert.Option(within is null ? null : TermModule.ofExpr(Expr.NewColumn(within))),
                FSharpList<VarianceFunction>.Empty,
                nugget,
                Convert.Option(perLevelOf is null ? null : Expr.NewColumn(perLevelOf)))),
            spec));
}

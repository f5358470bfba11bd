namespace LmmFunctional.CSharp;

/// <summary>How variables that are averaged over are weighted.</summary>
public enum AverageWeights
{
    /// <summary>All levels alike.</summary>
    Equal,

    /// <summary>By the rows of each combination of the factors averaged over.</summary>
    Proportional,

    /// <summary>By the product of each factor's own frequencies.</summary>
    Outer,

    /// <summary>By the rows of each cell.</summary>
    Cells,
}

/// <summary>Which comparisons of marginal means.</summary>
public enum Comparison
{
    /// <summary>Each with each: the earlier less the later.</summary>
    Pairwise,

    /// <summary>Each less one reference.</summary>
    Reference,

    /// <summary>Orthogonal polynomials over equal steps.</summary>
    Polynomial,

    /// <summary>Each less the one before it.</summary>
    Consecutive,

    /// <summary>Each less the mean of all.</summary>
    Effects,
}

/// <summary>How p-values and intervals allow for several comparisons.</summary>
public enum PAdjustment
{
    /// <summary>What goes with the comparisons: Tukey, Dunnett, Šidák, the false discovery rate or none.</summary>
    Usual,

    /// <summary>Not at all.</summary>
    None,

    /// <summary>All pairwise comparisons, by the studentized range.</summary>
    Tukey,

    /// <summary>1 − (1 − p)^m.</summary>
    Sidak,

    /// <summary>m p.</summary>
    Bonferroni,

    /// <summary>Bonferroni step by step.</summary>
    Holm,

    /// <summary>Comparisons with one reference.</summary>
    Dunnett,

    /// <summary>All contrasts whatever.</summary>
    Scheffe,

    /// <summary>The share of false discoveries.</summary>
    Fdr,
}

/// <summary>One marginal mean, slope or comparison.</summary>
/// <param name="Name">Its levels, or what is compared.</param>
/// <param name="Levels">The variables it is taken over with their levels; empty for a comparison.</param>
/// <param name="Group">The 'by' variables with their levels.</param>
/// <param name="Estimate">Estimate, error, df, interval and p, adjusted for comparisons; null when the data do not
/// determine it.</param>
/// <param name="RawP">P of a comparison without adjustment; null for a mean.</param>
/// <param name="Reason">Why there is no estimate; null when there is one.</param>
public sealed record MarginalEstimate(
    string Name,
    IReadOnlyDictionary<string, string> Levels,
    IReadOnlyDictionary<string, string> Group,
    TestedEstimate? Estimate,
    double? RawP,
    string? Reason);

/// <summary>Marginal means or slopes, or comparisons of them.</summary>
/// <param name="Rows">One for each combination of levels, the first variable fastest, or for each comparison.</param>
/// <param name="Quantity">What is estimated, in words.</param>
/// <param name="Method">How the degrees of freedom were found, in words.</param>
public sealed record MarginalTable(IReadOnlyList<MarginalEstimate> Rows, string Quantity, string Method);

/// <summary>How marginal means are taken; all has a default.</summary>
public sealed record MarginalSettings
{
    /// <summary>Values of covariates by name; all others are at their means.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<double>> At { get; init; } =
        new Dictionary<string, IReadOnlyList<double>>();

    /// <summary>Levels of factors by name, in this order: only these are in the reference grid.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> AtLevels { get; init; } =
        new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>Of the variables averaged over.</summary>
    public AverageWeights Weights { get; init; } = AverageWeights.Equal;

    /// <summary>Of the intervals, between 0 and 1.</summary>
    public double Level { get; init; } = 0.95;

    /// <summary>Whether to go back from a transformed response to its own units.</summary>
    public bool OnResponse { get; init; }

    /// <summary>The covariate whose slopes are wanted instead of means.</summary>
    public string? Trend { get; init; }

    /// <summary>How to find degrees of freedom.</summary>
    public DfMethod Method { get; init; } = DfMethod.Satterthwaite;

    /// <summary>Whose Satterthwaite or Kenward-Roger; other methods have no conventions.</summary>
    public DfConvention Convention { get; init; } = DfConvention.Usual;
}

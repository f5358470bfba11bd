using LmmFunctional.Classical;
using System.Diagnostics.CodeAnalysis;

namespace LmmFunctional.CSharp;

/// <summary>A row of a table of expected mean squares.</summary>
/// <param name="Source">The term, or <c>Error</c>.</param>
/// <param name="Df">Degrees of freedom.</param>
/// <param name="IsRandom">Whether the term is random.</param>
/// <param name="Symbols">The expectation in symbols: <c>σ² + nσ²_AB + bnσ²_A</c>.</param>
/// <param name="Numbers">The expectation in numbers: <c>σ² + 2σ²_AB + 10σ²_A</c>.</param>
/// <param name="Ratio">The mean squares whose ratio tests the source; null where none does.</param>
public sealed record EmsRow(string Source, int Df, bool IsRandom, string Symbols, string Numbers, string? Ratio);

/// <summary>Expected mean squares of a balanced design, immutable.</summary>
public sealed class BalancedEms
{
    private readonly Classical.BalancedDesign design;
    private readonly bool restricted;

    private BalancedEms(Classical.BalancedDesign design, bool restricted)
    {
        this.design = design;
        this.restricted = restricted;
        Rows = Convert.EmsRows(design, restricted);
    }

    /// <summary>The terms in the order of the model, then the error.</summary>
    public IReadOnlyList<EmsRow> Rows { get; }

    /// <summary>Expected mean squares by the rules of live, dead and absent subscripts.</summary>
    /// <param name="terms">The terms: <c>A*B</c>, <c>A/B + C</c>.</param>
    /// <param name="levels">For every factor its number of levels.</param>
    /// <param name="random">The random factors; all others are fixed.</param>
    /// <param name="replicates">Observations in each cell.</param>
    /// <param name="restricted">Whether random interactions sum to zero over their fixed factors.</param>
    /// <exception cref="LmmException">The terms cannot be read or do not make a design; all problems are in
    /// it.</exception>
    public static BalancedEms Of(
        string terms,
        IReadOnlyDictionary<string, int> levels,
        IReadOnlyList<string>? random = null,
        int replicates = 1,
        bool restricted = false) =>
        new(Convert.ValueOrThrow(Convert.BalancedDesign(terms, levels, random, replicates)), restricted);

    /// <summary>Expected mean squares, or the problems of the terms.</summary>
    /// <param name="terms">The terms: <c>A*B</c>, <c>A/B + C</c>.</param>
    /// <param name="levels">For every factor its number of levels.</param>
    /// <param name="ems">The table; null if there are problems.</param>
    /// <param name="issues">All problems.</param>
    /// <param name="random">The random factors; all others are fixed.</param>
    /// <param name="replicates">Observations in each cell.</param>
    /// <param name="restricted">Whether random interactions sum to zero over their fixed factors.</param>
    public static bool TryOf(
        string terms,
        IReadOnlyDictionary<string, int> levels,
        [NotNullWhen(true)] out BalancedEms? ems,
        out IReadOnlyList<LmmIssue> issues,
        IReadOnlyList<string>? random = null,
        int replicates = 1,
        bool restricted = false)
    {
        var made = Convert.BalancedDesign(terms, levels, random, replicates);
        ems = Convert.TryValue(made, out var value, out issues) ? new BalancedEms(value, restricted) : null;
        return ems is not null;
    }

    /// <summary>The tables as <c>lmm ems</c> prints them.</summary>
    /// <param name="layout">Plain text or Markdown.</param>
    public string Report(SummaryLayout layout = SummaryLayout.Text) =>
        EmsReport.render(Convert.Layout(layout), Convert.Form(restricted), Classical.QuasiF.Sums, design);

    /// <summary>The report as plain text.</summary>
    public override string ToString() => Report();
}

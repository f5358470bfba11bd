using LmmFunctional.Classical;

namespace LmmFunctional.CSharp;

/// <summary>Which sums of squares.</summary>
public enum AnovaType
{
    /// <summary>Each term after those before it, fixed terms first: Henderson's method III.</summary>
    One = 1,

    /// <summary>Each term after all that do not contain it.</summary>
    Two = 2,

    /// <summary>Each term after all others, under contrasts that sum to zero.</summary>
    Three = 3,
}

/// <summary>A test of one source of an analysis of variance.</summary>
/// <param name="Ratio">The mean squares compared: <c>MS(A) / MS(AB)</c>.</param>
/// <param name="IsExact">Whether the ratio has an F distribution; otherwise Satterthwaite's df approximate one.</param>
/// <param name="F">The ratio.</param>
/// <param name="NumeratorDf">Degrees of freedom of the numerator.</param>
/// <param name="DenominatorDf">Degrees of freedom of the denominator.</param>
/// <param name="PValue">The probability of a larger ratio without the effect.</param>
public sealed record AnovaFTest(
    string Ratio,
    bool IsExact,
    double F,
    double NumeratorDf,
    double DenominatorDf,
    double PValue);

/// <summary>A row of an analysis of variance.</summary>
/// <param name="Source">The term, or <c>Error</c>.</param>
/// <param name="IsRandom">Whether the term is random.</param>
/// <param name="Df">Degrees of freedom.</param>
/// <param name="SumOfSquares">In squared units of the response.</param>
/// <param name="MeanSquare">The sum of squares per degree of freedom; null when there are none.</param>
/// <param name="ExpectedMeanSquare">Its expectation: <c>σ² + 4σ²_blend</c>.</param>
/// <param name="Test">The test; null where there is none.</param>
public sealed record AnovaSource(
    string Source,
    bool IsRandom,
    int Df,
    double SumOfSquares,
    double? MeanSquare,
    string ExpectedMeanSquare,
    AnovaFTest? Test);

/// <summary>Limits of a confidence interval.</summary>
/// <param name="Level">Coverage aimed at: 0.95.</param>
/// <param name="Lower">The lower limit.</param>
/// <param name="Upper">The upper limit.</param>
public sealed record VarianceLimits(double Level, double Lower, double Upper);

/// <summary>A variance component estimated from mean squares.</summary>
/// <param name="Source">The random term, or <c>Error</c>.</param>
/// <param name="Estimate">The estimate.</param>
/// <param name="StandardError">The root of 2Σaᵢ²MSᵢ²/(dfᵢ + 2).</param>
/// <param name="SetToZero">Whether a negative estimate was set to zero.</param>
/// <param name="Satterthwaite">The χ² interval of Cochran and Satterthwaite; null for an estimate below zero.</param>
/// <param name="ModifiedLargeSample">The interval that covers differences of mean squares too.</param>
public sealed record AnovaComponent(
    string Source,
    double Estimate,
    double StandardError,
    bool SetToZero,
    VarianceLimits? Satterthwaite,
    VarianceLimits ModifiedLargeSample);

/// <summary>An analysis of variance with expected mean squares, immutable.</summary>
public sealed class VarianceAnalysis
{
    private readonly Classical.AnovaTable table;
    private readonly bool zeroNegative;

    internal VarianceAnalysis(Classical.AnovaTable table, bool zeroNegative)
    {
        this.table = table;
        this.zeroNegative = zeroNegative;
        Sources = Convert.List(table.Rows, row => Convert.Source(table, row));
        Components = Convert.Components(table, zeroNegative);
    }

    /// <summary>The terms in the order of the model, then the error.</summary>
    public IReadOnlyList<AnovaSource> Sources { get; }

    /// <summary>Variance components, the error last; empty when the mean squares do not determine them.</summary>
    public IReadOnlyList<AnovaComponent> Components { get; }

    /// <summary>A mean square, for combinations with others.</summary>
    /// <param name="source">A source with degrees of freedom.</param>
    /// <exception cref="ArgumentException">There is no such mean square.</exception>
    public VarianceCombination MeanSquare(string source) => new(Convert.MeanSquare(table, source));

    /// <summary>A variance component as the combination of mean squares that estimates it, negative or not.</summary>
    /// <param name="source">One of <see cref="Components"/>.</param>
    /// <exception cref="ArgumentException">There is no such component.</exception>
    public VarianceCombination Component(string source) => new(Convert.Component(table, source));

    /// <summary>The analysis as one JSON object, as <c>lmm anova-table --json</c> writes it.</summary>
    public string ToJson() => AnovaJson.render(Convert.Negative(zeroNegative), table);

    /// <summary>The tables as <c>lmm anova-table</c> prints them.</summary>
    /// <param name="layout">Plain text or Markdown.</param>
    public string Report(SummaryLayout layout = SummaryLayout.Text) =>
        AnovaReport.render(Convert.Layout(layout), Convert.Negative(zeroNegative), table);

    /// <summary>The report as plain text.</summary>
    public override string ToString() => Report();
}

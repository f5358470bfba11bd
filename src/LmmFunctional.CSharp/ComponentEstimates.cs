namespace LmmFunctional.CSharp;

/// <summary>How variance components are estimated where no likelihood is maximised.</summary>
public enum ComponentMethod
{
    /// <summary>Sums of squares of totals (Henderson 1953).</summary>
    /// <remarks>For models whose only fixed effect is the intercept.</remarks>
    HendersonOne,

    /// <summary>Sums of squares of type I, fixed terms first, equated to their expectations.</summary>
    HendersonThree,

    /// <summary>MINQUE(0), which SAS calls MIVQUE0 (Rao 1971).</summary>
    MinqueZero,

    /// <summary>MINQUE(1): every component is as large as the residual variance beforehand.</summary>
    MinqueOne,

    /// <summary>MINQUE with estimates as new prior values until they stay: REML's equations.</summary>
    IteratedMinque,
}

/// <summary>An estimated variance component.</summary>
/// <param name="Source">The random term, or <c>Error</c>.</param>
/// <param name="Estimate">The estimate, unbiased and so perhaps negative.</param>
/// <param name="StandardError">Its standard error under normality; null where the method has none.</param>
public sealed record EstimatedComponent(string Source, double Estimate, double? StandardError);

/// <summary>Variance components estimated without a likelihood.</summary>
/// <param name="Components">The components, the error last.</param>
/// <param name="Iterations">How often prior values were renewed; one without iteration.</param>
/// <param name="IsConverged">Whether the last renewal changed no estimate beyond rounding.</param>
public sealed record ComponentEstimates(
    IReadOnlyList<EstimatedComponent> Components,
    int Iterations,
    bool IsConverged);

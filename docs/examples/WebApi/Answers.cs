using LmmFunctional.CSharp;

namespace WebApi;

/// <summary>A fit in short, as JSON.</summary>
public sealed record FitAnswer(
    string Id,
    string Formula,
    int Rows,
    double Criterion,
    double Sigma,
    string Verdict,
    IReadOnlyList<CoefficientEstimate> Coefficients,
    IReadOnlyList<VarianceEstimate> VarianceComponents)
{
    /// <summary>The answer about a fit.</summary>
    public static FitAnswer Of(string id, FittedLmm fit) =>
        new(
            id,
            fit.Model.ToString(),
            fit.Observations,
            fit.CriterionValue,
            fit.Sigma,
            fit.Certificate.Verdict.ToString(),
            fit.Coefficients,
            fit.VarianceComponents);
}

/// <summary>One marginal mean; without numbers where the data do not determine it.</summary>
public sealed record MeanAnswer(
    string Name, double? Estimate, double? StandardError, double? Lower, double? Upper, string? Reason)
{
    /// <summary>The answer about a mean.</summary>
    public static MeanAnswer Of(MarginalEstimate mean) =>
        new(
            mean.Name,
            mean.Estimate?.Estimate,
            mean.Estimate?.StandardError,
            mean.Estimate?.Lower,
            mean.Estimate?.Upper,
            mean.Reason);
}

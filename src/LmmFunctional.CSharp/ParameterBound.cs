namespace LmmFunctional.CSharp;

/// <summary>The ends between which a covariance parameter is looked for.</summary>
/// <param name="Lower">The least value; null where there is none.</param>
/// <param name="Upper">The largest value; null where there is none.</param>
public sealed record ParameterBound(double? Lower = null, double? Upper = null);

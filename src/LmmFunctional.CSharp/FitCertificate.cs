namespace LmmFunctional.CSharp;

/// <summary>What kind of point a fit ended at.</summary>
public enum FitVerdict
{
    /// <summary>An optimum inside the parameter space.</summary>
    Optimum,

    /// <summary>An optimum with a variance or correlation at its bound, a singular fit, or with a parameter at a bound that
    /// it was given.</summary>
    BoundaryOptimum,

    /// <summary>The likelihood does not change along a direction of the parameters.</summary>
    FlatDirection,

    /// <summary>No optimum was reached.</summary>
    NotConverged,
}

/// <summary>The first derivative of −2 log likelihood by a quantity at its bound; positive at an optimum.</summary>
/// <param name="Name">The variance, correlation or parameter at its bound.</param>
/// <param name="Derivative">The derivative, away from the bound into the region.</param>
public sealed record BoundMultiplier(string Name, double Derivative);

/// <summary>What a fit tried to find the lowest optimum.</summary>
/// <param name="Starts">Points at which the criterion was looked at before a descent.</param>
/// <param name="EndedHere">Those from which the way down leads to the optimum that was taken.</param>
/// <param name="Descents">Descents begun, the one to the optimum among them.</param>
/// <param name="NextBest">How far −2 log likelihood of the next best optimum lies above; null where no other was
/// found.</param>
public sealed record FitStartSearch(int Starts, int EndedHere, int Descents, double? NextBest);

/// <summary>How far a fit may be from the exact one because log determinants were sampled.</summary>
/// <param name="Probes">Random vectors that traces were sampled with.</param>
/// <param name="Criterion">The Monte-Carlo standard error of −2 log likelihood.</param>
/// <param name="Gradient">The largest Monte-Carlo standard error of a first derivative.</param>
/// <param name="Share">The largest Monte-Carlo standard error of a covariance parameter, in its standard errors.</param>
/// <param name="Exact">−2 log likelihood at the estimates by an exact engine; null where that is not affordable.</param>
public sealed record FitMonteCarlo(int Probes, double Criterion, double Gradient, double Share, double? Exact);

/// <summary>The evidence that a fit is at an optimum: data, never a warning.</summary>
/// <param name="Verdict">What kind of point the fit ended at.</param>
/// <param name="Names">The quantities at their bound, or along which the likelihood is flat; else empty.</param>
/// <param name="Reason">Why no optimum was reached; else null.</param>
/// <param name="Gradient">Largest absolute first derivative of −2 log likelihood over the free parameters.</param>
/// <param name="NewtonDecrement">Twice what the criterion may still fall, in −2 log likelihood units.</param>
/// <param name="Eigenvalues">Eigenvalues, ascending, of the scaled curvature in the free parameters.</param>
/// <param name="Multipliers">The derivatives at the bounds.</param>
/// <param name="Search">What was tried to find the lowest optimum.</param>
/// <param name="MonteCarlo">The error of what was sampled; null for an exact fit.</param>
public sealed record FitCertificate(
    FitVerdict Verdict,
    IReadOnlyList<string> Names,
    string? Reason,
    double Gradient,
    double NewtonDecrement,
    IReadOnlyList<double> Eigenvalues,
    IReadOnlyList<BoundMultiplier> Multipliers,
    FitStartSearch Search,
    FitMonteCarlo? MonteCarlo)
{
    /// <summary>The smallest eigenvalue; null when no parameter is free.</summary>
    public double? MinEigenvalue => Eigenvalues.Count == 0 ? null : Eigenvalues[0];
}

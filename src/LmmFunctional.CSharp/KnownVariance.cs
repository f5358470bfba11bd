using System.Diagnostics.CodeAnalysis;
using LmmFunctional.Classical;

namespace LmmFunctional.CSharp;

/// <summary>Whether VX = XQ for some Q: then ordinary least squares is best, whatever the data.</summary>
/// <param name="Holds">Whether the distance is rounding only.</param>
/// <param name="Q">The Q that comes nearest, p×p; rows of dependent columns of X are zero.</param>
/// <param name="Distance">The largest element of VX − XQ over the largest of VX.</param>
public sealed record OlsCondition(bool Holds, double[,] Q, double Distance);

/// <summary>The variance of one estimable function by generalised and by ordinary least squares.</summary>
/// <param name="Gls">That of the best linear unbiased estimator.</param>
/// <param name="Ols">That of the least squares estimator.</param>
/// <param name="Ratio">The first over the second, at most one.</param>
public sealed record OlsEfficiency(double Gls, double Ols, double Ratio);

/// <summary>A covariance matrix of the response that is known, perhaps up to a factor; immutable.</summary>
/// <example><code>var fit = KnownVariance.Blocks(block, block).Fit(x, y);</code></example>
public sealed class KnownVariance
{
    private readonly KnownCovariance covariance;

    private KnownVariance(KnownCovariance covariance) => this.covariance = covariance;

    /// <summary>An n×n matrix.</summary>
    public static KnownVariance Dense(double[,] matrix) => new(KnownCovariance.NewDense(Convert.Matrix(matrix)));

    /// <summary>Independent groups of rows, each with its own matrix.</summary>
    public static KnownVariance Blocks(params double[][,] blocks)
    {
        ArgumentNullException.ThrowIfNull(blocks);
        return new(KnownCovariance.NewBlocks(Convert.FSharpList(blocks.Select(Convert.Matrix))));
    }

    /// <summary>A ⊗ B: rows in the order of the blocks of A.</summary>
    public static KnownVariance Kronecker(double[,] a, double[,] b) =>
        new(KnownCovariance.NewKronecker(Convert.Matrix(a), Convert.Matrix(b)));

    /// <summary>Uncorrelated rows with these variances.</summary>
    public static KnownVariance Diagonal(IReadOnlyList<double> variances)
    {
        ArgumentNullException.ThrowIfNull(variances);
        return new(KnownCovariance.NewDiagonal(Convert.FSharpList(variances)));
    }

    /// <summary>The matrix written out, n×n.</summary>
    public double[,] ToArray() => KnownCovarianceModule.toMatrix(covariance).ToArray2D();

    /// <summary>Fits E(y) = Xβ by generalised least squares.</summary>
    /// <param name="x">X, n×p, of any rank.</param>
    /// <param name="y">The response, length n.</param>
    /// <param name="upToFactor">Whether Var(y) = σ²V with σ² to estimate (the Aitken model), or V itself.</param>
    /// <param name="names">A name for each column of X; null for β1, β2, …</param>
    /// <exception cref="LmmException">The covariance is not positive definite, or no rows are left to estimate σ²
    /// from.</exception>
    /// <exception cref="ArgumentException">Sizes do not agree.</exception>
    public GlsFit Fit(
        double[,] x, IReadOnlyList<double> y, bool upToFactor = true, IReadOnlyList<string>? names = null) =>
        new(Convert.ValueOrThrow(Convert.Gls(covariance, x, y, upToFactor, names)));

    /// <summary>Fits E(y) = Xβ by generalised least squares, or finds the problems.</summary>
    /// <param name="x">X, n×p, of any rank.</param>
    /// <param name="y">The response, length n.</param>
    /// <param name="fit">The fit; null if there are problems.</param>
    /// <param name="issues">All problems.</param>
    /// <param name="upToFactor">Whether Var(y) = σ²V with σ² to estimate (the Aitken model), or V itself.</param>
    /// <param name="names">A name for each column of X; null for β1, β2, …</param>
    /// <exception cref="ArgumentException">Sizes do not agree.</exception>
    public bool TryFit(
        double[,] x,
        IReadOnlyList<double> y,
        [NotNullWhen(true)] out GlsFit? fit,
        out IReadOnlyList<LmmIssue> issues,
        bool upToFactor = true,
        IReadOnlyList<string>? names = null)
    {
        var made = Convert.Gls(covariance, x, y, upToFactor, names);
        fit = Convert.TryValue(made, out var value, out issues) ? new GlsFit(value) : null;
        return fit is not null;
    }

    /// <summary>Whether ordinary least squares is best for this X, whatever the response.</summary>
    /// <param name="x">X, n×p, of any rank.</param>
    public OlsCondition OlsIsBest(double[,] x)
    {
        var found = OlsAgainstGls.commuting(covariance, Convert.Matrix(x));
        return new OlsCondition(found.Holds, found.Q.ToArray2D(), found.Distance);
    }

    /// <summary>What ordinary least squares loses on c'β.</summary>
    /// <param name="x">X, n×p, of any rank.</param>
    /// <param name="c">A coefficient for each column of X.</param>
    /// <exception cref="LmmException">The matrix is not positive definite, or c'β is not estimable.</exception>
    public OlsEfficiency Efficiency(double[,] x, IReadOnlyList<double> c)
    {
        ArgumentNullException.ThrowIfNull(c);

        var found = Convert.ValueOrThrow(
            OlsAgainstGls.efficiency(covariance, Convert.Matrix(x), Convert.FSharpList(c)));

        return new OlsEfficiency(found.Gls, found.Ols, found.Ratio);
    }
}

using System.Diagnostics.CodeAnalysis;
using LmmFunctional.Classical;

namespace LmmFunctional.CSharp;

/// <summary>An estimable function c'β with its best linear unbiased estimate.</summary>
/// <param name="Estimate">c'β̂.</param>
/// <param name="Variance">c'(X'V⁻¹X)⁻c, times σ̂² in the Aitken model.</param>
/// <param name="StandardError">The root of the variance.</param>
public sealed record EstimatedFunction(double Estimate, double Variance, double StandardError);

/// <summary>A generalised least squares fit, immutable.</summary>
public sealed class GlsFit
{
    private readonly Gls gls;

    internal GlsFit(Gls gls) => this.gls = gls;

    /// <summary>The names of the columns of X.</summary>
    public IReadOnlyList<string> Names => Convert.List(gls.Names);

    /// <summary>Columns that depend on those before them; their coefficients are zero.</summary>
    public IReadOnlyList<string> Dropped => Convert.List(gls.Dropped);

    /// <summary>The rank r of X.</summary>
    public int Rank => gls.RankOfX;

    /// <summary>The solution (X'V⁻¹X)⁻X'V⁻¹y; only estimable functions of it do not depend on the inverse.</summary>
    public IReadOnlyList<double> Coefficients => Convert.List(gls.Coefficients);

    /// <summary>The generalised inverse (X'V⁻¹X)⁻, p×p: rows and columns of dropped columns are zero.</summary>
    public double[,] GeneralisedInverse => gls.GeneralisedInverse.ToArray2D();

    /// <summary>(y − Xb)'V⁻¹(y − Xb).</summary>
    public double ResidualSumOfSquares => gls.ResidualSumOfSquares;

    /// <summary>n − r.</summary>
    public int ResidualDf => gls.ResidualDf;

    /// <summary>σ̂² of the Aitken model; one when the covariance is known.</summary>
    public double Factor => gls.Factor;

    /// <summary>Whether c'β is estimable.</summary>
    /// <param name="c">A coefficient for each column of X.</param>
    /// <exception cref="ArgumentException">c has another length.</exception>
    public bool IsEstimable(IReadOnlyList<double> c)
    {
        ArgumentNullException.ThrowIfNull(c);
        return GlsModule.isEstimable(gls, Convert.FSharpList(c));
    }

    /// <summary>The best linear unbiased estimate of c'β.</summary>
    /// <param name="c">A coefficient for each column of X.</param>
    /// <exception cref="LmmException">c'β is not estimable.</exception>
    /// <exception cref="ArgumentException">c has another length.</exception>
    public EstimatedFunction Estimate(IReadOnlyList<double> c)
    {
        ArgumentNullException.ThrowIfNull(c);
        return Convert.Function(Convert.ValueOrThrow(GlsModule.estimate(gls, Convert.FSharpList(c))));
    }

    /// <summary>The best linear unbiased estimate of c'β, or why there is none.</summary>
    /// <param name="c">A coefficient for each column of X.</param>
    /// <param name="estimate">The estimate; null if c'β is not estimable.</param>
    /// <param name="issues">All problems.</param>
    /// <exception cref="ArgumentException">c has another length.</exception>
    public bool TryEstimate(
        IReadOnlyList<double> c,
        [NotNullWhen(true)] out EstimatedFunction? estimate,
        out IReadOnlyList<LmmIssue> issues)
    {
        ArgumentNullException.ThrowIfNull(c);
        var made = GlsModule.estimate(gls, Convert.FSharpList(c));
        estimate = Convert.TryValue(made, out var value, out issues) ? Convert.Function(value) : null;
        return estimate is not null;
    }
}

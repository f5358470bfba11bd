using LmmFunctional.Classical;
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;

namespace LmmFunctional.CSharp;

/// <summary>Generalised least squares between F# and C#.</summary>
internal static partial class Convert
{
    public static Matrix Matrix(double[,] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return MatrixModule.ofArray2D(values);
    }

    public static FSharpResult<Gls, FSharpList<LmmError>> Gls(
        KnownCovariance covariance,
        double[,] x,
        IReadOnlyList<double> y,
        bool upToFactor,
        IReadOnlyList<string>? names)
    {
        ArgumentNullException.ThrowIfNull(y);
        var matrix = Matrix(x);
        var columns = names ?? [.. Enumerable.Range(1, matrix.Columns).Select(j => $"β{j}")];
        var scale = upToFactor ? Classical.CovarianceScale.UpToFactor : Classical.CovarianceScale.Known;
        return GlsModule.fit(scale, covariance, FSharpList(columns), matrix, [.. y]);
    }

    public static EstimatedFunction Function(EstimableFunction own) =>
        new(own.Estimate, own.Variance, own.StandardError);
}

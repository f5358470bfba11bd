namespace LmmFunctional.CSharp;

/// <summary>The form of a covariance matrix, of residuals or of random effects.</summary>
/// <remarks>The names in formula text stand in parentheses; structures are equal when they mean the same.</remarks>
/// <example><code>Response("y").Residual(Covariance.Ar1, along: "week", within: "subject")</code></example>
public sealed class Covariance : IEquatable<Covariance>
{
    private Covariance(Structure structure) => Structure = structure;

    internal Structure Structure { get; }

    /// <summary>One variance, no correlation (<c>id</c>).</summary>
    public static Covariance Identity { get; } = new(Structure.Identity);

    /// <summary>A variance for each level, no correlation (<c>diag</c>).</summary>
    public static Covariance Diagonal { get; } = new(Structure.Diagonal);

    /// <summary>One variance and one correlation (<c>cs</c>).</summary>
    public static Covariance CompoundSymmetry { get; } = new(Structure.CompoundSymmetry);

    /// <summary>A variance for each level and one correlation (<c>csh</c>).</summary>
    public static Covariance HeterogeneousCompoundSymmetry { get; } = new(Structure.HeterogeneousCompoundSymmetry);

    /// <summary>Correlation ρ^|i−j| along the order of the levels (<c>ar1</c>).</summary>
    public static Covariance Ar1 { get; } = new(Structure.Autoregressive);

    /// <summary>The same with a variance for each level (<c>arh1</c>).</summary>
    public static Covariance HeterogeneousAr1 { get; } = new(Structure.HeterogeneousAutoregressive);

    /// <summary>Correlation ρ^|t−u| along values (<c>car1</c>).</summary>
    public static Covariance ContinuousAr1 { get; } = new(Structure.ContinuousAutoregressive);

    /// <summary>One correlation for each lag (<c>toep</c>).</summary>
    public static Covariance Toeplitz { get; } = Named("toep");

    /// <summary>A variance for each level and one correlation for each lag (<c>toeph</c>).</summary>
    public static Covariance HeterogeneousToeplitz { get; } = Named("toeph");

    /// <summary>A variance for each level and a correlation for each pair of neighbours (<c>ad1</c>).</summary>
    public static Covariance AnteDependence { get; } = new(Structure.AnteDependence);

    /// <summary>A variance for each level, and one variance of all differences (<c>hf</c>), Huynh and Feldt's matrix.</summary>
    public static Covariance HuynhFeldt { get; } = new(Structure.HuynhFeldt);

    /// <summary>Any covariance matrix (<c>us</c>).</summary>
    public static Covariance Unstructured { get; } = new(Structure.Unstructured);

    /// <summary>Correlation exp(−h/ρ) at distance h (<c>sp_exp</c>).</summary>
    public static Covariance SpatialExponential { get; } = Named("sp_exp");

    /// <summary>Correlation exp(−h²/ρ²) at distance h (<c>sp_gau</c>).</summary>
    public static Covariance SpatialGaussian { get; } = Named("sp_gau");

    /// <summary>Spherical correlation, zero from distance ρ on (<c>sp_sph</c>).</summary>
    public static Covariance SpatialSpherical { get; } = Named("sp_sph");

    /// <summary>Rational quadratic correlation 1/(1 + h²/ρ²) at distance h (<c>sp_ratio</c>), nlme's corRatio.</summary>
    public static Covariance SpatialRationalQuadratic { get; } = Named("sp_ratio");

    /// <summary>Matérn correlation whose smoothness is estimated (<c>sp_mat</c>).</summary>
    public static Covariance SpatialMatern { get; } = Named("sp_mat");

    /// <summary>Correlation ρ^h at distance h (<c>sp_pow</c>).</summary>
    public static Covariance SpatialPower { get; } = Named("sp_pow");

    /// <summary>A stationary autoregressive moving average process (<c>arma(p,q)</c>).</summary>
    /// <exception cref="ArgumentException">A number is negative, or both are zero.</exception>
    public static Covariance Arma(int autoregressive, int movingAverage) =>
        Named("arma", autoregressive, movingAverage);

    /// <summary>One correlation for each lag below a number of bands, the diagonal being the first (<c>toep(k)</c>).
    /// </summary>
    /// <exception cref="ArgumentException">The number is less than one.</exception>
    public static Covariance BandedToeplitz(int bands) => Named("toep", bands);

    /// <summary>The same with a variance for each level (<c>toeph(k)</c>).</summary>
    /// <exception cref="ArgumentException">The number is less than one.</exception>
    public static Covariance BandedHeterogeneousToeplitz(int bands) => Named("toeph", bands);

    /// <summary>Some common factors and a variance for each level (<c>fa(q)</c>).</summary>
    /// <exception cref="ArgumentException">The number is less than one.</exception>
    public static Covariance FactorAnalytic(int factors) => Named("fa", factors);

    /// <summary>Some common factors and nothing else (<c>fa0(q)</c>).</summary>
    /// <exception cref="ArgumentException">The number is less than one.</exception>
    public static Covariance ReducedRank(int factors) => Named("fa0", factors);

    /// <summary>Matérn correlation of known smoothness: 0.5, 1.5 or 2.5 (<c>sp_mat(1.5)</c>).</summary>
    /// <exception cref="ArgumentException">Another smoothness.</exception>
    public static Covariance SpatialMaternOf(double smoothness) => Named("sp_mat", smoothness);

    /// <summary>The spatial structure with a range for each coordinate (<c>sp_expa</c> and so on).</summary>
    /// <exception cref="ArgumentException">The structure is not spatial.</exception>
    public Covariance Anisotropic() => new(Convert.Anisotropic(Structure));

    /// <summary>The name in formula text: <c>toep(3)</c>.</summary>
    public override string ToString() => StructureText.name(Structure);

    /// <summary>Whether both mean the same.</summary>
    public bool Equals(Covariance? other) => other is not null && Structure.Equals(other.Structure);

    /// <summary>Whether the other is a structure that means the same.</summary>
    public override bool Equals(object? obj) => Equals(obj as Covariance);

    /// <summary>Equal for equal structures.</summary>
    public override int GetHashCode() => Structure.GetHashCode();

    private static Covariance Named(string name, params double[] arguments) =>
        new(Convert.NamedStructure(name, arguments));
}

namespace LmmFunctional.CSharp;

/// <summary>A factor of the residual standard deviation.</summary>
/// <example><code>Response("distance").WithVariance(Variance.Ident("Sex"))</code></example>
public sealed class Variance
{
    private Variance(VarianceFunction function) => Function = function;

    internal VarianceFunction Function { get; }

    /// <summary>|v|^δ of the fitted values.</summary>
    public static Variance PowerOfFitted { get; } = new(ResidualWords.varPowerOfFitted);

    /// <summary>e^(δv) of the fitted values.</summary>
    public static Variance ExponentialOfFitted { get; } = new(ResidualWords.varExpOfFitted);

    /// <summary>δ₁ + |v|^δ₂ of the fitted values.</summary>
    public static Variance ConstantPowerOfFitted { get; } = new(ResidualWords.varConstPowerOfFitted);

    /// <summary>δ_g for each level of a factor, 1 for the first.</summary>
    public static Variance Ident(string group) => new(VarianceFunction.NewPerGroup(Column(group)));

    /// <summary>|v|^δ of a column.</summary>
    public static Variance Power(string column) => new(VarianceFunction.NewPower(Covariate(column)));

    /// <summary>e^(δv) of a column.</summary>
    public static Variance Exponential(string column) => new(VarianceFunction.NewExponential(Covariate(column)));

    /// <summary>δ₁ + |v|^δ₂ of a column.</summary>
    public static Variance ConstantPower(string column) => new(VarianceFunction.NewConstantPower(Covariate(column)));

    /// <summary>The function in formula text: <c>varpower(pressure)</c>.</summary>
    public override string ToString() => ResidualText.variance(Function);

    private static VarianceCovariate Covariate(string column) => VarianceCovariate.NewVariable(Column(column));

    private static Expr Column(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return Expr.NewColumn(name);
    }
}

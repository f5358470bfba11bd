namespace LmmFunctional.CSharp;

/// <summary>What a fit maximises.</summary>
public enum FitBy
{
    /// <summary>Restricted (residual) maximum likelihood: the likelihood of error contrasts.</summary>
    Reml,

    /// <summary>Maximum likelihood.</summary>
    Ml,
}

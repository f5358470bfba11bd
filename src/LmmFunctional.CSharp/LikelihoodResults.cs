namespace LmmFunctional.CSharp;

/// <summary>An interval for one parameter.</summary>
/// <param name="Name">A coefficient, or <c>sd(Subject Days)</c>, <c>cor(Subject (Intercept), Days)</c>, <c>sigma</c>.</param>
/// <param name="Estimate">The estimate.</param>
/// <param name="Lower">The lower end; null where there is none.</param>
/// <param name="Upper">The upper end; null where there is none.</param>
/// <param name="Note">What must be known of the ends; null when there is nothing.</param>
public sealed record ConfidenceLimits(string Name, double Estimate, double? Lower, double? Upper, string? Note);

/// <summary>How bootstrap intervals are made.</summary>
public enum BootstrapKind
{
    /// <summary>Quantiles of the replicates.</summary>
    Percentile,

    /// <summary>Twice the estimate less the opposite quantile.</summary>
    Basic,

    /// <summary>Quantiles corrected for bias and acceleration.</summary>
    BiasCorrectedAccelerated,
}

/// <summary>How the residuals of a cluster are corrected in a robust covariance.</summary>
public enum RobustCorrection
{
    /// <summary>Not at all.</summary>
    Cr0,

    /// <summary>By m/(m − 1).</summary>
    Cr1,

    /// <summary>Unbiased under the model's own covariance.</summary>
    Cr2,

    /// <summary>Close to the jackknife.</summary>
    Cr3,
}

/// <summary>A likelihood ratio test of nested models.</summary>
/// <param name="Statistic">The fall of −2 log likelihood.</param>
/// <param name="Df">How many parameters more the larger model has.</param>
/// <param name="P">By χ².</param>
/// <param name="By">The likelihood both were maximised by.</param>
/// <param name="Notes">What a reader must know.</param>
public sealed record RatioTest(double Statistic, int Df, double P, FitBy By, IReadOnlyList<string> Notes);

/// <summary>A model among others; smaller criteria are better.</summary>
/// <param name="Formula">The model.</param>
/// <param name="Parameters">Parameters in all.</param>
/// <param name="CriterionValue">−2 log likelihood, restricted under REML.</param>
/// <param name="Aic">−2ℓ + 2 df.</param>
/// <param name="Aicc">AIC for few rows; null when there are too few.</param>
/// <param name="Bic">−2ℓ + df log n.</param>
/// <param name="Caic">−2ℓ + df (log n + 1).</param>
/// <param name="DeltaAic">AIC above the least.</param>
/// <param name="Weight">The share of the evidence.</param>
public sealed record ModelScore(
    string Formula,
    int Parameters,
    double CriterionValue,
    double Aic,
    double? Aicc,
    double Bic,
    double Caic,
    double DeltaAic,
    double Weight);

/// <summary>A test that one variance is zero.</summary>
/// <param name="Name">The parameter.</param>
/// <param name="Statistic">The fall of −2 log likelihood with the effect.</param>
/// <param name="MixtureP">By the χ² mixture.</param>
/// <param name="ExactP">By the exact distribution; null where it does not apply.</param>
/// <param name="BootstrapP">By the parametric bootstrap; null when not asked for.</param>
/// <param name="Advice">Which of these applies.</param>
public sealed record ZeroVarianceTest(
    string Name, double Statistic, double MixtureP, double? ExactP, double? BootstrapP, string Advice);

/// <summary>Shares of the variance of the response.</summary>
/// <param name="Marginal">R² of the fixed effects.</param>
/// <param name="Conditional">R² of fixed and random effects.</param>
/// <param name="AdjustedIcc">The random effects' share in what the fixed effects leave.</param>
/// <param name="UnadjustedIcc">The random effects' share in all.</param>
public sealed record ExplainedVariance(double Marginal, double Conditional, double AdjustedIcc, double UnadjustedIcc);

/// <summary>A fixed effect with its cluster-robust standard error.</summary>
/// <param name="Term">R's name of the column of X.</param>
/// <param name="Estimate">The estimate.</param>
/// <param name="StandardError">Robust.</param>
/// <param name="Df">Satterthwaite degrees of freedom.</param>
/// <param name="P">Two-sided.</param>
/// <param name="Lower">The lower end of the interval.</param>
/// <param name="Upper">The upper end of the interval.</param>
/// <param name="NotTestable">Why there is no test, in words; null where there is one.</param>
public sealed record RobustEstimate(
    string Term,
    double Estimate,
    double StandardError,
    double Df,
    double P,
    double Lower,
    double Upper,
    string? NotTestable = null);

namespace LmmFunctional.CSharp;

/// <summary>One fixed effect.</summary>
/// <param name="Term">R's name of the column of X: <c>(Intercept)</c>, <c>recipeB:temp</c>.</param>
/// <param name="Estimate">In units of the response per unit of the column.</param>
/// <param name="StandardError">Of the estimate.</param>
/// <param name="TValue">Estimate / standard error.</param>
public sealed record CoefficientEstimate(string Term, double Estimate, double StandardError, double TValue);

/// <summary>One variance or covariance of the random effects, or the residual variance.</summary>
/// <param name="Group">The grouping factor, or <c>Residual</c>.</param>
/// <param name="First">The effect; null for the residual.</param>
/// <param name="Second">The other effect of a covariance; null for a variance.</param>
/// <param name="Covariance">The variance or covariance, in squared units of the response.</param>
/// <param name="StandardDeviation">The standard deviation, or for a covariance the correlation.</param>
public sealed record VarianceEstimate(
    string Group,
    string? First,
    string? Second,
    double Covariance,
    double StandardDeviation);

/// <summary>A parameter of a covariance structure, of residuals or of random effects, as it is usually written.</summary>
/// <param name="Group">The grouping factor, or <c>Residual</c>.</param>
/// <param name="Name"><c>rho</c>, <c>range</c>, <c>sd(VIS2)</c>, <c>cor(VIS1,VIS2)</c>, <c>sigma</c>.</param>
/// <param name="Estimate">Standard deviations of residuals are relative to σ, those of random effects are not.</param>
/// <param name="StandardError">From the observed information; null for what is held, at a bound, or not
/// determined.</param>
public sealed record CovarianceParameterEstimate(string Group, string Name, double Estimate, double? StandardError);

/// <summary>The covariance matrix of the effects of one random term within a level.</summary>
/// <param name="Group">The grouping factor.</param>
/// <param name="Effects">The S effects.</param>
/// <param name="Covariance">S×S, in squared units of the response.</param>
public sealed record RandomCovariance(string Group, IReadOnlyList<string> Effects, double[,] Covariance);

/// <summary>One random effect of one level of a grouping factor.</summary>
/// <param name="Group">The grouping factor.</param>
/// <param name="Level">The level of the grouping factor.</param>
/// <param name="Effect">What varies: <c>(Intercept)</c> or the name of a slope.</param>
/// <param name="Mode">The conditional mode: the effect predicted from the data.</param>
/// <param name="StandardDeviation">The standard deviation of the effect, given the data and the fixed effects.</param>
/// <param name="PredictionError">The standard deviation of the estimated less the true effect, with β estimated.</param>
/// <param name="Reliability">The squared correlation of the estimated and the true effect.</param>
public sealed record RandomEffect(
    string Group,
    string Level,
    string Effect,
    double Mode,
    double StandardDeviation,
    double PredictionError,
    double Reliability);

/// <summary>A grouping factor and how many levels of it the fit used.</summary>
/// <param name="Group">The grouping factor.</param>
/// <param name="Levels">The number of levels that occur in the rows used.</param>
public sealed record GroupSize(string Group, int Levels);

/// <summary>How long the parts of a fit took.</summary>
/// <param name="Build">Design and cross-products.</param>
/// <param name="Solve">Iterations and certificate.</param>
public sealed record FitTimings(TimeSpan Build, TimeSpan Solve);

/// <summary>Information criteria by the conventions of SAS PROC MIXED; smaller is better.</summary>
/// <param name="Aic">−2ℓ + 2d, d the covariance parameters not at a bound, with the fixed effects under ML.</param>
/// <param name="Aicc">AIC with the correction for n rows, n − p under REML.</param>
/// <param name="Bic">−2ℓ + d log s, s the number of subjects.</param>
public sealed record SasInformationCriteria(double Aic, double Aicc, double Bic);

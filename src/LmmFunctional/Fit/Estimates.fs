namespace LmmFunctional

open System
open System.Collections.Immutable

/// <summary>One fixed effect.</summary>
type Coefficient = {
    /// R's name of the column.
    Name: string
    Estimate: float
    StandardError: float
    /// Estimate / standard error.
    Statistic: float
}

/// <summary>One variance or covariance of the random effects, or the residual variance.</summary>
type VarianceComponent = {
    /// The grouping factor, or Residual.
    Group: string
    /// The effect; None for the residual.
    First: string option
    /// The other effect of a covariance; None for a variance.
    Second: string option
    /// The variance or covariance, in squared units of the response.
    Covariance: float
    /// The standard deviation, or for a covariance the correlation.
    StandardDeviation: float
}

/// <summary>The random effects of one term: conditional modes with their standard deviations given the data and β.</summary>
[<ReferenceEquality>]
type RandomEffects = {
    Group: string
    /// The S effects.
    Effects: ImmutableArray<string>
    Levels: ImmutableArray<string>
    /// Levels × S.
    Modes: Matrix
    /// Levels × S.
    StandardDeviations: Matrix
    /// Levels × S: standard deviations of estimated less true effects, the estimation of β included; their squares are the
    /// prediction error variances (PEV).
    PredictionErrors: Matrix
    /// Levels × S: 1 − PEV / variance of the effect, the squared correlation of estimated and true effects; zero where the
    /// variance is zero.
    Reliabilities: Matrix
}

/// <summary>Criteria for comparing models; smaller is better.</summary>
type InformationCriteria = {
    /// −2ℓ + 2 df.
    Aic: float
    /// AIC + 2 df (df + 1) / (n − df − 1); None when there are not more rows than df + 1.
    Aicc: float option
    /// −2ℓ + df log n.
    Bic: float
}

/// <summary>How long the parts of a fit took.</summary>
type Timings = {
    /// Design and cross-products.
    Build: TimeSpan
    /// Iterations and certificate.
    Solve: TimeSpan
}

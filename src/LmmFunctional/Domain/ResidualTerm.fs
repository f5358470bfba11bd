namespace LmmFunctional.Model

/// <summary>What tells the residuals of one subject apart.</summary>
[<RequireQualifiedAccess>]
type Coordinates =
    /// The order of the rows within the subject.
    | RowOrder
    /// Values or levels of variables.
    | Variables of Expr list

/// <summary>A correlation of residuals along coordinates.</summary>
type ResidualCorrelation = {
    Structure: Structure
    Along: Coordinates
}

/// <summary>What a variance function is a function of.</summary>
[<RequireQualifiedAccess>]
type VarianceCovariate =
    /// A variable.
    | Variable of Expr
    /// The conditional fitted values, by iterated fits.
    | Fitted

/// <summary>A factor of the residual standard deviation.</summary>
[<RequireQualifiedAccess>]
type VarianceFunction =
    /// δ_g for each level of a factor, 1 for the first.
    | PerGroup of Expr
    /// |v|^δ.
    | Power of VarianceCovariate
    /// e^(δv).
    | Exponential of VarianceCovariate
    /// δ₁ + |v|^δ₂.
    | ConstantPower of VarianceCovariate

/// <summary>Residuals that are correlated within subjects, or of unequal variance.</summary>
type ResidualStructure = {
    /// No, one, or several correlations whose Kronecker product is meant.
    Correlations: ResidualCorrelation list
    /// The subjects: residuals of different ones are independent. None: all rows are one subject.
    Within: Term option
    /// Factors of the standard deviation.
    Variances: VarianceFunction list
    /// Whether correlation jumps at distance zero: (1 − c)ρ(h) for h > 0.
    HasNugget: bool
    /// A factor with parameters of its own for each level.
    PerLevelOf: Expr option
}

/// <summary>The covariance of the residuals.</summary>
[<RequireQualifiedAccess>]
type ResidualTerm =
    /// Independent with variance σ²/w, where w is the row's weight.
    | Independent
    /// Correlated, or of unequal variance.
    | Structured of ResidualStructure

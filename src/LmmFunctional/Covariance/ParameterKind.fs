namespace LmmFunctional.Estimation

/// <summary>What a natural covariance parameter is: how intervals are made for it, and how it is printed.</summary>
[<RequireQualifiedAccess>]
type internal ParameterKind =
    /// A standard deviation, absolute or relative to the first one: positive.
    | StandardDeviation
    /// Between −1 and 1.
    | Correlation
    /// A range or a smoothness: positive.
    | Positive
    /// Between 0 and 1.
    | Proportion
    /// A variance: not negative.
    | Variance
    /// A loading: an effect of a factor, on the scale of a standard deviation.
    | Loading
    /// A coefficient of a process or an exponent: any number.
    | Real

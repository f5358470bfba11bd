namespace LmmFunctional

/// <summary>The random effects that a prediction includes.</summary>
[<RequireQualifiedAccess>]
type PredictedEffects =
    /// All of them: x'β̂ + z'ũ.
    | All
    /// None: the population mean x'β̂.
    | None
    /// Those of some grouping factors.
    | Only of groups: string list

/// <summary>What a prediction is of, and what its interval holds.</summary>
[<RequireQualifiedAccess>]
type PredictionInterval =
    /// The mean x'β + z'u.
    | Confidence
    /// A future observation: the mean with its residual. Under correlated residuals it is predicted from those of its subject
    /// too (Goldberger 1962).
    | Prediction

/// <summary>What happens to levels of random terms that the fit has not seen.</summary>
[<RequireQualifiedAccess>]
type NewLevels =
    /// Their effects are predicted as zero, with their whole variance z'Gz.
    | Population
    /// They are listed as problems.
    | Refuse

/// <summary>Options of predictions.</summary>
type PredictionOptions = {
    Effects: PredictedEffects
    Interval: PredictionInterval
    /// Of the intervals, between 0 and 1.
    Level: float
    /// Degrees of freedom of the intervals: asymptotic, residual or Satterthwaite's.
    Method: DegreesOfFreedomMethod
    NewLevels: NewLevels
    /// Whether predictions of a response such as log(y) are brought back to the units of y.
    OnResponse: bool
}

/// <summary>Options of predictions.</summary>
[<RequireQualifiedAccess>]
module PredictionOptions =

    /// All random effects, 95 % confidence intervals with Satterthwaite's degrees of freedom, on the model's scale; new levels at
    /// the population.
    let defaults = {
        Effects = PredictedEffects.All
        Interval = PredictionInterval.Confidence
        Level = 0.95
        Method = DegreesOfFreedomMethod.satterthwaite
        NewLevels = NewLevels.Population
        OnResponse = false
    }

/// <summary>One prediction.</summary>
type Prediction = {
    /// The row of the data that it is for, from one.
    Row: int
    /// In units of the response.
    Estimate: float
    /// Of estimate less what is predicted, the covariance parameters taken as known.
    StandardError: float
    /// Infinite for the normal distribution.
    Df: float
    Lower: float
    Upper: float
    /// Grouping factors with the level that the fit has not seen.
    NewLevels: (string * string) list
}

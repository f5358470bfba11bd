namespace LmmFunctional.Analysis

open LmmFunctional
open LmmFunctional.Model

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

/// <summary>How the standard errors of predictions allow for the covariance parameters being estimated.</summary>
[<RequireQualifiedAccess; NoComparison; NoEquality>]
type ParameterUncertainty =
    /// Not at all: the error variance with the covariance parameters known.
    | None
    /// <summary>The error variance with twice the variance that estimating the covariance parameters adds, once for that variance
    /// and once for the bias of its plug-in estimate; for functions of fixed effects Kenward and Roger's. For fits by REML.</summary>
    /// <remarks>Kackar and Harville (1984), Prasad and Rao (1990), Harville and Jeske (1992), Kenward and Roger (1997), without
    /// second derivatives of V; as SAS's DDFM=KENWARDROGER inflates the covariance of fixed and random effects.</remarks>
    | KenwardRoger
    /// <summary>By refits of responses drawn from the fit: twice the error variance less its mean at the refitted parameters, plus
    /// the mean square by which the prediction from the data moves (Butar and Lahiri 2003).</summary>
    | Bootstrap of BootstrapOptions

/// <summary>Options of predictions.</summary>
[<NoComparison; NoEquality>]
type PredictionOptions = {
    Effects: PredictedEffects
    Interval: PredictionInterval
    /// Of the intervals, between 0 and 1.
    Level: float
    /// Degrees of freedom of the intervals: asymptotic, residual, Satterthwaite's or Kenward and Roger's.
    Method: DegreesOfFreedomMethod
    NewLevels: NewLevels
    /// Whether standard errors allow for the estimation of the covariance parameters.
    Uncertainty: ParameterUncertainty
    /// Whether predictions of a response such as log(y) are brought back to the units of y.
    OnResponse: bool
    /// <summary>Whether they are then means of y and not of the model's scale taken back: the mean of the inverse over the normal
    /// distribution of which the interval is taken, exp(η + v/2) for log(y).</summary>
    MeanCorrection: bool
}

/// <summary>Options of predictions.</summary>
[<RequireQualifiedAccess>]
module PredictionOptions =

    /// All random effects, 95 % confidence intervals with Satterthwaite's degrees of freedom, covariance parameters known, on the
    /// model's scale; new levels at the population.
    let defaults = {
        Effects = PredictedEffects.All
        Interval = PredictionInterval.Confidence
        Level = 0.95
        Method = DegreesOfFreedomMethod.satterthwaite
        NewLevels = NewLevels.Population
        Uncertainty = ParameterUncertainty.None
        OnResponse = false
        MeanCorrection = false
    }

/// <summary>One prediction.</summary>
[<StructuredFormatDisplay("{Display}")>]
type Prediction = {
    /// The row of the data that it is for, from one; the number of a linear combination.
    Row: int
    /// In units of the response.
    Estimate: float
    /// Of estimate less what is predicted.
    StandardError: float
    /// Infinite for the normal distribution.
    Df: float
    Lower: float
    Upper: float
    /// Grouping factors with the level that the fit has not seen.
    NewLevels: (string * string) list
} with

    member private this.Display =
        let interval = $"{Display.number this.Lower} to {Display.number this.Upper}"
        $"row {this.Row}: {Display.number this.Estimate}, se {Display.number this.StandardError}, {interval}"

    /// The row, its prediction, standard error and interval.
    override this.ToString() = this.Display

/// <summary>Predictions with the covariances of their errors.</summary>
[<ReferenceEquality; StructuredFormatDisplay("{Display}")>]
type JointPredictions = {
    Predictions: Prediction list
    /// Of the errors, estimate less what is predicted, on the model's scale: k×k.
    Covariance: Matrix
} with

    member private this.Display =
        Display.below
            $"{this.Predictions.Length} predictions with the covariances of their errors"
            (this.Predictions |> List.map string |> Display.few)

    /// The predictions, a line each.
    override this.ToString() = this.Display

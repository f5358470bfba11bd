namespace LmmFunctional.Cli

open LmmFunctional

/// <summary>A fit as asked for.</summary>
type FitRequest = {
    Data: string
    Formula: string
    Criterion: Criterion
    Weights: string option
    Algorithm: Algorithm
    /// The method for degrees of freedom, by name; None for none.
    Df: string option
    /// The convention of the method, by name; None for the method's own.
    Convention: string option
    AsJson: bool
    IsQuiet: bool
}

/// <summary>An ANOVA table as asked for.</summary>
type AnovaRequest = { Fit: FitRequest; Type: AnovaType }

/// <summary>Marginal means as asked for; names are read when the model is there.</summary>
type EmmeansRequest = {
    Fit: FitRequest
    Over: string
    /// The covariate whose slopes are wanted instead of means.
    Trend: string option
    Contrast: string option
    Reference: string option
    Adjust: string option
    /// Such as x=1,2.
    At: string list
    /// The weights of what is averaged over, by name.
    Averaging: string option
    OnResponse: bool
    Level: float
    Letters: bool
}

/// <summary>A plan as asked for.</summary>
type PlanRequest = {
    Data: string
    Formula: string
    AsJson: bool
}

/// <summary>What the user wants done.</summary>
[<RequireQualifiedAccess>]
type Command =
    | Fit of FitRequest
    | Plan of PlanRequest
    | Anova of AnovaRequest
    | Emmeans of EmmeansRequest
    | ShowVersion
    | ShowHelp of text: string

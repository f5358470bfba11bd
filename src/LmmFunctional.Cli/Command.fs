namespace LmmFunctional.Cli

open LmmFunctional

/// <summary>A fit as asked for.</summary>
type FitRequest = {
    Data: string
    Formula: string
    Criterion: Criterion
    Weights: string option
    Algorithm: Algorithm
    AsJson: bool
    IsQuiet: bool
}

/// <summary>A plan as asked for.</summary>
type PlanRequest = {
    Data: string
    Formula: string
    AsJson: bool
}

/// <summary>How intervals are made.</summary>
[<RequireQualifiedAccess>]
type IntervalMethod =
    | Profile
    | Wald
    | Bootstrap of replicates: int * kind: BootstrapInterval * seed: int

/// <summary>Intervals as asked for.</summary>
type IntervalRequest = {
    Data: string
    Formula: string
    Criterion: Criterion
    Weights: string option
    Method: IntervalMethod
    Level: float
    AsJson: bool
}

/// <summary>A comparison as asked for.</summary>
type ComparisonRequest = {
    Data: string
    Formulas: string list
    Criterion: Criterion
    Weights: string option
    AsJson: bool
}

/// <summary>What the user wants done.</summary>
[<RequireQualifiedAccess>]
type Command =
    | Fit of FitRequest
    | Plan of PlanRequest
    | Intervals of IntervalRequest
    | Compare of ComparisonRequest
    | ShowVersion
    | ShowHelp of text: string

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

/// <summary>A check of the identities of a fit, as asked for.</summary>
type VerifyRequest = {
    Data: string
    Formula: string
    Criterion: Criterion
    AsJson: bool
}

/// <summary>What the user wants done.</summary>
[<RequireQualifiedAccess>]
type Command =
    | Fit of FitRequest
    | Plan of PlanRequest
    | Verify of VerifyRequest
    | ShowVersion
    | ShowHelp of text: string

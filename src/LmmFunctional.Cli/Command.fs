namespace LmmFunctional.Cli

open LmmFunctional

/// <summary>A fit as asked for.</summary>
type FitRequest = {
    Data: string
    Formula: string
    Criterion: Criterion
    Weights: string option
    /// A residual structure as text.
    Residual: string option
    /// Names and files of known matrices.
    Known: (string * string) list
    /// Names and files of pedigrees.
    Pedigrees: (string * string) list
    /// Names and values of variances that are held.
    Held: (string * float) list
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

/// <summary>What the user wants done.</summary>
[<RequireQualifiedAccess>]
type Command =
    | Fit of FitRequest
    | Plan of PlanRequest
    | ShowVersion
    | ShowHelp of text: string

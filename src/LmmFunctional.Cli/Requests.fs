namespace LmmFunctional.Cli

open LmmFunctional

/// <summary>A model and its data as asked for.</summary>
type ModelRequest = {
    Formula: string
    Weights: string option
    /// A residual structure as text.
    Residual: string option
    /// Names and files of known matrices.
    Known: (string * string) list
    /// Names and files of pedigrees.
    Pedigrees: (string * string) list
    /// Where the data are, and how they are read.
    Reading: DataReading
    /// Whether the model is fitted from sums of the rows.
    IsOfSums: bool
}

/// <summary>Models as asked for.</summary>
[<RequireQualifiedAccess>]
module ModelRequest =

    /// A formula and data, and nothing else.
    let plain formula reading = {
        Formula = formula
        Weights = None
        Residual = None
        Known = []
        Pedigrees = []
        Reading = reading
        IsOfSums = false
    }

/// <summary>How a model is fitted, as asked for.</summary>
type FittingRequest = {
    Criterion: Criterion
    Algorithm: Algorithm
    /// Values of covariance parameters that are known, by name.
    Held: (string * float) list
    /// Ends of those that are bounded.
    Bounds: (string * Bound) list
    /// Values to start from.
    Start: (string * float) list
    /// Seconds that a fit may take.
    Budget: float option
}

/// <summary>Where a fit comes from.</summary>
[<RequireQualifiedAccess>]
type FitSource =
    | Model of ModelRequest * FittingRequest
    /// The file of a saved model, with how other data are read.
    | Saved of path: string * DataReading

/// <summary>A fit as asked for.</summary>
type FitRequest = {
    Source: FitSource
    /// The method for degrees of freedom, by name; None for none.
    Df: string option
    /// The convention of the method, by name; None for the method's own.
    Convention: string option
}

/// <summary>Fits as asked for.</summary>
[<RequireQualifiedAccess>]
module FitRequest =

    /// How data are read.
    let reading (request: FitRequest) =
        match request.Source with
        | FitSource.Model(model, _) -> model.Reading
        | FitSource.Saved(_, reading) -> reading

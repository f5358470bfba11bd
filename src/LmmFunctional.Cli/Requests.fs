namespace LmmFunctional.Cli

open LmmFunctional
open LmmFunctional.Classical

/// <summary>A model and its data as asked for.</summary>
type ModelRequest = {
    Data: string
    Formula: string
    Weights: string option
    /// A residual structure as text.
    Residual: string option
    /// Names and files of known matrices.
    Known: (string * string) list
    /// Names and files of pedigrees.
    Pedigrees: (string * string) list
    /// How the data are read.
    Reading: DataReading
}

/// <summary>Models as asked for.</summary>
[<RequireQualifiedAccess>]
module ModelRequest =

    /// A formula and a file, and nothing else.
    let plain data formula = {
        Data = data
        Formula = formula
        Weights = None
        Residual = None
        Known = []
        Pedigrees = []
        Reading = DataOptions.plain
    }

/// <summary>What is said of covariance parameters, by name.</summary>
type ParameterRequest = {
    /// Values of those that are known.
    Held: (string * float) list
    /// Ends of those that are bounded.
    Bounds: (string * Bound) list
    /// Values to start from.
    Start: (string * float) list
}

/// <summary>What is said of covariance parameters.</summary>
[<RequireQualifiedAccess>]
module ParameterRequest =

    /// Nothing.
    let none = { Held = []; Bounds = []; Start = [] }

/// <summary>A fit as asked for.</summary>
type FitRequest = {
    Model: ModelRequest
    Criterion: Criterion
    Parameters: ParameterRequest
    Algorithm: Algorithm
    /// The method for degrees of freedom, by name; None for none.
    Df: string option
    /// The convention of the method, by name; None for the method's own.
    Convention: string option
    /// The kind of robust standard errors; None for none.
    Robust: RobustKind option
    /// Their clusters; None for the subjects of the model.
    Cluster: string option
    /// Linear functions of the fixed effects, as text.
    Tests: string list
    AsJson: bool
    IsQuiet: bool
}

/// <summary>Fits as asked for.</summary>
[<RequireQualifiedAccess>]
module FitRequest =

    /// A fit by REML and average information without any option.
    let plain model = {
        Model = model
        Criterion = Criterion.Reml
        Parameters = ParameterRequest.none
        Algorithm = Algorithm.AverageInformation
        Df = None
        Convention = None
        Robust = None
        Cluster = None
        Tests = []
        AsJson = false
        IsQuiet = false
    }

/// <summary>Tests of the fixed terms as asked for.</summary>
type FixedTestRequest = {
    Fit: FitRequest
    Type: HypothesisType
}

/// <summary>Marginal means as asked for; names are read when the model is there.</summary>
type EmmeansRequest = {
    Fit: FitRequest
    Over: string
    /// The covariate whose slopes are wanted instead of means.
    Trend: string option
    Contrast: string option
    Reference: string option
    Adjust: string option
    /// Such as x=1,2 or f=A,B.
    At: string list
    /// The weights of what is averaged over, by name.
    Averaging: string option
    OnResponse: bool
    Level: float
    Letters: bool
}

/// <summary>A plan as asked for.</summary>
type PlanRequest = { Model: ModelRequest; AsJson: bool }

/// <summary>A check of the identities of a fit, as asked for.</summary>
type VerifyRequest = {
    Model: ModelRequest
    Criterion: Criterion
    Parameters: ParameterRequest
    AsJson: bool
}

/// <summary>Tests of variances as asked for.</summary>
type VarianceTestRequest = {
    Model: ModelRequest
    Criterion: Criterion
    Parameters: ParameterRequest
    /// Draws from the exact distribution.
    Draws: int
    /// Replicates of the bootstrap; None for none.
    Replicates: int option
    Seed: int
    AsJson: bool
}

/// <summary>Expected mean squares as asked for.</summary>
type EmsRequest = {
    Terms: string
    Random: string list
    Levels: (string * int) list
    Replicates: int
    Form: InteractionForm
    Quasi: QuasiF
}

/// <summary>An analysis of variance as asked for.</summary>
type AnovaRequest = {
    Data: string
    /// How the data are read.
    Reading: DataReading
    Formula: string
    Random: string list
    Kind: SumsOfSquares
    Quasi: QuasiF
    Negative: NegativeEstimates
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
    Model: ModelRequest
    Criterion: Criterion
    Parameters: ParameterRequest
    Method: IntervalMethod
    Level: float
    AsJson: bool
}

/// <summary>A comparison as asked for.</summary>
type ComparisonRequest = {
    /// The first model; its data, weights and structures are those of all.
    Model: ModelRequest
    /// The formulas of the others.
    Others: string list
    Criterion: Criterion
    Parameters: ParameterRequest
    AsJson: bool
}

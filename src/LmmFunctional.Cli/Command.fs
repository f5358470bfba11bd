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
    }

/// <summary>A fit as asked for.</summary>
type FitRequest = {
    Model: ModelRequest
    Criterion: Criterion
    /// Names and values of covariance parameters that are held.
    Held: (string * float) list
    /// Names and ends of covariance parameters that are bounded.
    Bounds: (string * Bound) list
    Algorithm: Algorithm
    /// The method for degrees of freedom, by name; None for none.
    Df: string option
    /// The convention of the method, by name; None for the method's own.
    Convention: string option
    /// The kind of robust standard errors; None for none.
    Robust: RobustKind option
    /// Their clusters; None for the subjects of the model.
    Cluster: string option
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
        Held = []
        Bounds = []
        Algorithm = Algorithm.AverageInformation
        Df = None
        Convention = None
        Robust = None
        Cluster = None
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
    /// Such as x=1,2.
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
    AsJson: bool
}

/// <summary>Tests of variances as asked for.</summary>
type VarianceTestRequest = {
    Model: ModelRequest
    Criterion: Criterion
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
    AsJson: bool
}

/// <summary>What the user wants done.</summary>
[<RequireQualifiedAccess>]
type Command =
    | Fit of FitRequest
    | Plan of PlanRequest
    | Anova of FixedTestRequest
    | Verify of VerifyRequest
    /// R² and intraclass correlations of a fit, for which is asked as for its identities.
    | Shares of VerifyRequest
    | VarianceTests of VarianceTestRequest
    | Intervals of IntervalRequest
    | Compare of ComparisonRequest
    | Ems of EmsRequest
    | AnovaTable of AnovaRequest
    | Emmeans of EmmeansRequest
    | ShowVersion
    | ShowHelp of text: string

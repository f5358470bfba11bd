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

/// <summary>Commands as asked for.</summary>
[<RequireQualifiedAccess>]
module Command =

    let private model reading (model: ModelRequest) = { model with Reading = reading }

    let private fit reading (fit: FitRequest) = {
        fit with
            FitRequest.Model = model reading fit.Model
    }

    /// The command with another way to read its data; None if it reads none.
    let tryWithReading reading command =
        match command with
        | Command.Fit request -> Some(Command.Fit(fit reading request))
        | Command.Plan request ->
            Some(
                Command.Plan {
                    request with
                        PlanRequest.Model = model reading request.Model
                }
            )
        | Command.Anova request ->
            Some(
                Command.Anova {
                    request with
                        FixedTestRequest.Fit = fit reading request.Fit
                }
            )
        | Command.Verify request ->
            Some(
                Command.Verify {
                    request with
                        VerifyRequest.Model = model reading request.Model
                }
            )
        | Command.Shares request ->
            Some(
                Command.Shares {
                    request with
                        VerifyRequest.Model = model reading request.Model
                }
            )
        | Command.VarianceTests request ->
            Some(
                Command.VarianceTests {
                    request with
                        VarianceTestRequest.Model = model reading request.Model
                }
            )
        | Command.Intervals request ->
            Some(
                Command.Intervals {
                    request with
                        IntervalRequest.Model = model reading request.Model
                }
            )
        | Command.Compare request ->
            Some(
                Command.Compare {
                    request with
                        ComparisonRequest.Model = model reading request.Model
                }
            )
        | Command.AnovaTable request -> Some(Command.AnovaTable { request with Reading = reading })
        | Command.Emmeans request ->
            Some(
                Command.Emmeans {
                    request with
                        EmmeansRequest.Fit = fit reading request.Fit
                }
            )
        | Command.Ems _
        | Command.ShowVersion
        | Command.ShowHelp _ -> None

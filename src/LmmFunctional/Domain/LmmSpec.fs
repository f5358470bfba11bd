namespace LmmFunctional

/// <summary>Random effects that vary over the levels of a grouping factor.</summary>
type RandomTerm = {
    /// What varies: an intercept, slopes, indicators of a factor's levels.
    Effects: Terms
    /// The grouping factor: one variable, or the interaction of several (a:b).
    Group: Term
    /// The covariance of the effects within a level.
    Structure: Structure
    /// The name of a known matrix that relates the levels, such as a relationship matrix; None for independent levels.
    Relationship: string option
    /// A factor with covariance parameters of its own for each level.
    PerLevelOf: Expr option
}

/// <summary>A linear mixed model: what the formula language and <c>lmm { }</c> both mean.</summary>
type LmmSpec = {
    Response: Expr
    Fixed: Terms
    Random: RandomTerm list
    Residual: ResidualTerm
    /// The column of prior weights, if any.
    Weights: string option
}

/// <summary>Edits of a model; each returns a new one.</summary>
[<RequireQualifiedAccess>]
module Spec =

    /// A model with this response and fixed effects, independent residuals and no random terms.
    let create response fixedEffects = {
        Response = response
        Fixed = fixedEffects
        Random = []
        Residual = ResidualTerm.Independent
        Weights = None
    }

    /// The model with other fixed effects.
    let withFixed fixedEffects spec = { spec with Fixed = fixedEffects }

    /// The model with one more random term.
    let addRandom term spec = {
        spec with
            Random = spec.Random @ [ term ]
    }

    /// The model with these random terms instead of its own.
    let withRandom terms spec = { spec with LmmSpec.Random = terms }

    /// The model with another covariance of the residuals.
    let withResidual residual spec = {
        spec with
            LmmSpec.Residual = residual
    }

    /// The model weighted by a column: Var(e_i) = σ²/w_i.
    let withWeights column spec = { spec with Weights = Some column }

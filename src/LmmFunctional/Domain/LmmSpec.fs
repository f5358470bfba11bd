namespace LmmFunctional

/// <summary>The form of the covariance matrix of the effects of one random term within a level of its grouping factor.</summary>
[<RequireQualifiedAccess>]
type Structure =
    /// Any positive semidefinite matrix: S(S+1)/2 parameters. Element (i, j) is σ_ij.
    | Unstructured
    /// Independent effects, each with its own variance: S parameters. Element (i, i) is σ²_i.
    | Diagonal

/// <summary>Random effects that vary over the levels of a grouping factor.</summary>
type RandomTerm = {
    /// What varies: an intercept, slopes, indicators of a factor's levels.
    Effects: Terms
    /// The grouping factor: one variable, or the interaction of several (a:b).
    Group: Term
    /// The covariance of the effects within a level.
    Structure: Structure
}

/// <summary>The covariance of the residuals.</summary>
[<RequireQualifiedAccess>]
type ResidualTerm =
    /// Independent with variance σ²/w, where w is the row's weight.
    | Independent

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

    /// The model weighted by a column: Var(e_i) = σ²/w_i.
    let withWeights column spec = { spec with Weights = Some column }

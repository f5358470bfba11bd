namespace LmmFunctional.Model

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

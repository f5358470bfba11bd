namespace LmmFunctional.Estimation

/// <summary>How a likelihood is computed.</summary>
[<RequireQualifiedAccess; NoComparison; ReferenceEquality>]
type internal LikelihoodMethod =
    /// Given the random effects: cross-products and an engine; residuals are independent.
    | Conditional of plan: Plan * engines: EnginePool
    /// With the random effects integrated out: dense blocks of rows; residuals have any structure.
    | Marginal of MarginalModel
    /// The same for autoregressive residuals on fields of cells, through their sparse inverse.
    | Separable of SeparableEngine
    /// With the random effects in sparse equations, rows whitened by the residuals of their subject.
    | Whitened of WhitenedEngine

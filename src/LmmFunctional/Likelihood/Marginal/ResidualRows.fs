namespace LmmFunctional.Estimation

/// <summary>What the residual covariance needs to know of the rows of a block; all arrays but one have length m.</summary>
[<NoComparison; ReferenceEquality>]
type internal ResidualRows = {
    /// The subject, counted within the block: residuals of different ones are independent.
    Subjects: int[]
    /// The level of the factor with parameters of its own for each; zero when there is none.
    Levels: int[]
    /// The position of every row along the correlations; their product's, when there are several.
    Positions: int[]
    /// For each variance function the values of its covariate; the codes of a grouping factor as numbers.
    Covariates: float[][]
    /// 1/√w.
    RootVariances: float[]
}

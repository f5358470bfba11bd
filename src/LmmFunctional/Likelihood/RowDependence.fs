namespace LmmFunctional.Estimation

open System.Collections.Immutable

/// <summary>How the rows of a model depend on each other, by whatever method its likelihood is computed. Simulation, prediction and
/// sums over rows read it.</summary>
[<RequireQualifiedAccess; NoComparison; ReferenceEquality>]
type internal RowDependence =
    /// Residuals are independent.
    | Independent
    /// Blocks of rows with a dense covariance, of random effects and residuals together.
    | Blocks of MarginalModel
    /// Blocks of residuals with a dense covariance, random effects apart; the whole model has the parameters of both.
    | ResidualBlocks of residuals: MarginalModel * whole: MarginalModel
    /// Autoregressive residuals on fields of cells, random effects apart.
    | Fields of SeparableModel

/// <summary>The dependence of rows and its parameters.</summary>
[<RequireQualifiedAccess>]
module internal RowDependence =

    /// Of a likelihood.
    let ofLikelihood (likelihood: LogLikelihood) : RowDependence =
        match likelihood.Method with
        | LikelihoodMethod.Conditional _ -> RowDependence.Independent
        | LikelihoodMethod.Marginal model -> RowDependence.Blocks model
        | LikelihoodMethod.Separable engine -> RowDependence.Fields engine.Model
        | LikelihoodMethod.Whitened engine ->
            RowDependence.ResidualBlocks(engine.Model.Rows.Residual, engine.Model.Marginal)

    /// The model that has all parameters; None where residuals are independent and have none.
    let tryWhole (likelihood: LogLikelihood) : MarginalModel option =
        match ofLikelihood likelihood with
        | RowDependence.Independent -> None
        | RowDependence.Blocks whole
        | RowDependence.ResidualBlocks(_, whole) -> Some whole
        | RowDependence.Fields model -> Some model.Marginal

    /// The inner parameters of the residuals' structure at an inner θ of all terms; none where residuals are independent.
    let residualParameters (likelihood: LogLikelihood) (theta: ImmutableArray<float>) : float[] =
        match tryWhole likelihood with
        | Some whole -> MarginalModel.residualParameters whole theta
        | None -> [||]

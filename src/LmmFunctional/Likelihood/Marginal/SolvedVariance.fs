namespace LmmFunctional.Estimation

open System.Collections.Immutable

/// <summary>V factored at one θ, where derivatives come from solves with it.</summary>
type internal ISolved =
    inherit IFactoredVariance
    /// [E | ε], n×P by columns: E = V⁻¹XL⁻ᵀ with LLᵀ = X'V⁻¹X, ε = V⁻¹(y − Xβ)/r; rows in an order of the model's own.
    abstract Scores: float[]
    /// V⁻¹W for m columns W of n rows.
    abstract Solve: m: int * w: float[] -> float[]
    /// V̇_kW of all parameters for m columns W of n rows: for each parameter the m images side by side.
    abstract Images: m: int * w: float[] -> float[]
    /// w_c'V̈_klw_d for two columns of the scores, k×k.
    abstract SecondAlong: c: int * d: int -> SquareBlock

/// <summary>A model whose derivatives come from solves with V.</summary>
type internal ISolvedModel =
    /// Parameters and forms.
    abstract Marginal: MarginalModel
    /// Runs an action on V factored at a θ; None where it is not positive definite.
    abstract At: theta: ImmutableArray<float> * action: (ISolved -> 'result) -> 'result option

[<RequireQualifiedAccess>]
module internal SolvedVariance =

    /// The model as one whose V is factored; its parts have no second derivatives of the residuals.
    let create (model: ISolvedModel) : IVariance = {
        new IVariance with
            member _.Rows = model.Marginal.Rows
            member _.FixedCount = model.Marginal.FixedCount
            member _.Layout = model.Marginal.Layout
            member _.HasExactCurvature = false

            member _.At(theta, action) =
                model.At(theta, (fun solved -> action solved))
    }

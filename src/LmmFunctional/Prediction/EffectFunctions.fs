namespace LmmFunctional.Analysis

/// <summary>Linear functions λ₁ᵀβ + λ₂ᵀu of fixed and random effects, in the coordinates of the equations.</summary>
[<NoComparison; ReferenceEquality>]
type internal EffectFunctions = {
    /// a = L⁻¹(x − Tᵀz), p×k by columns: what is left of x once the random effects are known.
    Fixed: float[]
    /// z, in the coordinates of v.
    Random: SparseRows
}

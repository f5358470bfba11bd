namespace LmmFunctional.Estimation

open System.Collections.Generic

/// <summary>A structure of random effects: the relative covariance factor λ (S×S), and G = λλᵀ with
/// its derivatives by τ.</summary>
/// <remarks>Cov(effects) = σ² G, G = λ λᵀ. Derivatives are those of G, element by element: those of λ would cost S³ jets, and
/// lose digits where neighbours are nearly equal. Standard deviations are signed parameters of λ, so that a variance of zero is an
/// ordinary point; diagonal and unstructured ones keep the free entries of λ themselves.</remarks>
[<NoEquality; NoComparison>]
type internal EffectsForm = {
    /// S, the number of effects.
    Order: int
    /// The natural parameters: as many as there are in τ. Standard deviations are relative to σ.
    Names: string[]
    Kinds: ParameterKind[]
    /// The ends that each coordinate of τ can come to; none where one deviation multiplies all the rest.
    Ends: ParameterEnds[]
    /// The power of σ that each natural parameter is multiplied by; its place in τ is divided by σ where that is not zero.
    Powers: int[]
    /// Places in τ of the signed standard deviations (of unstructured ones: the diagonal of λ).
    Deviations: int[]
    /// τ to start from, given a relative standard deviation for each effect.
    Start: float[] -> float[]
    /// λ by columns.
    Factor: float[] -> float[]
    /// G by columns: smooth wherever the structure is, at standard deviations of zero too.
    Covariance: Jet[] -> Jet[]
    /// Σ_ij W_ij ∂²G_ij/∂τ_k∂τ_l at τ, k×k by columns, for a symmetric W (S×S).
    Curvature: float[] -> float[] -> float[]
    /// The natural parameters at τ.
    Natural: Jet[] -> Jet[]
    /// τ of natural parameters; None where these give no positive definite matrix.
    Unconstrained: float[] -> float[] option
}

/// <summary>What the forms of random effects share.</summary>
[<RequireQualifiedAccess>]
module internal EffectsFormParts =

    /// A function of jets that is computed once for elements that are one and the same jet, as those of a lag.
    let once (f: Jet -> Jet) =
        let known = Dictionary<Jet, Jet>(HashIdentity.Reference)

        fun (jet: Jet) ->
            match known.TryGetValue jet with
            | true, value -> value
            | _ ->
                let value = f jet
                known[jet] <- value
                value

    /// The values of a form's matrix at its first positions.
    let values (form: CovarianceForm) order (tau: float[]) : float[] =
        CovarianceForm.matrix form (Jet.constants tau) [| 0 .. order - 1 |]
        |> Array.map _.Value

    let rootMeanSquare (deviations: float[]) =
        sqrt (deviations |> Array.averageBy (fun sd -> sd * sd))

    /// |x|, taken as x at zero.
    let magnitude (x: Jet) =
        if x.Value < 0.0 then Jet.negate x else x

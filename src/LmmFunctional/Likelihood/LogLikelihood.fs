namespace LmmFunctional.Estimation

open LmmFunctional
open LmmFunctional.Model

/// <summary>The −2 log likelihood of a model and its data, as a function of the inner θ, with what belongs to it.</summary>
/// <remarks>β and σ² are profiled out, σ² where it is not known. The value is −2ℓ on the user's scale as lme4 and SAS have
/// it; θ holds the free entries of the relative covariance factors on the inner scale of
/// <see cref="T:LmmFunctional.Estimation.Standardised"/>. What is held is left out of the function.</remarks>
[<NoComparison; ReferenceEquality; StructuredFormatDisplay("{Display}")>]
type LogLikelihood = internal {
    Model: Design
    Kind: Criterion
    Standard: Standardised
    Layout: ThetaLayout
    /// The covariance parameters by name; made when first asked for, as hardly any fit needs them.
    Named: Lazy<NamedParameters list>
    Held: HeldParameters
    /// Seconds that a fit may take, if anything was said.
    Budget: float option
    Method: LikelihoodMethod
    /// V, factored at any θ by that method.
    Variance: IVariance
    /// The function of all of θ, at a known σ² or with σ² profiled out.
    Full: float option -> Objective
    Function: Objective
} with

    /// The design it was made from.
    member likelihood.Design = likelihood.Model

    /// Maximum likelihood or restricted maximum likelihood.
    member likelihood.Criterion = likelihood.Kind

    /// What the solver minimises.
    member likelihood.Objective = likelihood.Function

    /// The covariance parameters by name.
    member internal likelihood.Parameters = likelihood.Named.Value

    member private this.Display =
        let criterion = if this.Kind = Criterion.Reml then "REML" else "ML"
        let parameters = Plural.count this.Function.Names.Length "parameter"
        $"{criterion} log likelihood of {this.Model.Spec}, {parameters}"

    /// The model and the number of parameters.
    override this.ToString() = this.Display

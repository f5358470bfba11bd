namespace LmmFunctional.Estimation

open LmmFunctional.Model

/// <summary>How far a fit may be from the exact one because log|V| and its derivatives were sampled: standard deviations over
/// the probes.</summary>
[<StructuredFormatDisplay("{Display}")>]
type MonteCarloError = {
    /// Random vectors that the traces were sampled with.
    Probes: int
    /// <summary>The Monte-Carlo standard error of −2 log likelihood.</summary>
    /// <remarks>Differences of −2 log likelihoods of two fits have both their errors.</remarks>
    Criterion: float
    /// The largest Monte-Carlo standard error of a first derivative of −2 log likelihood over the free parameters.
    Gradient: float
    /// The largest Monte-Carlo standard error of a covariance parameter, as a share of its standard error.
    Share: float
    /// <summary>−2 log likelihood at the estimates by an exact engine; None where that is not affordable.</summary>
    /// <remarks>Then the criterion of the fit, and the gradient and the decrement of its certificate, are exact.</remarks>
    Exact: float option
} with

    member private this.Display =
        let probes = $"{this.Probes} probes"

        let share =
            $"estimates within {Display.number this.Share} standard errors of the exact ones"

        match this.Exact with
        | Some _ -> $"sampled by {probes}, {share}; criterion and gradient exact"
        | None ->
            $"sampled by {probes}, {share}; Monte-Carlo error of the gradient {Display.number this.Gradient}, "
            + $"of the criterion {Display.number this.Criterion}"

    /// The error in one line.
    override this.ToString() = this.Display

namespace LmmFunctional.Data

open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis

/// <summary>A fit of sums of rows: everything that does not need the rows themselves.</summary>
[<Sealed>]
type SummedFit internal (fit: Fit) =

    member internal _.Fit = fit

    /// −2 log likelihood, or −2 restricted log likelihood, at the optimum.
    member _.CriterionValue = fit.CriterionValue

    /// Number of rows that were summed, those left out not among them.
    member _.Observations = fit.Observations

    /// The residual standard deviation.
    member _.Sigma = fit.Sigma

    /// The evidence of the optimum.
    member _.Certificate = fit.Certificate

    /// The summary, with everything but residuals.
    override _.ToString() = Summary.render SummaryFormat.Text fit

/// <summary>What follows from a fit of sums.</summary>
[<RequireQualifiedAccess>]
module SummedFit =

    /// The fixed effects with their standard errors.
    let coefficients (fit: SummedFit) : Coefficient list = fit.Fit.Coefficients

    /// The variance components, the residual variance last.
    let varianceComponents (fit: SummedFit) : VarianceComponent list = fit.Fit.VarianceComponents

    /// The random effects of every level with their standard deviations, term after term.
    let randomEffects (fit: SummedFit) : RandomEffects list = Fit.randomEffects fit.Fit

    /// <summary>Tests and intervals of the fixed effects.</summary>
    /// <param name="method">The method of degrees of freedom: Satterthwaite, Kenward-Roger or another.</param>
    /// <param name="fit">The fit.</param>
    /// <returns>The inference, or why the method cannot be applied.</returns>
    let inference (method: DegreesOfFreedomMethod) (fit: SummedFit) : Result<Inference, LmmError list> =
        Inference.create method fit.Fit

    /// <summary>The summary, as text or Markdown.</summary>
    let summary (format: SummaryFormat) (fit: SummedFit) : string = Summary.render format fit.Fit

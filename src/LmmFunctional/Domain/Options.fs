namespace LmmFunctional

/// <summary>What is maximised.</summary>
[<RequireQualifiedAccess>]
type Criterion =
    /// Maximum likelihood.
    | Ml
    /// Restricted (residual) maximum likelihood: the likelihood of error contrasts.
    | Reml

/// <summary>The curvature a solver steps with, all on the −2 log likelihood scale.</summary>
[<RequireQualifiedAccess>]
type Information =
    /// Second derivatives of the criterion.
    | Observed
    /// Their expectation where the variances are free; near a variance of zero the curvature that the standard deviation
    /// adds is kept.
    | Expected
    /// The mean of observed and expected on the scale of variances (Gilmour, Thompson and Cullis 1995).
    | Average

/// <summary>How the optimum is found.</summary>
[<RequireQualifiedAccess>]
type Algorithm =
    /// Steps with observed information.
    | NewtonRaphson
    /// Steps with expected information.
    | FisherScoring
    /// Steps with average information.
    | AverageInformation

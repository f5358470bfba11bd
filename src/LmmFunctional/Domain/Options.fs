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
    /// Covariances become the expected squares of the effects (Dempster, Laird and Rubin 1977; ECME, with β and σ²
    /// profiled out): no step raises the criterion, and many are needed.
    | Em
    /// EM with each random term also multiplied by a matrix that is estimated (Liu, Rubin and Wu 1998): fewer steps.
    | PxEm

namespace LmmFunctional.Analysis

open System

/// <summary>Means of responses that were taken back from the scale of a model: of h(η) with η normal, not h of its mean.</summary>
/// <remarks>For log(y) the lognormal mean exp(η + v/2) (Aitchison and Brown 1957; of a prediction, Cressie 1993, section 3.2.2).
/// </remarks>
[<RequireQualifiedAccess>]
module internal ResponseMean =

    // Standard deviations to either side, and points of the trapezoidal rule, which is exact to rounding for smooth functions
    // times a normal density.
    let private reach = 10.0

    let private points = 400

    /// <summary>E h(η) for η normal with a mean and a variance.</summary>
    /// <param name="inverse">h and its derivative.</param>
    /// <param name="mean">On the model's scale.</param>
    /// <param name="variance">Zero or more.</param>
    let compute (inverse: float -> struct (float * float)) (mean: float) (variance: float) : float =
        let deviation = sqrt variance
        let step = 2.0 * reach / float points
        let mutable sum = 0.0
        let mutable weights = 0.0

        for k in 0..points do
            let z = -reach + step * float k
            let weight = exp (-0.5 * z * z)
            let struct (value, _) = inverse (mean + deviation * z)
            sum <- sum + weight * value
            weights <- weights + weight

        sum / weights

    /// The mean by the way back of a response: exact for logarithms.
    let ofScale (scale: ResponseScale) (mean: float) (variance: float) : float =
        match scale.LogBase with
        | Some logBase -> exp (logBase * mean + 0.5 * logBase * logBase * variance)
        | None -> compute scale.Inverse mean variance

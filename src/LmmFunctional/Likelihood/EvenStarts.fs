namespace LmmFunctional.Estimation

/// <summary>Starts that lie evenly among all values that the parameters of a structure may have together.</summary>
/// <remarks>The R sequence: additive recurrence by powers of one irrational number (Roberts 2018). The same points every time.</remarks>
[<RequireQualifiedAccess>]
module internal EvenStarts =

    /// Of a correlation of 0.8, and of a range or an odds of 4.5 times or a fifth of what they start at.
    let farCorrelation, farLogarithm = 1.1, 1.5

    /// Of a correlation of 0.96.
    let veryFarCorrelation = 2.0

    // Of fewer parameters the ends, and what is between them, are starts already.
    let private fewShapes = 3

    // On the unconstrained scale, of correlations, of logarithms and of logarithms of standard deviations.
    let private correlationSpread, logarithmSpread, deviationSpread = 1.3, 1.0, 0.5

    // Loadings relative to the residual standard deviation.
    let private loadingSpread = 0.7

    /// The root of x^(d + 1) = x + 1: its powers spread points evenly over a cube of d dimensions (Roberts 2018).
    let private evenRatio d =
        let rec approach x step =
            if step = 0 then
                x
            else
                approach ((1.0 + x) ** (1.0 / float (d + 1))) (step - 1)

        approach 1.5 60

    /// <summary>Points that lie evenly among all values that many parameters may have together, where their ends one at a time
    /// leave too much out.</summary>
    /// <param name="count">How many.</param>
    /// <param name="kinds">What the parameters are.</param>
    /// <param name="start">Where they start; standard deviations and logarithms are moved about it.</param>
    /// <param name="scaled">A standard deviation on the scale of its parameter, times e to a power.</param>
    let among count (kinds: ParameterKind[]) (start: float[]) (scaled: float -> float -> float) : float[] list =
        if kinds.Length < fewShapes then
            []
        else
            let ratio = evenRatio kinds.Length

            [
                for i in 1..count do
                    kinds
                    |> Array.mapi (fun k kind ->
                        let place = 0.5 + float i / ratio ** float (k + 1)
                        let z = MathNet.Numerics.Distributions.Normal.InvCDF(0.0, 1.0, place - floor place)

                        match kind with
                        | ParameterKind.Correlation
                        | ParameterKind.Real -> correlationSpread * z
                        | ParameterKind.Positive
                        | ParameterKind.Proportion -> start[k] + logarithmSpread * z
                        | ParameterKind.Loading -> loadingSpread * z
                        | ParameterKind.StandardDeviation -> scaled start[k] (deviationSpread * z)
                        | ParameterKind.Variance -> start[k])
            ]

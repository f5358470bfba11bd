namespace LmmFunctional.Analysis

open System

/// <summary>Expectations over s = √(χ²/ν), the estimated standard deviation over the true one.</summary>
[<RequireQualifiedAccess>]
module internal RandomScale =

    // Beyond this s is one to the accuracy of all that is computed with it.
    let private certain = 1e8

    // Of the density at its mode, in logarithms; what is below adds nothing to a double.
    let private negligible = 42.0

    /// The log density of u = log s, less that of its mode at zero.
    let private logDensity df u =
        df * (u - 0.5 * Probability.expm1 (2.0 * u))

    let private bound df direction =
        let mutable far = direction * 1.0 / sqrt df

        while logDensity df far > -negligible do
            far <- 1.2 * far

        far

    /// <summary>E f(s) with df degrees of freedom, not necessarily whole; f(1) when they are infinite.</summary>
    /// <remarks>The trapezoidal rule in log s, where density and f are analytic: its error falls exponentially with the
    /// number of points. The weights are made to sum to one, so that no gamma function loses digits at large df.</remarks>
    let expectation (df: float) (f: float -> float) =
        if df > certain then
            f 1.0
        else
            let step = min 0.125 (0.45 / sqrt df)
            let first = Math.Floor(bound df -1.0 / step)
            let last = Math.Ceiling(bound df 1.0 / step)
            let mutable sum = 0.0
            let mutable weights = 0.0

            for k in int first .. int last do
                let u = float k * step
                let weight = exp (logDensity df u)
                weights <- weights + weight
                sum <- sum + weight * f (exp u)

            sum / weights

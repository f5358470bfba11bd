namespace LmmFunctional.Analysis

open System
open MathNet.Numerics
open MathNet.Numerics.Distributions

/// <summary>Tail probabilities and quantiles of t and F; infinite degrees of freedom are the normal and χ².</summary>
[<RequireQualifiedAccess>]
module internal Probability =

    // Beyond this t is normal to working precision, and the incomplete beta function loses digits.
    let private normal = 1e10

    /// eˣ − 1, small x keeping all digits; MathNet's loses some.
    let expm1 (x: float) =
        if abs x > 1.0 then
            exp x - 1.0
        else
            2.0 * exp (0.5 * x) * Math.Sinh(0.5 * x)

    // Where t is this large beside its degrees of freedom the first term of the tail is all of it, and t² may overflow.
    let private farOut = 1e9

    /// The logarithm of the constant c in P(|T| > t) ≈ (df/t²)^(df/2) / c far out.
    let private logTailConstant (df: float) =
        SpecialFunctions.GammaLn(1.0 + 0.5 * df) + SpecialFunctions.GammaLn 0.5
        - SpecialFunctions.GammaLn(0.5 + 0.5 * df)

    /// P(|T| > |t|).
    let twoSided (df: float) (t: float) =
        if Double.IsNaN t || Double.IsNaN df then
            nan
        elif df > normal then
            SpecialFunctions.Erfc(abs t / sqrt 2.0)
        elif t = 0.0 then
            1.0
        elif Double.IsInfinity t then
            0.0
        elif abs t > farOut * max 1.0 df then
            exp (0.5 * df * (log df - 2.0 * log (abs t)) - logTailConstant df)
        else
            SpecialFunctions.BetaRegularized(0.5 * df, 0.5, df / (df + t * t))

    /// P(F > f).
    let upperF (numerator: int) (denominator: float) (f: float) =
        let m = float numerator

        if Double.IsNaN f || Double.IsNaN denominator then
            nan
        elif f <= 0.0 then
            1.0
        elif Double.IsInfinity f then
            0.0
        elif denominator > normal then
            SpecialFunctions.GammaUpperRegularized(0.5 * m, 0.5 * m * f)
        else
            SpecialFunctions.BetaRegularized(0.5 * denominator, 0.5 * m, denominator / (denominator + m * f))

    // More halvings than there are bits between two numbers of any size.
    let private mostSteps = 300

    // Of fewer degrees of freedom the first terms of a series by 1/df say little.
    let private fewDegrees = 3.0

    /// A t near the one with P(|T| > t) = alpha: the normal quantile with the first terms that df adds (Fisher and Cornish 1960).
    let private near df alpha =
        let z = -Normal.InvCDF(0.0, 1.0, 0.5 * alpha)

        if df < fewDegrees || not (Double.IsFinite z) then
            1.0
        else
            let square = z * z

            z
            + z * (square + 1.0) / (4.0 * df)
            + z * ((5.0 * square + 16.0) * square + 3.0) / (96.0 * df * df)

    // Newton's error is squared by each step, so that after a step of this size none is left.
    let private last = 1e-9

    /// The t > 0 with P(|T| > t) = alpha: Newton's method within a bracket that is halved when a step leaves it.
    let private root df alpha =
        let mutable lower = 0.0
        let mutable upper = infinity
        let mutable t = near df alpha
        let mutable step = 0

        while step < mostSteps && (Double.IsInfinity upper || upper - lower > 1e-15 * upper) do
            let excess = twoSided df t - alpha

            if excess > 0.0 then lower <- t else upper <- t

            let newton = t + excess / (2.0 * StudentT.PDF(0.0, 1.0, df, t))

            let next =
                if newton >= lower && newton <= upper then newton
                elif Double.IsInfinity upper then 2.0 * t
                else 0.5 * (lower + upper)

            step <-
                if next = newton && abs (next - t) <= last * t then
                    mostSteps
                else
                    step + 1

            t <- next

        t

    /// <summary>The t with P(|T| ≤ t) = level, level between 0 and 1.</summary>
    /// <remarks>Infinite where it is beyond the largest number, as at 0.9 for less than 0.0033 degrees of freedom.</remarks>
    let quantile (df: float) (level: float) =
        if Double.IsNaN df then
            nan
        elif df > normal then
            Normal.InvCDF(0.0, 1.0, 0.5 + 0.5 * level)
        else
            let alpha = 1.0 - level
            let far = exp (0.5 * log df - (log alpha + logTailConstant df) / df)
            if far > farOut * max 1.0 df then far else root df alpha

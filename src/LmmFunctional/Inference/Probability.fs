namespace LmmFunctional

open System
open MathNet.Numerics
open MathNet.Numerics.Distributions

/// <summary>Tail probabilities and quantiles of t and F; infinite degrees of freedom are the normal and χ².</summary>
[<RequireQualifiedAccess>]
module internal Probability =

    // Beyond this t is normal to working precision, and the incomplete beta function loses digits.
    let private normal = 1e10

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

    /// The t with P(|T| ≤ t) = level.
    let quantile (df: float) (level: float) =
        let upper = 0.5 + 0.5 * level

        if df > normal then
            Normal.InvCDF(0.0, 1.0, upper)
        else
            let start = StudentT.InvCDF(0.0, 1.0, df, upper)
            // The library's root stops early: two steps of Newton.
            (start, [ 1; 2 ])
            ||> List.fold (fun t _ ->
                let density = StudentT.PDF(0.0, 1.0, df, t)

                if density > 0.0 then
                    t + (twoSided df t - (1.0 - level)) / (2.0 * density)
                else
                    t)

namespace LmmFunctional.Analysis

open System
open MathNet.Numerics
open MathNet.Numerics.Integration
open LmmFunctional.Estimation

/// <summary>The distribution of the studentized range: Tukey's.</summary>
[<RequireQualifiedAccess>]
module internal StudentizedRange =

    // On panels about as wide as a standard deviation this rule is exact to rounding.
    let private rule = GaussLegendreRule(0.0, 1.0, 10)
    let private abscissas = rule.Abscissas
    let private weights = rule.Weights

    /// The integral by panels of about a given width.
    let integrate (panel: float) (lower: float) (upper: float) (f: float -> float) =
        let panels = int (Math.Ceiling((upper - lower) / panel))
        let width = (upper - lower) / float panels
        let mutable sum = 0.0

        for panel in 0 .. panels - 1 do
            let start = lower + float panel * width

            for i in 0 .. abscissas.Length - 1 do
                sum <- sum + weights[i] * f (start + width * abscissas[i])

        sum * width

    /// Φ.
    let normal (x: float) =
        0.5 * SpecialFunctions.Erfc(-x / sqrt 2.0)

    /// φ.
    let density (x: float) =
        exp (-0.5 * x * x) / sqrt (2.0 * Math.PI)

    /// 1 − (1 − x)^m, small x keeping their digits.
    let missing (m: float) (x: float) =
        if x >= 1.0 then
            1.0
        else
            -Probability.expm1(m * NumericFunction.evaluate NumericFunction.Log1p -x)

    // φ beyond this is nothing beside one.
    let private far = 8.5

    // φΦ² below this is nothing beside one.
    let private low = -5.5

    // No range is beyond this with a probability above the smallest number.
    let private none = 60.0

    /// P(range of k independent standard normals > w).
    /// 1 − k∫φ(z)(Φ(z) − Φ(z − w))^(k−1)dz, and 1 = k∫φΦ^(k−1), so that small probabilities keep their digits.
    let private upperOfNormals (k: float) (w: float) =
        if w <= 0.0 then
            1.0
        elif w > none then
            0.0
        else
            let part z =
                let below = normal z

                density z
                * Math.Pow(below, k - 1.0)
                * missing (k - 1.0) (normal (z - w) / below)

            min 1.0 (k * integrate 1.0 low (0.5 * w + far) part)

    let private upperBy (tail: float -> float) k (df: float) (q: float) =
        if Double.IsNaN q || Double.IsNaN df then nan
        elif q <= 0.0 then 1.0
        elif Double.IsInfinity q then 0.0
        elif k = 2 then Probability.twoSided df (q / sqrt 2.0)
        else RandomScale.expectation df (fun s -> tail (q * s))

    /// <summary>P(Q > q) for the range of k means over their standard error with df degrees of freedom.</summary>
    /// <remarks>df may be any positive number or infinite. The double integral of Copenhaver and Holland 1988,
    /// accurate to 1e-11.</remarks>
    let upper (k: int) (df: float) (q: float) = upperBy (upperOfNormals k) k df q

    /// <summary>The same for many questions about one number of means, by df and q; for one thread at a time.</summary>
    /// <remarks>The inner integral is interpolated: each pair of 56 means has df of its own, and an interval takes a dozen
    /// probabilities.</remarks>
    let ofMeans (k: int) : float -> float -> float =
        let tail = InterpolatedTail(upperOfNormals k)
        upperBy tail.Upper k

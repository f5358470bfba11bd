namespace LmmFunctional.Estimation

open System

/// <summary>Logarithms of the modified Bessel functions K_ν, K_(ν−1) and K_(ν−2) at x, with derivatives by ν.</summary>
[<Struct; NoComparison>]
type internal BesselIntegral = {
    /// log K_ν, and its first and second derivatives by ν.
    Order: struct (float * float * float)
    /// log K_(ν−1), and its first derivative by ν.
    OrderLessOne: struct (float * float)
    /// log K_(ν−2).
    OrderLessTwo: float
}

[<RequireQualifiedAccess>]
module internal BesselIntegral =

    /// <summary>The integrals ∫ exp(−x cosh t) cosh(μt) dt over t ≥ 0, μ = ν, ν − 1, ν − 2, by the trapezoid rule, for
    /// x &gt; 0 and ν &gt; 0.</summary>
    /// <remarks>They are differentiated by ν under the integral. The integrands are even and analytic, and fall doubly
    /// exponentially, so that the rule converges faster than any power of its step (Trefethen and Weideman 2014); the step
    /// is a small part of the width of their peak. All terms are positive: nothing cancels.</remarks>
    let compute (nu: float) (x: float) =
        let largest = max nu (2.0 - nu)
        let peak = Math.Asinh(largest / x)

        // cosh t − 1 by the half angle: where x is large all that counts has a t below 1e-8.
        let exponent t =
            let half = sinh (0.5 * t)
            largest * t - 2.0 * x * half * half

        let height = exponent peak
        let step = min 0.1 (0.6 / sqrt (sqrt (x * x + largest * largest)))

        // cosh(μt) e^(−largest t), without overflow.
        let relativeCosh mu t =
            0.5 * (exp ((abs mu - largest) * t) + exp ((-abs mu - largest) * t))

        let mutable value = 0.0
        let mutable first = 0.0
        let mutable second = 0.0
        let mutable lessOne = 0.0
        let mutable lessOneFirst = 0.0
        let mutable lessTwo = 0.0

        // The exponent is concave in t: it is halved towards the left end of where it counts.
        let rec leftEnd low high count =
            let middle = 0.5 * (low + high)

            if count = 0 then
                low
            elif exponent middle - height > -45.0 then
                leftEnd low middle (count - 1)
            else
                leftEnd middle high (count - 1)

        let mutable k =
            if height < 45.0 then
                0L
            else
                int64 (leftEnd 0.0 peak 40 / step)

        let mutable inside = true

        while inside do
            let t = float k * step
            let e = exponent t - height

            if e > -45.0 then
                let weight = if k = 0L then 0.5 else 1.0
                let w = weight * exp e
                let cosh0 = relativeCosh nu t
                let sinh0 = cosh0 * tanh (nu * t)
                let cosh1 = relativeCosh (nu - 1.0) t
                let sinh1 = cosh1 * tanh ((nu - 1.0) * t)
                value <- value + w * cosh0
                first <- first + w * t * sinh0
                second <- second + w * t * t * cosh0
                lessOne <- lessOne + w * cosh1
                lessOneFirst <- lessOneFirst + w * t * sinh1
                lessTwo <- lessTwo + w * relativeCosh (nu - 2.0) t
            // Also where x is no number, and so is all else.
            elif not (t <= peak) then
                inside <- false

            k <- k + 1L

        let level = height - x + log step
        let slope = first / value

        {
            Order = struct (level + log value, slope, second / value - slope * slope)
            OrderLessOne = struct (level + log lessOne, lessOneFirst / lessOne)
            OrderLessTwo = level + log lessTwo
        }

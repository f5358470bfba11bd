namespace LmmFunctional.Estimation

open MathNet.Numerics

/// <summary>The Matérn correlation 2^(1−ν)/Γ(ν) x^ν K_ν(x) of a scaled distance x = h/ρ; ν = ½ is e^(−x).</summary>
/// <remarks>The scaling is that of SAS and geoR.</remarks>
[<RequireQualifiedAccess>]
module internal Matern =

    /// The smoothnesses with a closed form: value, first and second derivative by x.
    let closedForm nu =
        match nu with
        | 0.5 -> Some(fun x -> struct (exp -x, -exp -x, exp -x))
        | 1.5 -> Some(fun x -> struct ((1.0 + x) * exp -x, -x * exp -x, (x - 1.0) * exp -x))
        | 2.5 ->
            Some(fun x ->
                struct ((1.0 + x + x * x / 3.0) * exp -x,
                        -x * (1.0 + x) / 3.0 * exp -x,
                        (x * x - x - 1.0) / 3.0 * exp -x))
        | _ -> None

    /// ψ′, the derivative of the digamma function: its asymptotic series from 12 on, the recurrence below.
    let rec private trigamma z =
        if z < 12.0 then
            trigamma (z + 1.0) + 1.0 / (z * z)
        else
            let s = 1.0 / (z * z)

            1.0 / z
            + s / 2.0
            + s / z
              * (1.0 / 6.0
                 - s * (1.0 / 30.0 - s * (1.0 / 42.0 - s * (1.0 / 30.0 - s * 5.0 / 66.0))))

    /// Beyond this smoothness the factors of the correlation, of the size of ν log ν, leave it fewer than seven digits.
    let private largest = 1e7

    let private computed (x: Jet) (nu: Jet) =
        let distance, smoothness = x.Value, nu.Value
        let bessel = BesselIntegral.compute smoothness distance
        let struct (log0, slope0, curvature0) = bessel.Order
        let struct (log1, slope1) = bessel.OrderLessOne

        let logScale =
            (1.0 - smoothness) * log 2.0 - SpecialFunctions.GammaLn smoothness
            + smoothness * log distance

        let scaleSlope = -log 2.0 - SpecialFunctions.DiGamma smoothness + log distance

        let value = exp (logScale + log0)
        let byX = -exp(logScale + log1)
        let byXX = exp (logScale + bessel.OrderLessTwo) + byX / distance
        let slope = scaleSlope + slope0
        let byNu = value * slope
        let byNuNu = value * (slope * slope + curvature0 - trigamma smoothness)
        let byXNu = byX * (scaleSlope + slope1)

        // A Taylor series to second order carries derivatives to second order.
        let changeOfX, changeOfNu = Jet.shift -distance x, Jet.shift -smoothness nu

        Jet.Chain(value, byX, byXX, x)
        +. Jet.Chain(0.0, byNu, byNuNu, nu)
        +. Jet.scale byXNu (changeOfX *. changeOfNu)

    /// <summary>The correlation at x &gt; 0 with all first and second derivatives by x and ν; not a number where ν is too large
    /// for it to be computed, which a search turns away from.</summary>
    /// <remarks>(x^ν K_ν)′ = −x^ν K_(ν−1) (Abramowitz and Stegun 9.6.28).</remarks>
    let correlation (x: Jet) (nu: Jet) =
        if nu.Value <= largest then
            computed x nu
        else
            Jet.number nan

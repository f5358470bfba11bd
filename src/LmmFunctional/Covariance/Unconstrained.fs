namespace LmmFunctional.Estimation

open System

/// <summary>Maps between a parameter's own region and the whole line; every real number is an ordinary point.</summary>
[<RequireQualifiedAccess>]
module internal Unconstrained =

    /// Positive numbers: e^τ.
    let positive tau = Jet.exp tau

    /// (−1, 1): tanh τ, whose derivatives do not cancel near the ends.
    let correlation (tau: Jet) =
        let t = tanh tau.Value
        let cosh = cosh tau.Value
        let slope = 1.0 / (cosh * cosh)
        Jet.Chain(t, slope, -2.0 * t * slope, tau)

    /// √(1 − tanh²τ) = 1/cosh τ.
    let complement (tau: Jet) =
        let s = 1.0 / cosh tau.Value
        let t = tanh tau.Value
        Jet.Chain(s, -s * t, s * (t * t - s * s), tau)

    /// (0, 1): the logistic function.
    let proportion (tau: Jet) =
        let p = 1.0 / (1.0 + exp -tau.Value)
        let slope = p / (1.0 + exp tau.Value)
        Jet.Chain(p, slope, slope * (1.0 - 2.0 * p), tau)

    /// The logarithm of the logistic function, without underflow.
    let logProportion (tau: Jet) =
        let x = tau.Value

        let value =
            if x > 0.0 then
                -Math.Log(1.0 + exp -x)
            else
                x - Math.Log(1.0 + exp x)

        let p = 1.0 / (1.0 + exp -x)
        let rest = 1.0 / (1.0 + exp x)
        Jet.Chain(value, rest, -p * rest, tau)

    /// (lower, 1).
    let above lower tau =
        proportion tau |> Jet.scale (1.0 - lower) |> Jet.shift lower

    /// τ of a positive number.
    let ofPositive x = if x > 0.0 then Some(log x) else None

    /// τ of a number between −1 and 1.
    let ofCorrelation x =
        if abs x < 1.0 then Some(Math.Atanh x) else None

    /// τ of a number between 0 and 1.
    let ofProportion x =
        if x > 0.0 && x < 1.0 then
            Some(log (x / (1.0 - x)))
        else
            None

    /// τ of a number between lower and 1.
    let ofAbove lower x =
        ofProportion ((x - lower) / (1.0 - lower))

    /// All, or none if one is missing.
    let all (taus: float option[]) =
        if taus |> Array.forall Option.isSome then
            Some(taus |> Array.map Option.get)
        else
            None

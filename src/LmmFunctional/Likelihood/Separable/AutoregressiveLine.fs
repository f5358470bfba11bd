namespace LmmFunctional.Estimation

/// <summary>An autoregressive process along a line of T cells at one ρ: C = ρ^|i−j|, and its inverse Q, which is tridiagonal.
/// </summary>
/// <remarks>Derivatives are by τ with ρ = tanh τ, so that ∂ρ/∂τ = 1 − ρ² cancels what grows without bound near |ρ| = 1.
/// </remarks>
[<NoComparison; ReferenceEquality>]
type internal AutoregressiveLine = {
    Rho: float
    /// 1 − ρ².
    Rest: float
}

[<RequireQualifiedAccess>]
module internal AutoregressiveLine =

    /// Independent cells: what stands for an axis that is not there.
    let none = { Rho = 0.0; Rest = 1.0 }

    /// The process with ρ = tanh τ.
    let create (tau: float) =
        let complement = 1.0 / cosh tau

        {
            Rho = tanh tau
            Rest = complement * complement
        }

    // Where an element of Q stands: on the diagonal for a cell that is alone on its line, at an end, or inside; or beside it.
    let lone, outer, inner, beside = 0, 1, 2, 3

    /// The elements of Q, one for each of the four places.
    let precision line = [|
        1.0
        1.0 / line.Rest
        (1.0 + line.Rho * line.Rho) / line.Rest
        -line.Rho / line.Rest
    |]

    /// Their derivatives by τ.
    let precisionSlope line = [|
        0.0
        2.0 * line.Rho / line.Rest
        4.0 * line.Rho / line.Rest
        -(1.0 + line.Rho * line.Rho) / line.Rest
    |]

    /// log|C| of T cells.
    let logDeterminant count line = float (count - 1) * log line.Rest

    /// Its derivative by τ.
    let logDeterminantSlope count line = -2.0 * float (count - 1) * line.Rho

    /// <summary>x ← Cx, or ∂C/∂τ x, on T cells of an array that are a stride apart.</summary>
    /// <param name="line">The process.</param>
    /// <param name="isSlope">Whether the derivative is meant.</param>
    /// <param name="count">T.</param>
    /// <param name="x">The array; overwritten.</param>
    /// <param name="start">The first cell.</param>
    /// <param name="stride">From cell to cell.</param>
    /// <param name="work">T numbers; overwritten.</param>
    let multiply line isSlope count (x: float[]) start stride (work: float[]) =
        let rho = line.Rho
        // The sum over the cells behind, weighted by powers of ρ, and its derivative by ρ.
        let mutable sum = 0.0
        let mutable slope = 0.0

        for i in 0 .. count - 1 do
            slope <- rho * slope + sum
            sum <- rho * sum + x[start + i * stride]
            work[i] <- if isSlope then slope else sum

        sum <- 0.0
        slope <- 0.0

        for i in count - 1 .. -1 .. 0 do
            let at = start + i * stride
            let own = x[at]
            slope <- rho * slope + sum

            x[at] <-
                if isSlope then
                    line.Rest * (work[i] + slope)
                else
                    work[i] + rho * sum

            sum <- rho * sum + own

    /// <summary>x ← Qx on T cells of an array that are a stride apart.</summary>
    let multiplyPrecision (elements: float[]) count (x: float[]) start stride =
        if count > 1 then
            let mutable before = 0.0

            for i in 0 .. count - 1 do
                let at = start + i * stride
                let own = x[at]
                let after = if i < count - 1 then x[at + stride] else 0.0

                let diagonal =
                    if i = 0 || i = count - 1 then
                        elements[outer]
                    else
                        elements[inner]

                x[at] <- diagonal * own + elements[beside] * (before + after)
                before <- own

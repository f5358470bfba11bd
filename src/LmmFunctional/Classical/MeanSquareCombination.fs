namespace LmmFunctional.Classical

open LmmFunctional.Model
open MathNet.Numerics
open MathNet.Numerics.Distributions

/// <summary>One mean square of a combination.</summary>
type WeightedMeanSquare = {
    Source: string
    Coefficient: float
    MeanSquare: float
    Df: int
}

/// <summary>A confidence interval.</summary>
type ConfidenceInterval = {
    /// Coverage aimed at: 0.95.
    Level: float
    Lower: float
    Upper: float
}

/// <summary>Linear combinations Σ aᵢMSᵢ of independent mean squares: variances estimated by analysis of
/// variance.</summary>
/// <remarks>Normal theory: dfᵢMSᵢ/E(MSᵢ) is χ² with dfᵢ degrees of freedom, independent of the others.</remarks>
[<RequireQualifiedAccess>]
module MeanSquareCombination =

    /// <summary>The estimate Σ aᵢMSᵢ.</summary>
    let estimate (parts: WeightedMeanSquare list) =
        parts |> List.sumBy (fun part -> part.Coefficient * part.MeanSquare)

    /// <summary>The unbiased estimate of its variance, 2Σ aᵢ²MSᵢ²/(dfᵢ + 2).</summary>
    let variance (parts: WeightedMeanSquare list) =
        2.0
        * (parts
           |> List.sumBy (fun part -> (part.Coefficient * part.MeanSquare) ** 2.0 / float (part.Df + 2)))

    /// <summary>The standard error, the root of the variance.</summary>
    let standardError parts = sqrt (variance parts)

    /// <summary>The degrees of freedom of Cochran and Satterthwaite, (Σ aᵢMSᵢ)²/Σ (aᵢMSᵢ)²/dfᵢ.</summary>
    let satterthwaiteDf (parts: WeightedMeanSquare list) =
        let total = estimate parts

        total * total
        / (parts
           |> List.sumBy (fun part -> (part.Coefficient * part.MeanSquare) ** 2.0 / float part.Df))

    // MathNet's quantiles stop at 2e-15. Below 1e-10 the first term of the series, P(χ² < x) = (x/2)^k/Γ(k + 1) with
    // k = ν/2, is exact to rounding.
    let private quantile (df: float) probability =
        let found = ChiSquared.InvCDF(df, probability)

        if found > 1e-10 then
            found
        else
            let k = 0.5 * df
            2.0 * (probability * SpecialFunctions.Gamma(k + 1.0)) ** (1.0 / k)

    /// <summary>The interval νσ̂²/χ² of Cochran and Satterthwaite.</summary>
    /// <param name="level">Coverage aimed at, between 0 and 1.</param>
    /// <param name="parts">The combination.</param>
    /// <returns>The interval; None when the estimate is not positive: no χ² distribution describes it. With few degrees of
    /// freedom the upper limit is infinite.</returns>
    /// <exception cref="T:System.ArgumentException">The level is not between 0 and 1.</exception>
    /// <remarks>Good for sums; with large negative coefficients the modified large-sample interval covers
    /// better.</remarks>
    let satterthwaite level (parts: WeightedMeanSquare list) : ConfidenceInterval option =
        Guard.level (nameof level) level
        let total = estimate parts

        if total <= 0.0 then
            None
        else
            let df = satterthwaiteDf parts
            let tail = (1.0 - level) / 2.0

            Some {
                Level = level
                Lower = df * total / quantile df (1.0 - tail)
                Upper = df * total / quantile df tail
            }

    /// <summary>Multiplies a combination by a number.</summary>
    let scale factor (parts: WeightedMeanSquare list) : WeightedMeanSquare list =
        parts
        |> List.map (fun part -> {
            part with
                Coefficient = factor * part.Coefficient
        })

    /// <summary>The sum of two combinations; mean squares that both have occur once.</summary>
    let add (a: WeightedMeanSquare list) (b: WeightedMeanSquare list) : WeightedMeanSquare list =
        a @ b
        |> List.groupBy _.Source
        |> List.map (fun (_, same) -> {
            same.Head with
                Coefficient = same |> List.sumBy _.Coefficient
        })

namespace LmmFunctional.Estimation

open System
open System.Collections.Immutable
open LmmFunctional.Numerics

/// <summary>The residual covariance of every pattern at one τ, relative to σ².</summary>
[<NoComparison; ReferenceEquality>]
type internal WhitenedResidual = {
    /// R⁻¹, m×m.
    Precisions: float[][]
    /// log|R| of all rows.
    LogDeterminant: float
    /// ∂R/∂τ_k of every pattern, m×m each; empty where it is zero.
    Slopes: Lazy<float[][][]>
    /// R with its derivatives.
    Covariance: Lazy<MarginalCovariance>
}

[<RequireQualifiedAccess>]
module internal WhitenedResidual =

    /// Everything at a τ; None where R is not positive definite to working precision.
    let tryCreate (rows: WhitenedRows) (tau: ImmutableArray<float>) : WhitenedResidual option =
        let model = rows.Residual
        let patterns = model.Patterns
        let matrix = MarginalModel.matrix model tau
        let logs: float[] = Array.create patterns.Length nan
        let precisions: float[][] = Array.create patterns.Length [||]

        Tiles.Run(
            patterns.Length,
            2.0 * (patterns |> Array.sumBy (fun pattern -> pown (float pattern.Size) 3)),
            fun index ->
                let m = patterns[index].Size
                let r = matrix index

                if Dense.Factor(m, r) then
                    let mutable sum = 0.0

                    for i in 0 .. m - 1 do
                        sum <- sum + log r[i + i * m]

                    logs[index] <- 2.0 * float patterns[index].Count * sum
                    precisions[index] <- Dense.Inverse(m, r)
        )

        let total = Array.sum logs

        if Double.IsFinite total then
            let covariance = lazy (MarginalModel.covariance model tau)

            Some {
                Precisions = precisions
                LogDeterminant = total
                Slopes = lazy (Array.init patterns.Length covariance.Value.First)
                Covariance = covariance
            }
        else
            None

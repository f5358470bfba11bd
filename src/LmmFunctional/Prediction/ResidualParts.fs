namespace LmmFunctional.Analysis

/// <summary>What the residuals of a future observation add, relative to σ².</summary>
[<NoComparison; ReferenceEquality>]
type internal ResidualShare = {
    /// Rows of the fit, each with the weight of its residual: R⁻¹c.
    Weights: struct (int * float)[]
    /// c, the covariances with these rows.
    Covariances: float[]
    /// Cells of the field of residuals with their loadings.
    Cells: struct (int * float) list
    /// What is left of its variance: r − c'R⁻¹c.
    Variance: float
}

/// <summary>What the residuals of several future observations add.</summary>
[<NoComparison; NoEquality>]
type internal ResidualParts = {
    Shares: ResidualShare[]
    /// The covariance of what is left of two of them, relative to σ²; of one with itself its variance.
    Covariance: int -> int -> float
}

/// <summary>Making and combining what residuals add.</summary>
[<RequireQualifiedAccess>]
module internal ResidualParts =

    /// Residuals of new observations that nothing is correlated with, of given variances relative to σ².
    let alone (variances: float[]) : ResidualParts = {
        Shares =
            variances
            |> Array.map (fun variance -> {
                Weights = [||]
                Covariances = [||]
                Cells = []
                Variance = variance
            })
        Covariance = fun k l -> if k = l then variances[k] else 0.0
    }

    /// <summary>Linear combinations of observations: of each the weights of the observations.</summary>
    let combine (weights: float[][]) (parts: ResidualParts) : ResidualParts =
        let scaled (own: float[]) (f: ResidualShare -> struct (int * float) seq) = [
            for k in 0 .. own.Length - 1 do
                if own[k] <> 0.0 then
                    for struct (place, value) in f parts.Shares[k] do
                        struct (place, own[k] * value)
        ]

        let covariance (a: float[]) (b: float[]) =
            let mutable sum = 0.0

            for k in 0 .. a.Length - 1 do
                for l in 0 .. b.Length - 1 do
                    if a[k] <> 0.0 && b[l] <> 0.0 then
                        sum <- sum + a[k] * b[l] * parts.Covariance k l

            sum

        {
            Shares =
                weights
                |> Array.map (fun own -> {
                    Weights = scaled own (fun share -> share.Weights) |> Array.ofList
                    Covariances = [||]
                    Cells = scaled own (fun share -> share.Cells)
                    Variance = covariance own own
                })
            Covariance = fun k l -> covariance weights[k] weights[l]
        }

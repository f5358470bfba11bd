namespace LmmFunctional.Estimation

open System.Collections.Immutable

/// <summary>A separable model at a nugget of zero: that without one, with nothing along its last parameter.</summary>
[<RequireQualifiedAccess>]
module internal NuggetAtZero =

    /// Whether the nugget, the last parameter of the residuals, is at its end of zero.
    let isReached (model: SeparableModel) (theta: ImmutableArray<float>) =
        let ends = Array.last model.Marginal.Residual.Parameters.Ends

        match ends.Lower with
        | Some zero -> zero.Distance theta[theta.Length - 1] = 0.0
        | None -> false

    let private bordered (inner: SquareBlock) =
        let k = inner.Order
        SquareBlock.init (k + 1) (fun i j -> if i < k && j < k then inner[i, j] else 0.0)

    let private parts (own: CriterionParts) : CriterionParts = {
        Traces = Array.append own.Traces [| 0.0 |]
        Squares = Array.append own.Squares [| 0.0 |]
        Combined = fun ofAverage ofTrace -> bordered (own.Combined ofAverage ofTrace)
        Curvature = fun weight -> bordered (own.Curvature weight)
    }

    /// V factored by the model without a nugget, as one of the model with it; n rows.
    let solved n (own: ISolved) : ISolved = {
        new ISolved with
            member _.Scores = own.Scores
            member _.Solve(m, w) = own.Solve(m, w)

            member _.Images(m, w) =
                let images = own.Images(m, w)
                let length = images.Length / m

                Array.init m (fun c -> Array.append (Array.sub images (c * length) length) (Array.zeroCreate n))
                |> Array.concat

            member _.SecondAlong(c, d) = bordered (own.SecondAlong(c, d))
        interface IFactoredVariance with
            member _.LogDeterminant = own.LogDeterminant
            member _.FixedFactor = own.FixedFactor
            member _.Parts reml = parts (own.Parts reml)
            member _.TermDerivatives reml = own.TermDerivatives reml
            member _.EffectResiduals t = own.EffectResiduals t
            member _.FixedScores t = own.FixedScores t
            member _.ConditionalCovariance t = own.ConditionalCovariance t
    }

namespace LmmFunctional.Estimation

open LmmFunctional.Numerics

/// <summary>Derivatives of a whitened model at the point its factor holds, β profiled out.</summary>
/// <remarks>Traces come from the inverse on the pattern of M. Everything else is made of vectors of n rows, V̇_k w being a
/// sparse product for random terms and one with small blocks for residuals.</remarks>
[<RequireQualifiedAccess>]
module internal WhitenedDerivatives =

    /// F, k×k, from the images of ε.
    let private averages (factor: WhitenedFactor) (steps: float[]) : SquareBlock =
        let model = factor.Model

        let n, k, p =
            model.Rows.Count, model.Marginal.Parameters, model.Rows.Residual.FixedCount

        let solved = factor.Solve(k, steps)
        let product = Dense.Multiply(k, k, n, steps, true, solved, false)

        let onFixed =
            Dense.Multiply(p, k, n, Array.sub factor.Scores 0 (n * p), true, steps, false)

        let taken = Dense.Multiply(k, k, p, onFixed, true, onFixed, false)
        SquareBlock.init k (fun i j -> 0.5 * (product[i + j * k] + product[j + i * k]) - taken[i + j * k])

    /// First derivatives with what they are made of.
    let private first reml (factor: WhitenedFactor) =
        let engine = factor.Engine
        engine.Solve()
        let derivatives = engine.Derivatives reml
        let sums = WhitenedTraces.create reml factor
        let slopes = WhitenedImages.covarianceSlopes factor
        let ofResiduals = factor.Residual.Slopes.Value

        let along (ofTerm: TermDerivative -> float[]) (ofPattern: WhitenedSums -> float[]) =
            Array.init factor.Model.Marginal.Parameters (fun i ->
                if i < slopes.Length then
                    let t, slope = slopes[i]
                    Dense.Dot(ofTerm derivatives[t], slope)
                else
                    Array.fold2
                        (fun sum own (matrices: float[][]) ->
                            let slope = matrices[i - slopes.Length]

                            if slope.Length > 0 then
                                sum + Dense.Dot(ofPattern own, slope)
                            else
                                sum)
                        0.0
                        sums
                        ofResiduals)

        struct (derivatives, sums, along _.Trace WhitenedSums.trace, along _.Square _.Square)

    /// <summary>First derivatives, and lazily the rest, with the parts of ∂f/∂G of every term.</summary>
    let parts reml (factor: WhitenedFactor) : CriterionParts * TermDerivative[] =
        let model = factor.Model

        let n, p = model.Rows.Count, model.Rows.Residual.FixedCount

        let struct (derivatives, sums, traces, squares) = first reml factor

        let curvature df =
            let less trace square =
                Array.map2 (fun trace square -> trace - df * square) trace square

            WhitenedSeconds.weighted factor (fun t -> less derivatives[t].Trace derivatives[t].Square) (fun index ->
                less (WhitenedSums.trace sums[index]) sums[index].Square)

        let average =
            lazy
                (WhitenedImages.create factor 1 (Array.sub factor.Scores (p * n) n)
                 |> averages factor)

        let traceProducts () =
            if WhitenedTraceProducts.isExactAffordable model then
                WhitenedTraceProducts.exact reml factor
            else
                let tracesThere () =
                    let struct (_, _, traces, _) = first reml factor
                    traces

                WhitenedTraceProducts.byDifferences factor tracesThere (curvature 0.0)
                |> Option.defaultWith (fun () -> WhitenedTraceProducts.exact reml factor)

        let traceProduct = lazy (traceProducts ())

        {
            Traces = traces
            Squares = squares
            Combined = CriterionParts.combinedOf average traceProduct
            Curvature = curvature
        },
        derivatives

namespace LmmFunctional.Analysis

open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Estimation

/// <summary>Profiles over a linear function of the fixed effects: each value is imposed, and the rest is fitted again.</summary>
/// <remarks>Under REML it is the likelihood of the error contrasts that are free of all other coefficients; its minimum may lie a
/// little beside the estimate by generalised least squares, and the profile is centred at it.</remarks>
[<RequireQualifiedAccess>]
module internal CoefficientProfile =

    /// −2 log likelihood with the contrast at a value, and θ there.
    let private imposed (fit: Fit) weights value start : float * ImmutableArray<float> =
        let design = Refit.withContrast weights value fit.Design

        match LogLikelihood.createWith fit.Model.Held.Known fit.Criterion design with
        | Ok likelihood ->
            let last = Refit.minimise likelihood.Objective start
            last.Criterion, last.Theta
        // What is left of X fits the shifted response exactly: no likelihood is higher elsewhere.
        | Error _ -> infinity, start

    /// The vertex of the parabola through three points with equal distances.
    let private vertex step (left, middle, right) center =
        let second = left - 2.0 * middle + right

        if second > 0.0 then
            center + max -1.0 (min 1.0 (0.5 * (left - right) / second)) * step
        else
            center

    /// Under ML the estimate; under REML the minimum found by parabolas.
    let private centerOf (fit: Fit) weights estimate se =
        let start = Refit.thetaOf fit

        match fit.Criterion with
        | Criterion.Ml -> estimate, fst (imposed fit weights estimate start), start
        | Criterion.Reml ->
            let valueAt b = fst (imposed fit weights b start)

            let refine center step =
                vertex step (valueAt (center - step), valueAt center, valueAt (center + step)) center

            let center =
                [ 0.3; 0.05; 0.02 ] |> List.fold (fun b share -> refine b (share * se)) estimate

            let lowest, theta = imposed fit weights center start
            center, lowest, theta

    /// <summary>The profile of Σ weights_k β_k at a fit.</summary>
    let create (fit: Fit) (weights: float[]) : ProfileFunction<ImmutableArray<float>> =
        let estimate = Array.fold2 (fun sum w b -> sum + w * b) 0.0 weights fit.Inner.Beta
        let covariance = fit.CoefficientCovariance

        let se =
            Seq.allPairs (Seq.indexed weights) (Seq.indexed weights)
            |> Seq.sumBy (fun ((i, v), (j, w)) -> v * w * covariance[i, j])
            |> sqrt

        let center, lowest, theta = centerOf fit weights estimate se

        let near value _ (from: ProfileState<ImmutableArray<float>>) =
            let criterion, theta = imposed fit weights value from.State

            {
                Value = value
                Root = sqrt (max 0.0 (criterion - lowest))
                Slope = None
                State = theta
            }

        {
            Center = {
                Value = center
                Root = 0.0
                Slope = None
                State = theta
            }
            Scale = se
            Lower = None
            Upper = None
            Near = near
            AtBound = fun _ from -> from
        }

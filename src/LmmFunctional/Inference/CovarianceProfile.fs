namespace LmmFunctional.Analysis

open System
open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>Profiles over covariance parameters, by the exact optimum of a penalised likelihood.</summary>
/// <remarks>The minimum of f + w (h − d)² minimises f among all points with the same h, so that it lies on the profile whatever w
/// and d are, and there df/dh = 2 w (d − h). No constraint has to be solved for, and the solver of the fit serves.</remarks>
[<RequireQualifiedAccess>]
module internal CovarianceProfile =

    // Parameters of structures

    /// Adds w (h² − 2 h d), which differs from w (h − d)² by a constant only and keeps the criterion's digits.
    let private penalised weight wanted (h: float[] -> float) (objective: Objective) : Objective =
        let evaluate (omega: ImmutableArray<float>) order =
            let inner = objective.Evaluate omega order
            let x = Array.ofSeq omega
            let value = h x

            if not (Double.IsFinite inner.Value && Double.IsFinite value) then
                { inner with Value = infinity }
            else
                let valued = {
                    inner with
                        Value = inner.Value + weight * value * (value - 2.0 * wanted)
                }

                match order with
                | Order.Value -> valued
                | Order.Gradient
                | Order.Curvature _ ->
                    let slopes = Differences.gradient h x

                    let sloped = {
                        valued with
                            Gradient =
                                ImmutableArray.CreateRange(
                                    Seq.map2 (fun g s -> g + 2.0 * weight * (value - wanted) * s) inner.Gradient slopes
                                )
                    }

                    match order with
                    | Order.Curvature _ ->
                        let second = Differences.hessian h x

                        {
                            sloped with
                                Curvature =
                                    Matrix.init x.Length x.Length (fun i j ->
                                        inner.Curvature[i, j]
                                        + 2.0 * weight * (slopes[i] * slopes[j] + (value - wanted) * second[i, j]))
                        }
                    | _ -> sloped

        {
            objective with
                Evaluate = evaluate
                // Derivatives of h are differences: their rounding stays well below this.
                Tolerance = max 1e-12 objective.Tolerance
        }
        // Ends of other parameters are reached and left along the profile.
        |> EndBounds.extend

    // Stiff against the curvature of the likelihood along h, so that there is one minimum.
    let private stiffness = 30.0

    // How far from the wanted value a point may be, relative to its distance from the estimate.
    let private nearEnough = 0.1

    // A factor of zero is stationary by symmetry: started beside it, the solver need not find the way out.
    let private awayFromZero (omega: ImmutableArray<float>) : ImmutableArray<float> =
        omega
        |> Seq.mapi (fun i v -> if v = 0.0 && i < omega.Length - 1 then 0.1 else v)
        |> ImmutableArray.CreateRange

    /// A size of the smooth value: its standard error, or what there is where curvature tells none.
    let private unitOf (fit: Fit) (target: CovarianceTarget) estimate =
        match CovarianceInference.standardError Information.Observed target.Smooth fit with
        | Some se -> se
        // At a bound: a tenth of the parameter's natural size.
        | None when target.Unit.IsSome -> target.Unit.Value
        | None when target.Upper.IsSome -> 0.1
        | None -> 0.1 * (abs estimate + fit.Unit * fit.Unit)

    /// The weight of a penalty: stiffer beside a bound, so that a slope guessed wrong does not push the optimum into it.
    let private weightOf (target: CovarianceTarget) unit : float -> float =
        let bounds =
            List.choose id [ target.Lower; target.Upper ] |> List.map target.Smoothed

        fun wanted ->
            let room =
                bounds |> List.fold (fun least bound -> min least (abs (wanted - bound))) unit

            let size = max room (1e-3 * unit)
            stiffness / (size * size)

    /// dv/dt of the map from what is told to what is smooth.
    let private stretchOf (target: CovarianceTarget) value =
        let step = 1e-5 * max 1e-8 (abs value)
        (target.Smoothed(value + step) - target.Smoothed(value - step)) / (2.0 * step)

    /// <summary>The profile of a target at a fit.</summary>
    /// <param name="fit">The fit.</param>
    /// <param name="target">The function.</param>
    let create (fit: Fit) (target: CovarianceTarget) : ProfileFunction<ImmutableArray<float>> =
        let likelihood = fit.Model
        let optimum = CoordinateCovariance.pointOf fit
        let objective = JointLikelihood.objective likelihood optimum
        let lowest = (objective.Evaluate optimum Order.Value).Value

        let h (x: float[]) =
            target.Smooth(JointLikelihood.estimates likelihood (ImmutableArray.CreateRange x))

        let estimate = h (Array.ofSeq optimum)

        let unit = unitOf fit target estimate
        let weightAt = weightOf target unit
        let stretchAt = stretchOf target

        /// The optimum of the penalised likelihood, its smooth value and the derivative of −2 log likelihood by it.
        let solve weight wanted (start: ImmutableArray<float>) : ProfileState<ImmutableArray<float>> * float * float =
            let start =
                let isKnown = Double.IsFinite((objective.Evaluate start Order.Value).Value)
                if isKnown then start else optimum

            let last = Refit.minimise (penalised weight wanted h objective) (awayFromZero start)
            let value = h (Array.ofSeq last.Theta)
            let rise = max 0.0 ((objective.Evaluate last.Theta Order.Value).Value - lowest)
            let root = sqrt rise
            let told = target.Tell value

            let slope = 2.0 * weight * (wanted - value)

            {
                Value = told
                Root = root
                Slope =
                    if root > 0.0 then
                        Some(0.5 * slope * stretchAt told / root)
                    else
                        None
                State = last.Theta
            },
            value,
            slope

        let told = target.Tell estimate

        /// Solves until the smooth value is near the wanted one: each solution tells the slope that the next one needs.
        let rec approach tries wanted slope start =
            let weight = weightAt wanted
            let point, smooth, slopeThere = solve weight (wanted + 0.5 * slope / weight) start

            if tries = 0 || abs (smooth - wanted) <= nearEnough * abs (wanted - estimate) then
                point
            else
                let isAtBound = Some point.Value = target.Lower || Some point.Value = target.Upper
                approach (tries - 1) wanted (if isAtBound then 0.5 * slope else slopeThere) point.State

        {
            Center = {
                Value = told
                Root = 0.0
                Slope = None
                State = optimum
            }
            Scale =
                match target.Lower with
                | Some _ when target.Upper.IsNone -> 0.5 * unit / max (sqrt unit) told
                | _ -> unit
            Lower = target.Lower
            Upper = target.Upper
            Near =
                fun value slope from ->
                    let stretch = max 1e-150 (stretchAt value)
                    // The derivative of −2 log likelihood is 2 root · slope; the root is read off the straight line.
                    let root = abs (from.Root + slope * (value - from.Value))
                    approach 4 (target.Smoothed value) (2.0 * root * slope / stretch) from.State
            AtBound =
                fun sign from ->
                    let bound =
                        (if sign < 0 then target.Lower else target.Upper) |> Option.defaultValue told

                    let smooth = target.Smoothed bound
                    // So hard that the bound is reached unless the likelihood rises without limit.
                    let wanted = smooth + float sign * 1e4 * max unit (abs (estimate - smooth))
                    let point, _, _ = solve (stiffness / (unit * unit)) wanted from.State
                    point
        }

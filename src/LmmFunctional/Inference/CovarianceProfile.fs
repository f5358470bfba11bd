namespace LmmFunctional.Analysis

open System
open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>A smooth function of the covariance parameters, prepared for profiling.</summary>
[<NoComparison; NoEquality>]
type internal CovarianceTarget = {
    /// Smooth in the entries of the factors, at zero variances too.
    Smooth: CovarianceEstimates -> float
    /// From the smooth value to the value that is told.
    Tell: float -> float
    /// Back.
    Smoothed: float -> float
    /// Bounds of the value that is told.
    Lower: float option
    Upper: float option
    /// A size of the smooth value to go by where curvature tells none.
    Unit: float option
}

/// <summary>Profiles over covariance parameters, by the exact optimum of a penalised likelihood.</summary>
/// <remarks>The minimum of f + w (h − d)² minimises f among all points with the same h, so that it lies on the profile whatever w
/// and d are, and there df/dh = 2 w (d − h). No constraint has to be solved for, and the solver of the fit serves.</remarks>
[<RequireQualifiedAccess>]
module internal CovarianceProfile =

    // Parameters of structures

    let private isOfStructure parameter =
        match parameter with
        | VarianceParameter.TermStructure _
        | VarianceParameter.ResidualStructure _ -> true
        | _ -> false

    /// Whether a parameter is a root of a variance of random effects, which may be zero, or the variance.
    let private isOwnVariance design parameter =
        match parameter, VarianceParameters.kindOf design parameter with
        | VarianceParameter.TermStructure _, (ParameterKind.StandardDeviation | ParameterKind.Variance) -> true
        | _ -> false

    /// The name of a parameter of a structure among those of the likelihood.
    let private nameOf (design: Design) parameter =
        match parameter with
        | VarianceParameter.ResidualStructure _ ->
            $"{NamedParameters.residualName}.{VarianceParameters.nameIn design parameter}"
        | _ -> VarianceParameters.nameIn design parameter

    /// The ends of the region of a parameter of a structure; infinite ones for others.
    let regionOf (fit: Fit) (parameter: VarianceParameter) : float * float =
        if isOfStructure parameter then
            match ParameterNames.find fit.Model.Parameters (nameOf fit.Design parameter) with
            | Ok place -> ParameterNames.regionOf place
            | Error _ -> -infinity, infinity
        else
            -infinity, infinity

    /// The same of one that is estimated at an end of it and has no root to be told by.
    let regionAtEnd (fit: Fit) (parameter: VarianceParameter) : (float * float) option =
        let low, high = regionOf fit parameter
        let value = VarianceParameters.valueOf parameter (VarianceParameters.estimates fit)

        let isAtEnd =
            value = high || Double.IsFinite low && abs (value - low) <= 1e-12 * abs low

        if isAtEnd && not (isOwnVariance fit.Design parameter) then
            Some(low, high)
        else
            None

    /// Whether a parameter is profiled on its unbounded scale.
    let isUnbounded (fit: Fit) (parameter: VarianceParameter) =
        isOfStructure parameter
        && not (isOwnVariance fit.Design parameter)
        && (regionAtEnd fit parameter).IsNone

    /// From the scale of a profile to that of the user.
    let tellOf (fit: Fit) (parameter: VarianceParameter) : float -> float =
        if isUnbounded fit parameter then
            snd (VarianceParameters.unboundedOf fit.Design parameter)
        else
            id

    /// A tenth of a region, or of what is usual beside its end.
    let private unitOf (fit: Fit) parameter (low, high) =
        if Double.IsFinite(high - low) then
            0.1 * (high - low)
        else
            match fit.Model.Objective.Names.IndexOf(nameOf fit.Design parameter) with
            | -1 -> 0.1
            | place ->
                match fit.Model.Objective.Ends[place].Lower with
                | Some own -> exp (own.From 0.1)
                | None -> 0.1

    let private ofStructure (fit: Fit) parameter value : CovarianceTarget =
        match regionAtEnd fit parameter with
        | Some(low, high) -> {
            Smooth = value
            Tell = max low >> min high
            Smoothed = id
            Lower = Some low |> Option.filter Double.IsFinite
            Upper = Some high |> Option.filter Double.IsFinite
            Unit = Some(unitOf fit parameter (low, high))
          }
        | None -> {
            Smooth = value >> fst (VarianceParameters.unboundedOf fit.Design parameter)
            Tell = id
            Smoothed = id
            Lower = None
            Upper = None
            Unit = None
          }

    /// A parameter of a random term's structure: standard deviations and variances of its own may be zero.
    let private ofTerm (fit: Fit) parameter (value: CovarianceEstimates -> float) : CovarianceTarget =
        match VarianceParameters.kindOf fit.Design parameter with
        | ParameterKind.StandardDeviation -> {
            Smooth = fun estimates -> value estimates * value estimates
            Tell = fun v -> sqrt (max 0.0 v)
            Smoothed = fun s -> s * s
            Lower = Some 0.0
            Upper = None
            Unit = None
          }
        | ParameterKind.Variance -> {
            Smooth = value
            Tell = max 0.0
            Smoothed = id
            Lower = Some 0.0
            Upper = None
            Unit = None
          }
        | _ -> ofStructure fit parameter value

    /// <summary>A standard deviation, told so, smooth as a variance; a correlation; σ; all other parameters of structures on
    /// their unbounded scale, where the ends of their region are infinitely far, or as they are where they are estimated at
    /// one of them.</summary>
    let ofParameter (fit: Fit) (parameter: VarianceParameter) : CovarianceTarget =
        let value = VarianceParameters.valueOf parameter

        match parameter with
        | VarianceParameter.TermStructure _ -> ofTerm fit parameter value
        | VarianceParameter.EffectVariance _ -> {
            Smooth = value
            Tell = fun v -> sqrt (max 0.0 v)
            Smoothed = fun s -> s * s
            Lower = Some 0.0
            Upper = None
            Unit = None
          }
        | VarianceParameter.EffectCovariance _ -> {
            Smooth = VarianceParameters.deviationOf parameter
            Tell = max -1.0 >> min 1.0
            Smoothed = id
            Lower = Some -1.0
            Upper = Some 1.0
            Unit = None
          }
        | VarianceParameter.Residual -> {
            Smooth = value >> sqrt
            Tell = id
            Smoothed = id
            Lower = None
            Upper = None
            Unit = None
          }
        | VarianceParameter.ResidualStructure _ -> ofStructure fit parameter value

    /// Any function, within bounds; an infinite bound is none.
    let ofFunction lower upper f : CovarianceTarget = {
        Smooth = f
        Tell = id
        Smoothed = id
        Lower = lower |> Option.filter Double.IsFinite
        Upper = upper |> Option.filter Double.IsFinite
        Unit = None
    }

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

    /// <summary>The profile of a target at a fit.</summary>
    /// <param name="fit">The fit.</param>
    /// <param name="target">The function.</param>
    let create (fit: Fit) (target: CovarianceTarget) : ProfileFunction<ImmutableArray<float>> =
        let likelihood = fit.Model
        let optimum = CovarianceInference.pointOf fit
        let objective = JointLikelihood.objective likelihood optimum
        let lowest = (objective.Evaluate optimum Order.Value).Value

        let h (x: float[]) =
            target.Smooth(JointLikelihood.estimates likelihood (ImmutableArray.CreateRange x))

        let estimate = h (Array.ofSeq optimum)

        let unit =
            match CovarianceInference.standardError Information.Observed target.Smooth fit with
            | Some se -> se
            // At a bound: a tenth of the parameter's natural size.
            | None when target.Unit.IsSome -> target.Unit.Value
            | None when target.Upper.IsSome -> 0.1
            | None -> 0.1 * (abs estimate + fit.Unit * fit.Unit)

        let bounds =
            List.choose id [ target.Lower; target.Upper ] |> List.map target.Smoothed

        // Stiffer beside a bound, so that a slope guessed wrong does not push the optimum into it.
        let weightAt wanted =
            let room =
                bounds |> List.fold (fun least bound -> min least (abs (wanted - bound))) unit

            let size = max room (1e-3 * unit)
            stiffness / (size * size)

        // dv/dt of the map from what is told to what is smooth.
        let stretchAt value =
            let step = 1e-5 * max 1e-8 (abs value)
            (target.Smoothed(value + step) - target.Smoothed(value - step)) / (2.0 * step)

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

namespace LmmFunctional.Analysis

open System
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

/// <summary>Covariance parameters and functions of them as targets of profiles.</summary>
[<RequireQualifiedAccess>]
module internal CovarianceTarget =

    let isOfStructure parameter =
        match parameter with
        | VarianceParameter.TermStructure _
        | VarianceParameter.ResidualStructure _ -> true
        | _ -> false

    /// Whether a parameter is a root of a variance of random effects, which may be zero, or the variance.
    let isOwnVariance design parameter =
        match parameter, VarianceParameters.kindOf design parameter with
        | VarianceParameter.TermStructure _, (ParameterKind.StandardDeviation | ParameterKind.Variance) -> true
        | _ -> false

    /// The name of a parameter of a structure among those of the likelihood.
    let nameOf (design: Design) parameter =
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
    let unitOf (fit: Fit) parameter (low, high) =
        if Double.IsFinite(high - low) then
            0.1 * (high - low)
        else
            match fit.Model.Objective.Names.IndexOf(nameOf fit.Design parameter) with
            | -1 -> 0.1
            | place ->
                match fit.Model.Objective.Ends[place].Lower with
                | Some own -> exp (own.From 0.1)
                | None -> 0.1

    let ofStructure (fit: Fit) parameter value : CovarianceTarget =
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
    let ofTerm (fit: Fit) parameter (value: CovarianceEstimates -> float) : CovarianceTarget =
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

namespace LmmFunctional.Analysis

open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>What a likelihood is profiled along.</summary>
[<RequireQualifiedAccess; NoComparison; NoEquality>]
type ProfileTarget =
    /// One fixed effect, by its name.
    | Coefficient of name: string
    /// A linear function of the fixed effects: names with weights.
    | Contrast of name: string * weights: (string * float) list
    /// A standard deviation, a correlation, the residual standard deviation, or a parameter of the structure of the residuals.
    | Parameter of VarianceParameter
    /// <summary>Any smooth function of the covariance parameters, within its bounds where it has some: an intraclass correlation, a
    /// heritability, a ratio.</summary>
    | Function of name: string * bounds: (float * float) option * f: (CovarianceEstimates -> float)

/// <summary>Targets of profiles: their weights, their estimates, and the function to profile.</summary>
[<RequireQualifiedAccess>]
module internal ProfileTargets =

    /// A weight for each column of X.
    let weightsOn (fit: Fit) (named: (string * float) list) : float[] = [|
        for name in fit.Design.Fixed.Names ->
            named |> List.sumBy (fun (own, weight) -> if own = name then weight else 0.0)
    |]

    let weightsOf (fit: Fit) (named: (string * float) list) : Result<float[], LmmError list> =
        let names = List.ofSeq fit.Design.Fixed.Names

        let unknown = [
            for name, _ in named do
                if not (List.contains name names) then
                    LmmError.UnknownFixedEffect(name, Nearest.suggest names name)
        ]

        if unknown.IsEmpty then
            Ok(weightsOn fit named)
        else
            Error unknown

    let checkWeights (target: (string * float) list) =
        Guard.finite (nameof target) "A weight of a contrast" (target |> List.map snd)

        if target |> List.forall (fun (_, weight) -> weight = 0.0) then
            invalidArg (nameof target) "A contrast needs a weight that is not zero."

    let prepare (fit: Fit) target =
        match target with
        | ProfileTarget.Coefficient name -> weightsOf fit [ name, 1.0 ] |> Result.map (CoefficientProfile.create fit)
        | ProfileTarget.Contrast(_, weights) ->
            checkWeights weights
            weightsOf fit weights |> Result.map (CoefficientProfile.create fit)
        | ProfileTarget.Parameter parameter ->
            Ok(CovarianceProfile.create fit (CovarianceTarget.ofParameter fit parameter))
        | ProfileTarget.Function(_, bounds, f) ->
            Ok(
                CovarianceProfile.create
                    fit
                    (CovarianceTarget.ofFunction (Option.map fst bounds) (Option.map snd bounds) f)
            )

    let estimateAt parameter (fit: Fit) =
        VarianceParameters.deviationOf parameter (VarianceParameters.estimates fit)

    /// The estimate of the fit, whatever the profile is centred at.
    let estimateOf (fit: Fit) target =
        let combined named =
            SatterthwaiteAndKenwardRoger.dot (weightsOn fit named) fit.Inner.Beta

        match target with
        | ProfileTarget.Coefficient name -> combined [ name, 1.0 ]
        | ProfileTarget.Contrast(_, named) -> combined named
        | ProfileTarget.Parameter parameter -> estimateAt parameter fit
        | ProfileTarget.Function(_, _, f) -> f (VarianceParameters.estimates fit)

    /// The estimate of a target, without a profile.
    let plainEstimateOf (fit: Fit) target : Result<float, LmmError list> =
        match target with
        | ProfileTarget.Coefficient name -> weightsOf fit [ name, 1.0 ] |> Result.map ignore
        | ProfileTarget.Contrast(_, named) -> weightsOf fit named |> Result.map ignore
        | ProfileTarget.Parameter _
        | ProfileTarget.Function _ -> Ok()
        |> Result.map (fun () -> estimateOf fit target)

namespace LmmFunctional.Analysis

open System
open System.Threading
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>A profile: its points from low to high, the one where the likelihood is highest among them.</summary>
[<StructuredFormatDisplay("{Display}")>]
type ProfileCurve = {
    Name: string
    /// The estimate of the fit. The highest point of a fixed effect's restricted likelihood may lie a little beside it.
    Estimate: float
    Points: ProfilePoint list
} with

    member private this.Display =
        let points = Plural.count this.Points.Length "point"
        $"{this.Name}: profile of {points} around {Display.number this.Estimate}"

    /// The parameter, its estimate and the number of points.
    override this.ToString() = this.Display

/// <summary>Profile likelihood: how much the best likelihood falls when one quantity is held at a value.</summary>
[<RequireQualifiedAccess>]
module Profile =

    /// All fixed effects, then all standard deviations, correlations, σ and parameters of the residuals, in the order of the summary.
    let targets (fit: Fit) : ProfileTarget list = [
        for name in fit.Design.Fixed.Names -> ProfileTarget.Coefficient name
        for parameter in VarianceParameters.ofFit fit -> ProfileTarget.Parameter parameter
    ]

    /// The name under which a target is told.
    let nameOf (fit: Fit) (target: ProfileTarget) : string =
        match target with
        | ProfileTarget.Coefficient name
        | ProfileTarget.Contrast(name, _)
        | ProfileTarget.Function(name, _, _) -> name
        | ProfileTarget.Parameter parameter -> VarianceParameters.nameIn fit.Design parameter

    /// The same profile, stopped before the next of its fits.
    let private until (cancellation: CancellationToken) (profile: ProfileFunction<'state>) = {
        profile with
            Near =
                fun value slope from ->
                    cancellation.ThrowIfCancellationRequested()
                    profile.Near value slope from
            AtBound =
                fun sign from ->
                    cancellation.ThrowIfCancellationRequested()
                    profile.AtBound sign from
    }

    let private boundNote side =
        $"the {side} end is the bound of the parameter: the likelihood does not fall far enough before it"

    let private unreachedNote side =
        $"there is no {side} end: the likelihood never falls far enough"

    /// From the scale of the profile to that of the user: they differ for parameters of structures only.
    let private tellOf (fit: Fit) target : float -> float =
        match target with
        | ProfileTarget.Parameter parameter -> CovarianceTarget.tellOf fit parameter
        | _ -> id

    /// A profile that does not rise far enough on the way to a finite end of the parameter's region: that end.
    let private withRegion (fit: Fit) target side found =
        match target, found with
        | ProfileTarget.Parameter parameter, Unreached point ->
            let low, high = CovarianceTarget.regionOf fit parameter
            let value = if side < 0 then low else high

            if Double.IsFinite value && CovarianceTarget.isUnbounded fit parameter then
                Bound {
                    point with
                        Value = fst (VarianceParameters.unboundedOf fit.Design parameter) value
                }
            else
                found
        | _ -> found

    let private toInterval name estimate tell lower upper : ParameterInterval =
        let value found =
            match found with
            | Found point
            | Bound point -> Some(tell point.Value)
            | Unreached _ -> None

        let note side found =
            match found with
            | Found _ -> None
            | Bound _ -> Some(boundNote side)
            | Unreached _ -> Some(unreachedNote side)

        {
            Name = name
            Estimate = estimate
            Lower = value lower
            Upper = value upper
            Note =
                match List.choose id [ note "lower" lower; note "upper" upper ] with
                | [] -> None
                | notes -> Some(String.concat "; " notes)
        }

    /// The same interval, stopped between two of its fits.
    let private intervalUntil (cancellation: CancellationToken) level (target: ProfileTarget) (fit: Fit) =
        let z = Quantile.normal level

        let found () =
            cancellation.ThrowIfCancellationRequested()

            ProfileTargets.prepare fit target
            |> Result.map (until cancellation)
            |> Result.map (fun profile ->
                let endOn sign =
                    ProfileSearch.findEnd z sign profile profile.Center
                    |> withRegion fit target sign

                toInterval
                    (nameOf fit target)
                    (ProfileTargets.estimateOf fit target)
                    (tellOf fit target)
                    (endOn -1)
                    (endOn 1))

        let withoutEnds note =
            ProfileTargets.plainEstimateOf fit target
            |> Result.map (fun estimate -> {
                Name = nameOf fit target
                Estimate = estimate
                Lower = None
                Upper = None
                Note = Some note
            })

        // A variance that is zero, or that the data do not determine, leaves no interval.
        let ofEffects named =
            ProfileTargets.weightsOf fit named
            |> Result.bind (fun weights ->
                match Testability.ofFit fit weights with
                | None -> found ()
                | Some reason -> withoutEnds (Testability.note reason))

        match target with
        | _ when fit.HasNoResidual -> withoutEnds (Testability.note Testability.noProfile)
        | ProfileTarget.Parameter parameter when CovarianceInference.isHeld fit parameter ->
            Ok {
                Name = nameOf fit target
                Estimate = ProfileTargets.estimateAt parameter fit
                Lower = None
                Upper = None
                Note = Some(CovarianceInference.heldNote fit parameter)
            }
        | ProfileTarget.Parameter parameter when Double.IsInfinity(ProfileTargets.estimateAt parameter fit) ->
            Ok {
                Name = nameOf fit target
                Estimate = ProfileTargets.estimateAt parameter fit
                Lower = None
                Upper = None
                Note = Some "estimated as infinite; profile another function of it, such as its reciprocal"
            }
        | ProfileTarget.Parameter parameter -> found () |> Result.map (GivenBounds.within fit parameter)
        | ProfileTarget.Function _ -> found ()
        | ProfileTarget.Coefficient name -> ofEffects [ name, 1.0 ]
        | ProfileTarget.Contrast(_, named) ->
            ProfileTargets.checkWeights named
            ofEffects named

    /// <summary>A profile likelihood interval: where −2 log likelihood, all else fitted again, has risen by the χ² quantile.</summary>
    /// <param name="level">The level of confidence, such as 0.95.</param>
    /// <param name="target">What to profile along.</param>
    /// <param name="fit">The fit; by ML the profile is of the likelihood, by REML of the restricted likelihood.</param>
    /// <remarks>A fixed effect under REML: at each value the response less the effect's part has a restricted likelihood of
    /// its own, that of the error contrasts free of all other coefficients. It depends on the value, as the restricted
    /// likelihood of the fit does not, and may be highest a little beside the estimate, which is told as the fit tells
    /// it.</remarks>
    /// <returns>The interval, its end at the bound of a parameter where that comes first and a note that says so; or a coefficient
    /// that is not in the model.</returns>
    /// <exception cref="T:System.ArgumentException">The level is not between 0 and 1; all weights of a contrast are zero.</exception>
    let interval (level: float) (target: ProfileTarget) (fit: Fit) : Result<ParameterInterval, LmmError list> =
        intervalUntil CancellationToken.None level target fit

    /// <summary>Profile intervals of all fixed effects and covariance parameters, stopped between two of their fits when they are
    /// cancelled.</summary>
    /// <exception cref="T:System.ArgumentException">The level is not between 0 and 1.</exception>
    /// <exception cref="T:System.OperationCanceledException">The intervals were cancelled.</exception>
    let intervalsUntil (cancellation: CancellationToken) (level: float) (fit: Fit) : ParameterInterval list =
        Guard.level (nameof level) level

        [
            for target in targets fit do
                match intervalUntil cancellation level target fit with
                | Ok found -> found
                | Error _ -> ()
        ]

    /// <summary>Profile intervals of all fixed effects and covariance parameters.</summary>
    /// <exception cref="T:System.ArgumentException">The level is not between 0 and 1.</exception>
    let intervals (level: float) (fit: Fit) : ParameterInterval list =
        intervalsUntil CancellationToken.None level fit

    // Steps of ζ between the points of a curve.
    let private zetaStep = 0.5

    /// <summary>The ζ curve of a target for a plot: straight where the likelihood is quadratic.</summary>
    /// <param name="widest">How far ζ goes on either side, such as 3; less where a bound comes first.</param>
    /// <param name="target">What to profile along.</param>
    /// <param name="fit">The fit.</param>
    /// <returns>The points from low to high, half a unit of ζ apart; or a coefficient that is not in the model.</returns>
    /// <exception cref="T:System.ArgumentException"><paramref name="widest"/> is not between 0 and 38.</exception>
    let curve (widest: float) (target: ProfileTarget) (fit: Fit) : Result<ProfileCurve, LmmError list> =
        if not (widest > 0.0 && widest <= 38.0) then
            invalidArg
                (nameof widest)
                $"The largest ζ of a curve lies between 0 and 38, where the normal tail ends; {widest} does not."

        let tell = tellOf fit target

        let side (profile: ProfileFunction<_>) sign =
            let rec march from roots = [
                match roots with
                | [] -> ()
                | root :: rest ->
                    match ProfileSearch.findEnd root sign profile from with
                    | Found point ->
                        {
                            Value = tell point.Value
                            Zeta = float sign * root
                        }

                        yield! march point rest
                    | Bound point -> {
                        Value = tell point.Value
                        Zeta = float sign * point.Root
                      }
                    | Unreached _ -> ()
            ]

            march profile.Center [
                for k in 1 .. int (ceil (widest / zetaStep)) -> min widest (float k * zetaStep)
            ]

        ProfileTargets.prepare fit target
        |> Result.map (fun profile -> {
            Name = nameOf fit target
            Estimate = ProfileTargets.estimateOf fit target
            Points =
                List.rev (side profile -1)
                @ [
                    {
                        Value = tell profile.Center.Value
                        Zeta = 0.0
                    }
                ]
                @ side profile 1
        })

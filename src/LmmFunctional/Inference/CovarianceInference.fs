namespace LmmFunctional.Analysis

open System
open System.Collections.Immutable
open MathNet.Numerics.LinearAlgebra
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>The scale on which covariance parameters are told.</summary>
[<RequireQualifiedAccess>]
type CovarianceScale =
    /// Variances and covariances, squared units of the response.
    | Variance
    /// Standard deviations and correlations.
    | Deviation
    /// Logarithms of what is positive, Fisher's z of correlations, logits of proportions.
    | Unbounded
    /// The free entries of the relative covariance factors, and σ last.
    | Theta

/// <summary>How an interval for a covariance parameter is made from its asymptotic variance.</summary>
[<RequireQualifiedAccess>]
type CovarianceIntervalMethod =
    /// Symmetric on the unbounded scale: of log standard deviations and ranges, of Fisher's z, of logits of nuggets.
    | Wald
    /// For variances ν V/χ² with ν = 2 V²/Var(V) (Satterthwaite 1946); all else as Wald.
    | Satterthwaite

/// <summary>Asymptotic covariance of the estimates of covariance parameters on one scale.</summary>
[<ReferenceEquality; StructuredFormatDisplay("{Display}")>]
type AsymptoticCovariance = {
    Scale: CovarianceScale
    Information: Information
    /// Names of the parameters that are not at a bound.
    Names: ImmutableArray<string>
    /// Their estimates on this scale.
    Values: ImmutableArray<float>
    /// Their covariance matrix.
    Matrix: Matrix
    /// Parameters at a bound: what is known of them is not told by curvature.
    AtBound: ImmutableArray<string>
} with

    member private this.Display =
        let names = Display.listed (List.ofSeq this.Names)
        $"{this.Information} covariance, scale {this.Scale}: {names}"

    /// Information, scale and parameters.
    override this.ToString() = this.Display

/// <summary>Curvature of the likelihood turned into standard errors and intervals of covariance parameters.</summary>
[<RequireQualifiedAccess>]
module CovarianceInference =

    /// The value of a parameter on a scale, as a function of the estimates.
    let private onScale scale design parameter : CovarianceEstimates -> float =
        match scale with
        | CovarianceScale.Unbounded ->
            VarianceParameters.deviationOf parameter
            >> fst (VarianceParameters.unboundedOf design parameter)
        | CovarianceScale.Deviation -> VarianceParameters.deviationOf parameter
        | _ -> VarianceParameters.valueOf parameter

    /// θ on the scale of the data, then σ: entries of the relative factors, and the parameters of structures as they are.
    let private thetaOf (fit: Fit) (point: ImmutableArray<float>) : float[] =
        let layout = fit.Model.Layout
        let estimates = JointLikelihood.estimates fit.Model point

        let factors =
            estimates.Random
            |> List.map (fun covariance ->
                let n = covariance.Rows
                Semidefinite.factor n (Array.init (n * n) (fun k -> covariance[k % n, k / n] / estimates.Residual)))
            |> Array.ofList

        let theta =
            ThetaLayout.withMatrices layout (JointLikelihood.thetaOf fit.Model point) factors

        Array.append (Array.ofSeq theta) [| sqrt estimates.Residual |]

    /// Names and values on a scale, as functions of (θ, log σ).
    let private valuesOn scale (fit: Fit) : string list * (ImmutableArray<float> -> float[]) =
        match scale with
        | CovarianceScale.Theta -> List.ofSeq (fit.Model.Full None).Names @ [ "sigma" ], thetaOf fit
        | _ ->
            let parameters = VarianceParameters.ofFit fit

            let values = parameters |> List.map (onScale scale fit.Design)

            parameters |> List.map (VarianceParameters.nameIn fit.Design),
            fun point ->
                let estimates = JointLikelihood.estimates fit.Model point
                [| for value in values -> value estimates |]

    let private deltaMethod (fit: Fit) information (values: ImmutableArray<float> -> float[]) =
        if (CoordinateCovariance.freeOf fit).Length = 0 then
            let count = (values (CoordinateCovariance.pointOf fit)).Length
            Matrix.init count count (fun _ _ -> 0.0)
        else
            let free, covariance = CoordinateCovariance.coordinateCovariance information fit
            let slopes = CoordinateCovariance.jacobian fit free values

            let j =
                Matrix<float>.Build.Dense(slopes.Rows, slopes.Columns, fun i j -> slopes[i, j])

            let result = j * covariance * j.Transpose()
            Matrix.init slopes.Rows slopes.Rows (fun i j -> 0.5 * (result[i, j] + result[j, i]))

    // Smaller than this relative to the value, a standard error is rounding: the parameter does not move.
    let private still = 1e-7

    /// <summary>The asymptotic covariance of the estimated covariance parameters.</summary>
    /// <param name="information">The curvature used: observed, expected or average.</param>
    /// <param name="scale">The scale of the parameters; other scales follow by the delta method.</param>
    /// <param name="fit">The fit.</param>
    /// <returns>The covariance of all parameters that are not at a bound.</returns>
    let covariance (information: Information) (scale: CovarianceScale) (fit: Fit) : AsymptoticCovariance =
        let labels, valuesAt = valuesOn scale fit
        let all = Array.ofList labels
        let matrix = deltaMethod fit information valuesAt
        let values = valuesAt (CoordinateCovariance.pointOf fit)

        let moves i =
            sqrt (max 0.0 matrix[i, i]) > still * max 1e-300 (abs values[i])
            && Double.IsFinite matrix[i, i]

        let kept, held = [| 0 .. all.Length - 1 |] |> Array.partition moves

        let names indices =
            indices |> Array.map (fun i -> all[i]) |> ImmutableArray.CreateRange

        {
            Scale = scale
            Information = information
            Names = names kept
            Values = kept |> Array.map (fun i -> values[i]) |> ImmutableArray.CreateRange
            Matrix = Matrix.init kept.Length kept.Length (fun i j -> matrix[kept[i], kept[j]])
            AtBound = names held
        }

    /// <summary>The standard error of a smooth function of the covariance parameters by the delta method.</summary>
    /// <returns>None where the function does not move with any parameter that is free.</returns>
    let standardError (information: Information) (f: CovarianceEstimates -> float) (fit: Fit) : float option =
        let valueAt point = [| f (JointLikelihood.estimates fit.Model point) |]

        let variance = (deltaMethod fit information valueAt)[0, 0]
        let value = abs (f (VarianceParameters.estimates fit))

        if Double.IsFinite variance && sqrt (max 0.0 variance) > still * value then
            Some(sqrt variance)
        else
            None

    /// Whether a parameter keeps its value wherever the others go: it is held.
    let internal isHeld (fit: Fit) (parameter: VarianceParameter) : bool =
        let value step =
            CoordinateCovariance.pointOf fit
            |> Seq.mapi (fun k own -> own + step * (1.0 + 0.1 * float k))
            |> ImmutableArray.CreateRange
            |> JointLikelihood.estimates fit.Model
            |> VarianceParameters.deviationOf parameter

        not fit.Model.Held.IsEmpty
        && abs (value 0.1 - value 0.2) <= 1e-12 * abs (value 0.1)

    /// What is told of a parameter that is held, or at a bound it was given.
    let internal heldNote (fit: Fit) (parameter: VarianceParameter) =
        if fit.HasNoResidual && parameter = VarianceParameter.Residual then
            "zero, at its bound"
        elif GivenBounds.isInForce fit parameter then
            "at the bound it was given"
        else
            "held at this value"

    let private atBound =
        "at its bound, where curvature gives no interval; use a profile or the bootstrap"

    let private undetermined =
        "at its bound or not determined, for the term has no variance; use a profile or the bootstrap"

    // On the unbounded scale; a wider interval covers the whole region.
    let private widest = 15.0

    let private nearEnd =
        "so near the end of its region that curvature gives no interval; use a profile or the bootstrap"

    let private noResidualNote =
        "without an interval: the residual variance is zero, and the likelihood has no bound there"

    let private ofCurvature (method: CovarianceIntervalMethod) z level estimates (fit: Fit) : ParameterInterval list =
        let unbounded = covariance Information.Observed CovarianceScale.Unbounded fit

        // Standard deviations of residuals are relative to σ.
        let isDeviation parameter =
            match parameter with
            | VarianceParameter.ResidualStructure _ -> false
            | _ -> VarianceParameters.kindOf fit.Design parameter = ParameterKind.StandardDeviation

        // What else a term has does not matter where its effects have no variance.
        let isNothing term =
            estimates.TermStructures[term].Length > 1
            && estimates.Random[term].Values |> Array.forall ((=) 0.0)

        [
            for parameter in VarianceParameters.ofFit fit do
                let name = VarianceParameters.nameIn fit.Design parameter
                let estimate = VarianceParameters.deviationOf parameter estimates

                let ends =
                    match unbounded.Names.IndexOf name, parameter, method with
                    | -1, _, _ -> None
                    | at, _, CovarianceIntervalMethod.Satterthwaite when isDeviation parameter ->
                        // Var(V) = (2 V)² Var(log sd), so that ν = 2 V²/Var(V) = 1/(2 Var(log sd)).
                        let df = 0.5 / unbounded.Matrix[at, at]

                        let endAt p =
                            estimate * sqrt (df / Quantile.chiSquared df p)

                        Some(endAt (0.5 + 0.5 * level), endAt (0.5 - 0.5 * level))
                    | at, (VarianceParameter.ResidualStructure _ | VarianceParameter.TermStructure _), _ when
                        sqrt unbounded.Matrix[at, at] > widest
                        ->
                        None
                    | at, _, _ ->
                        let forth, back = VarianceParameters.unboundedOf fit.Design parameter
                        let center, reach = forth estimate, z * sqrt unbounded.Matrix[at, at]
                        Some(back (center - reach), back (center + reach))

                {
                    Name = name
                    Estimate = estimate
                    Lower = Option.map fst ends
                    Upper = Option.map snd ends
                    Note =
                        match ends, parameter with
                        | Some _, _ -> None
                        | None, _ when isHeld fit parameter -> Some(heldNote fit parameter)
                        | None, VarianceParameter.ResidualStructure _ -> Some nearEnd
                        | None, VarianceParameter.TermStructure(term, _) when isNothing term -> Some undetermined
                        | None, _ -> Some atBound
                }
                |> GivenBounds.within fit parameter
        ]

    /// <summary>Intervals for standard deviations, correlations and the parameters of structured residuals from their asymptotic
    /// covariance.</summary>
    /// <param name="method">Wald or Satterthwaite.</param>
    /// <param name="level">The level of confidence, such as 0.95.</param>
    /// <param name="fit">The fit.</param>
    /// <returns>An interval for each parameter; parameters at a bound, or near the end of their region, have no ends and a note.</returns>
    /// <exception cref="T:System.ArgumentException">The level is not between 0 and 1.</exception>
    let intervals (method: CovarianceIntervalMethod) (level: float) (fit: Fit) : ParameterInterval list =
        let z = Quantile.normal level
        let estimates = VarianceParameters.estimates fit

        if fit.HasNoResidual then
            [
                for parameter in VarianceParameters.ofFit fit ->
                    {
                        Name = VarianceParameters.nameIn fit.Design parameter
                        Estimate = VarianceParameters.deviationOf parameter estimates
                        Lower = None
                        Upper = None
                        Note = Some noResidualNote
                    }
            ]
        else
            ofCurvature method z level estimates fit

    /// <summary>Wald intervals of the fixed effects: estimate ± z standard errors.</summary>
    /// <exception cref="T:System.ArgumentException">The level is not between 0 and 1.</exception>
    let coefficientIntervals (level: float) (fit: Fit) : ParameterInterval list =
        let z = Quantile.normal level
        let reasonAgainst = Testability.ofFit fit

        [
            for index, coefficient in List.indexed fit.Coefficients do
                let reason =
                    reasonAgainst (Array.init fit.FixedCount (fun k -> if k = index then 1.0 else 0.0))

                let endAt sign =
                    match reason with
                    | None -> Some(coefficient.Estimate + sign * z * coefficient.StandardError)
                    | Some _ -> None

                {
                    Name = coefficient.Name
                    Estimate = coefficient.Estimate
                    Lower = endAt -1.0
                    Upper = endAt 1.0
                    Note = reason |> Option.map Testability.note
                }
        ]

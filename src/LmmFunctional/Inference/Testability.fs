namespace LmmFunctional.Analysis

open System
open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>Why a function of the fixed effects cannot be tested, in words; what all tests and tables say.</summary>
[<RequireQualifiedAccess>]
module internal Testability =

    let private names (parameters: string list) = String.concat ", " parameters

    /// The variance of the function depends on parameters that the data do not determine.
    let flat (parameters: string list) =
        $"Its variance depends on {names parameters}, which the data do not determine."

    /// No residual or random effect makes the function uncertain.
    let certain =
        "Its standard error is zero: the data leave no variance to test it with."

    /// Degrees of freedom that are zero, negative or undefined.
    let noDegreesOfFreedom =
        "It has no degrees of freedom: the data have nothing left to estimate its variance from."

    /// A covariance matrix so near to a singular one that it cannot be computed with.
    let unresolved =
        "Its standard error cannot be computed: the covariance parameters are too near to an end of their range."

    /// Profiles need a likelihood that is finite.
    let noProfile =
        "There is no profile: the residual variance is zero, and the likelihood has no bound there."

    /// The same beside the name of a parameter, as notes on intervals are.
    let note (reason: string) =
        reason.Substring(0, 1).ToLowerInvariant() + reason.Substring(1).TrimEnd '.'

    /// A line for a report.
    let line name reason = $"{name} cannot be tested. {reason}"

    // A variance that is this share of those it is made of is rounding.
    let private rounding = 1e-13

    let private form (covariance: Matrix) (contrast: float[]) =
        let mutable sum = 0.0

        for j in 0 .. contrast.Length - 1 do
            if contrast[j] <> 0.0 then
                for i in 0 .. contrast.Length - 1 do
                    sum <- sum + contrast[i] * covariance[i, j] * contrast[j]

        sum

    /// Whether the variance of a contrast is rounding of the variances of the coefficients it is made of.
    let isCertain (covariance: Matrix) (contrast: float[]) =
        let mutable size = 0.0

        for i in 0 .. contrast.Length - 1 do
            size <- size + abs contrast[i] * sqrt (max 0.0 covariance[i, i])

        not (form covariance contrast > rounding * size * size)

    // Flat directions

    // A change of the criterion that is none.
    let private same = 1e-8

    // A relative change of a variance that is one.
    let private changed = 1e-6

    // A scaled eigenvalue or a derivative at a bound below this may be zero.
    let private nearlyFlat = 1e-6

    let private lastOf (fit: Fit) = List.last fit.Path

    /// Directions of θ along which the criterion may not change, each the size of θ or of one.
    let private directions (fit: Fit) : float[] list =
        let objective = fit.Model.Function
        let theta = (lastOf fit).Theta
        let k = theta.Length
        let unit = Array.init k (fun i -> max 1.0 (abs theta[i]))

        let atBounds = [
            if
                fit.Certificate.Multipliers
                |> List.exists (fun (_, multiplier) -> abs multiplier < nearlyFlat)
            then
                for i in 0 .. k - 1 do
                    if abs theta[i] < nearlyFlat then
                        Array.init k (fun j -> if i = j then 1.0 else 0.0)
        ]

        match fit.Certificate.Verdict with
        | Verdict.FlatDirection _ when k > 0 && objective.IsCurvatureAffordable ->
            let curvature =
                (objective.Evaluate theta (Order.Curvature Information.Observed)).Curvature

            let scaled =
                Array.init (k * k) (fun at -> unit[at % k] * curvature[at % k, at / k] * unit[at / k])

            let struct (values, vectors) = Semidefinite.eigen k scaled
            let largest = values |> Seq.map abs |> Seq.fold max 1.0

            atBounds
            @ [
                for e in 0 .. k - 1 do
                    if abs values[e] <= nearlyFlat * largest then
                        Array.init k (fun i -> unit[i] * vectors[i + e * k])
            ]
        | _ -> atBounds

    /// Cov(β̂) where the criterion is the same, along one direction; None where it changes.
    let private elsewhere (fit: Fit) (direction: float[]) : Matrix option =
        let objective = fit.Model.Function
        let last = lastOf fit
        let tolerance = same * max 1.0 (abs last.Criterion)

        [ 1.0; -1.0; 0.1; -0.1 ]
        |> List.tryPick (fun step ->
            let theta =
                Seq.map2 (fun own along -> own + step * along) last.Theta direction
                |> ImmutableArray.CreateRange

            let value = (objective.Evaluate theta Order.Value).Value

            if abs (value - last.Criterion) <= tolerance then
                let solution = Solution.at fit.Model theta
                let variance = solution.Sigma * solution.Sigma
                let relative = solution.BetaCovariance
                Some(Matrix.init relative.Rows relative.Columns (fun i j -> variance * relative[i, j]))
            else
                None)

    /// <summary>Which contrasts of the kept columns have a variance that lies in a flat direction of the likelihood.</summary>
    /// <remarks>Cov(β̂) is computed at other parameters with the same likelihood: where the variance of a contrast differs, the
    /// data do not determine it.</remarks>
    let private flatAt (fit: Fit) : float[] -> string option =
        let own = fit.CoefficientCovariance

        match directions fit |> List.choose (elsewhere fit) with
        | [] -> fun _ -> None
        | others ->
            let parameters =
                match fit.Certificate.Verdict with
                | Verdict.FlatDirection names -> names
                | _ -> fit.Certificate.Multipliers |> List.map fst

            fun contrast ->
                let variance = form own contrast

                if
                    others
                    |> List.exists (fun other -> abs (form other contrast - variance) > changed * abs variance)
                then
                    Some(flat parameters)
                else
                    None

    /// Why a contrast of the kept columns has neither test nor interval; apply it to the fit once.
    let ofFit (fit: Fit) : float[] -> string option =
        let flat = flatAt fit
        let covariance = fit.CoefficientCovariance

        fun contrast ->
            match flat contrast with
            | Some reason -> Some reason
            | None when isCertain covariance contrast -> Some certain
            | None -> None

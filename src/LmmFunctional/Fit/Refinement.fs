namespace LmmFunctional.Estimation

open System
open LmmFunctional

/// <summary>Fits that rounding has touched, computed again so that it does not.</summary>
[<RequireQualifiedAccess>]
module internal Refinement =

    // A residual variance below this share of the response's may be rounding.
    let private smallShare = 1e-6

    // Each time more digits of X are right; two are enough but for the worst.
    let private attempts = 4

    let private improved (fit: Fit) =
        let point = LogLikelihood.pointAt fit.Model (List.last fit.Path).Theta

        RefinedLikelihood.rescaledAt point fit.Model
        |> Option.orElseWith (fun () -> RefinedLikelihood.conditionedAt point fit.Inner.FixedFactor fit.Model)

    /// The likelihood with a θ of the size of one at its start.
    let prepared (likelihood: LogLikelihood) : LogLikelihood =
        RefinedLikelihood.rescaledAt (LogLikelihood.pointAt likelihood likelihood.Function.Start) likelihood
        |> Option.defaultValue likelihood

    // By then most fits are over.
    let private longPath = 12

    /// The iterations of a solver, given up where they are on their way to no residual variance.
    let untilLimit (likelihood: LogLikelihood) (path: Iteration seq) : Iteration seq =
        let isOnTheWay (iteration: Iteration) =
            let point = LogLikelihood.pointAt likelihood iteration.Theta
            let left = LogLikelihood.residualSquare likelihood point.Theta

            left < smallShare * UserScale.totalSquare likelihood.Standard
            && (RefinedLikelihood.tryLimit likelihood).IsSome

        path
        |> Seq.takeWhile (fun iteration -> iteration.Number <> longPath || not (isOnTheWay iteration))

    /// <summary>The same fit, or a better one where its numbers have lost digits: in the limit of no residual variance where
    /// random effects leave nothing, from a θ of the size of one, and from columns of X that suit its V.</summary>
    let settle (solve: LogLikelihood -> Fit) (fit: Fit) : Fit =
        let limitOf (fit: Fit) =
            if fit.Inner.ResidualShare < smallShare then
                RefinedLikelihood.tryLimit fit.Model
            else
                None

        // In other columns rounding may leave less, so that only there the limit is seen.
        let rec improve left (fit: Fit) =
            match limitOf fit, (if left = 0 then None else improved fit) with
            | Some limit, _ -> solve limit
            | None, None -> fit
            | None, Some likelihood ->
                let better = solve likelihood

                // In other columns the criterion may not be defined where the fit is.
                if Double.IsFinite (List.last better.Path).Criterion then
                    improve (left - 1) better
                else
                    fit

        improve attempts fit

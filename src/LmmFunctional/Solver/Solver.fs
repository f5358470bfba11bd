namespace LmmFunctional.Estimation

open System
open System.Collections.Immutable
open LmmFunctional

/// <summary>Newton-Raphson, Fisher scoring and average information, as a lazy sequence of immutable iterations; EM is one
/// more rule of steps.</summary>
/// <remarks>A trust region with exact gradients. While the criterion resolves the predicted fall, a step is kept only when
/// the criterion falls; past that point full steps polish the estimates as long as the Newton decrement falls.</remarks>
[<RequireQualifiedAccess>]
module Solver =

    /// The starting point, evaluated.
    let private start options (objective: Objective) =
        let information = Descent.informationOf options.Algorithm
        let evaluation = objective.Evaluate objective.Start (Order.Curvature information)
        let radius = max 1.0 (Descent.norm objective.Start)

        let still =
            ImmutableArray.Create<float>(Array.zeroCreate<float> objective.Start.Length)

        Descent.arrive 0 objective.Start evaluation information evaluation.Curvature still 0 radius

    /// The same iteration moved to a point that has been evaluated.
    let private movedTo theta (evaluation: Evaluation) information radius (from: Iteration) =
        let step = Descent.difference theta from.Theta
        Descent.arrive from.Number theta evaluation information evaluation.Curvature step 0 radius

    /// A fall of the criterion that counts as one.
    let private visible criterion = 1e-11 * max 1.0 (abs criterion)

    /// Values that may be zero set to zero, where the criterion does not rise beyond its rounding, or no more than is
    /// visible and the bound holds: beside a saddle steps can end a little off the bound, at a point that is neither.
    let private snap (objective: Objective) (from: Iteration) =
        let snapped = (objective.Boundary from.Theta).Snapped

        if snapped.AsSpan().SequenceEqual(from.Theta.AsSpan()) then
            from
        else
            let evaluation = objective.Evaluate snapped (Order.Curvature from.Information)
            let rise = evaluation.Value - from.Criterion

            if
                rise <= Polish.risingAllowed from.Criterion
                || rise <= visible from.Criterion && (objective.Boundary snapped).Escape.IsNone
            then
                {
                    movedTo snapped evaluation from.Information from.Radius from with
                        Progress = from.Progress
                }
            else
                from

    /// The descent begun again from a lower point that no step would have found.
    let private restart options (objective: Objective) (from: Iteration) theta =
        let information = Descent.informationOf options.Algorithm
        let evaluation = objective.Evaluate theta (Order.Curvature information)
        let radius = max 0.1 (Descent.norm (Descent.difference theta from.Theta))

        {
            movedTo theta evaluation information radius from with
                Progress = Progress.Descending
        }

    // How far from a bound to try, in variance relative to the residual: a small variance is overshot by large ones.
    let private escapeDistances = [ 1e-2; 1e-3; 1e-4; 1e-5; 1e-6; 1e-7 ]

    /// A point away from a bound at which the criterion is lower, if the bound should be left.
    let private escape options (objective: Objective) (boundary: Boundary) (from: Iteration) =
        boundary.Escape
        |> Option.bind (fun away ->
            escapeDistances
            |> Seq.map away
            |> Seq.tryFind (fun theta -> (objective.Evaluate theta Order.Value).Value < from.Criterion))
        |> Option.map (restart options objective from)

    // Shares of a turn to try: its full length is right where only the null space curves, and none gives the nearest bound.
    let private turnShares = [ 1.0; 0.3; 0.1; 0.0 ]

    /// A lower point with the bounds turned, from this point or from the one at the bound that steps have ended a little off.
    let private turned options (objective: Objective) (boundary: Boundary) (from: Iteration) =
        let fixedCount (at: Boundary) = at.Fixed |> Seq.filter id |> Seq.length

        // More at its bound, which holds: there is no way back, so that this ends.
        let isFurther (at: Boundary) =
            at.Escape.IsNone && fixedCount at > fixedCount boundary

        seq {
            yield! Option.toList boundary.Turn

            if not (boundary.Snapped.AsSpan().SequenceEqual(from.Theta.AsSpan())) then
                yield! Option.toList (objective.Boundary boundary.Snapped).Turn
        }
        |> Seq.collect (fun along -> turnShares |> Seq.map along)
        |> Seq.tryFind (fun theta ->
            let rise = (objective.Evaluate theta Order.Value).Value - from.Criterion

            rise < -(visible from.Criterion)
            || rise <= visible from.Criterion && isFurther (objective.Boundary theta))
        |> Option.map (restart options objective from)

    /// The same point with second derivatives, which the certificate needs in any case, unless they cost too much.
    let private observed (objective: Objective) (from: Iteration) =
        if
            from.Theta.IsEmpty
            || from.Information = Information.Observed
            || not objective.IsCurvatureAffordable
        then
            from
        else
            let evaluation =
                objective.Evaluate from.Theta (Order.Curvature Information.Observed)

            if Double.IsFinite evaluation.Value then
                {
                    movedTo from.Theta evaluation Information.Observed from.Radius from with
                        Step = from.Step
                        Halvings = from.Halvings
                        Progress = from.Progress
                }
            else
                from

    // How far along negative curvature to try, relative to the parameters: a saddle can be very flat.
    let private saddleDistances = [ 1.5; 0.6; 0.25; 0.1; 0.04; 0.015; 0.005; 1e-3; 1e-4 ]

    /// A lower point along the direction in which second derivatives are negative, if there is one.
    let private leaveSaddle options (objective: Objective) (boundary: Boundary) (from: Iteration) =
        // Where the criterion is not defined there are no derivatives.
        if from.Curvature.Rows = 0 then
            None
        else
            TrustRegion.downward boundary.Fixed from.Gradient from.Curvature
        |> Option.bind (fun direction ->
            let size = max 1.0 (Descent.norm from.Theta)

            Seq.allPairs saddleDistances [ size; -size ]
            |> Seq.map (fun (distance, size) -> Descent.moved from.Theta direction (distance * size))
            |> Seq.tryFind (fun theta ->
                (objective.Evaluate theta Order.Value).Value < from.Criterion - visible from.Criterion))
        |> Option.map (restart options objective from)

    /// What is at a bound once nothing moves: zero set to zero, saddle points left along their way down.
    let private settle options (objective: Objective) (from: Iteration) =
        let snapped = snap objective from
        let boundary = objective.Boundary snapped.Theta

        let last () =
            let final = observed objective snapped

            leaveSaddle options objective boundary final
            |> Option.defaultValue {
                final with
                    ActiveBounds = List.map fst boundary.Active
            }

        escape options objective boundary snapped
        |> Option.orElseWith (fun () -> turned options objective boundary snapped)
        |> Option.defaultWith last

    /// The iteration with parameters that are near an end of their range at that end, where that is better.
    let private atEnds (objective: Objective) (from: Iteration) =
        EndBounds.tryReach objective from
        |> Option.map (fun theta -> theta, objective.Evaluate theta (Order.Curvature from.Information))
        |> Option.filter (fun (_, evaluation) -> Double.IsFinite evaluation.Value)
        |> Option.map (fun (theta, evaluation) -> movedTo theta evaluation from.Information from.Radius from)

    /// The next iteration, which `advance` makes while the criterion falls; None after the last one.
    let private next advance (options: SolverOptions) (objective: Objective) (from: Iteration) : Iteration option =
        let settled next =
            match atEnds objective next, next.Progress with
            | Some reached, _ -> reached
            | None, (Progress.Converged | Progress.Stalled) -> settle options objective next
            | None, _ -> next

        if from.Number >= options.MaxIterations then
            None
        else
            match from.Progress with
            | Progress.Converged
            | Progress.Stalled -> None
            | Progress.Descending -> Some(settled (advance objective from))
            | Progress.Polishing -> Some(settled (Polish.step options objective from))

    let private sequence advance options objective =
        seq {
            let mutable current = Some(start options objective)

            while current.IsSome do
                yield current.Value
                current <- next advance options objective current.Value
        }

    // What EM needs beside an objective nobody else does: the models that have its step hand it in.
    let private check (options: SolverOptions) =
        SolverOptions.check options

        match options.Algorithm with
        | Algorithm.Em
        | Algorithm.PxEm ->
            invalidArg (nameof options) "EM needs the model, not only its objective; fit it with Lmm.fit."
        | Algorithm.NewtonRaphson
        | Algorithm.FisherScoring
        | Algorithm.AverageInformation -> ()

    /// <summary>The next iteration; None after the last one.</summary>
    /// <exception cref="T:System.ArgumentException">The algorithm is EM or PX-EM, which needs the model; a number of
    /// iterations below zero; a tolerance that is not positive.</exception>
    let step (options: SolverOptions) (objective: Objective) (from: Iteration) : Iteration option =
        check options
        next Descent.step options objective from

    /// <summary>The iterations from the objective's start to its optimum.</summary>
    /// <exception cref="T:System.ArgumentException">The algorithm is EM or PX-EM, which needs the model; a number of
    /// iterations below zero; a tolerance that is not positive.</exception>
    /// <remarks>Lazy: taking one more element is one more step, and stopping early costs nothing. The criterion never rises
    /// by more than its rounding.</remarks>
    let iterations (options: SolverOptions) (objective: Objective) : seq<Iteration> =
        check options
        sequence Descent.step options objective

    /// <summary>The same with points that a rule proposes instead of the steps, as long as they bring a thousandth of
    /// what is left; the last digits, bounds and saddle points are as with every algorithm.</summary>
    let internal iterationsBy propose (options: SolverOptions) (objective: Objective) : seq<Iteration> =
        sequence (Descent.follow propose) options objective

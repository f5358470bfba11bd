namespace LmmFunctional

open System.Collections.Immutable

/// <summary>Newton-Raphson, Fisher scoring and average information, as a lazy sequence of immutable iterations.</summary>
/// <remarks>A trust region with exact gradients. While the criterion resolves the predicted fall, a step is kept only when
/// the criterion falls; past that point full steps polish the estimates as long as the Newton decrement falls.</remarks>
[<RequireQualifiedAccess>]
module Solver =

    /// The starting point, evaluated.
    let private start options (objective: Objective) =
        let information = Descent.informationOf options.Algorithm
        let evaluation = objective.Evaluate objective.Start (Order.Curvature information)
        let radius = max 1.0 (Descent.norm objective.Start)
        let still = ImmutableArray.CreateRange(Seq.replicate objective.Start.Length 0.0)
        Descent.arrive 0 objective.Start evaluation information evaluation.Curvature still 0 radius

    /// What is at a bound once nothing moves: zero set to zero, saddle points left along their way down.
    let private settle options (objective: Objective) (from: Iteration) =
        let boundary = objective.Boundary from.Theta

        match boundary.Escape with
        | Some theta ->
            let evaluation =
                objective.Evaluate theta (Order.Curvature(Descent.informationOf options.Algorithm))

            if evaluation.Value < from.Criterion - Descent.resolution from.Criterion then
                let radius = max 0.1 (Descent.norm (Descent.difference theta from.Theta))

                let next =
                    Descent.arrive
                        from.Number
                        theta
                        evaluation
                        (Descent.informationOf options.Algorithm)
                        evaluation.Curvature
                        (Descent.difference theta from.Theta)
                        0
                        radius

                {
                    next with
                        Progress = Progress.Descending
                }
            else
                {
                    from with
                        ActiveBounds = List.map fst boundary.Active
                        Progress = Progress.Converged
                }
        | None when boundary.Active.IsEmpty || Seq.forall2 (=) boundary.Snapped from.Theta -> {
            from with
                ActiveBounds = List.map fst boundary.Active
          }
        | None ->
            let evaluation =
                objective.Evaluate boundary.Snapped (Order.Curvature from.Information)

            if evaluation.Value <= from.Criterion + 1e-12 * max 1.0 (abs from.Criterion) then
                let step = Descent.difference boundary.Snapped from.Theta

                {
                    Descent.arrive
                        from.Number
                        boundary.Snapped
                        evaluation
                        from.Information
                        evaluation.Curvature
                        step
                        0
                        from.Radius with
                        ActiveBounds = List.map fst boundary.Active
                        Progress = Progress.Converged
                }
            else
                from

    /// <summary>The next iteration; None after the last one.</summary>
    let step (options: SolverOptions) (objective: Objective) (from: Iteration) : Iteration option =
        let settled next =
            match next.Progress with
            | Progress.Converged
            | Progress.Stalled -> settle options objective next
            | _ -> next

        if from.Number >= options.MaxIterations then
            None
        else
            match from.Progress with
            | Progress.Converged
            | Progress.Stalled -> None
            | Progress.Descending -> Some(settled (Descent.step objective from))
            | Progress.Polishing -> Some(settled (Polish.step options objective from))

    /// <summary>The iterations from the objective's start to its optimum.</summary>
    /// <remarks>Lazy: taking one more element is one more step, and stopping early costs nothing. The criterion never rises
    /// by more than its rounding.</remarks>
    let iterations (options: SolverOptions) (objective: Objective) : seq<Iteration> =
        seq {
            let first = start options objective
            first

            yield!
                first
                |> Seq.unfold (step options objective >> Option.map (fun next -> next, next))
        }

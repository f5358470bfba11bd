namespace LmmFunctional

open System
open System.Collections.Immutable

/// <summary>Newton-Raphson, Fisher scoring and average information, as a lazy sequence of immutable iterations.</summary>
/// <remarks>A trust region with exact gradients. While the criterion resolves the predicted fall, a step is kept only when
/// the criterion falls; past that point full steps polish the estimates as long as the Newton decrement falls.</remarks>
[<RequireQualifiedAccess>]
module Solver =

    let private informationOf algorithm =
        match algorithm with
        | Algorithm.NewtonRaphson -> Information.Observed
        | Algorithm.FisherScoring -> Information.Expected
        | Algorithm.AverageInformation -> Information.Average

    /// The criterion does not resolve falls smaller than this.
    let private resolution criterion = 1e-10 * max 1.0 (abs criterion)

    let private norm (values: ImmutableArray<float>) =
        sqrt (Seq.sumBy (fun v -> v * v) values)

    let private moved (theta: ImmutableArray<float>) (direction: float[]) factor =
        ImmutableArray.CreateRange(Seq.init theta.Length (fun i -> theta[i] + factor * direction[i]))

    let private difference (a: ImmutableArray<float>) (b: ImmutableArray<float>) =
        ImmutableArray.CreateRange(Seq.init a.Length (fun i -> a[i] - b[i]))

    /// An iteration at a point that has been evaluated.
    let private arrive number theta (evaluation: Evaluation) information curvature step halvings radius =
        let model = TrustRegion.step infinity evaluation.Gradient curvature
        let rounding = resolution evaluation.Value

        {
            Number = number
            Theta = theta
            Criterion = evaluation.Value
            Gradient = evaluation.Gradient
            Information = information
            Curvature = curvature
            Step = step
            Halvings = halvings
            Radius = radius
            Decrement = model.Decrement
            ActiveBounds = []
            Progress =
                if theta.IsEmpty then
                    Progress.Converged
                elif model.Decrement <= 2.0 * rounding then
                    Progress.Polishing
                else
                    Progress.Descending
        }

    /// The starting point, evaluated.
    let private start options (objective: Objective) =
        let information = informationOf options.Algorithm
        let evaluation = objective.Evaluate objective.Start (Order.Curvature information)
        let radius = max 1.0 (norm objective.Start)
        let still = ImmutableArray.CreateRange(Seq.replicate objective.Start.Length 0.0)
        arrive 0 objective.Start evaluation information evaluation.Curvature still 0 radius

    /// A step that must lower the criterion; shortened until it does.
    let private descend (objective: Objective) (from: Iteration) =
        let model = TrustRegion.step from.Radius from.Gradient from.Curvature

        let rec attempt factor halvings =
            let theta = moved from.Theta model.Direction factor
            // The first attempt is nearly always kept, so it is evaluated in full at once.
            let order =
                if halvings = 0 then
                    Order.Curvature from.Information
                else
                    Order.Value

            let evaluation = objective.Evaluate theta order

            if evaluation.Value < from.Criterion then
                Some(theta, evaluation, factor, halvings)
            elif halvings = 40 then
                None
            else
                attempt (0.4 * factor) (halvings + 1)

        match attempt 1.0 0 with
        | None -> {
            from with
                Number = from.Number + 1
                Progress = Progress.Stalled
          }
        | Some(theta, evaluation, factor, halvings) ->
            let evaluation =
                if halvings = 0 then
                    evaluation
                else
                    objective.Evaluate theta (Order.Curvature from.Information)

            let fall = from.Criterion - evaluation.Value
            let length = factor * model.Length

            let radius =
                if halvings > 0 then
                    max length (1e-3 * from.Radius)
                elif length > 0.9 * from.Radius && fall > 0.25 * model.Decrement then
                    3.0 * from.Radius
                elif length > 0.9 * from.Radius then
                    2.0 * from.Radius
                else
                    from.Radius

            arrive
                (from.Number + 1)
                theta
                evaluation
                from.Information
                evaluation.Curvature
                (difference theta from.Theta)
                halvings
                radius

    /// Curvature corrected so that it explains the last change of the gradient (symmetric rank one).
    let private corrected (from: Iteration) (evaluation: Evaluation) (step: float[]) =
        let k = step.Length

        let gap =
            Array.init k (fun i ->
                evaluation.Gradient[i]
                - from.Gradient[i]
                - Array.sum (Array.init k (fun j -> evaluation.Curvature[i, j] * step[j])))

        let product = Array.fold2 (fun sum a b -> sum + a * b) 0.0 gap step

        let size =
            sqrt (Array.sumBy (fun v -> v * v) gap * Array.sumBy (fun v -> v * v) step)

        if abs product <= 1e-8 * size then
            evaluation.Curvature
        else
            let raised =
                Matrix.init k k (fun i j -> evaluation.Curvature[i, j] + gap[i] * gap[j] / product)

            if (TrustRegion.step infinity evaluation.Gradient raised).IsPositive then
                raised
            else
                evaluation.Curvature

    let private isFinished options (objective: Objective) (iteration: Iteration) =
        iteration.Decrement <= defaultArg options.Tolerance objective.Tolerance

    /// A full step, kept when the Newton decrement falls and the criterion does not rise beyond its rounding.
    let private polish options (objective: Objective) (from: Iteration) =
        let information =
            if objective.HasCheapCurvature then
                Information.Observed
            else
                from.Information

        let converged = {
            from with
                Progress = Progress.Converged
        }

        if isFinished options objective from then
            converged
        else
            let current =
                if information = from.Information then
                    from
                else
                    let evaluation = objective.Evaluate from.Theta (Order.Curvature information)

                    arrive
                        from.Number
                        from.Theta
                        evaluation
                        information
                        evaluation.Curvature
                        from.Step
                        from.Halvings
                        from.Radius

            let model = TrustRegion.step current.Radius current.Gradient current.Curvature
            let theta = moved current.Theta model.Direction 1.0
            let evaluation = objective.Evaluate theta (Order.Curvature information)

            if not (evaluation.Value <= from.Criterion + 5e-13 * max 1.0 (abs from.Criterion)) then
                converged
            else
                let curvature =
                    if objective.HasCheapCurvature then
                        evaluation.Curvature
                    else
                        corrected current evaluation model.Direction

                let next =
                    arrive
                        (from.Number + 1)
                        theta
                        evaluation
                        information
                        curvature
                        (difference theta from.Theta)
                        0
                        from.Radius

                if next.Decrement >= 0.9 * current.Decrement then
                    converged
                elif isFinished options objective next then
                    {
                        next with
                            Progress = Progress.Converged
                    }
                else
                    {
                        next with
                            Progress = Progress.Polishing
                    }

    /// What is at a bound once nothing moves: zero set to zero, saddle points left along their way down.
    let private settle options (objective: Objective) (from: Iteration) =
        let boundary = objective.Boundary from.Theta

        match boundary.Escape with
        | Some theta ->
            let evaluation =
                objective.Evaluate theta (Order.Curvature(informationOf options.Algorithm))

            if evaluation.Value < from.Criterion - resolution from.Criterion then
                let radius = max 0.1 (norm (difference theta from.Theta))

                let next =
                    arrive
                        from.Number
                        theta
                        evaluation
                        (informationOf options.Algorithm)
                        evaluation.Curvature
                        (difference theta from.Theta)
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
                let step = difference boundary.Snapped from.Theta

                {
                    arrive
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
            | Progress.Descending -> Some(settled (descend objective from))
            | Progress.Polishing -> Some(settled (polish options objective from))

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

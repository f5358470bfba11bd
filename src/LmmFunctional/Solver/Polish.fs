namespace LmmFunctional

/// <summary>Steps past the point where the criterion resolves them: they are judged by the Newton decrement.</summary>
/// <remarks>A decrement of 1e-8 can leave a variance wrong in its fifth digit; one or two full steps more give the rest.</remarks>
[<RequireQualifiedAccess>]
module internal Polish =

    /// How far the criterion may rise by rounding alone.
    let risingAllowed criterion = 5e-13 * max 1.0 (abs criterion)

    // A step that does not lower the decrement by a tenth is rounding.
    let private worthwhile = 0.9

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
    let step options (objective: Objective) (from: Iteration) =
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

                    Descent.arrive
                        from.Number
                        from.Theta
                        evaluation
                        information
                        evaluation.Curvature
                        from.Step
                        from.Halvings
                        from.Radius

            let model = TrustRegion.step current.Radius current.Gradient current.Curvature
            let theta = Descent.moved current.Theta model.Direction 1.0
            let evaluation = objective.Evaluate theta (Order.Curvature information)

            if not (evaluation.Value <= from.Criterion + risingAllowed from.Criterion) then
                converged
            else
                let curvature =
                    if objective.HasCheapCurvature then
                        evaluation.Curvature
                    else
                        corrected current evaluation model.Direction

                let next =
                    Descent.arrive
                        (from.Number + 1)
                        theta
                        evaluation
                        information
                        curvature
                        (Descent.difference theta from.Theta)
                        0
                        from.Radius

                if next.Decrement >= worthwhile * current.Decrement then
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

namespace LmmFunctional.Estimation

open System
open LmmFunctional

/// <summary>Steps past the point where the criterion resolves them: they are judged by the Newton decrement.</summary>
/// <remarks>A decrement of 1e-8 can leave a variance wrong in its fifth digit; one or two full steps more give the rest.</remarks>
[<RequireQualifiedAccess>]
module internal Polish =

    /// How far the criterion may rise by rounding alone.
    let risingAllowed criterion = 5e-13 * max 1.0 (abs criterion)

    // A step that does not lower the decrement by a tenth is rounding.
    let private worthwhile = 0.9

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

                    if Double.IsFinite evaluation.Value then
                        Descent.arrive
                            from.Number
                            from.Theta
                            evaluation
                            information
                            evaluation.Curvature
                            from.Step
                            from.Halvings
                            from.Radius
                    else
                        from

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
                        Secant.corrected current.Gradient evaluation.Gradient model.Direction evaluation.Curvature

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

                // Both decrements by the same curvature: a correction may raise the second without any loss.
                let before = (TrustRegion.step infinity current.Gradient curvature).Decrement

                if next.Decrement >= worthwhile * before then
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

namespace LmmFunctional.Estimation

open System.Collections.Immutable
open System.Runtime.InteropServices
open LmmFunctional

/// <summary>Steps while the criterion still tells one point from the next.</summary>
[<RequireQualifiedAccess>]
module internal Descent =

    let informationOf algorithm =
        match algorithm with
        | Algorithm.NewtonRaphson -> Information.Observed
        | Algorithm.FisherScoring -> Information.Expected
        | Algorithm.AverageInformation
        // EM steps without any; average information tells how far it has come.
        | Algorithm.Em
        | Algorithm.PxEm -> Information.Average

    /// The criterion does not resolve falls smaller than this.
    let resolution criterion = 1e-10 * max 1.0 (abs criterion)

    // Information that is wrong along a step by more than this factor is given up or corrected.
    let private wrongBy = 2.0

    // Of the fall that is left, in −2 log likelihood units, and of the decrement before a step.
    let private nearlyThere, slow = 1.0, 0.3

    // Relative to the parameters: a step of less has come to a kink that rounding makes.
    let private tiny = 1e-9

    // A fall of less than this share of the decrement: the information says nothing of the way that is left.
    let private stuck = 2e-3

    // What a step that does not lower the criterion is shortened to.
    let private shortened = 0.4

    // Of the fall of a quadratic: a step that brings so much may be followed by longer ones.
    let private foreseen = 0.75

    let norm (values: ImmutableArray<float>) =
        let mutable sum = 0.0

        for i in 0 .. values.Length - 1 do
            sum <- sum + values[i] * values[i]

        sqrt sum

    let private init count (element: int -> float) =
        ImmutableCollectionsMarshal.AsImmutableArray(Array.init count element)

    let moved (theta: ImmutableArray<float>) (direction: float[]) factor =
        init theta.Length (fun i -> theta[i] + factor * direction[i])

    let difference (a: ImmutableArray<float>) (b: ImmutableArray<float>) = init a.Length (fun i -> a[i] - b[i])

    /// An iteration at a point that has been evaluated.
    let arrive number theta (evaluation: Evaluation) information curvature step halvings radius =
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

    /// The first point that lowers the criterion, of steps that get shorter: θ, derivatives there, the step and how often it was
    /// shortened.
    let private lower (objective: Objective) (from: Iteration) =
        let rec attempt (model: TrustRegion.Step) halvings =
            let theta = moved from.Theta model.Direction 1.0
            // The first attempt is nearly always kept, so it is evaluated in full at once.
            let order =
                if halvings = 0 then
                    Order.Curvature from.Information
                else
                    Order.Value

            let evaluation = objective.Evaluate theta order

            // Derivatives can overflow where the value does not.
            let full =
                if halvings > 0 && evaluation.Value < from.Criterion then
                    objective.Evaluate theta (Order.Curvature from.Information)
                else
                    evaluation

            if full.Value < from.Criterion then
                Some(theta, full, model, halvings)
            elif halvings = 40 then
                None
            else
                attempt (model.Within(shortened * model.Length)) (halvings + 1)

        attempt (TrustRegion.step from.Radius from.Gradient from.Curvature) 0

    /// The radius after a step that lowered the criterion by a fall.
    let private radiusAfter (from: Iteration) (model: TrustRegion.Step) halvings fall =
        let length = model.Length

        if halvings > 0 then
            max length (1e-3 * from.Radius)
        elif length > 0.9 * from.Radius && fall > foreseen * model.Fall then
            3.0 * from.Radius
        elif length > 0.9 * from.Radius && fall > 0.25 * model.Fall then
            1.5 * from.Radius
        else
            from.Radius

    /// A step that must lower the criterion; shortened until it does.
    let step (objective: Objective) (from: Iteration) =
        match lower objective from with
        | None -> {
            from with
                Number = from.Number + 1
                Progress = Progress.Stalled
          }
        | Some(theta, evaluation, model, halvings) ->
            let fall = from.Criterion - evaluation.Value
            let radius = radiusAfter from model halvings fall
            let step = difference theta from.Theta
            let taken = step.AsSpan().ToArray()

            let ratio =
                match from.Information with
                | Information.Observed -> 1.0
                | Information.Average
                | Information.Expected -> Secant.ratio from.Gradient evaluation.Gradient taken evaluation.Curvature

            // Near an optimum a step leaves little, unless the information is not the curvature.
            let isSlow (next: Iteration) =
                from.Information <> Information.Observed
                && (from.Decrement < nearlyThere || fall < stuck * from.Decrement)
                && next.Decrement > slow * from.Decrement

            let arriveBy (evaluation: Evaluation) information curvature =
                arrive (from.Number + 1) theta evaluation information curvature step halvings radius

            let isRight = ratio >= 1.0 / wrongBy && ratio <= wrongBy

            let next =
                if isRight || objective.HasCheapCurvature then
                    arriveBy evaluation from.Information evaluation.Curvature
                else
                    // Bounded, because one step shows little of a curvature that changes.
                    let factor = ratio |> max 0.1 |> min 10.0

                    Secant.rescaled factor taken evaluation.Curvature
                    |> arriveBy evaluation from.Information

            let isExactWanted =
                objective.HasCheapCurvature && not isRight
                || objective.IsCurvatureAffordable && isSlow next

            // However small the steps get from here, the criterion does not tell them apart.
            let isNowhere =
                model.Length <= tiny * max 1.0 (norm theta)
                && fall <= resolution evaluation.Value

            if isNowhere && next.Progress = Progress.Descending then
                {
                    next with
                        Progress = Progress.Stalled
                }
            elif isExactWanted then
                let exact = objective.Evaluate theta (Order.Curvature Information.Observed)

                if System.Double.IsFinite exact.Value then
                    arriveBy exact Information.Observed exact.Curvature
                else
                    next
            else
                next

    // A rule that brings less than this share of what is left crawls, as EM does towards a variance of zero.
    let private crawling = 1e-3

    /// A step to the point that a rule proposes, such as EM's; where the rule crawls, one with average information.
    let follow (propose: ImmutableArray<float> -> ImmutableArray<float>) (objective: Objective) (from: Iteration) =
        let theta = propose from.Theta
        let evaluation = objective.Evaluate theta (Order.Curvature Information.Average)

        if from.Criterion - evaluation.Value > crawling * 0.5 * from.Decrement then
            let step = difference theta from.Theta
            arrive (from.Number + 1) theta evaluation Information.Average evaluation.Curvature step 0 from.Radius
        else
            step objective from

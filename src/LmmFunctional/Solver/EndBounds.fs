namespace LmmFunctional.Estimation

open System
open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Model

/// <summary>Parameters at an end of their range: a correlation of 0 or ±1, a nugget of 0, a range of 0 or ∞.</summary>
/// <remarks>On the whole line an end is infinitely far, and Newton's steps towards it are all of one length. So the end itself
/// is tried as soon as a parameter is near it, and whether it is an optimum is told by the slope along the quantity, which
/// is a difference from inside the range: along the coordinate all derivatives vanish there.</remarks>
[<RequireQualifiedAccess>]
module internal EndBounds =

    // The distance over which the slope at an end is taken.
    let private beside = 1e-3

    // A change of the criterion that its rounding could not make.
    let private visible criterion = 1e-11 * max 1.0 (abs criterion)

    let private valueAt (objective: Objective) theta =
        (objective.Evaluate theta Order.Value).Value

    // The ends that coordinates are near to, not being at them.
    let private nearEnds (objective: Objective) (theta: ImmutableArray<float>) = [
        for k in 0 .. theta.Length - 1 do
            for own in objective.Ends[k].All do
                let distance = own.Distance theta[k]

                if distance > 0.0 && distance < own.Near then
                    k, own
    ]

    // What hardly changes the criterion: its derivatives by the coordinate.
    let private levelSlope, levelCurvature = 1e-6, 1e-5

    // Well inside a range, as seen from either end.
    let private inside = 2.0

    /// <summary>The ends of coordinates along which nothing changes where they are, but well inside their range: a Gaussian
    /// correlation of a short range, a spherical one of a range below all distances.</summary>
    let private levelEnds (objective: Objective) (iteration: Iteration) = [
        for k in 0 .. iteration.Theta.Length - 1 do
            if
                abs iteration.Gradient[k] < levelSlope
                && iteration.Curvature.Rows > k
                && abs iteration.Curvature[k, k] < levelCurvature
                && (objective.Ends[k].Reached iteration.Theta[k]).IsNone
            then
                for own in objective.Ends[k].All do
                    let within = iteration.Theta.SetItem(k, own.From inside)

                    if valueAt objective within > iteration.Criterion + visible iteration.Criterion then
                        k, own
    ]

    // The ends that coordinates are at.
    let private reached (objective: Objective) (theta: ImmutableArray<float>) = [
        for k in 0 .. theta.Length - 1 do
            match objective.Ends[k].Reached theta[k] with
            | Some own -> k, own
            | None -> ()
    ]

    let private moved (theta: ImmutableArray<float>) (places: (int * ParameterEnd) list) =
        places
        |> List.fold (fun (theta: ImmutableArray<float>) (k, own: ParameterEnd) -> theta.SetItem(k, own.At)) theta

    // How much the criterion falls, to first order, on the way to an end: it is nearly linear in the distance.
    let private leftOver (iteration: Iteration) (k: int, own: ParameterEnd) =
        abs (iteration.Gradient[k] * own.Rate iteration.Theta[k])

    // Whether the criterion falls towards an end, or hardly changes: elsewhere the end is above.
    let private isTowards (iteration: Iteration) (k: int, own: ParameterEnd) =
        let fall = iteration.Gradient[k] * own.Rate iteration.Theta[k]
        fall > -(visible iteration.Criterion)

    // Farther where an end is taken for reached before it.
    let private distanceBeside (own: ParameterEnd) = max beside (10.0 * own.DistanceReached)

    // Near zero also at a small standard deviation: it enters covariances, where it matters to first order. So does the root of
    // what a correlation leaves.
    let private besides (own: ParameterEnd) =
        match own with
        | ParameterEnd.Turning _ -> [ distanceBeside own; 1e-3 * distanceBeside own ]
        | ParameterEnd.Infinite _ -> [ distanceBeside own ]

    /// The least slope of the criterion from an end to points beside it, with the change to that point.
    let private leastRise objective (theta: ImmutableArray<float>) criterion (k: int, own: ParameterEnd) =
        besides own
        |> List.map (fun distance ->
            let change = valueAt objective (theta.SetItem(k, own.From distance)) - criterion
            change / distance, change)
        |> List.minBy fst

    /// The change of the criterion from an end to the point beside it to which it rises least.
    let private rise objective theta criterion place =
        snd (leastRise objective theta criterion place)

    /// <summary>The point with parameters at their ends that are near them, where the criterion falls no less and not much
    /// more than its slope tells, and rises from there into the range.</summary>
    /// <remarks>Where the likelihood has no maximum it falls without limit towards an end, and far more than the slope
    /// tells.</remarks>
    let tryReach (objective: Objective) (iteration: Iteration) : ImmutableArray<float> option =
        // Where the criterion is not defined there is no gradient.
        let candidates =
            if iteration.Gradient.Length = iteration.Theta.Length then
                List.filter (isTowards iteration) (nearEnds objective iteration.Theta)
                @ levelEnds objective iteration
            else
                []

        let isBetter places =
            let theta = moved iteration.Theta places
            let value = valueAt objective theta
            let fall = iteration.Criterion - value
            let expected = places |> List.sumBy (leftOver iteration)

            fall > -0.1 * visible iteration.Criterion
            && fall <= 10.0 * expected + visible iteration.Criterion
            && places
               |> List.forall (fun place -> rise objective theta value place > -(visible value))

        let sets =
            match candidates with
            | []
            | [ _ ] -> List.map List.singleton candidates
            | _ -> candidates :: List.map List.singleton candidates

        sets
        |> List.tryFind isBetter
        |> Option.map (moved iteration.Theta)
        |> Option.orElseWith (fun () -> RayEnds.tryReach objective iteration)

    // Steps along a parameter that does not matter change nothing, however long.
    let private idleSteps = [ 0.3; -0.3 ]

    /// Parameters with ends that do not matter, given those at an end: a range of a process of no variance.
    let private idle objective (theta: ImmutableArray<float>) criterion isFixed =
        let rounding = 1e-13 * max 1.0 (abs criterion)

        let isIdle k =
            not (objective.Ends[k].All.IsEmpty)
            && not (isFixed k)
            && idleSteps
               |> List.forall (fun step ->
                   abs (valueAt objective (theta.SetItem(k, theta[k] + step)) - criterion)
                   <= rounding)

        [| for k in 0 .. theta.Length - 1 -> isIdle k |]

    // Farther from an end, in units of the quantity.
    let private farther = [ 0.03; 0.2; 0.6; 2.0 ]

    /// The lowest of points farther from the ends, each along its own coordinate, if it is below them: moving averages are the
    /// same on both sides of an end, so that its slope says nothing.
    let private across objective (theta: ImmutableArray<float>) criterion places =
        [
            for k, own: ParameterEnd in places do
                for distance in farther -> theta.SetItem(k, own.From distance)
        ]
        |> List.map (fun inside -> inside, valueAt objective inside)
        |> List.filter (fun (_, value) -> value < criterion - visible criterion)
        |> function
            | [] -> None
            | lower -> Some(fst (List.minBy snd lower))

    /// What is at its bound at a point, with what is at an end of its range.
    let private withEnds objective (theta: ImmutableArray<float>) (inner: Boundary) : Boundary =
        match reached objective theta with
        | [] -> inner
        | places ->
            let criterion = valueAt objective theta
            let rises = places |> List.map (leastRise objective theta criterion)
            let isAtEnd k = places |> List.exists (fst >> (=) k)
            let isFixed k = isAtEnd k || inner.Fixed[k]
            let idle = idle objective theta criterion isFixed

            let escape =
                List.zip places rises
                |> List.sortBy (snd >> snd)
                |> List.tryFind (fun (_, (_, rise)) -> rise < -(visible criterion))
                |> Option.map (fun ((k, own), _) -> fun distance -> theta.SetItem(k, own.From distance))
                |> Option.orElseWith (fun () ->
                    across objective theta criterion places |> Option.map (fun inside _ -> inside))

            {
                inner with
                    Active =
                        inner.Active
                        @ List.map2 (fun (k, _) (slope, _) -> objective.Ends[k].Name, slope) places rises
                    Fixed = ImmutableArray.CreateRange(Seq.init theta.Length (fun k -> isFixed k || idle[k]))
                    Escape = inner.Escape |> Option.orElse escape
            }

    /// What does not move has no derivatives: exactly none, also where an end is taken for reached a little before it.
    let private still objective (theta: ImmutableArray<float>) (evaluation: Evaluation) =
        match reached objective theta with
        | [] -> evaluation
        | places ->
            let isStill = Array.create theta.Length false
            places |> List.iter (fun (k, _) -> isStill[k] <- true)
            let curvature = evaluation.Curvature

            {
                evaluation with
                    Gradient =
                        evaluation.Gradient
                        |> Seq.mapi (fun k slope -> if isStill[k] then 0.0 else slope)
                        |> ImmutableArray.CreateRange
                    Curvature =
                        Matrix.init curvature.Rows curvature.Columns (fun i j ->
                            if isStill[i] || isStill[j] then 0.0 else curvature[i, j])
            }

    /// The objective that knows the ends of its parameters as bounds.
    let extend (objective: Objective) : Objective =
        if objective.Ends |> Seq.forall _.All.IsEmpty && objective.Ray.IsNone then
            objective
        else
            {
                objective with
                    Evaluate =
                        fun theta order ->
                            objective.Evaluate theta order
                            |> still objective theta
                            |> RayEnds.still objective theta
                    Boundary =
                        Objective.remembering (fun theta ->
                            withEnds objective theta (objective.Boundary theta)
                            |> RayEnds.withEnd objective theta)
            }

    // So near an end what is left of a fall to it cannot be seen.
    let private atLast = 1e-6

    // A fall by this for each factor of e in the distance: a likelihood without maximum falls by one or more.
    let private endless = 0.05

    /// <summary>The parameters towards whose ends the likelihood grows without limit: so near them the criterion still falls
    /// by as much for each factor of the distance.</summary>
    let unbounded (objective: Objective) (iteration: Iteration) : string list =
        if iteration.Gradient.Length <> iteration.Theta.Length then
            []
        else
            [
                for k, own in nearEnds objective iteration.Theta do
                    let isTowards = iteration.Gradient[k] * own.Rate iteration.Theta[k] > 0.0

                    if
                        own.Distance iteration.Theta[k] < atLast
                        && isTowards
                        && leftOver iteration (k, own) > endless
                    then
                        objective.Ends[k].Name

                yield! RayEnds.unbounded objective iteration
            ]

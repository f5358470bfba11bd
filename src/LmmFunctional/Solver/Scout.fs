namespace LmmFunctional.Estimation

open System
open System.Collections.Immutable
open System.Runtime.InteropServices

/// <summary>Descents from one start that are given up once they are on the way to an optimum already found.</summary>
[<RequireQualifiedAccess>]
module internal Scout =

    // Scouts only tell optima apart; the descent that counts is made by the algorithm asked for.
    let private scouting = {
        SolverOptions.defaults with
            Tolerance = Some 1e-6
            MaxIterations = 100
    }

    /// A difference by which one optimum is lower than another.
    let distinct criterion = 1e-9 * max 1.0 (abs criterion)

    // Places on the line from a start to an optimum.
    let private places = [ 0.25; 0.6 ]

    /// Whether the criterion falls all along the line to the end of a descent.
    let leadsTo (objective: Objective) (theta: ImmutableArray<float>) value (last: Iteration) =
        let direction = Array.init theta.Length (fun i -> last.Theta[i] - theta[i])

        let rec falls before places =
            match places with
            | [] -> before >= last.Criterion
            | place :: others ->
                let next =
                    (objective.Evaluate (Descent.moved theta direction place) Order.Value).Value

                next <= before && falls next others

        falls value places

    /// Where a start leads.
    [<RequireQualifiedAccess>]
    type Way =
        /// Down to an optimum found before, by its place among them.
        | Known of index: int
        /// A descent came to its own end.
        | Ended of Iteration

    /// An end with the number of starts that lead to it, and the start of the descent that found it.
    [<NoComparison; NoEquality>]
    type Found = {
        Last: Iteration
        From: ImmutableArray<float>
        Count: int
        /// Whether it may be taken; some are far below all optima, where the likelihood grows without bound.
        IsOptimum: Lazy<bool>
    }

    let foundAt isOptimum last start = {
        Last = last
        From = start
        Count = 1
        IsOptimum = lazy isOptimum last
    }

    /// The lowest of the first end and those below it that may be taken.
    let lowestOf (found: Found list) =
        let first = found.Head.Last.Criterion

        found.Tail
        |> List.filter (fun own -> own.Last.Criterion < first && own.IsOptimum.Value)
        |> List.fold (fun lowest own -> min lowest own.Last.Criterion) first

    // Of the gradient of a quadratic, in the norm of its inverse curvature, and how far above its end it may be.
    let private nearlyQuadratic, nearby = 0.1, 4.0

    /// Whether a point is so near the end of a descent that its gradient is that of the quadratic around the end.
    let private isNear (theta: ImmutableArray<float>) (gradient: ImmutableArray<float>) (last: Iteration) =
        let k = theta.Length
        let away = Descent.difference theta last.Theta

        let expected =
            Array.init k (fun i ->
                let mutable sum = 0.0

                for j in 0 .. k - 1 do
                    sum <- sum + last.Curvature[i, j] * away[j]

                sum)

        let mutable height = 0.0

        for i in 0 .. k - 1 do
            height <- height + away[i] * expected[i]

        height <= 2.0 * nearby
        && (let gap =
                Descent.difference gradient (ImmutableCollectionsMarshal.AsImmutableArray expected)

            let step = TrustRegion.step infinity gap last.Curvature
            step.IsPositive && step.Decrement <= nearlyQuadratic * height)

    // A variance beside its bound, relative to the residual one.
    let private beyond = 1e-2

    // A point whose descent promises no more than this share of what lies between it and the optimum is stationary.
    let private stationary = 0.02

    /// The end that a point is certainly on the way to: a near one, or an optimum below a stationary point. An end where the
    /// likelihood grows without bound is below every optimum and does not count.
    let private known (objective: Objective) (found: Found list) (current: Iteration) =
        // What leaves a bound there may go another way.
        let isWayOut =
            lazy
                (let boundary = objective.Boundary current.Theta

                 fun (last: Iteration) ->
                     match boundary.Escape with
                     | None -> true
                     | Some away ->
                         let out = Descent.difference (away beyond) current.Theta
                         let towards = Descent.difference last.Theta current.Theta
                         Seq.fold2 (fun sum a b -> sum + a * b) 0.0 out towards > 0.0)

        let isBelow (own: Found) =
            let last = own.Last

            0.5 * current.Decrement < stationary * (current.Criterion - last.Criterion)
            && isWayOut.Value last
            && leadsTo objective current.Theta current.Criterion last
            && own.IsOptimum.Value

        if current.Progress = Progress.Descending || current.Progress = Progress.Polishing then
            found
            |> List.tryFindIndex (fun own -> isNear current.Theta current.Gradient own.Last || isBelow own)
        else
            None

    // So many steps tell how fast a descent is.
    let private lately = 5

    /// Whether all steps of a scout at the pace of the last ones would not bring it down to the lowest end.
    let private isHopeless lowest (criteria: float list) (current: Iteration) =
        let height = current.Criterion - lowest

        current.Progress = Progress.Descending
        && current.Decrement < height
        && (match List.tryItem lately criteria with
            | Some before -> (before - current.Criterion) / float lately * float scouting.MaxIterations < height
            | None -> false)

    /// The descent from a start, given up once it is on the way to an optimum that is known, or too slow to get below them.
    let descend (objective: Objective) (found: Found list) start : Way =
        let lowest = lowestOf found

        use path =
            (Solver.iterations scouting { objective with Start = start }).GetEnumerator()

        let rec follow (last: Iteration option) criteria =
            if not (path.MoveNext()) then
                Way.Ended last.Value
            else
                let current = path.Current

                match known objective found current with
                | Some index -> Way.Known index
                | None when isHopeless lowest criteria current -> Way.Ended current
                | None -> follow (Some current) (current.Criterion :: criteria)

        follow None []

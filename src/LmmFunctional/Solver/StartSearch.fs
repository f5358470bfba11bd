namespace LmmFunctional

open System
open System.Collections.Immutable

/// <summary>What a fit tried to find the lowest optimum.</summary>
type StartSearch = {
    /// Points at which the criterion was looked at before a descent.
    Starts: int
    /// Those from which the way down leads to the optimum that was taken.
    EndedHere: int
    /// Descents begun, the one to the optimum among them.
    Descents: int
    /// The next best optimum: how far its −2 log likelihood lies above; None where no other was found.
    NextBest: float option
    /// Whether the fit was told where to start, so that it tried no other start.
    IsGiven: bool
}

/// <summary>Descents from several starts: coarse values first, then descents from those starts that no way down joins to an
/// optimum already found.</summary>
/// <remarks>A start belongs to an optimum when the criterion falls along the straight line to it. That costs two values, where
/// a descent costs several second derivatives: likelihoods with one optimum take hardly longer.</remarks>
[<RequireQualifiedAccess>]
module StartSearch =

    /// One start, which led to the only optimum there is to know of.
    let single = {
        Starts = 1
        EndedHere = 1
        Descents = 1
        NextBest = None
        IsGiven = false
    }

    // What a likelihood with many optima may cost: the starts left over are those with the highest values.
    let private mostDescents = 8

    // Scouts only tell optima apart; the descent that counts is made by the algorithm asked for.
    let private scouting = {
        SolverOptions.defaults with
            Tolerance = Some 1e-6
            MaxIterations = 100
    }

    /// A difference by which one optimum is lower than another.
    let private distinct criterion = 1e-9 * max 1.0 (abs criterion)

    // Places on the line from a start to an optimum.
    let private places = [ 0.25; 0.6 ]

    /// Whether the criterion falls all along the line to the end of a descent.
    let private leadsTo (objective: Objective) (theta: ImmutableArray<float>) value (last: Iteration) =
        let direction = Descent.difference last.Theta theta |> Array.ofSeq

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
    type private Way =
        /// Down to an optimum found before, by its place among them.
        | Known of index: int
        /// A descent came to its own end.
        | Ended of Iteration

    /// The descent from a start, given up once it is on the way down to an optimum that is known.
    let private scout (objective: Objective) (ends: Iteration list) start : Way =
        use path =
            (Solver.iterations scouting { objective with Start = start }).GetEnumerator()

        let rec follow (last: Iteration option) =
            if not (path.MoveNext()) then
                Way.Ended last.Value
            else
                let current = path.Current

                let known =
                    if current.Number > 0 && current.Progress = Progress.Descending then
                        ends |> List.tryFindIndex (leadsTo objective current.Theta current.Criterion)
                    else
                        None

                match known with
                | Some index -> Way.Known index
                | None -> follow (Some current)

        follow None

    /// An end with the number of starts that lead to it, and the start of the descent that found it.
    [<NoComparison>]
    type private Found = {
        Last: Iteration
        From: ImmutableArray<float>
        Count: int
    }

    /// All ends, from the end of the main descent and the other starts by their values.
    let private explore (objective: Objective) (first: Found) (others: (ImmutableArray<float> * float) list) =
        let joined index (found: Found list) =
            found
            |> List.mapi (fun i own ->
                if i = index then
                    { own with Count = own.Count + 1 }
                else
                    own)

        (([ first ], 1), others)
        ||> List.fold (fun (found, descents) (start, value) ->
            let ends = found |> List.map _.Last

            match ends |> List.tryFindIndex (leadsTo objective start value) with
            | Some index -> joined index found, descents
            | None when descents >= mostDescents -> found, descents
            | None ->
                match scout objective ends start with
                | Way.Known index -> joined index found, descents + 1
                | Way.Ended last ->
                    let isSame (other: Iteration) =
                        abs (other.Criterion - last.Criterion) <= distinct last.Criterion

                    match ends |> List.tryFindIndex isSame with
                    | Some index -> joined index found, descents + 1
                    | None -> found @ [ { Last = last; From = start; Count = 1 } ], descents + 1)

    /// <summary>The descent to the lowest optimum that the starts of an objective lead to.</summary>
    /// <param name="isOptimum">Whether an end may be taken: an end of another descent must be one to replace that of the
    /// first.</param>
    /// <param name="descend">A whole descent from a start, by the algorithm asked for.</param>
    /// <param name="objective">The function, with its starts.</param>
    /// <returns>The iterations of the descent, and what was tried.</returns>
    let internal run
        (isOptimum: Iteration -> bool)
        (descend: ImmutableArray<float> -> Iteration list)
        (objective: Objective)
        : Iteration list * StartSearch =
        match objective.FurtherStarts.Value with
        | [] -> descend objective.Start, single
        | further ->
            let valued =
                objective.Start :: further
                |> List.map (fun theta -> theta, (objective.Evaluate theta Order.Value).Value)

            // The moments first, whatever their value: the way down from a variance of zero begins with leaving it.
            let starts =
                match valued |> List.filter (snd >> Double.IsFinite) with
                | first :: others when fst first = objective.Start -> first :: List.sortBy snd others
                | others -> List.sortBy snd others

            match starts with
            | [] -> descend objective.Start, single
            | (first, _) :: others ->
                let path = descend first

                let found, descents =
                    explore
                        objective
                        {
                            Last = List.last path
                            From = first
                            Count = 1
                        }
                        others

                let main = found.Head
                let lowest = main.Last.Criterion - distinct main.Last.Criterion

                let better =
                    found
                    |> List.filter (fun own -> own.Last.Criterion < lowest)
                    |> List.sortBy _.Last.Criterion
                    |> List.tryFind (fun own -> isOptimum own.Last)

                let taken, path =
                    match better with
                    | None -> main, path
                    | Some best ->
                        let again = descend best.From

                        // Another algorithm may go another way from there.
                        if
                            (List.last again).Criterion
                            <= best.Last.Criterion + distinct best.Last.Criterion
                        then
                            best, again
                        else
                            best, descend best.Last.Theta

                let criterion = (List.last path).Criterion

                path,
                {
                    Starts = starts.Length
                    EndedHere = taken.Count
                    Descents = descents
                    NextBest =
                        found
                        |> List.filter (fun own -> own.Last.Criterion > criterion + distinct criterion)
                        |> List.sortBy _.Last.Criterion
                        |> List.tryFind (fun own -> isOptimum own.Last)
                        |> Option.map (fun own -> own.Last.Criterion - criterion)
                    IsGiven = false
                }

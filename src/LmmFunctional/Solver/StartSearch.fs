namespace LmmFunctional.Estimation

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

/// <summary>Descents from several starts: coarse values first, then descents from the promising ones, each until it is seen to
/// be on its way to an optimum already found.</summary>
/// <remarks>That the criterion falls along the straight line to an optimum says little of where the way down from a start
/// leads, for there are other ways down. It is enough from a stationary point above the optimum, such as a variance of zero
/// that wants to grow, and for starts far above what is found.</remarks>
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
    let private mostDescents = 60

    // How far above the lowest end a start may be that is followed: of 1 100 random models, those with
    // a lower optimum had a start on the way to it no farther above. Where descents are dear only close ones are followed.
    let private promising = 30.0
    let private close = 4.0

    /// All ends and the number of descents, from those known and other starts by their values.
    let private explore isOptimum (objective: Objective) known (others: (ImmutableArray<float> * float) list) =
        let isLowestOrHighest value =
            value = snd others.Head || value = snd (List.last others)

        let joined index (found: Scout.Found list) =
            found
            |> List.mapi (fun i own ->
                if i = index then
                    { own with Count = own.Count + 1 }
                else
                    own)

        (known, others)
        ||> List.fold (fun (found: Scout.Found list, descents) (start, value) ->
            let ends = found |> List.map _.Last
            let lowest: float = Scout.lowestOf found

            let joining =
                let isFollowed =
                    match objective.Following with
                    | Following.Close -> value - lowest < close
                    | Following.Extreme -> value - lowest < close || isLowestOrHighest value
                    | Following.Promising -> value - lowest < promising
                    | Following.Every -> true

                if isFollowed then
                    None
                else
                    ends |> List.tryFindIndex (Scout.leadsTo objective start value)

            match joining with
            | Some index -> joined index found, descents
            | None when descents >= mostDescents -> found, descents
            | None ->
                match Scout.descend objective found start with
                | Scout.Way.Known index -> joined index found, descents + 1
                | Scout.Way.Ended last ->
                    let isSame (other: Iteration) =
                        abs (other.Criterion - last.Criterion) <= Scout.distinct last.Criterion

                    match ends |> List.tryFindIndex isSame with
                    | Some index -> joined index found, descents + 1
                    | None -> found @ [ Scout.foundAt isOptimum last start ], descents + 1)

    // Of a correlation, 0.8 from zero; and of so many coordinates at most.
    let private mirroredDistance = 0.2
    let private mostMirrored = 4

    /// The lowest end with each coordinate that is at an end of its range near the other end: no way down leads through an end,
    /// where nothing has a slope.
    let private mirrored (objective: Objective) (found: Scout.Found list) : (ImmutableArray<float> * float) list =
        let lowest: float = Scout.lowestOf found
        let theta = (found |> List.find (fun own -> own.Last.Criterion = lowest)).Last.Theta

        [
            for k in 0 .. theta.Length - 1 do
                match objective.Ends[k].Reached theta[k] with
                | Some reached ->
                    for other in objective.Ends[k].All do
                        if other <> reached then
                            theta.SetItem(k, other.From mirroredDistance)
                | None -> ()
        ]
        |> List.truncate mostMirrored
        |> List.map (fun theta -> theta, (objective.Evaluate theta Order.Value).Value)
        |> List.filter (snd >> Double.IsFinite)

    /// The descent to the lowest of the ends, the first of which is that of a path, and what was tried.
    let private taken
        descend
        (path: Iteration list)
        (found: Scout.Found list, descents)
        : Iteration list * StartSearch =
        let main = List.head found
        let lowest = main.Last.Criterion - Scout.distinct main.Last.Criterion

        let own, path =
            match
                found
                |> List.filter (fun own -> own.Last.Criterion < lowest)
                |> List.sortBy _.Last.Criterion
                |> List.tryFind _.IsOptimum.Value
            with
            | None -> main, path
            | Some best ->
                let reaches limit (path: Iteration list) = (List.last path).Criterion <= limit
                let again: Iteration list = descend best.From

                // Another algorithm may go another way from there.
                if again |> reaches (best.Last.Criterion + Scout.distinct best.Last.Criterion) then
                    best, again
                else
                    // Rounding may have made that end: the criterion need not be defined there.
                    [ descend best.Last.Theta; again ]
                    |> List.tryFind (reaches lowest)
                    |> Option.map (fun path -> best, path)
                    |> Option.defaultValue (main, path)

        let criterion = (List.last path).Criterion

        path,
        {
            Starts = found |> List.sumBy _.Count
            EndedHere = own.Count
            Descents = descents
            NextBest =
                found
                |> List.filter (fun own -> own.Last.Criterion > criterion + Scout.distinct criterion)
                |> List.sortBy _.Last.Criterion
                |> List.tryFind _.IsOptimum.Value
                |> Option.map (fun own -> own.Last.Criterion - criterion)
            IsGiven = false
        }

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

            let finite =
                valued
                |> List.filter (snd >> Double.IsFinite)
                |> List.sortWith (fun (_, one: float) (_, other) -> compare one other)

            let starts =
                match finite with
                | lowest :: _ when snd lowest >= snd valued.Head - promising ->
                    // The moments first: the way down from a variance of zero begins with leaving it.
                    let isOther own =
                        not (LanguagePrimitives.PhysicalEquality own valued.Head)

                    valued.Head :: List.filter isOther finite
                // Far below the moments, or where these are not defined.
                | sorted -> sorted

            match starts with
            | [] -> descend objective.Start, single
            | (first, _) :: others ->
                let path = descend first
                let last = List.last path

                match last.Progress with
                | Progress.Converged
                | Progress.Stalled ->
                    let main = Scout.foundAt isOptimum last first

                    let known = explore isOptimum objective ([ main ], 1) others
                    let further = mirrored objective (fst known)

                    explore isOptimum objective known further
                    |> taken descend path
                    |> fun (path, search) ->
                        path,
                        {
                            search with
                                Starts = starts.Length + further.Length
                        }
                // Stopped before its end, as was asked for: there is nothing to compare.
                | Progress.Descending
                | Progress.Polishing -> path, single

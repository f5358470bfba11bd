namespace LmmFunctional.Estimation

open System
open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Model

/// <summary>Fits with bounds on covariance parameters, by an active set: a parameter that would pass its bound is held
/// there, and let go again when the criterion falls into the region.</summary>
/// <remarks>Each set of bounds is tried once, so that the search ends. Nocedal and Wright (2006), section 16.5.</remarks>
[<RequireQualifiedAccess>]
module internal BoundedFit =

    /// Parameters held at a bound: at the upper one, or the lower one.
    type private ActiveSet = Map<string, bool>

    /// A fit with some bounds in force: what it passes, and what wants to leave.
    [<NoComparison; ReferenceEquality>]
    type private Attempt = {
        Active: ActiveSet
        Fit: Fit
        InForce: BoundInForce list
        /// Parameters beyond a bound, and whether it is the upper one.
        Passed: (string * bool) list
        /// Bounds in force from which the criterion falls into the region, the steepest first.
        Wrong: BoundInForce list
    }

    // A criterion that falls by less than this over the size of a parameter is at its best.
    let private steep = 1e-6

    let private pointOf (fit: Fit) =
        LogLikelihood.pointAt fit.Model (List.last fit.Path).Theta

    let private valueOf (bound: Bound) isUpper =
        Option.defaultValue nan (if isUpper then bound.Upper else bound.Lower)

    /// The fall that is steep for a parameter: relative to its size, or to that of its region.
    let private steepFor (likelihood: LogLikelihood) (bound: BoundInForce) =
        let region =
            match ParameterNames.find likelihood.Parameters bound.Name with
            | Ok place ->
                let low, high = ParameterNames.regionOf place
                if Double.IsFinite(high - low) then high - low else 0.0
            | Error _ -> 0.0

        match max region (abs bound.Value) with
        | 0.0 -> steep
        | size -> steep / size

    let private look (bounds: Map<string, Bound>) active (fit: Fit) =
        let point = pointOf fit

        let inForce = [
            for KeyValue(name, isUpper) in active do
                let slope = ParameterValue.slope fit.Model point name

                {
                    Name = name
                    Value = valueOf bounds[name] isUpper
                    IsUpper = isUpper
                    Multiplier = if isUpper then -slope else slope
                }
        ]

        {
            Active = active
            Fit = fit
            InForce = inForce
            Passed = [
                for KeyValue(name, bound) in bounds do
                    if not (active.ContainsKey name) then
                        let value = ParameterValue.at fit.Model point name

                        match bound with
                        | { Lower = Some lower } when value < lower -> name, false
                        | { Upper = Some upper } when value > upper -> name, true
                        | _ -> ()
            ]
            Wrong =
                inForce
                |> List.filter (fun bound -> bound.Multiplier < -(steepFor fit.Model bound))
                |> List.sortBy _.Multiplier
        }

    /// Sets to try next, the best first.
    let private nextOf (attempt: Attempt) : ActiveSet list =
        let hold (active: ActiveSet) (name, isUpper) = active.Add(name, isUpper)
        let release (active: ActiveSet) (bound: BoundInForce) = active.Remove bound.Name

        [
            if not attempt.Passed.IsEmpty then
                List.fold hold attempt.Active attempt.Passed

            for bound in attempt.Wrong do
                release attempt.Active bound

            for passed in attempt.Passed do
                hold attempt.Active passed

            List.fold hold (List.fold release attempt.Active attempt.Wrong) attempt.Passed
        ]

    let private certified (attempt: Attempt) : Fit = {
        attempt.Fit with
            Evidence = Certificate.withBounds attempt.InForce attempt.Fit.Evidence
    }

    /// The best of what was tried, where no set of bounds is an optimum.
    let private unsettled (attempts: Attempt list) : Fit =
        let within = attempts |> List.filter _.Passed.IsEmpty

        let best =
            match within with
            | [] -> List.head attempts
            | _ -> within |> List.minBy _.Fit.CriterionValue

        let names = best.Active |> Map.toList |> List.map fst |> String.concat ", "

        {
            best.Fit with
                Evidence = {
                    Certificate.withBounds best.InForce best.Fit.Evidence with
                        Verdict =
                            Verdict.NotConverged
                                $"no choice among the bounds is an optimum; the best found holds {names}"
                }
        }

    let private isWithin (ranges: Map<string, Bound>) (likelihood: LogLikelihood) theta =
        let point = LogLikelihood.pointAt likelihood theta

        ranges
        |> Map.forall (fun name bound ->
            let value = ParameterValue.at likelihood point name

            Option.forall (fun lower -> value >= lower) bound.Lower
            && Option.forall (fun upper -> value <= upper) bound.Upper)

    /// The better of a fit at bounds and the lowest optimum inside: where the likelihood has several, the lowest of all may be
    /// outside, and a bound on the way to it above one inside.
    let private orInside ranges (solve: LogLikelihood -> Fit) (likelihood: LogLikelihood) (atBounds: Fit) =
        let objective = likelihood.Objective

        let nothing = {
            Value = infinity
            Gradient = ImmutableArray.Empty
            Curvature = Matrix(0, 0, [||])
        }

        let walled = {
            likelihood with
                Function = {
                    objective with
                        Evaluate =
                            fun theta order ->
                                if isWithin ranges likelihood theta then
                                    objective.Evaluate theta order
                                else
                                    nothing
                }
        }

        let canStart theta =
            Double.IsFinite (walled.Objective.Evaluate theta Order.Value).Value

        if Seq.exists canStart (objective.Start :: objective.FurtherStarts.Value) then
            let inside = solve walled

            if
                inside.Certificate.IsConverged
                && (not atBounds.Certificate.IsConverged
                    || inside.CriterionValue < atBounds.CriterionValue)
            then
                { inside with Model = likelihood }
            else
                atBounds
        else
            atBounds

    /// <summary>The fit within bounds.</summary>
    /// <param name="bounds">Bounds by the names of parameters.</param>
    /// <param name="solve">The fit of a likelihood without bounds.</param>
    /// <param name="likelihood">The likelihood.</param>
    /// <returns>The fit, or what is wrong with the bounds.</returns>
    let search (bounds: Map<string, Bound>) (solve: LogLikelihood -> Fit) (likelihood: LogLikelihood) =
        // Bounds without room between them: the parameter is known.
        let equal, ranges =
            bounds
            |> Map.partition (fun _ bound -> bound.Lower.IsSome && bound.Lower = bound.Upper)

        let known =
            (likelihood.Held.Known, equal)
            ||> Map.fold (fun known name bound -> known.Add(name, valueOf bound true))

        /// The likelihood with the bounds of a set held, beside what is known.
        let holding (active: ActiveSet) =
            let held =
                (known, active)
                ||> Map.fold (fun held name isUpper -> held.Add(name, valueOf ranges[name] isUpper))

            LogLikelihood.holding held likelihood

        let rec attempt (before: Attempt list) (active: ActiveSet) (likelihood: LogLikelihood) =
            let own = solve likelihood |> look ranges active
            let all = own :: before

            if own.Passed.IsEmpty && own.Wrong.IsEmpty then
                Ok(certified own)
            else
                match
                    nextOf own
                    |> List.tryFind (fun set -> all |> List.forall (fun tried -> tried.Active <> set))
                with
                | None -> Ok(unsettled all)
                | Some set ->
                    holding set
                    |> Result.bind (LogLikelihood.startingAlsoFrom (pointOf own.Fit) >> attempt all set)

        let within =
            match Bound.problems bounds likelihood with
            | [] when bounds.IsEmpty -> Ok(solve likelihood)
            | [] ->
                (if equal.IsEmpty then Ok likelihood else holding Map.empty)
                |> Result.bind (fun likelihood ->
                    attempt [] Map.empty likelihood
                    |> Result.map (fun (fit: Fit) ->
                        if fit.Certificate.BoundsInForce.IsEmpty && fit.Certificate.IsConverged then
                            fit
                        else
                            orInside ranges solve likelihood fit))
            | problems -> Error problems

        within |> Result.map (fun fit -> { fit with Limits = bounds })

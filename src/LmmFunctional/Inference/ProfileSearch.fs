namespace LmmFunctional.Analysis

open System

/// <summary>A point of a profile: the parameter's value and the signed root of how much −2 log likelihood rose.</summary>
[<Struct>]
type ProfilePoint = {
    /// On the scale in which the parameter is told.
    Value: float
    /// sign(value − estimate) √(−2 log likelihood less its minimum); standard normal where the likelihood is quadratic.
    Zeta: float
}

/// <summary>A point on the way to a profile's end, with what the next one starts from.</summary>
[<NoComparison; ReferenceEquality>]
type internal ProfileState<'state> = {
    Value: float
    /// √(−2 log likelihood less its minimum), without sign.
    Root: float
    /// The derivative of the root by the value, where it is known.
    Slope: float option
    State: 'state
}

/// <summary>A function along which a likelihood is profiled.</summary>
[<NoComparison; NoEquality>]
type internal ProfileFunction<'state> = {
    /// The estimate, with root zero.
    Center: ProfileState<'state>
    /// A first guess of the distance over which the root rises by one.
    Scale: float
    Lower: float option
    Upper: float option
    /// <summary>A point near the wanted value, given the slope of the root expected there and a point to start from.</summary>
    Near: float -> float -> ProfileState<'state> -> ProfileState<'state>
    /// The point at the parameter's lower (−1) or upper (+1) bound or as near to it as can be.
    AtBound: int -> ProfileState<'state> -> ProfileState<'state>
}

/// <summary>Where a profile stops.</summary>
[<NoComparison; NoEquality>]
type internal ProfileEnd<'state> =
    /// The root has the value asked for.
    | Found of ProfileState<'state>
    /// The bound of the parameter comes first.
    | Bound of ProfileState<'state>
    /// It does not rise that far within reach.
    | Unreached of ProfileState<'state>

/// <summary>Ends of profile intervals: Newton's method on the root, whose graph is nearly straight, kept within a bracket.</summary>
[<RequireQualifiedAccess>]
module internal ProfileSearch =

    let private mostSteps = 60
    let private tolerance = 1e-6

    // One last straight step removes what the tolerance leaves.
    let private polished target slope (point: ProfileState<'state>) = {
        point with
            Value = point.Value + (target - point.Root) / slope
            Root = target
    }

    let private boundOf sign (profile: ProfileFunction<'state>) =
        if sign < 0 then profile.Lower else profile.Upper

    /// The slope of the root along the quantity, in the direction that is looked in.
    let private slopeAt
        direction
        (profile: ProfileFunction<'state>)
        (inside: ProfileState<'state>)
        (outside: ProfileState<'state> option)
        (current: ProfileState<'state>)
        =
        let center = profile.Center

        let slope =
            match current.Slope with
            | Some slope when direction * slope > 0.0 -> slope
            | _ ->
                // The secant of the bracket, or of the way so far.
                let other = outside |> Option.defaultValue center

                if current.Value <> inside.Value then
                    (current.Root - inside.Root) / (current.Value - inside.Value)
                elif current.Value <> other.Value then
                    (current.Root - other.Root) / (current.Value - other.Value)
                else
                    direction / profile.Scale

        if direction * slope > 0.0 then
            slope
        else
            direction / profile.Scale

    /// The value to try next: along the slope, within the bracket where there is one, and not too far where there is none.
    let private nextValue
        direction
        (profile: ProfileFunction<'state>)
        target
        steps
        slope
        (inside: ProfileState<'state>)
        (outside: ProfileState<'state> option)
        (current: ProfileState<'state>)
        =
        let center = profile.Center
        let wanted = current.Value + (target - current.Root) / slope

        match outside with
        | Some far ->
            let within = (wanted - inside.Value) / (far.Value - inside.Value)

            if within > 0.0 && within < 1.0 && steps % 8 <> 7 then
                wanted
            else
                let share = (target - inside.Root) / (far.Root - inside.Root)
                inside.Value + max 0.1 (min 0.9 share) * (far.Value - inside.Value)
        | None ->
            let reach = 4.0 * max profile.Scale (abs (inside.Value - center.Value))

            center.Value
            + direction * min (direction * (wanted - center.Value)) (reach + profile.Scale)

    /// <summary>The end where the root has risen to a target.</summary>
    /// <param name="target">The root to be reached, z of the level.</param>
    /// <param name="sign">−1 below the estimate, +1 above it.</param>
    /// <param name="profile">The function.</param>
    /// <param name="from">A point on this side to start from, such as the estimate.</param>
    let findEnd
        target
        (sign: int)
        (profile: ProfileFunction<'state>)
        (from: ProfileState<'state>)
        : ProfileEnd<'state> =
        let direction = float sign
        let center = profile.Center

        let isBeyond value =
            match boundOf sign profile with
            | Some bound -> direction * (value - bound) >= 0.0
            | None -> false

        let rec search steps (inside: ProfileState<'state>) (outside: ProfileState<'state> option) current =
            let slope = slopeAt direction profile inside outside current

            if abs (current.Root - target) <= tolerance then
                Found(polished target slope current)
            elif steps >= mostSteps then
                Unreached inside
            else
                let inside, outside =
                    if current.Root < target then
                        (if direction * (current.Value - inside.Value) >= 0.0 then
                             current
                         else
                             inside),
                        outside
                    else
                        inside, Some current

                let wanted = nextValue direction profile target steps slope inside outside current

                match outside with
                | Some far when abs (far.Value - inside.Value) <= 1e-13 * (abs far.Value + abs center.Value) ->
                    Found { far with Root = target }
                | None when isBeyond wanted ->
                    // Only now is it worth knowing how far the likelihood has fallen at the bound.
                    let last = profile.AtBound sign current

                    if last.Root <= target then
                        Bound {
                            last with
                                Value = boundOf sign profile |> Option.defaultValue last.Value
                        }
                    else
                        search (steps + 1) inside (Some last) { inside with Slope = None }
                | _ -> search (steps + 1) inside outside (profile.Near wanted slope current)

        let bound = boundOf sign profile
        let wanted = center.Value + direction * target * profile.Scale

        let wanted =
            match bound with
            | Some bound when isBeyond wanted -> 0.5 * (center.Value + bound)
            | _ -> wanted

        match bound with
        | Some bound when direction * (bound - center.Value) <= 0.0 -> Bound { center with Value = bound }
        | _ -> search 0 center None (profile.Near wanted (direction / profile.Scale) from)

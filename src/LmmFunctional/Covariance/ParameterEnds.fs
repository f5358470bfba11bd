namespace LmmFunctional.Estimation

/// <summary>An end of the region of a quantity, on the coordinate that stands for it.</summary>
/// <remarks>δ is the distance of the quantity from its end in units of its own: a share of a correlation, of a nugget, of a
/// typical distance, of the residual variance.</remarks>
[<RequireQualifiedAccess>]
type ParameterEnd =
    /// The end of a region that is mapped to the whole line: origin + slope log δ is the coordinate near it, and from
    /// <c>at</c> on the quantity is at its end to all digits. The slope is positive where the coordinate falls to the end.
    | Infinite of at: float * origin: float * slope: float
    /// An end where the coordinate turns: what is as far on either side of <c>at</c> is the same quantity, and δ is the square of
    /// the distance. Zero of a variance whose root of either sign is the coordinate; ±1 of the sine of the coordinate. Inward is
    /// 1 where the coordinate falls to the end, else −1.
    | Turning of at: float * inward: float

    /// The coordinate at the end.
    member own.At =
        match own with
        | Infinite(at, _, _)
        | Turning(at, _) -> at

    /// The coordinate at a distance δ from the end.
    member own.From(distance: float) =
        match own with
        | Infinite(_, origin, slope) -> origin + slope * log distance
        | Turning(at, inward) -> at + inward * sqrt distance

    /// The distance of a coordinate from the end; zero at the end.
    member own.Distance(coordinate: float) =
        match own with
        | Infinite(at, _, slope) when slope * (coordinate - at) <= 0.0 -> 0.0
        | Infinite(_, origin, slope) -> exp ((coordinate - origin) / slope)
        | Turning(at, _) -> pown (coordinate - at) 2

    /// The distance at which the end is taken for reached.
    member own.DistanceReached =
        match own with
        | Infinite(at, origin, slope) -> exp ((at - origin) / slope)
        | Turning _ -> 0.0

    /// The end taken for reached at a distance δ already.
    member own.Within(distance: float) =
        match own with
        | Infinite(_, origin, slope) -> Infinite(own.From distance, origin, slope)
        | Turning _ -> own

    /// The derivative of a coordinate by log δ.
    member own.Rate(coordinate: float) =
        match own with
        | Infinite(_, _, slope) -> slope
        | Turning(at, _) -> 0.5 * (coordinate - at)

    /// The distance at which the end is worth a try: Newton's steps crawl to an infinite one, and come to one that turns by
    /// themselves.
    member own.Near =
        match own with
        | Infinite _ -> 0.05
        | Turning _ -> 1e-6

/// <summary>The ends that a coordinate can come to.</summary>
type ParameterEnds = {
    /// The quantity that is at an end there.
    Name: string
    Lower: ParameterEnd option
    Upper: ParameterEnd option
} with

    /// Both ends, those that exist.
    member ends.All =
        match ends.Lower, ends.Upper with
        | None, None -> []
        | Some own, None
        | None, Some own -> [ own ]
        | Some lower, Some upper -> [ lower; upper ]

    /// The end that a coordinate is at.
    member ends.Reached(coordinate: float) =
        ends.All |> List.tryFind (fun own -> own.Distance coordinate = 0.0)

[<RequireQualifiedAccess>]
module internal ParameterEnds =

    /// A coordinate without ends: of a coefficient, a loading, a signed deviation.
    let none name = {
        Name = name
        Lower = None
        Upper = None
    }

    let private infinite at origin slope =
        Some(ParameterEnd.Infinite(at, origin, slope))

    /// A standard deviation of either sign: a variance of zero is an ordinary point of it.
    let signed name = {
        Name = name
        Lower = Some(ParameterEnd.Turning(0.0, 1.0))
        Upper = None
    }

    /// A loading between −1 and 1 by its arc sine, told by what its square leaves of one: nothing at either end.
    let sine name =
        let quarter = 0.5 * System.Math.PI

        {
            Name = name
            Lower = Some(ParameterEnd.Turning(-quarter, 1.0))
            Upper = Some(ParameterEnd.Turning(quarter, -1.0))
        }

    /// A number between −1 and 1 by Fisher's z: 1 − tanh τ is nearly 2 e^(−2τ).
    let correlation name =
        let origin = 0.5 * log 2.0

        {
            Name = name
            Lower = infinite -40.0 -origin 0.5
            Upper = infinite 40.0 origin -0.5
        }

    /// A number between two others by its logit.
    let proportion name = {
        Name = name
        Lower = infinite -80.0 0.0 1.0
        Upper = infinite 80.0 0.0 -1.0
    }

    /// A positive number by its logarithm, of the size of one: zero is an end, infinity is not.
    let positive name = {
        Name = name
        Lower = infinite -80.0 0.0 1.0
        Upper = None
    }

    /// A range by its logarithm: far below a typical distance nothing is correlated, far above all is.
    let range distance name =
        let origin = log distance

        {
            Name = name
            Lower = infinite (origin - 80.0) origin 1.0
            Upper = infinite (origin + 80.0) origin -1.0
        }

    /// The correlation ρ at distance one by its logit, told from its ends by the one at a typical distance, ρ^d.
    let power distance name = {
        Name = name
        Lower = infinite (-80.0 * max 1.0 (1.0 / distance)) 0.0 (1.0 / distance)
        Upper = infinite (80.0 + log (max 1.0 distance)) (log distance) -1.0
    }

    /// The ends of a quantity of a kind in the coordinate that is usual for it.
    let ofKind kind name =
        match kind with
        | ParameterKind.Correlation -> correlation name
        | ParameterKind.Proportion -> proportion name
        | ParameterKind.StandardDeviation
        | ParameterKind.Positive -> positive name
        | ParameterKind.Variance
        | ParameterKind.Loading
        | ParameterKind.Real -> none name

    // What an end is to all digits that are told.
    let private nothing, everything = 1e-30, 1e30

    /// A value as it is told: at an end it is that end.
    let told value =
        if abs value < nothing then
            0.0
        elif abs value > everything then
            infinity * float (sign value)
        else
            value

    /// Other names for the same quantities.
    let rename (change: string -> string) (ends: ParameterEnds[]) : ParameterEnds[] =
        ends |> Array.map (fun own -> { own with Name = change own.Name })

namespace LmmFunctional.Estimation

/// <summary>Where the matrices of a smaller model lie among those of a larger one.</summary>
[<RequireQualifiedAccess>]
type internal Inclusion =
    /// Inside its region: likelihood ratios are χ² for many subjects.
    | Interior
    /// At the end of the range of this many parameters.
    | Boundary of parameters: int
    /// Where some of its parameters do not matter, so that χ² need not hold.
    | Irregular

[<RequireQualifiedAccess>]
module internal Inclusion =

    /// Of two parts that vary by themselves.
    let both first second =
        match first, second with
        | Inclusion.Irregular, _
        | _, Inclusion.Irregular -> Inclusion.Irregular
        | Inclusion.Boundary a, Inclusion.Boundary b -> Inclusion.Boundary(a + b)
        | Inclusion.Interior, other
        | other, Inclusion.Interior -> other

/// <summary>The positions that two structures are compared on.</summary>
type internal InclusionPlaces = {
    /// m, their number.
    Count: int
    /// Whether there is one coordinate, at equal distances.
    IsEven: bool
    /// Whether there is one coordinate.
    IsLine: bool
}

[<RequireQualifiedAccess>]
module internal InclusionPlaces =

    /// Positions with their coordinates.
    let ofCoordinates (coordinates: float[][]) : InclusionPlaces =
        let isLine = coordinates |> Array.forall (fun place -> place.Length = 1)

        let steps =
            (if isLine then
                 coordinates |> Array.map Array.head |> Array.sort
             else
                 [||])
            |> Array.pairwise
            |> Array.map (fun (a, b) -> b - a)

        {
            Count = coordinates.Length
            IsLine = isLine
            IsEven =
                isLine
                && steps |> Array.forall (fun step -> abs (step - steps[0]) <= 1e-9 * abs steps[0])
        }

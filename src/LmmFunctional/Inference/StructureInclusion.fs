namespace LmmFunctional.Analysis

open LmmFunctional.Model

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

/// <summary>Which structures are special cases of which: the table of all inclusions, on the same positions.</summary>
/// <remarks>A test tries every pair of the catalogue, by the Kullback-Leibler distance of the nearest matrix.</remarks>
[<RequireQualifiedAccess>]
module internal StructureInclusion =

    /// One name for structures that are the same on these positions.
    let private canonical places structure =
        let m = places.Count

        match structure with
        | _ when m <= 1 -> Structure.Identity
        | Structure.Toeplitz(Some 1) -> Structure.Identity
        | Structure.HeterogeneousToeplitz(Some 1) -> Structure.Diagonal
        | Structure.Autoregressive
        | Structure.AutoregressiveMovingAverage(1, 0)
        | Structure.Toeplitz _ when m = 2 -> Structure.CompoundSymmetry
        | Structure.HeterogeneousCompoundSymmetry
        | Structure.HeterogeneousAutoregressive
        | Structure.HeterogeneousToeplitz _
        | Structure.AnteDependence when m = 2 -> Structure.Unstructured
        | Structure.AutoregressiveMovingAverage(1, 0) -> Structure.Autoregressive
        | Structure.Toeplitz(Some bands) when bands >= m -> Structure.Toeplitz None
        | Structure.HeterogeneousToeplitz(Some bands) when bands >= m -> Structure.HeterogeneousToeplitz None
        | Structure.ReducedRank q when q >= m -> Structure.Unstructured
        | Structure.ContinuousAutoregressive -> Structure.Spatial(SpatialCorrelation.Exponential, false)
        | Structure.Spatial((SpatialCorrelation.Power | SpatialCorrelation.Matern(Some 0.5)), isAnisotropic) ->
            Structure.Spatial(SpatialCorrelation.Exponential, isAnisotropic && not places.IsLine)
        | Structure.Spatial(correlation, true) when places.IsLine -> Structure.Spatial(correlation, false)
        | other -> other

    /// Without correlations: where they are zero in the larger structure.
    let private ofIndependent isHeterogeneous larger =
        match larger with
        | Structure.Diagonal
        | Structure.HeterogeneousCompoundSymmetry
        | Structure.HeterogeneousAutoregressive
        | Structure.HeterogeneousToeplitz _
        | Structure.AnteDependence -> Some Inclusion.Interior
        | Structure.FactorAnalytic _ -> Some Inclusion.Irregular
        | Structure.CompoundSymmetry
        | Structure.Autoregressive
        | Structure.Toeplitz _ when not isHeterogeneous -> Some Inclusion.Interior
        | Structure.AutoregressiveMovingAverage(p, q) when not isHeterogeneous ->
            Some(
                if p = 0 || q = 0 then
                    Inclusion.Interior
                else
                    Inclusion.Irregular
            )
        | Structure.Spatial(SpatialCorrelation.Matern None, _)
        | Structure.Spatial(_, true) when not isHeterogeneous -> Some Inclusion.Irregular
        // Any range below the least distance gives the same.
        | Structure.Spatial(SpatialCorrelation.Spherical, _) when not isHeterogeneous -> Some Inclusion.Irregular
        // A range of zero.
        | Structure.Spatial _ when not isHeterogeneous -> Some(Inclusion.Boundary 1)
        | _ -> None

    /// A process along a line of even steps, of which each lag has its covariance.
    let private ofAutoregressive larger =
        match larger with
        | Structure.HeterogeneousAutoregressive
        | Structure.AnteDependence
        | Structure.Toeplitz None
        | Structure.HeterogeneousToeplitz None -> Some Inclusion.Interior
        | Structure.AutoregressiveMovingAverage(p, q) when p >= 1 ->
            Some(
                if p = 1 || q = 0 then
                    Inclusion.Interior
                else
                    Inclusion.Irregular
            )
        | _ -> None

    let private ofSpatial places correlation isAnisotropic larger =
        match correlation, larger with
        | SpatialCorrelation.Exponential, Structure.AnteDependence when places.IsLine -> Some Inclusion.Interior
        | SpatialCorrelation.Exponential, Structure.Autoregressive when places.IsEven -> Some Inclusion.Interior
        | SpatialCorrelation.Exponential, _ when places.IsEven && (ofAutoregressive larger).IsSome ->
            ofAutoregressive larger
        | _, (Structure.Toeplitz None | Structure.HeterogeneousToeplitz None) when places.IsEven ->
            Some Inclusion.Interior
        | (SpatialCorrelation.Exponential | SpatialCorrelation.Matern(Some _)),
          Structure.Spatial(SpatialCorrelation.Matern None, other) when other || not isAnisotropic ->
            Some Inclusion.Interior
        | _, Structure.Spatial(own, true) when own = correlation && not isAnisotropic -> Some Inclusion.Interior
        | _ -> None

    let private between places smaller larger =
        match smaller, larger with
        | _ when smaller = larger -> Some Inclusion.Interior
        | Structure.ReducedRank _, Structure.Unstructured -> Some(Inclusion.Boundary 1)
        | _, Structure.Unstructured -> Some Inclusion.Interior
        | Structure.Identity, _ -> ofIndependent false larger
        | Structure.Diagonal, _ -> ofIndependent true larger
        | Structure.CompoundSymmetry,
          (Structure.HeterogeneousCompoundSymmetry | Structure.Toeplitz None | Structure.HeterogeneousToeplitz None)
        | Structure.HeterogeneousCompoundSymmetry, Structure.HeterogeneousToeplitz None -> Some Inclusion.Interior
        | Structure.Autoregressive, _ -> ofAutoregressive larger
        | Structure.HeterogeneousAutoregressive, (Structure.HeterogeneousToeplitz None | Structure.AnteDependence) ->
            Some Inclusion.Interior
        | Structure.AutoregressiveMovingAverage(p, q), Structure.AutoregressiveMovingAverage(more, further) when
            p <= more && q <= further
            ->
            Some(
                if p = more || q = further then
                    Inclusion.Interior
                else
                    Inclusion.Irregular
            )
        | Structure.AutoregressiveMovingAverage _, (Structure.Toeplitz None | Structure.HeterogeneousToeplitz None) ->
            Some Inclusion.Interior
        | Structure.AutoregressiveMovingAverage(0, q),
          (Structure.Toeplitz(Some bands) | Structure.HeterogeneousToeplitz(Some bands)) when q < bands ->
            Some Inclusion.Interior
        | Structure.Toeplitz _, (Structure.Toeplitz None | Structure.HeterogeneousToeplitz None)
        | Structure.HeterogeneousToeplitz _, Structure.HeterogeneousToeplitz None -> Some Inclusion.Interior
        | Structure.Toeplitz(Some bands), (Structure.Toeplitz(Some more) | Structure.HeterogeneousToeplitz(Some more))
        | Structure.HeterogeneousToeplitz(Some bands), Structure.HeterogeneousToeplitz(Some more) when bands <= more ->
            Some Inclusion.Interior
        | Structure.FactorAnalytic q, Structure.FactorAnalytic more when q < more -> Some Inclusion.Irregular
        | Structure.ReducedRank q, (Structure.ReducedRank more | Structure.FactorAnalytic more) when q <= more ->
            Some(Inclusion.Boundary 1)
        | Structure.Spatial(correlation, isAnisotropic), _ -> ofSpatial places correlation isAnisotropic larger
        | _ -> None

    /// <summary>How a structure lies in another one on the same positions; None where it is no special case.</summary>
    let find places smaller larger : Inclusion option =
        between places (canonical places smaller) (canonical places larger)

    /// A structure with a variance for each position, where the structure itself has one for all.
    let heterogeneous structure =
        match structure with
        | Structure.Identity -> Some Structure.Diagonal
        | Structure.CompoundSymmetry -> Some Structure.HeterogeneousCompoundSymmetry
        | Structure.Autoregressive -> Some Structure.HeterogeneousAutoregressive
        | Structure.Toeplitz bands -> Some(Structure.HeterogeneousToeplitz bands)
        | _ -> None

    /// Whether all correlations of a structure can be one, at the end of its region: one effect for all positions.
    let canBeOne structure =
        match structure with
        | Structure.Identity
        | Structure.Diagonal
        | Structure.FactorAnalytic _
        | Structure.Toeplitz(Some _)
        | Structure.HeterogeneousToeplitz(Some _)
        | Structure.AutoregressiveMovingAverage(0, _)
        | Structure.Kronecker _ -> false
        | _ -> true

namespace LmmFunctional.Analysis

open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>Which structures are special cases of which, on the same positions: what each says of itself, and the same for all.
/// </summary>
/// <remarks>A test tries every pair of the catalogue, by the Kullback-Leibler distance of the nearest matrix.</remarks>
[<RequireQualifiedAccess>]
module internal StructureInclusion =

    /// One name for structures that are the same on these positions.
    let private canonical (places: InclusionPlaces) structure =
        if places.Count <= 1 then
            Structure.Identity
        else
            (Catalogue.modelOf structure).Relations.Same places
            |> Option.defaultValue structure

    /// <summary>How a structure lies in another one on the same positions; None where it is no special case.</summary>
    let find (places: InclusionPlaces) smaller larger : Inclusion option =
        let smaller, larger = canonical places smaller, canonical places larger
        let relations = (Catalogue.modelOf larger).Relations

        match smaller with
        | _ when smaller = larger -> Some Inclusion.Interior
        | Structure.Identity -> relations.HoldsIdentity
        | Structure.Diagonal -> relations.HoldsDiagonal
        | _ ->
            (Catalogue.modelOf smaller).Relations.LiesIn places larger
            |> Option.orElseWith (fun () -> relations.Holds places smaller)

namespace LmmFunctional.Analysis

open System
open System.Collections.Generic
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>Whether the residual covariance of one model is a special case of another's.</summary>
[<RequireQualifiedAccess>]
module internal ResidualNesting =

    /// Whether each group of the first codes lies whole in one of the second.
    let isFiner (fine: int[]) (coarse: int[]) =
        Object.ReferenceEquals(fine, coarse)
        || (let owner = Dictionary<int, int>()

            Seq.forall2
                (fun own group ->
                    match owner.TryGetValue own with
                    | true, known -> known = group
                    | false, _ ->
                        owner[own] <- group
                        true)
                fine
                coarse)

    let isSame a b = isFiner a b && isFiner b a

    let private placesOf (axis: ResidualAxis) =
        InclusionPlaces.ofCoordinates axis.Values

    /// Factors of the standard deviation as far as they group rows.
    let private groupsOf (design: ResidualDesign) =
        design.Variances
        |> List.choose (fun (_, values) ->
            match values with
            | VarianceValues.Groups(_, codes) -> Some codes
            | _ -> None)

    let private othersOf (design: ResidualDesign) =
        design.Variances
        |> List.filter (fun (_, values) -> not values.IsGroups)
        |> List.map fst

    /// The structure of one axis with the groups of variances that are its positions taken in.
    let private effective (design: ResidualDesign) =
        match design.Factors, groupsOf design with
        | [ axis ], [ codes ] when isFiner axis.Position codes ->
            match Catalogue.heterogeneous axis.Structure with
            | Some structure when isSame axis.Position codes -> [ axis, structure ], []
            | _ -> [ axis, axis.Structure ], [ codes ]
        | axes, groups -> axes |> List.map (fun axis -> axis, axis.Structure), groups

    /// Variances in groups, and no correlation, on the axis of a larger structure.
    let private groupsInAxis (axis: ResidualAxis) (groups: int[] list) =
        if groups |> List.forall (isFiner axis.Position) then
            Some(
                if groups.IsEmpty then
                    Structure.Identity
                else
                    Structure.Diagonal
            )
        else
            None

    /// The correlations: of the smaller model, none or on the same axes, in those of the larger.
    let private correlations (smaller: (ResidualAxis * Structure) list) larger =
        let one (axis: ResidualAxis, own) (other: ResidualAxis, structure) =
            if isSame axis.Position other.Position then
                StructureInclusion.find (placesOf other) own structure
            else
                None

        if List.length smaller <> List.length larger then
            None
        else
            List.map2 one smaller larger
            |> List.fold (Option.map2 Inclusion.both) (Some Inclusion.Interior)

    let private nugget (smaller: ResidualDesign) (larger: ResidualDesign) =
        let isFree =
            match larger.Factors with
            | [ axis ] -> axis.Structure = Structure.Unstructured
            | _ -> false

        match smaller.Term.HasNugget, larger.Term.HasNugget with
        | false, true when smaller.Factors.IsEmpty -> Some Inclusion.Irregular
        | false, true -> Some(Inclusion.Boundary 1)
        | true, false when not isFree -> None
        | _ -> Some Inclusion.Interior

    let private perLevel (smaller: ResidualDesign) (larger: ResidualDesign) =
        match smaller.Levels, larger.Levels with
        | None, _ -> Some Inclusion.Interior
        | Some(_, _, own), Some(_, _, codes) when isSame own codes -> Some Inclusion.Interior
        | _ -> None

    /// The variance functions that are no axis's positions: those of the smaller among those of the larger.
    let private variances (smaller: ResidualDesign) ownGroups (larger: ResidualDesign) groups =
        let holds =
            ownGroups
            |> List.forall (fun own -> groups |> List.exists (fun codes -> isFiner codes own))
            && othersOf smaller |> List.forall (fun own -> List.contains own (othersOf larger))

        if holds then Some Inclusion.Interior else None

    let private structured (smaller: ResidualDesign) (larger: ResidualDesign) =
        let axes, groups = effective larger
        let ownAxes, ownGroups = effective smaller

        let inAxes, remaining =
            match ownAxes, axes with
            // Variances by position, without correlations or beside them.
            | [], [ axis, structure ] when not ownGroups.IsEmpty && (groupsInAxis axis ownGroups).IsSome ->
                StructureInclusion.find (placesOf axis) (groupsInAxis axis ownGroups).Value structure, []
            | [], axes ->
                axes
                |> List.map (fun (axis, structure) ->
                    StructureInclusion.find (placesOf axis) Structure.Identity structure)
                |> List.fold (Option.map2 Inclusion.both) (Some Inclusion.Interior),
                ownGroups
            | [ axis, own ], [] when own = Structure.Diagonal -> Some Inclusion.Interior, axis.Position :: ownGroups
            | [ axis, own ], [ other, Structure.Unstructured ] when
                not ownGroups.IsEmpty
                && isSame axis.Position other.Position
                && own <> Structure.Unstructured
                ->
                Some Inclusion.Interior, ownGroups |> List.filter (isFiner other.Position >> not)
            | own, axes -> correlations own axes, ownGroups

        let isDependent =
            ownAxes
            |> List.exists (fun (_, own) -> own <> Structure.Diagonal && own <> Structure.Identity)

        if isDependent && not (isSame smaller.SubjectCodes larger.SubjectCodes) then
            None
        else
            [
                inAxes
                variances smaller remaining larger groups
                nugget smaller larger
                perLevel smaller larger
            ]
            |> List.fold (Option.map2 Inclusion.both) (Some Inclusion.Interior)

    let private independent (larger: ResidualDesign) : ResidualDesign = {
        larger with
            Term = {
                larger.Term with
                    HasNugget = false
                    Correlations = []
                    Variances = []
                    PerLevelOf = None
            }
            Factors = []
            Levels = None
            Variances = []
    }

    /// <summary>How the residuals of the smaller model lie in those of the larger; None where they do not.</summary>
    let find (smaller: Design) (larger: Design) : Inclusion option =
        match smaller.Residual, larger.Residual with
        | None, None -> Some Inclusion.Interior
        | _ when smaller.Spec.Residual = larger.Spec.Residual -> Some Inclusion.Interior
        | None, Some own -> structured (independent own) own
        | Some own, Some other -> structured own other
        | Some _, None -> None

    /// <summary>How one effect for each subject, beside independent residuals, lies in the residuals of the larger model: they are
    /// compound symmetric together.</summary>
    let ofSubjects (codes: int[]) (smaller: Design) (larger: Design) : Inclusion option =
        match smaller.Residual, larger.Residual with
        | None, Some own when isSame codes own.SubjectCodes && own.Factors.Length = 1 ->
            let axis = own.Factors.Head

            let compound = {
                independent own with
                    Factors = [
                        {
                            axis with
                                Structure = Structure.CompoundSymmetry
                        }
                    ]
            }

            structured compound own
        | _ -> None

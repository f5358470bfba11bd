namespace LmmFunctional.Estimation

open System
open System.Runtime.Intrinsics
open LmmFunctional.Numerics
open LmmFunctional
open LmmFunctional.Model

/// <summary>One random term on the inner scale.</summary>
[<NoComparison; ReferenceEquality>]
type internal StandardisedTerm = {
    /// The grouping factor; terms of the same one have the same codes.
    Group: string
    Levels: int
    Codes: int[]
    /// What relates the levels; None when they are independent.
    Relationship: Relationship option
    /// The S columns, scaled; shifted too when the term holds its own intercept and is unstructured.
    Columns: float[][]
    Factor: RelativeFactor
    /// The form of the covariance of the effects, when it is not any matrix or any diagonal.
    Form: EffectsForm option
    /// T, S×S by columns, with Z(inner) = Z(user) T, so that effects(user) = T effects(inner).
    Transform: float[]
}

/// <summary>Random terms on the inner scale.</summary>
[<RequireQualifiedAccess>]
module internal StandardisedTerm =

    /// The positions along one axis of a structure; those of a product are named by their part of the effects' names.
    let placesOf (design: RandomDesign) index (_, coordinates: float[][]) =
        let partOf (name: string) =
            match design.Axes, name.Split ':' with
            | [ _ ], _ -> name
            | axes, parts when parts.Length = axes.Length -> parts[index]
            | _ -> name

        let labels =
            match design.Places with
            | Some places ->
                let own = Array.create coordinates.Length ""

                places[index]
                |> Seq.iteri (fun effect place -> own[place] <- partOf design.Names[effect])

                own
            | None -> design.Names |> Seq.map partOf |> Seq.distinct |> Array.ofSeq

        {
            Labels =
                if labels.Length = coordinates.Length then
                    labels
                else
                    Array.init coordinates.Length (fun i -> string (i + 1))
            Coordinates = coordinates
        }

    /// The form of a term whose structure has parameters of its own; None where they are the elements of its matrix.
    let formOf (design: RandomDesign) : EffectsForm option =
        match design.Term.Structure with
        | Structure.Unstructured
        | Structure.Diagonal -> None
        | structure ->
            let places = design.Axes |> List.mapi (placesOf design)

            Some(
                match design.Places with
                | None -> EffectsForm.ofFactors structure places
                | Some some -> EffectsForm.ofCombinations structure places (some |> List.map Seq.toArray)
            )

    let ofTerm (design: RandomDesign) =
        let order = design.Columns.Length
        let transform = Array.zeroCreate (order * order)
        let form = formOf design

        let shiftOf k =
            match design.InterceptAt, design.Term.Structure with
            | Some at, Structure.Unstructured when at <> k -> ColumnScale.mean (ReadOnlyMemory design.Columns[k])
            | _ -> 0.0

        let columns =
            design.Columns
            |> Array.mapi (fun k column ->
                let shift = shiftOf k

                // The parameters of other structures hold on the user's scale.
                let scale =
                    if form.IsSome then
                        1.0
                    else
                        ColumnScale.powerOfTwoNear (ColumnScale.rootMeanSquare shift (ReadOnlyMemory column))

                transform[k + k * order] <- 1.0 / scale

                design.InterceptAt
                |> Option.iter (fun at ->
                    if at <> k then
                        transform[at + k * order] <- -shift / scale)

                ColumnScale.standardiseColumn shift scale column)

        {
            Group = design.Group
            Levels = design.Levels.Length
            Codes = design.Codes
            Relationship = design.Relationship
            Columns = columns
            Factor = RelativeFactor.create design.Term.Structure order
            Form = form
            Transform = transform
        }

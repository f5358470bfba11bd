namespace LmmFunctional.Estimation

open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Data
open LmmFunctional.Language

/// <summary>The effects of random terms whose structures run along variables: their levels, and the coordinates of these.
/// </summary>
[<RequireQualifiedAccess>]
module internal EffectAxes =

    /// Whether the order or the place of the effects means something in a structure, so that they are levels of a variable.
    let runsAlong structure =
        match structure with
        | Structure.Kronecker _ -> true
        | single -> (StructureCatalogue.ofStructure single).Coordinate <> StructureCoordinate.Levels

    // A structure by distance takes several coordinates: 0 + x + y.
    let takesSeveral structure count =
        (StructureCatalogue.ofStructure structure).MostCoordinates
        |> Option.forall (fun most -> count <= most)

    let variablesOf (term: RandomTerm) =
        let parts = StructureText.parts term.Structure

        match term.Effects.Items, parts with
        | [ only ], _ when only.Factors.Length = parts.Length -> Some(List.zip parts only.Factors)
        | items, [ single ] when
            items.Length > 1
            && items |> List.forall (fun item -> item.Factors.Length = 1)
            && takesSeveral single items.Length
            ->
            Some(items |> List.map (fun item -> single, item.Factors.Head))
        | _ -> None

    /// <summary>The terms of the effects. Those that a structure runs along have an effect for each level, also where the
    /// variable is a number.</summary>
    let alongLevels (selection: Selection) (term: RandomTerm) : Term list =
        let levels expr =
            match expr with
            | Expr.Call(("factor" | "C"), _) -> expr
            | Expr.Column name ->
                match selection.Frame.TryColumn name with
                | None
                | Some(Column.Categorical _) -> expr
                // Texts of one number are one place, so the numbers are the levels.
                | Some column when not (DataNotes.clashes column).IsEmpty ->
                    Expr.Call("factor", [ None, Expr.Call("I", [ None, expr ]) ])
                | Some _ -> Expr.Call("factor", [ None, expr ])
            | _ -> Expr.Call("factor", [ None, expr ])

        match variablesOf term with
        | Some variables when runsAlong term.Structure -> [
            {
                Factors = variables |> List.map (snd >> levels)
            }
          ]
        | _ -> term.Effects.Items

    // The coordinates of the levels in the order of the effects, which is that of the levels.
    let coordinates (term: string) (selection: Selection) (structure, variable) =
        let inner =
            match variable with
            | Expr.Call(("factor" | "C"), (_, inner) :: _) -> inner
            | _ -> variable

        match (StructureCatalogue.ofStructure structure).Coordinate with
        | StructureCoordinate.Values ->
            Positions.values term selection inner
            |> Result.map (fun places -> (structure, places.Values), places.Note)
        | StructureCoordinate.Levels ->
            Positions.ofLevels selection inner
            |> Result.map (fun places -> (structure, places.Values), None)
        | StructureCoordinate.Order ->
            Problems.both (Positions.ordered term structure selection variable) (Positions.ofLevels selection inner)
            |> Result.map (fun (places, levels) ->
                let placeOf = Array.zip places.Labels places.Values |> readOnlyDict

                // Effects come by levels; places may be in another order, that of the digits at their end.
                let values =
                    if levels.Labels |> Array.forall placeOf.ContainsKey then
                        levels.Labels |> Array.map (fun label -> placeOf[label])
                    else
                        places.Values

                (structure, values), places.Note)

    /// <summary>The parts of a random term's structure with the coordinates of their positions, and how these were found
    /// where the data do not say it plainly.</summary>
    /// <param name="selection">The rows.</param>
    /// <param name="term">The term.</param>
    /// <param name="effects">The number of its effects.</param>
    let axes
        (selection: Selection)
        (term: RandomTerm)
        effects
        : Result<(Structure * float[][]) list * string list, LmmError list> =
        let text = TermText.deparseRandom term

        match runsAlong term.Structure, variablesOf term with
        | false, _ -> Ok([ term.Structure, Array.init effects (fun i -> [| float i |]) ], [])
        | true, Some parts ->
            parts
            |> List.map (coordinates text selection)
            |> Problems.all
            |> Result.map (fun found -> List.map fst found, List.choose snd found)
        | true, None ->
            let group = TermText.deparse term.Group

            let example =
                match StructureText.parts term.Structure with
                | [ only ] -> $"{StructureText.name only}(0 + visit | {group})"
                | _ -> $"kron(us(0 + trait), ar1(0 + visit) | {group})"

            Error [ LmmError.NotAlongVariable(text, example) ]

namespace LmmFunctional.Estimation

open System
open System.Collections.Immutable
open System.Runtime.InteropServices
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Language

/// <summary>One random term met with the data: Z held as coefficients per row and level codes, never as an n×q matrix.
/// </summary>
[<ReferenceEquality>]
type RandomDesign = internal {
    Term: RandomTerm
    /// The name of the grouping factor, its parts joined by a colon in the order written.
    Group: string
    /// Level names; only levels that occur, unless a relationship names them all.
    Levels: ImmutableArray<string>
    /// The known matrix that relates the levels; None when they are independent.
    Relationship: Relationship option
    /// For every row the index of its level.
    Codes: int[]
    /// R's names of the S effects.
    Names: ImmutableArray<string>
    /// The S columns of the effects, each of length n, on the user's scale.
    Columns: float[][]
    /// The position of the term's own intercept among its effects, if it has one.
    InterceptAt: int option
    /// The parts of the structure, the one whose index varies fastest over the effects first, each with the coordinates of
    /// its positions: values where the structure takes values, else the position in the order of the levels.
    Axes: (Structure * float[][]) list
    /// How these coordinates were found where the data do not say it plainly.
    Notes: string list
    /// For each part of a product the position of every effect, where only some combinations occur; None where the effects are
    /// all combinations in their order.
    Places: ImmutableArray<int> list option
    /// The factor with parameters for each of its levels: its name, its levels, and its code for every level of the
    /// grouping factor.
    PerLevel: (string * ImmutableArray<string> * int[]) option
} with

    /// The name of the grouping factor.
    member design.GroupingFactor = design.Group

    /// The levels of the grouping factor, in order.
    member design.LevelNames = design.Levels

    /// R's names of the S effects of a level.
    member design.EffectNames = design.Names

    /// For every row used the index of its level.
    member design.LevelOfRow = ImmutableCollectionsMarshal.AsImmutableArray design.Codes

    /// The coefficient of each effect in every row used, n×S, on the user's scale.
    member design.Coefficients =
        Matrix.init design.Codes.Length design.Columns.Length (fun row effect -> design.Columns[effect].[row])

/// <summary>Building a random term.</summary>
[<RequireQualifiedAccess>]
module internal RandomDesign =

    /// <summary>A random term, with the coding of its effects and its grouping factor.</summary>
    /// <param name="known">The known matrices.</param>
    /// <param name="selection">The rows used.</param>
    /// <param name="hasWeights">Whether the model has prior weights.</param>
    /// <param name="observations">The number of rows that the model is fitted to; more than those used where these are sums.
    /// </param>
    /// <param name="term">The term, dots expanded.</param>
    /// <returns>The design, or: what is wrong with its variables, or why its covariance cannot be estimated.</returns>
    let build (known: Map<string, Relationship>) (selection: Selection) hasWeights observations (term: RandomTerm) =
        let grouped =
            GroupingFactor.resolve selection term.Group
            |> Result.bind (RandomEffectLevels.levels known term)

        Problems.both (RandomEffectLevels.effects selection term) grouped
        |> Result.bind (fun (coded, (relationship, grouping, codes)) ->
            let perLevel =
                match term.PerLevelOf with
                | None -> Ok None
                | Some expr ->
                    ConstantWithin.perLevel selection expr (grouping.Name, grouping.Levels, codes)
                    |> Result.map Some

            Problems.both (EffectAxes.axes selection term (coded |> List.sumBy (TermCoding.columns >> int))) perLevel
            |> Result.map (fun (axes, perLevel) -> coded, (relationship, grouping, codes), axes, perLevel))
        |> Result.bind (fun (coded, (relationship, grouping, codes), (axes, notes), perLevel) ->
            let grid =
                match coded with
                | [ only ] -> EffectGrid.tryCreate selection term.Structure axes only
                | _ -> None

            let names =
                match grid with
                | Some grid -> grid.Names
                | None -> coded |> List.map TermCoding.names |> Array.concat

            // The columns, and a few matrices of all effects of a level.
            let size =
                8.0 * float names.Length * (float selection.Count + 4.0 * float names.Length)

            let available = float (GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)

            match RandomEffectLevels.identifiability hasWeights observations term grouping names.Length with
            | [] when size > available ->
                Error [
                    LmmError.TooLarge($"Random term '{TermText.deparseRandom term}'", size, available)
                ]
            | [] ->
                let design = {
                    Term = term
                    Group = grouping.Name
                    Levels = ImmutableArray.CreateRange grouping.Levels
                    Relationship = relationship
                    Codes = codes
                    Names = ImmutableArray.CreateRange names
                    Columns =
                        match grid with
                        | Some grid -> EffectGrid.columns grid
                        | None -> ModelMatrix.columns selection coded
                    InterceptAt = coded |> List.tryFindIndex (fun term -> term.Variables.IsEmpty)
                    Axes = grid |> Option.map _.Axes |> Option.defaultValue axes
                    Places = grid |> Option.bind _.Places
                    Notes = notes
                    PerLevel = perLevel
                }

                Ok(design, coded, grouping)
            | problems -> Error problems)

    /// <summary>The term with its effects in the order of their positions, so that neighbours stand side by side.</summary>
    /// <remarks>Levels come in R's order, V1, V10, V2; along a series V2 follows V1. The last part of a product varies
    /// slowest.</remarks>
    let inOrder (design: RandomDesign) : RandomDesign =
        let sorted =
            design.Axes
            |> List.map (fun (_, coordinates) ->
                Array.init coordinates.Length id |> Array.sortBy (fun i -> coordinates[i]))

        // Where each position of an axis goes.
        let ranks =
            sorted
            |> List.map (fun axis ->
                let rank = Array.zeroCreate axis.Length
                axis |> Array.iteri (fun place i -> rank[i] <- place)
                rank)

        let moved =
            design.Places
            |> Option.map (
                List.map2 (fun (rank: int[]) places -> places |> Seq.map (Array.get rank) |> Seq.toArray) ranks
            )

        // Places of the effects before, listed in the new order.
        let order =
            match moved with
            // The last axis varies slowest.
            | Some places ->
                let slowestFirst = List.rev places

                Array.init design.Names.Length id
                |> Array.sortBy (fun effect -> slowestFirst |> List.map (fun (own: int[]) -> own[effect]))
            | None ->
                (([| 0 |], 1), sorted)
                ||> List.fold (fun (places, step) axis ->
                    axis
                    |> Array.collect (fun i -> places |> Array.map (fun place -> place + step * i)),
                    step * axis.Length)
                |> fst

        let isSorted =
            sorted |> List.forall (fun axis -> axis = Array.init axis.Length id)
            && order = Array.init order.Length id

        if order.Length <> design.Names.Length || isSorted then
            design
        else
            {
                design with
                    Names =
                        order
                        |> Seq.map (fun place -> design.Names[place])
                        |> ImmutableArray.CreateRange
                    Columns = order |> Array.map (fun place -> design.Columns[place])
                    InterceptAt = design.InterceptAt |> Option.map (fun at -> Array.IndexOf(order, at))
                    Axes =
                        List.map2
                            (fun (structure, coordinates: float[][]) axis ->
                                structure, axis |> Array.map (fun i -> coordinates[i]))
                            design.Axes
                            sorted
                    Places =
                        moved
                        |> Option.map (
                            List.map (fun own ->
                                order |> Seq.map (fun effect -> own[effect]) |> ImmutableArray.CreateRange)
                        )
            }

    /// <summary>The term itself, or one term for each level of the factor that has parameters of its own for each.</summary>
    /// <remarks>The effects of a level are zero in the rows of all others, so that every engine can do it.</remarks>
    let perLevel (design: RandomDesign) : RandomDesign list =
        match design.PerLevel with
        | None -> [ design ]
        | Some(_, levels, ofGroup) -> [
            for index, level in Seq.indexed levels do
                {
                    design with
                        Names =
                            design.Names
                            |> Seq.map (fun name -> $"{level}: {name}")
                            |> ImmutableArray.CreateRange
                        Columns =
                            design.Columns
                            |> Array.map (
                                Array.mapi (fun row value -> if ofGroup[design.Codes[row]] = index then value else 0.0)
                            )
                        // What was one in all rows no longer is.
                        InterceptAt = None
                        PerLevel = None
                }
          ]

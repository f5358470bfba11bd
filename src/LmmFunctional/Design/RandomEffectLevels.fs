namespace LmmFunctional.Estimation

open System
open System.Collections.Generic
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Language

/// <summary>The effects of a random term and the levels of its factor, as the data have them.</summary>
[<RequireQualifiedAccess>]
module internal RandomEffectLevels =

    // What lme4 refuses, term by term; independent effects are terms of their own there. With prior weights the
    // residual variances differ in a known way, and a variance between single rows can be told from them.
    let identifiability hasWeights rows (term: RandomTerm) (grouping: GroupingFactor) effects = [
        let levels = grouping.Levels.Length

        let effectsTogether =
            match term.Structure with
            | Structure.Unstructured -> effects
            | _ -> 1

        // Related levels and effects in a series are told from the residual by their covariances.
        let hasCovariances =
            term.Relationship.IsSome
            || effects > 1
               && term.Structure <> Structure.Diagonal
               && term.Structure <> Structure.Unstructured

        if levels = 1 && not (hasCovariances && term.Relationship.IsNone) then
            LmmError.SingleGroup grouping.Name
        elif hasCovariances then
            ()
        elif effectsTogether = 1 && levels >= rows then
            if not hasWeights then
                LmmError.LevelPerRow(grouping.Name, levels)
        elif int64 levels * int64 effectsTogether >= int64 rows then
            LmmError.TooManyRandomEffects(TermText.deparseRandom term, levels * effectsTogether, rows)
    ]

    let effects (selection: Selection) (term: RandomTerm) =
        let known = [
            for offset in term.Effects.Offsets ->
                Error [
                    LmmError.WrongArguments(
                        $"offset({ExprText.deparse offset})",
                        "an offset must be a term of its own among the fixed effects."
                    )
                ]
        ]

        let items = EffectAxes.alongLevels selection term

        let variables =
            items
            |> List.collect _.Factors
            |> List.distinct
            |> List.map (VariableTyping.resolve selection)

        match items with
        | [] -> Error [ LmmError.EmptyRandomTerm(TermText.deparseRandom term) ]
        | items ->
            Problems.both (Problems.all variables) (Problems.all known)
            |> Result.map (fun (variables, _) ->
                let byExpr =
                    variables |> List.map (fun variable -> variable.Expr, variable) |> Map.ofList

                TermCoding.code byExpr items)

    /// The levels of a term with the code of every row: those of the known matrix where the term names one.
    let levels (known: Map<string, Relationship>) (term: RandomTerm) (grouping: GroupingFactor, codes: int[]) =
        match term.Relationship with
        | None -> Ok(None, grouping, codes)
        | Some name ->
            match known.TryFind name with
            | None ->
                Error [
                    LmmError.UnknownMatrix(name, Nearest.suggest known.Keys name, List.ofSeq known.Keys)
                ]
            | Some relationship ->
                let place = Dictionary<string, int>(StringComparer.Ordinal)
                relationship.Levels |> Seq.iteri (fun k level -> place[level] <- k)
                let missing = grouping.Levels |> Array.filter (place.ContainsKey >> not)

                if missing.Length > 0 then
                    let shown = missing |> Seq.truncate 5 |> List.ofSeq
                    Error [ LmmError.LevelsNotInMatrix(name, grouping.Name, shown, missing.Length) ]
                else
                    let places = grouping.Levels |> Array.map (fun level -> place[level])

                    Ok(
                        Some relationship,
                        {
                            grouping with
                                Levels = Seq.toArray relationship.Levels
                        },
                        codes |> Array.map (fun code -> places[code])
                    )

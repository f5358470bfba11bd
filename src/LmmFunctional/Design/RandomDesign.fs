namespace LmmFunctional

open System
open System.Collections.Immutable

/// <summary>One random term met with the data: Z held as coefficients per row and level codes, never as an n×q matrix.
/// </summary>
[<ReferenceEquality>]
type RandomDesign = {
    Term: RandomTerm
    /// The name of the grouping factor, its parts joined by a colon in the order written.
    Group: string
    /// Level names; only levels that occur.
    Levels: ImmutableArray<string>
    /// For every row the index of its level.
    Codes: int[]
    /// R's names of the S effects.
    Names: ImmutableArray<string>
    /// The S columns of the effects, each of length n, on the user's scale.
    Columns: float[][]
    /// The position of the term's own intercept among its effects, if it has one.
    InterceptAt: int option
}

/// <summary>Building a random term.</summary>
[<RequireQualifiedAccess>]
module internal RandomDesign =

    // What lme4 refuses, term by term; independent effects are terms of their own there. With prior weights the
    // residual variances differ in a known way, and a variance between single rows can be told from them.
    let private identifiability hasWeights rows (term: RandomTerm) (grouping: GroupingFactor) effects = [
        let levels = grouping.Levels.Length
        let effectsTogether = if term.Structure = Structure.Diagonal then 1 else effects

        if levels = 1 then
            LmmError.SingleGroup grouping.Name
        elif effectsTogether = 1 && levels >= rows then
            if not hasWeights then
                LmmError.LevelPerRow(grouping.Name, levels)
        elif int64 levels * int64 effectsTogether >= int64 rows then
            LmmError.TooManyRandomEffects(TermText.deparseRandom term, levels * effectsTogether, rows)
    ]

    let private effects (selection: Selection) (term: RandomTerm) =
        let known = [
            for offset in term.Effects.Offsets ->
                Error [
                    LmmError.WrongArguments(
                        $"offset({ExprText.deparse offset})",
                        "an offset must be a term of its own among the fixed effects."
                    )
                ]
        ]

        let variables =
            term.Effects.Items
            |> List.collect _.Factors
            |> List.distinct
            |> List.map (VariableTyping.resolve selection)

        match term.Effects.Items with
        | [] -> Error [ LmmError.EmptyRandomTerm(TermText.deparseRandom term) ]
        | items ->
            Problems.both (Problems.all variables) (Problems.all known)
            |> Result.map (fun (variables, _) ->
                let byExpr =
                    variables |> List.map (fun variable -> variable.Expr, variable) |> Map.ofList

                TermCoding.code byExpr items)

    /// <summary>A random term, with the coding of its effects and its grouping factor.</summary>
    /// <param name="selection">The rows used.</param>
    /// <param name="hasWeights">Whether the model has prior weights.</param>
    /// <param name="term">The term, dots expanded.</param>
    /// <returns>The design, or: what is wrong with its variables, or why its covariance cannot be estimated.</returns>
    let build (selection: Selection) hasWeights (term: RandomTerm) =
        Problems.both (effects selection term) (GroupingFactor.resolve selection term.Group)
        |> Result.bind (fun (coded, (grouping, codes)) ->
            let names = coded |> List.map TermCoding.names |> Array.concat

            let size = 8.0 * float names.Length * float selection.Count
            let available = float (GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)

            match identifiability hasWeights selection.Count term grouping names.Length with
            | [] when size > available ->
                Error [
                    LmmError.TooLarge($"Random term '{TermText.deparseRandom term}'", size, available)
                ]
            | [] ->
                let design = {
                    Term = term
                    Group = grouping.Name
                    Levels = ImmutableArray.CreateRange grouping.Levels
                    Codes = codes
                    Names = ImmutableArray.CreateRange names
                    Columns = ModelMatrix.columns selection coded
                    InterceptAt = coded |> List.tryFindIndex (fun term -> term.Variables.IsEmpty)
                }

                Ok(design, coded, grouping)
            | problems -> Error problems)

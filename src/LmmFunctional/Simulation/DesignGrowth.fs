namespace LmmFunctional.Analysis

open System
open System.Collections.Generic
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>How a data set grows.</summary>
[<RequireQualifiedAccess>]
type DesignGrowth =
    /// More or fewer levels of a grouping factor: its levels are taken in turn, each time with a name of their own.
    | Levels of factor: string
    /// More or fewer rows in each level of a grouping factor: its rows are taken in turn.
    | RowsPerLevel of factor: string

/// <summary>Data sets of other sizes, made from the rows of one.</summary>
[<RequireQualifiedAccess>]
module DesignGrowth =

    /// The column that a growth is along.
    let internal factorOf growth =
        match growth with
        | DesignGrowth.Levels factor
        | DesignGrowth.RowsPerLevel factor -> factor

    /// Rows of each level in the order of their first rows.
    let private rowsOfLevels (texts: string[]) : int[][] =
        texts
        |> Array.indexed
        |> Array.filter (fun (_, text) -> text <> "")
        |> Array.groupBy snd
        |> Array.map (snd >> Array.map fst)

    /// Columns that name groups in the model and each of whose levels lies in one level of the factor: they grow with it.
    let private nestedIn (spec: LmmSpec) (frame: Frame) (own: string[]) factor : string list =
        let groups =
            spec.Random
            |> List.collect (fun term -> List.collect Expr.columns term.Group.Factors)
            |> List.distinct
            |> List.filter ((<>) factor)

        let isNested name =
            match frame.TryColumn name with
            | None -> false
            | Some column ->
                let inside = Dictionary<string, string>(StringComparer.Ordinal)

                Seq.forall2
                    (fun level group ->
                        match inside.TryGetValue level with
                        | true, known -> known = group
                        | false, _ ->
                            inside[level] <- group
                            true)
                    (NewFrame.texts column)
                    own

        groups |> List.filter isNested

    /// <summary>The data at a size.</summary>
    /// <param name="growth">Along which factor, and how.</param>
    /// <param name="size">The number of levels, or of rows in each level.</param>
    /// <param name="spec">The model: groups of its random terms that are nested in the factor grow with it.</param>
    /// <param name="frame">The data to start from.</param>
    /// <returns>The data of that size; or that there is no such column.</returns>
    /// <exception cref="T:System.ArgumentException">The size is less than one.</exception>
    let apply (growth: DesignGrowth) (size: int) (spec: LmmSpec) (frame: Frame) : Result<Frame, LmmError list> =
        Guard.atLeast (nameof size) "A size" 1 size
        let factor = factorOf growth

        NumericTyping.column factor frame
        |> Result.bind (fun column ->
            let own = NewFrame.texts column
            let levels = rowsOfLevels own

            // Rows, and how often the level has been taken before.
            let taken =
                match growth with
                | DesignGrowth.Levels _ ->
                    Array.init size (fun k ->
                        levels[k % levels.Length]
                        |> Array.map (fun row -> struct (row, k / levels.Length)))
                | DesignGrowth.RowsPerLevel _ ->
                    levels
                    |> Array.map (fun rows -> Array.init size (fun k -> struct (rows[k % rows.Length], 0)))
                |> Array.concat

            let grows = factor :: nestedIn spec frame own factor

            if levels.Length = 0 then
                Error [ LmmError.AllMissing factor ]
            else
                Seq.zip frame.Names frame.Columns
                |> Seq.map (fun (name, column) ->
                    let rows = taken |> Array.map (fun (struct (row, _)) -> row)

                    if
                        List.contains name grows
                        && taken |> Array.exists (fun (struct (_, turn)) -> turn > 0)
                    then
                        let texts = NewFrame.texts column

                        name,
                        taken
                        |> Seq.map (fun (struct (row, turn)) ->
                            if turn = 0 || texts[row] = "" then
                                texts[row]
                            else
                                $"{texts[row]}'{turn + 1}")
                        |> Column.ofStrings
                    else
                        name, Column.select rows column)
                |> Frame.ofColumns)

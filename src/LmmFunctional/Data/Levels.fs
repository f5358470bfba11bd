namespace LmmFunctional

open System
open System.Collections.Immutable
open LmmFunctional.Model
open LmmFunctional.Language

/// <summary>Choosing the order of the levels of a column; the first is the reference of treatment contrasts.</summary>
[<RequireQualifiedAccess>]
module Levels =

    let private column name (frame: Frame) =
        match frame.TryColumn name with
        | Some column -> Ok column
        | None ->
            Error [
                LmmError.UnknownColumn(name, Nearest.suggest frame.Names name, List.ofSeq frame.Names)
            ]

    /// <summary>The levels of a column and the index of every row's; −1 where missing. Numbers are levels by their texts,
    /// ascending.</summary>
    let internal ofColumn (column: Column) : string[] * int[] =
        match column with
        | Column.Categorical(levels, codes) -> Seq.toArray levels, Seq.toArray codes
        | Column.Labelled(values, labels) -> Column.levelsOfLabels values labels
        | Column.Numeric values ->
            let labels =
                values
                |> Seq.map (fun value -> if Double.IsNaN value then "" else LevelName.ofNumber value)
                |> ImmutableArray.CreateRange

            Column.levelsOfLabels values labels

    let private inOrder name (order: string list) (levels: string[], codes: int[]) frame =
        let place = order |> Seq.mapi (fun index level -> level, index) |> readOnlyDict

        let codes =
            codes |> Array.map (fun code -> if code < 0 then -1 else place[levels[code]])

        Frame.withColumn name (Column.factor order codes) frame

    let private unknown name (levels: string[]) level =
        LmmError.NoSuchLevel(name, level, Nearest.suggest levels level, List.ofArray levels)

    /// <summary>The data with the levels of a column in a chosen order; a column of numbers becomes a factor.</summary>
    /// <param name="name">The column.</param>
    /// <param name="order">All its levels.</param>
    /// <param name="frame">The data.</param>
    /// <returns>The data, or: no such column, a level that is not there, is left out or is listed twice.</returns>
    let arrange (name: string) (order: string list) (frame: Frame) : Result<Frame, LmmError list> =
        column name frame
        |> Result.bind (fun column ->
            let levels, codes = ofColumn column

            let problems = [
                for level in order |> List.distinct |> List.except levels do
                    unknown name levels level

                for level, count in List.countBy id order do
                    if count > 1 then
                        LmmError.LevelListedTwice(name, level)

                match Seq.except order levels |> List.ofSeq with
                | [] -> ()
                | left -> LmmError.LevelsLeftOut(name, left)
            ]

            match problems with
            | [] -> inOrder name order (levels, codes) frame
            | _ -> Error(Problems.limit problems))

    /// <summary>The data with one level of a column first, so that treatment contrasts compare with it; a column of
    /// numbers becomes a factor.</summary>
    /// <returns>The data, or: no such column, no such level.</returns>
    let relevel (name: string) (level: string) (frame: Frame) : Result<Frame, LmmError list> =
        column name frame
        |> Result.bind (fun column ->
            let levels, codes = ofColumn column

            if Array.contains level levels then
                let order = level :: (levels |> List.ofArray |> List.except [ level ])
                inOrder name order (levels, codes) frame
            else
                Error [ unknown name levels level ])

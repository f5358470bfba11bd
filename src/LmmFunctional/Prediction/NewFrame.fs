namespace LmmFunctional.Analysis

open System
open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Data
open LmmFunctional.Language

/// <summary>New data in the types of the data that a model was fitted to.</summary>
/// <remarks>A number may be a level and a text may be a number: what a column is was settled by the first data.</remarks>
[<RequireQualifiedAccess>]
module internal NewFrame =

    /// What stands for a number that a new text does not have: no level and no finite value.
    let private unknown = Double.PositiveInfinity

    let private numberOf (text: string) =
        let mutable value = 0.0
        if CellText.tryNumber text &value then value else unknown

    /// The text of every cell; "" where missing.
    let texts (column: Column) : string[] =
        match column with
        | Column.Numeric values ->
            values
            |> Seq.map (fun value -> if Double.IsNaN value then "" else LevelName.ofNumber value)
            |> Array.ofSeq
        | Column.Labelled(_, labels) -> Seq.toArray labels
        | Column.Categorical(levels, codes) ->
            codes
            |> Seq.map (fun code -> if code < 0 then "" else levels[code])
            |> Array.ofSeq

    /// The number of every cell; NaN where missing, infinite where it has none.
    let private numbers (column: Column) : float[] =
        match column with
        | Column.Numeric values
        | Column.Labelled(values, _) -> Seq.toArray values
        | Column.Categorical(levels, codes) ->
            let known = levels |> Seq.map numberOf |> Array.ofSeq

            codes
            |> Seq.map (fun code -> if code < 0 then nan else known[code])
            |> Array.ofSeq

    /// A label of the first data with the number of a new one: 1 where they have 01.
    let private labelsLike
        (values: ImmutableArray<float>)
        (labels: ImmutableArray<string>)
        (texts: string[])
        (own: float[])
        =
        let known = Collections.Generic.HashSet<string>(labels, StringComparer.Ordinal)

        let byNumber =
            Seq.zip values labels
            |> Seq.filter (fun (value, _) -> not (Double.IsNaN value))
            |> Seq.distinct
            |> Seq.groupBy fst
            |> Seq.choose (fun (value, pairs) ->
                match List.ofSeq pairs with
                | [ _, label ] -> Some(value, label)
                | _ -> None)
            |> dict

        Array.map2
            (fun (text: string) number ->
                match text = "" || known.Contains text, byNumber.TryGetValue number with
                | false, (true, label) -> label
                | _ -> text)
            texts
            own

    /// A new column as the first one is.
    let private align (first: Column) (column: Column) : Column =
        match first with
        | Column.Numeric _ ->
            let own = numbers column

            if own |> Array.exists ((=) unknown) then
                // New levels keep their texts.
                let labels =
                    Array.map2
                        (fun (text: string) value ->
                            if value = unknown || Double.IsNaN value then
                                text
                            else
                                LevelName.ofNumber value)
                        (texts column)
                        own

                Column.ofOwnedLabels own labels
            else
                Column.ofFloats own
        | Column.Labelled(values, labels) ->
            let own = numbers column
            Column.ofOwnedLabels own (labelsLike values labels (texts column) own)
        | Column.Categorical _ -> texts column |> Column.ofStrings

    /// <summary>The columns wanted, as those of the first data.</summary>
    /// <param name="names">The columns.</param>
    /// <param name="first">The data of the fit.</param>
    /// <param name="frame">The new data.</param>
    /// <returns>A frame with these columns, or: columns that are not there, and rows in which they are missing.</returns>
    let create (names: string list) (first: Frame) (frame: Frame) : Result<Frame, LmmError list> =
        let absent =
            names
            |> List.filter (fun name -> (frame.TryColumn name).IsNone)
            |> List.map (fun name ->
                LmmError.UnknownColumn(name, Nearest.suggest frame.Names name, List.ofSeq frame.Names))

        let columns =
            names
            |> List.choose (fun name ->
                match first.TryColumn name, frame.TryColumn name with
                | Some first, Some column -> Some(name, align first column)
                | _ -> None)

        let missing = [
            for name, column in columns do
                let rows = [ 0 .. column.Length - 1 ] |> List.filter column.IsMissing

                if not rows.IsEmpty then
                    LmmError.MissingInNewData(name, rows |> List.truncate 5 |> List.map ((+) 1), rows.Length)
        ]

        match absent @ missing with
        | [] ->
            Ok(
                Frame(
                    columns |> Seq.map fst |> ImmutableArray.CreateRange,
                    columns |> Seq.map snd |> ImmutableArray.CreateRange,
                    frame.Rows
                )
            )
        | problems -> Error problems

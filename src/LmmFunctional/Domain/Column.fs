namespace LmmFunctional

open System
open System.Collections.Generic
open System.Collections.Immutable
open System.Runtime.InteropServices

/// <summary>One column of a data set.</summary>
[<RequireQualifiedAccess; CustomEquality; NoComparison>]
type Column =
    /// Numbers; NaN where missing.
    | Numeric of values: ImmutableArray<float>
    /// Categories: level names and, per row, an index into them; −1 where missing.
    | Categorical of levels: ImmutableArray<string> * codes: ImmutableArray<int>

    /// Number of rows.
    member column.Length =
        match column with
        | Numeric values -> values.Length
        | Categorical(_, codes) -> codes.Length

    override column.Equals other =
        match column, other with
        | Numeric a, (:? Column as b) ->
            match b with
            | Numeric b -> a.AsSpan().SequenceEqual(b.AsSpan())
            | Categorical _ -> false
        | Categorical(levels, codes), (:? Column as b) ->
            match b with
            | Numeric _ -> false
            | Categorical(otherLevels, otherCodes) ->
                levels.AsSpan().SequenceEqual(otherLevels.AsSpan())
                && codes.AsSpan().SequenceEqual(otherCodes.AsSpan())
        | _ -> false

    override column.GetHashCode() = column.Length

/// <summary>Making and changing columns.</summary>
[<RequireQualifiedAccess>]
module Column =

    /// Wraps without a copy: the caller must own the array and never write to it again.
    let internal ofOwnedFloats (values: float[]) =
        Column.Numeric(ImmutableCollectionsMarshal.AsImmutableArray values)

    /// <summary>A numeric column; NaN where missing.</summary>
    let ofFloats (values: float seq) = values |> Array.ofSeq |> ofOwnedFloats

    /// <summary>A numeric column of whole numbers.</summary>
    let ofInts (values: int seq) =
        values |> Seq.map float |> Array.ofSeq |> ofOwnedFloats

    /// Distinct texts in order of appearance, and their index for every row; −1 where missing.
    let private enumerate (texts: string[]) =
        let codeOf = Dictionary<string, int>(StringComparer.Ordinal)
        let distinct = ResizeArray<string>()
        let codes = Array.create texts.Length -1
        let mutable row = 0

        while row < texts.Length do
            let text = texts[row]

            // Sorted data and readers that pool their strings repeat the very same object.
            if row > 0 && Object.ReferenceEquals(text, texts[row - 1]) then
                codes[row] <- codes[row - 1]
            elif not (String.IsNullOrEmpty text) then
                let mutable code = 0

                if not (codeOf.TryGetValue(text, &code)) then
                    code <- distinct.Count
                    codeOf.Add(text, code)
                    distinct.Add text

                codes[row] <- code

            row <- row + 1

        distinct.ToArray(), codes

    /// <summary>A categorical column from text: null or "" is missing, levels in ordinal order.</summary>
    /// <remarks>Every reader of data makes its categories here, so the same text gives the same column.</remarks>
    let ofStrings (values: string seq) =
        let distinct, codes = enumerate (Array.ofSeq values)
        let levels = distinct |> Array.sortWith (fun a b -> String.CompareOrdinal(a, b))
        let position = Array.zeroCreate levels.Length
        let order = Dictionary<string, int>(StringComparer.Ordinal)
        levels |> Array.iteri (fun code level -> order.Add(level, code))
        distinct |> Array.iteri (fun code level -> position[code] <- order[level])

        for row in 0 .. codes.Length - 1 do
            if codes[row] >= 0 then
                codes[row] <- position[codes[row]]

        Column.Categorical(
            ImmutableCollectionsMarshal.AsImmutableArray levels,
            ImmutableCollectionsMarshal.AsImmutableArray codes
        )

    /// <summary>A categorical column with levels in a chosen order.</summary>
    /// <param name="levels">Level names; the first is the reference level of treatment contrasts.</param>
    /// <param name="codes">For every row the index of its level, from zero; −1 where missing.</param>
    /// <exception cref="T:System.ArgumentException">A level is empty or doubled, or a code has no level.</exception>
    let factor (levels: string seq) (codes: int seq) =
        let levels, codes =
            ImmutableArray.CreateRange levels, ImmutableArray.CreateRange codes

        if levels |> Seq.exists String.IsNullOrEmpty then
            invalidArg (nameof levels) "A level must have a name; write the code −1 for a missing value."

        for level, group in levels |> Seq.groupBy id do
            if Seq.length group > 1 then
                invalidArg (nameof levels) $"Level '{level}' occurs twice."

        for code in codes do
            if code < -1 || code >= levels.Length then
                invalidArg (nameof codes) $"Code {code} is not between −1 and {levels.Length - 1}."

        Column.Categorical(levels, codes)

    /// <summary>The categorical column with one level first, so that treatment contrasts compare with it.</summary>
    /// <exception cref="T:System.ArgumentException">The column is numeric or has no such level.</exception>
    let relevel (level: string) (column: Column) =
        match column with
        | Column.Numeric _ -> invalidArg (nameof column) "A numeric column has no levels."
        | Column.Categorical(levels, codes) ->
            match levels.IndexOf level with
            | -1 -> invalidArg (nameof level) $"The column has no level '{level}'."
            | first ->
                let moved = levels.RemoveAt(first).Insert(0, level)

                let recode code =
                    if code = first then 0
                    elif code >= 0 && code < first then code + 1
                    else code

                Column.Categorical(moved, codes |> Seq.map recode |> ImmutableArray.CreateRange)

    /// <summary>The column at some rows, in their order; all levels are kept.</summary>
    let internal select (rows: int[]) (column: Column) =
        let pick (values: ImmutableArray<'Value>) =
            rows
            |> Array.map (fun row -> values[row])
            |> ImmutableCollectionsMarshal.AsImmutableArray

        match column with
        | Column.Numeric values -> Column.Numeric(pick values)
        | Column.Categorical(levels, codes) -> Column.Categorical(levels, pick codes)

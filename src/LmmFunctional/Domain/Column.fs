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
    /// Numbers, or days of dates, with the texts that wrote them: 001, 1.10, an identifier of 17 digits. The values count
    /// where a model needs numbers, the labels where it needs levels. NaN and "" where missing.
    | Labelled of values: ImmutableArray<float> * labels: ImmutableArray<string>
    /// Categories: level names and, per row, an index into them; −1 where missing.
    | Categorical of levels: ImmutableArray<string> * codes: ImmutableArray<int>

    /// Number of rows.
    member column.Length =
        match column with
        | Numeric values
        | Labelled(values, _) -> values.Length
        | Categorical(_, codes) -> codes.Length

    /// Whether a row has no value.
    member internal column.IsMissing(row: int) =
        match column with
        | Numeric values
        | Labelled(values, _) -> Double.IsNaN values[row]
        | Categorical(_, codes) -> codes[row] < 0

    override column.Equals other =
        match other with
        | :? Column as other ->
            match column, other with
            | Numeric a, Numeric b -> a.AsSpan().SequenceEqual(b.AsSpan())
            | Labelled(a, labels), Labelled(b, otherLabels) ->
                a.AsSpan().SequenceEqual(b.AsSpan())
                && labels.AsSpan().SequenceEqual(otherLabels.AsSpan())
            | Categorical(levels, codes), Categorical(otherLevels, otherCodes) ->
                levels.AsSpan().SequenceEqual(otherLevels.AsSpan())
                && codes.AsSpan().SequenceEqual(otherCodes.AsSpan())
            | _ -> false
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

    /// Wraps without copies, as <c>ofOwnedFloats</c>.
    let internal ofOwnedLabels (values: float[]) (labels: string[]) =
        Column.Labelled(
            ImmutableCollectionsMarshal.AsImmutableArray values,
            ImmutableCollectionsMarshal.AsImmutableArray labels
        )

    /// <summary>A column of numbers with a text for each, which is the name of the level where the column is a factor.
    /// </summary>
    /// <param name="values">The numbers; NaN where missing.</param>
    /// <param name="labels">The texts; null or "" where missing.</param>
    /// <exception cref="T:System.ArgumentException">There are not as many texts as numbers, a number without a text, a text
    /// without a number, or a text that stands for two numbers.</exception>
    let labelled (values: float seq) (labels: string seq) =
        let values = Array.ofSeq values

        let labels =
            labels
            |> Seq.map (fun label -> if isNull (box label) then "" else label)
            |> Array.ofSeq

        if values.Length <> labels.Length then
            invalidArg (nameof labels) $"There are {labels.Length} labels for {values.Length} numbers."

        let known = Dictionary<string, float>(StringComparer.Ordinal)

        (values, labels)
        ||> Array.iteri2 (fun row value label ->
            if Double.IsNaN value <> (label = "") then
                invalidArg (nameof labels) $"Element {row} has a label or a number, but not both."

            match known.TryGetValue label with
            | true, other when label <> "" && other <> value ->
                invalidArg (nameof labels) $"Label '{label}' stands for {other} and for {value}."
            | _ -> known[label] <- value)

        ofOwnedLabels values labels

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

    /// The distinct texts sorted, and every row's index among them; −1 where missing.
    let private sorted compare (values: string[]) =
        let distinct, codes = enumerate values
        let levels = distinct |> Array.sortWith compare
        let position = Array.zeroCreate levels.Length
        let order = Dictionary<string, int>(StringComparer.Ordinal)
        levels |> Array.iteri (fun code level -> order.Add(level, code))
        distinct |> Array.iteri (fun code level -> position[code] <- order[level])

        for row in 0 .. codes.Length - 1 do
            if codes[row] >= 0 then
                codes[row] <- position[codes[row]]

        levels, codes

    /// <summary>A categorical column from text: null or "" is missing, levels in ordinal order.</summary>
    /// <remarks>Every reader of data makes its categories here, so the same text gives the same column.</remarks>
    let ofStrings (values: string seq) =
        let levels, codes =
            Array.ofSeq values |> sorted (fun a b -> String.CompareOrdinal(a, b))

        Column.Categorical(
            ImmutableCollectionsMarshal.AsImmutableArray levels,
            ImmutableCollectionsMarshal.AsImmutableArray codes
        )

    /// <summary>The labels of a labelled column by their numbers, those of equal numbers in ordinal order, and the index of
    /// every row's label; −1 where missing.</summary>
    let internal levelsOfLabels (values: ImmutableArray<float>) (labels: ImmutableArray<string>) : string[] * int[] =
        let numberOf = Dictionary<string, float>(StringComparer.Ordinal)

        for row in 0 .. labels.Length - 1 do
            if labels[row] <> "" then
                numberOf[labels[row]] <- values[row]

        labels.AsSpan().ToArray()
        |> sorted (fun a b ->
            match compare numberOf[a] numberOf[b] with
            | 0 -> String.CompareOrdinal(a, b)
            | order -> order)

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
        | Column.Numeric _
        | Column.Labelled _ -> invalidArg (nameof column) "A numeric column has no levels."
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
        | Column.Labelled(values, labels) -> Column.Labelled(pick values, pick labels)
        | Column.Categorical(levels, codes) -> Column.Categorical(levels, pick codes)

namespace LmmFunctional.Estimation

open System
open System.Collections.Generic
open System.Collections.Immutable
open LmmFunctional.Language

/// <summary>Where the categories of a factor come from, with the categories themselves.</summary>
[<RequireQualifiedAccess>]
type internal Categories =
    /// The texts of a column.
    | Texts of column: string * levels: ImmutableArray<string>
    /// The different values of a numeric expression, ascending.
    | Values of NumericExpr * values: ImmutableArray<float>

/// <summary>Finding the categories that occur in the data, and coding rows by them.</summary>
[<RequireQualifiedAccess>]
module internal Categories =

    // Integers within this range, or within four times the number of rows, are coded by a table instead of a search.
    let private tableRange = 1_000_000.0

    let private range (x: float[]) =
        let mutable low, high, areIntegers =
            Double.PositiveInfinity, Double.NegativeInfinity, true

        let mutable i = 0

        while areIntegers && i < x.Length do
            let value = x[i]
            areIntegers <- value = Math.Floor value
            low <- Math.Min(low, value)
            high <- Math.Max(high, value)
            i <- i + 1

        if
            x.Length > 0
            && areIntegers
            && high - low <= Math.Max(tableRange, 4.0 * float x.Length)
        then
            ValueSome(struct (low, high))
        else
            ValueNone

    /// <summary>The codes that occur, in order; every row's code becomes its position among them.</summary>
    /// <param name="size">Codes are from zero and less than this.</param>
    /// <param name="codes">The codes, one for each row; overwritten by the positions.</param>
    let compact size (codes: int[]) : int[] =
        let position = Array.zeroCreate<int> size

        for code in codes do
            position[code] <- 1

        let occurring = ResizeArray<int>()

        for code in 0 .. size - 1 do
            if position[code] = 1 then
                position[code] <- occurring.Count
                occurring.Add code

        for i in 0 .. codes.Length - 1 do
            codes[i] <- position[codes[i]]

        occurring.ToArray()

    // Codes of integers from a table; −1 for those that are not in it.
    let private lookUp low (table: int[]) (x: float[]) =
        let codes = Array.zeroCreate x.Length

        for i in 0 .. x.Length - 1 do
            let offset = x[i] - low

            let inside =
                offset >= 0.0 && offset < float table.Length && offset = Math.Floor offset

            codes[i] <- if inside then table[int offset] else -1

        codes

    /// <summary>The different numbers, ascending, and for every row the position of its number.</summary>
    /// <param name="x">Numbers, not NaN.</param>
    let ofNumbers (x: float[]) : float[] * int[] =
        match range x with
        | ValueSome(struct (low, high)) ->
            let codes = Array.zeroCreate x.Length

            for i in 0 .. x.Length - 1 do
                codes[i] <- int (x[i] - low)

            let occurring = compact (int (high - low) + 1) codes
            occurring |> Array.map (fun offset -> low + float offset), codes
        | ValueNone ->
            let values = HashSet<float>(x) |> Array.ofSeq |> Array.sort
            let position = Dictionary<float, int>(values.Length)
            values |> Array.iteri (fun index value -> position[value] <- index)
            values, x |> Array.map (fun value -> position[value])

    /// <summary>The categories that occur in the selected rows, and the code of every row.</summary>
    let ofNumeric expr (selection: Selection) =
        let values, codes = ofNumbers (selection.Evaluate expr)
        Categories.Values(expr, ImmutableArray.Create<float>(ReadOnlySpan<float> values)), codes

    /// <summary>The texts of a column that occur in the selected rows, and the code of every row.</summary>
    let ofColumn column (selection: Selection) =
        let levels, codes = selection.Categories column
        let codes = Array.copy codes
        let occurring = compact levels.Length codes
        Categories.Texts(column, occurring |> Seq.map (fun code -> levels[code]) |> ImmutableArray.CreateRange), codes

    /// Number of categories.
    let count categories =
        match categories with
        | Categories.Texts(_, levels) -> levels.Length
        | Categories.Values(_, values) -> values.Length

    /// The names of the categories; numbers as R prints them.
    let names categories : string[] =
        match categories with
        | Categories.Texts(_, levels) -> Seq.toArray levels
        | Categories.Values(_, values) -> Array.init values.Length (fun i -> LevelName.ofNumber values[i])

    /// <summary>The code of every selected row, of the same data or of other; −1 where the category is new.</summary>
    let codes categories (selection: Selection) : int[] =
        match categories with
        | Categories.Texts(column, levels) ->
            let names, codes = selection.Categories column
            let position = names |> Array.map levels.IndexOf

            codes |> Array.map (fun code -> if code < 0 then -1 else position[code])
        | Categories.Values(expr, values) ->
            let x = selection.Evaluate expr
            let known = Seq.toArray values

            match range known with
            | ValueSome(struct (low, high)) ->
                let table = Array.create (int (high - low) + 1) -1
                known |> Array.iteri (fun index value -> table[int (value - low)] <- index)
                lookUp low table x
            | ValueNone -> x |> Array.map (fun value -> Math.Max(-1, Array.BinarySearch(known, value)))

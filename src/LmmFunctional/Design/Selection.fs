namespace LmmFunctional.Estimation

open System.Collections.Generic
open System.Collections.Immutable
open System.Runtime.InteropServices
open LmmFunctional

/// <summary>Some rows of a data set, read column by column; what was read or computed once is kept.</summary>
/// <remarks>Belongs to one computation on one thread. The arrays it hands out are shared: never write to them.
/// </remarks>
[<Sealed>]
type internal Selection(frame: Frame, rows: int[], multiplicities: ImmutableArray<float> option) =
    let isWhole = rows.Length = frame.Rows

    let whole = lazy Selection(frame, [| 0 .. frame.Rows - 1 |], multiplicities)

    let numbers = Dictionary<string, float[]>()
    let codes = Dictionary<string, string[] * int[]>()
    let evaluated = Dictionary<NumericExpr, float[]>(HashIdentity.Structural)

    // The array inside, not a copy: nobody writes to it.
    let unwrap (values: ImmutableArray<'T>) =
        match ImmutableCollectionsMarshal.AsArray values with
        | null -> [||]
        | array -> array

    let gather (values: 'T[]) =
        if isWhole then
            values
        else
            rows |> Array.map (fun row -> values[row])

    let remember (cache: Dictionary<'Key, 'Value>) key make =
        match cache.TryGetValue key with
        | true, value -> value
        | _ ->
            let value = make ()
            cache[key] <- value
            value

    let missingColumn name =
        invalidArg (nameof name) $"Column '{name}' is not in the data or has another type."

    new(frame, rows) = Selection(frame, rows, None)

    /// How many rows of the data each of these stands for; None where they are themselves.
    member _.Multiplicities: float[] option =
        multiplicities |> Option.map (unwrap >> gather)

    /// The data set.
    member _.Frame = frame

    /// All rows of the data set.
    member selection.Whole = if isWhole then selection else whole.Value

    /// Indices of the rows in the data set, in order.
    member _.Rows = rows

    /// Number of rows.
    member _.Count = rows.Length

    /// <summary>The values of a numeric column in these rows.</summary>
    /// <exception cref="T:System.ArgumentException">There is no such numeric column.</exception>
    member _.Numbers(name: string) : float[] =
        remember numbers name (fun () ->
            match frame.TryColumn name with
            | Some(Column.Numeric values)
            | Some(Column.Labelled(values, _)) -> gather (unwrap values)
            | _ -> missingColumn name)

    /// <summary>The level names of a column with categories or labels, and the codes in these rows.</summary>
    /// <exception cref="T:System.ArgumentException">There is no such column, or it has numbers alone.</exception>
    member _.Categories(name: string) : string[] * int[] =
        remember codes name (fun () ->
            match frame.TryColumn name with
            | Some(Column.Categorical(levels, all)) -> unwrap levels, gather (unwrap all)
            | Some(Column.Labelled(values, labels)) ->
                let levels, all = Column.levelsOfLabels values labels
                levels, gather all
            | _ -> missingColumn name)

    /// The values of a numeric expression in these rows.
    member selection.Evaluate(expr: NumericExpr) : float[] =
        remember evaluated expr (fun () -> NumericExpr.evaluate selection.Numbers rows.Length expr)

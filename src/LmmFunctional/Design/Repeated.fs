namespace LmmFunctional.Estimation

/// <summary>Numbers, each with how often it stands in the data: the rows of data, or cells that stand for many.</summary>
[<NoComparison>]
type internal Repeated = {
    Values: float[]
    /// None where each stands there once.
    Counts: float[] option
}

/// <summary>Sums over numbers that repeat.</summary>
[<RequireQualifiedAccess>]
module internal Repeated =

    /// Numbers that stand there once each.
    let once values = { Values = values; Counts = None }

    /// The number of rows.
    let count (x: Repeated) =
        match x.Counts with
        | Some counts -> Array.sum counts
        | None -> float x.Values.Length

    /// The sum over all rows.
    let sumBy (f: float -> float) (x: Repeated) =
        match x.Counts with
        | Some counts -> Array.fold2 (fun sum value count -> sum + count * f value) 0.0 x.Values counts
        | None -> Array.sumBy f x.Values

    /// The mean over all rows.
    let mean (x: Repeated) =
        match x.Counts with
        | Some _ -> sumBy id x / count x
        | None -> Array.average x.Values

    /// <summary>The values at places in their order, from zero: those of all rows sorted.</summary>
    let at (x: Repeated) : float -> float =
        match x.Counts with
        | None ->
            let sorted = Array.sort x.Values
            fun place -> sorted[int place]
        | Some counts ->
            let order = Array.init x.Values.Length id |> Array.sortBy (fun i -> x.Values[i])

            let ends =
                order |> Array.map (fun i -> counts[i]) |> Array.scan (+) 0.0 |> Array.tail

            fun place ->
                // Shares of a cell add up to a whole number but for rounding.
                let found = ends |> Array.tryFindIndex (fun last -> place < last - 1e-6)
                x.Values[order[defaultArg found (order.Length - 1)]]

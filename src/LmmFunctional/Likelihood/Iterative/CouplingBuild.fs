namespace LmmFunctional.Estimation

open System
open LmmFunctional.Numerics

/// <summary>The columns of a random term as the iterative engine takes them.</summary>
[<NoComparison; ReferenceEquality>]
type internal EffectColumnsOfTerm = {
    Levels: int
    Codes: int[]
    /// The S columns.
    Columns: float[][]
    /// Where the effects of the term start among the tail.
    First: int
}

/// <summary>Couplings from the rows of the data.</summary>
[<RequireQualifiedAccess>]
module internal CouplingBuild =

    // Windows of levels that are gathered at once.
    let private gathered = 16

    /// <summary>The coupling of a grouping factor with some terms of the tail.</summary>
    /// <param name="first">Where the effects of the factor are in the tail.</param>
    /// <param name="levels">Its levels.</param>
    /// <param name="sorted">The rows in the order of its levels.</param>
    /// <param name="starts">Where each level starts among them.</param>
    /// <param name="columns">Its S columns.</param>
    /// <param name="others">The terms of the tail, in ascending order.</param>
    /// <param name="weights">What each row counts, if not one.</param>
    /// <param name="tail">q₂.</param>
    /// <param name="windows">Windows of the coupling.</param>
    let create
        first
        levels
        (sorted: int[])
        (starts: int[])
        (columns: float[][])
        (others: EffectColumnsOfTerm[])
        (weights: float[] option)
        tail
        windows
        : EffectCoupling =
        let order = columns.Length
        let cuts = EffectCoupling.windows gathered starts
        let counts: int[] = Array.zeroCreate (levels + 1)
        let parts = Array.zeroCreate<struct (int[] * float[])> gathered

        Tiles.Run(
            gathered,
            float sorted.Length * 50.0,
            fun window ->
                let from, until = cuts[window], cuts[window + 1]

                let entries =
                    SparseEntries(
                        order,
                        tail,
                        (starts[until] - starts[from]) * (others |> Array.sumBy _.Columns.Length)
                    )

                let z: float[] = Array.zeroCreate order

                for level in from .. until - 1 do
                    let levelStart = entries.Count

                    for at in starts[level] .. starts[level + 1] - 1 do
                        let row = sorted[at]

                        let weight =
                            match weights with
                            | Some weights -> weights[row]
                            | None -> 1.0

                        for a in 0 .. order - 1 do
                            z[a] <- weight * columns[a][row]

                        for other in others do
                            let size = other.Columns.Length

                            for s in 0 .. size - 1 do
                                let value = other.Columns[s][row]
                                let place = entries.PlaceOf(other.First + other.Codes[row] * size + s, levelStart)

                                for a in 0 .. order - 1 do
                                    entries.Add(place + a, value * z[a])

                    entries.SortFrom levelStart
                    counts[level + 1] <- entries.Count - levelStart

                parts[window] <- struct (entries.Rows, entries.Values)
        )

        for level in 0 .. levels - 1 do
            counts[level + 1] <- counts[level] + counts[level + 1]

        let rows: int[] = GC.AllocateUninitializedArray(Array.last counts)
        let values: float[] = GC.AllocateUninitializedArray(order * Array.last counts)

        for window in 0 .. gathered - 1 do
            let struct (own, ownValues) = parts[window]
            let at = counts[cuts[window]]
            Array.blit own 0 rows at own.Length
            Array.blit ownValues 0 values (at * order) ownValues.Length
            parts[window] <- struct ([||], [||])

        {
            Order = order
            First = first
            Starts = counts
            Rows = rows
            Values = values
            Windows = EffectCoupling.windows windows counts
        }

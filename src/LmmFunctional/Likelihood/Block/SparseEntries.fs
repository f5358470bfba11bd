namespace LmmFunctional.Estimation

open System

/// <summary>The non-zero rows of Z₂'Z₁ while they are gathered, one leading level after the other: a growing list with a mark
/// per tail effect.</summary>
[<Sealed>]
type internal SparseEntries(order: int, tail: int, capacity: int) =
    let mutable rows: int[] = Array.zeroCreate (max 16 capacity)
    let mutable values: float[] = Array.zeroCreate (order * max 16 capacity)
    let position: int[] = Array.create tail -1
    let mutable count = 0

    member _.Count = count
    member _.Rows = Array.sub rows 0 count
    member _.Values = Array.sub values 0 (count * order)

    /// The place of the values of a tail effect in the current level, which started at the given count.
    member _.PlaceOf(effect: int, levelStart: int) =
        if position[effect] >= levelStart then
            position[effect] * order
        else
            if count = rows.Length then
                Array.Resize(&rows, 2 * count)
                Array.Resize(&values, 2 * count * order)

            position[effect] <- count
            rows[count] <- effect
            count <- count + 1
            (count - 1) * order

    member _.Add(place: int, value: float) = values[place] <- values[place] + value

    /// Puts the entries of a finished level in ascending order.
    member _.SortFrom(levelStart: int) =
        let length = count - levelStart
        let keys = Array.sub rows levelStart length
        let order' = Array.init length id
        Array.Sort(keys, order')
        let old = Array.sub values (levelStart * order) (length * order)

        for k in 0 .. length - 1 do
            rows[levelStart + k] <- keys[k]
            Array.Copy(old, order'[k] * order, values, (levelStart + k) * order, order)

namespace LmmFunctional.Estimation

/// <summary>Products of the effects of one grouping factor with effects of the tail, level by level, sparse.</summary>
/// <remarks>The rows of an entry's level stand together: all S effects of a tail level follow one another.</remarks>
[<NoComparison; ReferenceEquality>]
type internal EffectCoupling = {
    /// S, effects of a level of the factor.
    Order: int
    /// Where the effects of the factor's first level are among the tail; nothing of the leading factor is.
    First: int
    /// Per level where its entries start; the last element is their number.
    Starts: int[]
    /// The tail effect of each entry, ascending within a level.
    Rows: int[]
    /// S values per entry.
    Values: float[]
    /// Levels cut into windows of about as many entries each, fixed by the pattern: where each starts, and the end.
    Windows: int[]
} with

    /// The number of levels.
    member coupling.Levels = coupling.Starts.Length - 1

[<RequireQualifiedAccess>]
module internal EffectCoupling =

    /// Levels with about as many entries in each of some windows.
    let windows count (starts: int[]) : int[] =
        let levels = starts.Length - 1
        let entries = Array.last starts

        Array.init (count + 1) (fun w ->
            if w = count then
                levels
            else
                let wanted = int (int64 entries * int64 w / int64 count)
                let found = System.Array.BinarySearch(starts, wanted)
                min levels (if found >= 0 then found else ~~~found))

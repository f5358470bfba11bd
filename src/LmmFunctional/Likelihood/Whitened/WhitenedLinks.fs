namespace LmmFunctional.Estimation


/// <summary>The rows of one group of random terms: their levels, and the levels that occur in each block.</summary>
[<NoComparison; ReferenceEquality>]
type internal WhitenedGroup = {
    /// S, effects per level.
    Order: int
    /// The level of every place.
    Codes: int[]
    /// Z: S values for every place.
    Loadings: float[]
    /// The number of every place's level among those of its block, in ascending order of levels.
    Locals: int[]
    /// Where the levels of every block start.
    LevelStarts: int[]
    /// The levels of all blocks, block after block.
    Levels: int[]
} with

    /// Levels that occur in a block.
    member group.CountOf(block: int) =
        group.LevelStarts[block + 1] - group.LevelStarts[block]

[<RequireQualifiedAccess>]
module internal WhitenedGroup =

    /// The rows of a group from those of its terms.
    let create (rows: WhitenedRows) (terms: StandardisedTerm[]) : WhitenedGroup =
        let columns = terms |> Array.collect _.Columns
        let own = terms[0].Codes
        let codes = rows.Order |> Array.map (fun row -> own[row])
        let blocks = rows.Patterns.Length
        let levels = ResizeArray<int>()
        let starts: int[] = Array.zeroCreate (blocks + 1)
        let locals: int[] = Array.zeroCreate codes.Length
        let marks: int[] = Array.zeroCreate terms[0].Levels

        for block in 0 .. blocks - 1 do
            let first, last = rows.Starts[block], rows.Starts[block + 1] - 1

            Seq.init (last - first + 1) (fun i -> codes[first + i])
            |> Seq.distinct
            |> Seq.sort
            |> Seq.iteri (fun local level ->
                marks[level] <- local
                levels.Add level)

            starts[block + 1] <- levels.Count

            for place in first..last do
                locals[place] <- marks[codes[place]]

        {
            Order = columns.Length
            Codes = codes
            Loadings =
                Array.init (codes.Length * columns.Length) (fun at ->
                    columns[at % columns.Length].[rows.Order[at / columns.Length]])
            Locals = locals
            LevelStarts = starts
            Levels = levels.ToArray()
        }

/// <summary>The blocks of Z'R⁻¹Z between two groups, or beside the diagonal of one, and which of them each block of rows adds
/// to.</summary>
[<NoComparison; ReferenceEquality>]
type internal WhitenedLinks = {
    Left: int
    Right: int
    /// Where the table of every block of rows starts.
    Starts: int[]
    /// Per block of rows the numbers of the blocks of Z'R⁻¹Z, its left levels × its right levels by columns; those on and
    /// below the diagonal of one group are not used.
    Entries: int[]
    /// Where the blocks of every left level start.
    LevelStarts: int[]
    /// The right level of every block.
    Columns: int[]
}

[<RequireQualifiedAccess>]
module internal WhitenedLinks =

    /// Entries of all tables of two groups.
    let size (left: WhitenedGroup) (right: WhitenedGroup) =
        Seq.init (left.LevelStarts.Length - 1) (fun block -> float (left.CountOf block) * float (right.CountOf block))
        |> Seq.sum

    /// The links of two groups, or of one with itself; None where it has nothing beside the diagonal.
    let tryCreate (groups: WhitenedGroup[]) (levels: int[]) left right : WhitenedLinks option =
        let ofLeft, ofRight = groups[left], groups[right]
        let blocks = ofLeft.LevelStarts.Length - 1

        let starts =
            Array.init blocks (fun block -> ofLeft.CountOf block * ofRight.CountOf block)
            |> Array.scan (+) 0

        let entries: int[] = Array.zeroCreate starts[blocks]

        let blockOf =
            Array.init blocks (fun block -> Array.create (ofLeft.CountOf block) block)
            |> Array.concat

        let order, levelStarts = CrossProducts.sortByLevel levels[left] ofLeft.Levels
        let found = SparseEntries(1, levels[right], levels[left])
        let starting: int[] = Array.zeroCreate (levels[left] + 1)

        for level in 0 .. levels[left] - 1 do
            let first = found.Count
            starting[level] <- first

            for k in levelStarts[level] .. levelStarts[level + 1] - 1 do
                let block = blockOf[order[k]]
                let count = ofLeft.CountOf block
                let local = order[k] - ofLeft.LevelStarts[block]
                let firstRight = if left = right then local + 1 else 0

                for other in firstRight .. ofRight.CountOf block - 1 do
                    let column = ofRight.Levels[ofRight.LevelStarts[block] + other]
                    entries[starts[block] + local + other * count] <- found.PlaceOf(column, first)

        starting[levels[left]] <- found.Count

        if left = right && found.Count = 0 then
            None
        else
            Some {
                Left = left
                Right = right
                Starts = starts
                Entries = entries
                LevelStarts = starting
                Columns = found.Rows
            }

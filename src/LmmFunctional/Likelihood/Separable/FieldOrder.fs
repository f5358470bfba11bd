namespace LmmFunctional.Estimation

/// <summary>An order of elimination for fields of cells with effects that reach over them: nested dissection.</summary>
/// <remarks>A line of cells parts a field into two that know nothing of each other; it is eliminated after both, and so on
/// (George 1973). A level of a random term follows the smallest part that holds all its plots. Minimum degree orders do much
/// worse here: effects of plots at random tie distant cells together before the cells around them are gone.</remarks>
[<RequireQualifiedAccess>]
module internal FieldOrder =

    // Parts of up to so many cells each way are not parted again.
    let private smallest = 2

    /// The part of every cell, parts in the order of elimination, and the part around each of them, −1 for the last.
    let private parts (grid: FieldGrid) =
        let around = ResizeArray<int>()
        let partOf: int[] = Array.zeroCreate grid.Cells

        /// A new part with some cells, around these parts.
        let add cells inner =
            let own = around.Count
            around.Add -1

            for part in inner do
                around[part] <- own

            for cell in cells do
                partOf[cell] <- own

            own

        let rec dissect (field: Field) left length top width =
            let cell i j = field.Start + i + j * field.Length

            if length <= smallest && width <= smallest then
                let cells =
                    Seq.allPairs (seq { left .. left + length - 1 }) (seq { top .. top + width - 1 })

                add (cells |> Seq.map (fun (i, j) -> cell i j)) []
            elif length >= width then
                let half = length / 2

                let inner = [
                    dissect field left half top width
                    dissect field (left + half + 1) (length - half - 1) top width
                ]

                add (Seq.init width (fun j -> cell (left + half) (top + j))) inner
            else
                let half = width / 2

                let inner = [
                    dissect field left length top half
                    dissect field left length (top + half + 1) (width - half - 1)
                ]

                add (Seq.init length (fun i -> cell (left + i) (top + half))) inner

        let all = [
            for field in grid.Fields do
                if field.Length > 0 then
                    dissect field 0 field.Length 0 field.Width
        ]

        add [] all |> ignore
        partOf, around.ToArray()

    /// <summary>The order of elimination: the k-th to eliminate is the k-th element.</summary>
    /// <param name="grid">The cells.</param>
    /// <param name="levels">The number of levels of all terms: these are the first nodes, cells come after them.</param>
    /// <param name="nodes">The nodes of every row, its cell last.</param>
    let create (grid: FieldGrid) levels (nodes: int[][]) : int[] =
        let ofCells, around = parts grid
        let partOf = Array.append (Array.create levels -1) ofCells

        for own in nodes do
            for at in 0 .. own.Length - 2 do
                let level = own[at]
                let mutable a = partOf[level]
                let mutable b = partOf[Array.last own]

                // A part comes before the one around it, so the earlier of two steps out until they meet.
                while a >= 0 && a <> b do
                    if a < b then a <- around[a] else b <- around[b]

                partOf[level] <- b

        let order = Array.init partOf.Length id
        // Cells before the levels of the same part.
        Array.sortInPlaceBy (fun node -> struct (partOf[node], -node)) order
        order

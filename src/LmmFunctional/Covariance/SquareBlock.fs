namespace LmmFunctional.Estimation

/// <summary>A small square matrix that is still being made: its order and its elements by columns.</summary>
[<Sealed>]
type internal SquareBlock(order: int, values: float[]) =

    member _.Order = order

    /// The elements themselves, no copy.
    member _.Values = values

    member _.Item
        with get (row: int, column: int): float = values[row + column * order]
        and set (row: int, column: int) (value: float) = values[row + column * order] <- value

[<RequireQualifiedAccess>]
module internal SquareBlock =

    let zero order : SquareBlock =
        SquareBlock(order, Array.zeroCreate (order * order))

    /// Element (i, j) is element i j.
    let init order (element: int -> int -> float) : SquareBlock =
        let values: float[] = Array.zeroCreate (order * order)

        for j in 0 .. order - 1 do
            for i in 0 .. order - 1 do
                values[i + j * order] <- element i j

        SquareBlock(order, values)

    /// Every element times a number, in its place.
    let scale (factor: float) (block: SquareBlock) : SquareBlock =
        for k in 0 .. block.Values.Length - 1 do
            block.Values[k] <- factor * block.Values[k]

        block

    /// Adds a multiple of another in the place of the first.
    let add (factor: float) (other: SquareBlock) (block: SquareBlock) : SquareBlock =
        for k in 0 .. block.Values.Length - 1 do
            block.Values[k] <- block.Values[k] + factor * other.Values[k]

        block

    let copy (block: SquareBlock) : SquareBlock =
        SquareBlock(block.Order, Array.copy block.Values)

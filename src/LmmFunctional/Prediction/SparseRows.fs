namespace LmmFunctional.Analysis

/// <summary>Vectors over the unknowns v with few elements other than zero, one after the other.</summary>
[<NoComparison; ReferenceEquality>]
type internal SparseRows = {
    /// Where each vector starts; the last element is the number of elements.
    Starts: int[]
    /// Places in the order of elimination.
    Positions: int[]
    Values: float[]
} with

    member rows.Count = rows.Starts.Length - 1

[<RequireQualifiedAccess>]
module internal SparseRows =

    /// Vectors from a function that adds the elements of each.
    let create count (elementsOf: int -> (int -> float -> unit) -> unit) : SparseRows =
        let starts: int[] = Array.zeroCreate (count + 1)
        let positions = ResizeArray<int>()
        let values = ResizeArray<float>()

        for row in 0 .. count - 1 do
            elementsOf row (fun position value ->
                positions.Add position
                values.Add value)

            starts[row + 1] <- positions.Count

        {
            Starts = starts
            Positions = positions.ToArray()
            Values = values.ToArray()
        }

    /// Some of the vectors, in the order given.
    let select (chosen: int[]) (rows: SparseRows) =
        create chosen.Length (fun k add ->
            for at in rows.Starts[chosen[k]] .. rows.Starts[chosen[k] + 1] - 1 do
                add rows.Positions[at] rows.Values[at])

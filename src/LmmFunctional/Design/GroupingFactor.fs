namespace LmmFunctional

open System.Collections.Generic

/// <summary>A grouping factor: the categories of its parts, and the combinations of them that occur.</summary>
[<NoComparison; NoEquality>]
type internal GroupingFactor = {
    /// The parts' names joined by a colon, in the order written.
    Name: string
    Parts: Categories list
    /// Level names, parts joined by a colon; the first part runs slowest.
    Levels: string[]
}

/// <summary>Coding rows by the levels of grouping factors.</summary>
[<RequireQualifiedAccess>]
module internal GroupingFactor =

    // Up to this many combinations, or four for each row, are counted in a table.
    let private tableSize = 1_000_000L

    // The combinations of two codings that occur: for each its two codes, and every row's position among them.
    let private cross countA (a: int[]) countB (b: int[]) : struct (int * int)[] * int[] =
        let size = int64 countA * int64 countB

        if
            size <= max tableSize (4L * int64 a.Length)
            && size < int64 System.Int32.MaxValue
        then
            let joint = Array.zeroCreate a.Length

            for i in 0 .. a.Length - 1 do
                joint[i] <- a[i] * countB + b[i]

            let occurring, codes = Categories.compact (int size) joint
            occurring |> Array.map (fun code -> struct (code / countB, code % countB)), codes
        else
            let joint = Array.map2 (fun x y -> int64 x * int64 countB + int64 y) a b
            let occurring = HashSet<int64>(joint) |> Array.ofSeq |> Array.sort
            let position = Dictionary<int64, int>(occurring.Length)
            occurring |> Array.iteri (fun index code -> position[code] <- index)

            occurring
            |> Array.map (fun code -> struct (int (code / int64 countB), int (code % int64 countB))),
            joint |> Array.map (fun code -> position[code])

    /// <summary>A grouping factor and the code of every selected row.</summary>
    /// <param name="selection">The rows.</param>
    /// <param name="term">One variable, or the interaction of several.</param>
    let resolve (selection: Selection) (term: Term) : Result<GroupingFactor * int[], LmmError list> =
        term.Factors
        |> List.map (VariableTyping.categories selection)
        |> Problems.all
        |> Result.map (fun parts ->
            let coded =
                parts
                |> List.map (fun (categories, codes) -> Categories.names categories, codes)

            let levels, codes =
                match coded with
                | [] -> [| "1" |], Array.zeroCreate selection.Count
                | first :: rest ->
                    (first, rest)
                    ||> List.fold (fun (namesA, a) (namesB, b) ->
                        let pairs, codes = cross namesA.Length a namesB.Length b
                        pairs |> Array.map (fun struct (x, y) -> $"{namesA[x]}:{namesB[y]}"), codes)

            {
                Name = TermText.deparse term
                Parts = List.map fst parts
                Levels = levels
            },
            codes)

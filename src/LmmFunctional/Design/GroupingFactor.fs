namespace LmmFunctional.Estimation

open System
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Language

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

    let private crossByTable countA (a: int[]) countB (b: int[]) =
        let codes = Array.zeroCreate a.Length

        for i in 0 .. a.Length - 1 do
            codes[i] <- a[i] * countB + b[i]

        let occurring = Categories.compact (countA * countB) codes
        occurring |> Array.map (fun code -> struct (code / countB, code % countB)), codes

    // The rows of each code of a, one code after another, and where each code's rows begin.
    let private sortRows count (a: int[]) =
        let starts = Array.zeroCreate (count + 1)

        for code in a do
            starts[code + 1] <- starts[code + 1] + 1

        for code in 0 .. count - 1 do
            starts[code + 1] <- starts[code + 1] + starts[code]

        let next = Array.copy starts
        let rows = Array.zeroCreate a.Length

        for row in 0 .. a.Length - 1 do
            rows[next[a[row]]] <- row
            next[a[row]] <- next[a[row]] + 1

        rows, starts

    // For each code of a its codes of b are sorted on their own: the table of all combinations would be too large.
    let private crossBySorting countA (a: int[]) countB (b: int[]) =
        let rows, starts = sortRows countA a
        let codes = Array.zeroCreate a.Length
        let position = Array.create countB -1
        let pairs = ResizeArray()
        let found = ResizeArray<int>()

        for code in 0 .. countA - 1 do
            let first = pairs.Count
            found.Clear()

            for k in starts[code] .. starts[code + 1] - 1 do
                let other = b[rows[k]]

                if position[other] < first then
                    position[other] <- first
                    found.Add other

            found.Sort()

            for other in found do
                position[other] <- pairs.Count
                pairs.Add(struct (code, other))

            for k in starts[code] .. starts[code + 1] - 1 do
                codes[rows[k]] <- position[b[rows[k]]]

        pairs.ToArray(), codes

    /// <summary>The combinations of two codings that occur, the first slowest, and every row's position among them.
    /// </summary>
    let cross countA a countB b : struct (int * int)[] * int[] =
        let size = int64 countA * int64 countB

        if
            size <= max tableSize (4L * int64 (Array.length a))
            && size < int64 Int32.MaxValue
        then
            crossByTable countA a countB b
        else
            crossBySorting countA a countB b

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

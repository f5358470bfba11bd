namespace LmmFunctional.Estimation

open System
open LmmFunctional.Numerics
open LmmFunctional

/// <summary>The products of the columns of [Z X y] with every block of Z'Z that is not zero; nothing of size n is left.
/// </summary>
[<NoComparison; ReferenceEquality>]
type internal NodeProducts = {
    Rows: int
    /// P = p + 1: columns of X, then y.
    P: int
    Groups: NodeGroup[]
    Pairs: NodePairs[]
    /// [X y]'[X y], P×P.
    FixedFixed: float[]
    /// For every term its group and its place among the group's terms.
    Places: struct (int * int)[]
} with

    member products.Nodes = products.Groups |> Array.sumBy _.Levels

[<RequireQualifiedAccess>]
module internal NodeProducts =

    let private weighted (model: Standardised) (columns: float[][]) =
        match model.RootWeights with
        | Some weights -> columns |> Array.map (Array.map2 (*) weights)
        | None -> columns

    /// Σ over the rows of each level of a bᵀ for columns a and b, by columns: levels × |a| × |b|, rows in their order.
    let private sumByLevel levels (codes: int[]) (a: float[][]) (b: float[][]) : float[] =
        let rows, columns = a.Length, b.Length
        let sums = Array.zeroCreate (levels * rows * columns)

        for j in 0 .. columns - 1 do
            let right = b[j]

            for i in 0 .. rows - 1 do
                let left = a[i]
                let place = i + j * rows
                let area = rows * columns

                for row in 0 .. codes.Length - 1 do
                    let at = codes[row] * area + place
                    sums[at] <- sums[at] + left[row] * right[row]

        sums

    /// The terms of each group, as positions: those of one factor with the same relationship, most levels first.
    let groupTerms (terms: StandardisedTerm[]) : int[][] =
        // The factor with more levels is on the left of each pair: its rows are taken level by level.
        terms
        |> Array.indexed
        |> Array.groupBy (fun (_, term) -> struct (term.Group, term.Relationship))
        |> Array.map (snd >> Array.map fst)
        |> Array.sortBy (fun members -> -terms[members[0]].Levels)

    /// For every term its group and its place among the group's terms.
    let placesOf count (grouped: int[][]) =
        Array.init count (fun t ->
            let g = grouped |> Array.findIndex (Array.contains t)
            struct (g, Array.IndexOf(grouped[g], t)))

    /// The groups, with all products zero.
    let emptyGroups p (terms: StandardisedTerm[]) (grouped: int[][]) : NodeGroup[] =
        let forms =
            grouped
            |> Array.map (fun members -> terms[members[0]].Relationship |> Option.map _.Form)

        let roots =
            forms
            |> Array.map (function
                | Some(RelationshipForm.Root root) -> Some root
                | _ -> None)

        let levels = grouped |> Array.map (fun members -> terms[members[0]].Levels)

        let firstNodes =
            Array.map2 (fun root levels -> root |> Option.map _.Rank |> Option.defaultValue levels) roots levels
            |> Array.scan (+) 0

        grouped
        |> Array.mapi (fun g members ->
            let offsets =
                Array.scan (+) 0 (members |> Array.map (fun t -> terms[t].Columns.Length))

            let order = Array.last offsets

            {
                Terms = members
                Offsets = offsets
                Levels = levels[g]
                Prior =
                    match forms[g] with
                    | Some(RelationshipForm.Precision precision) -> Some precision
                    | _ -> None
                Root = roots[g]
                FirstNode = firstNodes[g]
                Squares = Array.zeroCreate (levels[g] * order * order)
                Fixed = Array.zeroCreate (levels[g] * order * p)
            })

    /// The products of a model on the inner scale: one pass over the rows for each pair of grouping factors.
    let create (model: Standardised) : NodeProducts =
        let terms = Array.ofList model.Terms

        let grouped = groupTerms terms
        let count = grouped.Length
        let levels = grouped |> Array.map (fun members -> terms[members[0]].Levels)
        let codes = grouped |> Array.map (fun members -> terms[members[0]].Codes)

        let columns =
            grouped
            |> Array.map (Array.collect (fun t -> terms[t].Columns) >> weighted model)

        let all = weighted model (Array.append model.Fixed [| model.Response |])
        let p = all.Length

        let empty = emptyGroups p terms grouped
        let sorted: (int[] * int[])[] = Array.create count ([||], [||])
        let groups: NodeGroup[] = Array.zeroCreate count
        let work = 4.0 * float model.Rows

        let ofGroup g =
            sorted[g] <- CrossProducts.sortByLevel levels[g] codes[g]

            groups[g] <- {
                empty[g] with
                    Squares = sumByLevel levels[g] codes[g] columns[g] columns[g]
                    Fixed = sumByLevel levels[g] codes[g] all columns[g]
            }

        Tiles.Run(count, work * float count, ofGroup)

        let couples = [|
            for left in 0 .. count - 1 do
                for right in left + 1 .. count - 1 do
                    left, right
        |]

        let pairs: NodePairs[] = Array.zeroCreate couples.Length

        let ofCouple index =
            let left, right = couples[index]
            let order, starts = sorted[left]
            let a, b = columns[left], columns[right]
            let blocks = SparseEntries(a.Length * b.Length, levels[right], levels[left])
            let blockStarts = Array.zeroCreate (levels[left] + 1)
            let codesRight = codes[right]
            let isScalar = a.Length = 1 && b.Length = 1
            let x, y = a[0], b[0]

            for level in 0 .. levels[left] - 1 do
                let first = blocks.Count
                blockStarts[level] <- first

                for k in starts[level] .. starts[level + 1] - 1 do
                    let row = order[k]
                    let place = blocks.PlaceOf(codesRight[row], first)

                    if isScalar then
                        blocks.Add(place, x[row] * y[row])
                    else
                        for j in 0 .. b.Length - 1 do
                            let value = b[j][row]

                            for i in 0 .. a.Length - 1 do
                                blocks.Add(place + i + j * a.Length, a[i][row] * value)

            blockStarts[levels[left]] <- blocks.Count
            let found = blocks.Rows

            pairs[index] <- {
                Left = left
                Right = right
                Starts = blockStarts
                Columns = found
                Values = blocks.Values
                ByRight = NodePairs.byRight levels[right] blockStarts found
            }

        Tiles.Run(couples.Length, work * float couples.Length, ofCouple)

        let groups, pairs = RootProducts.apply p groups pairs

        {
            Rows = model.Observations
            P = p
            Groups = groups
            Pairs = pairs
            FixedFixed = model.Products.Value
            Places = placesOf terms.Length grouped
        }

    /// <summary>The same products with another response: bit for bit those that <c>create</c> would make.</summary>
    let withResponse (model: Standardised) (products: NodeProducts) : NodeProducts =
        let terms = Array.ofList model.Terms
        let p = products.P
        let response = weighted model [| model.Response |]

        let ofGroup (group: NodeGroup) =
            let columns =
                group.Terms |> Array.collect (fun t -> terms[t].Columns) |> weighted model

            let sums = sumByLevel group.Levels terms[group.Terms[0]].Codes response columns
            let result = Array.copy group.Fixed
            sums |> Array.iteri (fun k sum -> result[k * p + p - 1] <- sum)
            { group with Fixed = result }

        // Where a dense matrix relates the levels its root is in all products.
        if products.Groups |> Array.exists _.Root.IsSome then
            create model
        else
            {
                products with
                    Groups = products.Groups |> Array.map ofGroup
                    FixedFixed = model.Products.Value
            }

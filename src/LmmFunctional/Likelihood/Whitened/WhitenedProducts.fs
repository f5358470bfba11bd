namespace LmmFunctional.Estimation

open System
open LmmFunctional.Numerics

/// <summary>Z'R⁻¹Z, Z'R⁻¹[X y] and [X y]'R⁻¹[X y] at one τ: the numbers in a pattern that stays.</summary>
[<RequireQualifiedAccess>]
module internal WhitenedProducts =

    /// target ← target + weight z_i z_jᵀ at a place, rows×columns.
    let private addProduct weight (left: float[]) i rows (right: float[]) j columns (target: float[]) at =
        if rows = 1 && columns = 1 then
            target[at] <- target[at] + weight * left[i] * right[j]
        else
            for b in 0 .. columns - 1 do
                let value = weight * right[j * columns + b]

                for a in 0 .. rows - 1 do
                    target[at + a + b * rows] <- target[at + a + b * rows] + left[i * rows + a] * value

    /// Calls visit with block, first place, rows and R⁻¹ of every block.
    let private eachBlock (rows: WhitenedRows) (residual: WhitenedResidual) visit =
        for block in 0 .. rows.Patterns.Length - 1 do
            let first = rows.Starts[block]
            visit block first (rows.Starts[block + 1] - first) residual.Precisions[rows.Patterns[block]]

    let private fillSquares (model: WhitenedModel) residual g (target: NodeGroup) =
        let group = model.Groups[g]
        let order = group.Order
        Array.Clear target.Squares

        eachBlock model.Rows residual (fun _ first m precision ->
            for j in 0 .. m - 1 do
                let level = group.Codes[first + j]
                let at = level * order * order

                for i in 0 .. m - 1 do
                    if group.Codes[first + i] = level then
                        let weight = precision[i + j * m]

                        addProduct
                            weight
                            group.Loadings
                            (first + i)
                            order
                            group.Loadings
                            (first + j)
                            order
                            target.Squares
                            at)

    /// Z'S for the columns S = R⁻¹[X y].
    let private fillFixed (model: WhitenedModel) (solved: float[]) g (target: NodeGroup) =
        let group = model.Groups[g]
        let n, p = model.Rows.Count, model.Rows.DataColumns
        Array.Clear target.Fixed

        for place in 0 .. n - 1 do
            let start = group.Codes[place] * group.Order

            for i in 0 .. group.Order - 1 do
                let loading = group.Loadings[place * group.Order + i]
                let at = (start + i) * p

                for c in 0 .. p - 1 do
                    target.Fixed[at + c] <- target.Fixed[at + c] + loading * solved[place + c * n]

    let private fillPairs (model: WhitenedModel) residual (links: WhitenedLinks) (target: NodePairs) =
        let left, right = model.Groups[links.Left], model.Groups[links.Right]
        let area = left.Order * right.Order
        let isOne = links.Left = links.Right
        Array.Clear target.Values

        eachBlock model.Rows residual (fun block first m precision ->
            let start, count = links.Starts[block], left.CountOf block

            for j in 0 .. m - 1 do
                let column = right.Locals[first + j]

                for i in 0 .. m - 1 do
                    let row = left.Locals[first + i]

                    if not isOne || row < column then
                        let at = area * links.Entries[start + row + column * count]
                        let weight = precision[i + j * m]

                        addProduct
                            weight
                            left.Loadings
                            (first + i)
                            left.Order
                            right.Loadings
                            (first + j)
                            right.Order
                            target.Values
                            at)

    /// <summary>All products of levels; R⁻¹[X y] is given.</summary>
    let fill (model: WhitenedModel) (residual: WhitenedResidual) (solved: float[]) (target: NodeProducts) =
        let groups, pairs = target.Groups, target.Pairs
        let p = model.Rows.DataColumns

        Tiles.Run(
            groups.Length + pairs.Length,
            1e6,
            fun index ->
                if index < groups.Length then
                    fillSquares model residual index groups[index]
                    fillFixed model solved index groups[index]
                else
                    let k = index - groups.Length
                    fillPairs model residual model.Links[k] pairs[k]
        )

        let square =
            Dense.Multiply(p, p, model.Rows.Count, model.Rows.Data, true, solved, false)

        for j in 0 .. p - 1 do
            for i in 0 .. p - 1 do
                target.FixedFixed[i + j * p] <- 0.5 * (square[i + j * p] + square[j + i * p])

    /// Products of nodes from those of levels, where these are not the same.
    let toNodes (levels: NodeProducts) (nodes: NodeProducts) =
        let groups, pairs = RootProducts.apply levels.P levels.Groups levels.Pairs

        for g in 0 .. groups.Length - 1 do
            Array.blit groups[g].Squares 0 nodes.Groups[g].Squares 0 groups[g].Squares.Length
            Array.blit groups[g].Fixed 0 nodes.Groups[g].Fixed 0 groups[g].Fixed.Length

        for k in 0 .. pairs.Length - 1 do
            Array.blit pairs[k].Values 0 nodes.Pairs[k].Values 0 pairs[k].Values.Length

        Array.blit levels.FixedFixed 0 nodes.FixedFixed 0 levels.FixedFixed.Length

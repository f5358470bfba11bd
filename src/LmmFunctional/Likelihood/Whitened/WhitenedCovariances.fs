namespace LmmFunctional.Estimation

/// <summary>ΛM⁻¹Λ' between levels on the pattern of Z'R⁻¹Z: the covariance of the effects given the data and β.</summary>
[<RequireQualifiedAccess>]
module internal WhitenedCovariances =

    /// λ_left B λ_rightᵀ for a block B, rows×columns, given by its elements.
    let private congruence (left: float[]) rows (right: float[]) columns (element: int -> int -> float) : float[] =
        let half =
            Array.init (rows * columns) (fun at ->
                let i, b = at % rows, at / rows
                let mutable sum = 0.0

                for a in 0 .. rows - 1 do
                    sum <- sum + left[i + a * rows] * element a b

                sum)

        Array.init (rows * columns) (fun at ->
            let i, j = at % rows, at / rows
            let mutable sum = 0.0

            for b in 0 .. columns - 1 do
                sum <- sum + half[i + b * rows] * right[j + b * columns]

            sum)

    /// Elements of M⁻¹ between all levels of two groups, where a dense relationship makes nodes of one of them.
    let private betweenLevels (factor: SupernodalFactor) g h rows columns =
        let products = factor.Symbolic.Products

        let levels =
            match products.Groups[g].Root with
            | Some root -> root.Count
            | None -> products.Groups[g].Levels

        let all =
            Array.init (rows * columns) (fun at -> RootCovariances.between factor g (at % rows) h (at / rows))

        fun level other i j -> all[i + j * rows].[level + other * levels]

    /// ΛM⁻¹Λ' of every level of a group, one S×S block after the other.
    let ofLevels (model: WhitenedModel) (factor: SupernodalFactor) g : float[] =
        let group = model.Levels.Groups[g]
        let order = group.Order
        let lambda = factor.GroupLambdas[g]

        let element =
            match group.Root with
            | None -> fun level _ i j -> NodeInverse.ofNode factor g level i j
            | Some _ -> betweenLevels factor g g order order

        Array.init group.Levels (fun level -> congruence lambda order lambda order (element level level))
        |> Array.concat

    /// ΛM⁻¹Λ' of the blocks of two groups, one after the other.
    let ofLinks (model: WhitenedModel) (factor: SupernodalFactor) k : float[] =
        let links = model.Links[k]
        let left, right = model.Levels.Groups[links.Left], model.Levels.Groups[links.Right]

        let ofLeft, ofRight =
            factor.GroupLambdas[links.Left], factor.GroupLambdas[links.Right]

        let area = left.Order * right.Order
        let result: float[] = Array.zeroCreate (links.Columns.Length * area)

        let element =
            match left.Root, right.Root with
            | None, None ->
                let products = factor.Symbolic.Products

                let own =
                    products.Pairs
                    |> Array.findIndex (fun pairs -> pairs.Left = links.Left && pairs.Right = links.Right)

                fun level entry i j -> NodeInverse.ofPair factor own level entry i j
            | _ ->
                let between = betweenLevels factor links.Left links.Right left.Order right.Order

                fun level entry i j -> between level links.Columns[entry] i j

        for level in 0 .. left.Levels - 1 do
            for entry in links.LevelStarts[level] .. links.LevelStarts[level + 1] - 1 do
                let block = congruence ofLeft left.Order ofRight right.Order (element level entry)
                Array.blit block 0 result (entry * area) area

        result

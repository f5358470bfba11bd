namespace LmmFunctional.Estimation

open FSharp.NativeInterop
open LmmFunctional.Numerics

#nowarn "9"

/// <summary>Products with Z and Z' between vectors of n places and vectors of effects in the order of elimination.</summary>
[<RequireQualifiedAccess>]
module internal WhitenedVectors =

    /// For each effect of a group where it stands among a node's, and the value of every node: L x of the nodes, or themselves.
    let private levelsOf (group: NodeGroup) (columns: int[]) effect (vector: nativeptr<float>) : float[] =
        let values =
            Array.init group.Levels (fun node -> NativePtr.get vector (columns[group.FirstNode + node] + effect))

        match group.Root with
        | None -> values
        | Some root -> Dense.Multiply(root.Count, 1, root.Rank, root.Values, false, values, false)

    /// target ← Z'W, q×m, for m columns W of n places.
    let project (model: WhitenedModel) m (w: float[]) (target: nativeptr<float>) =
        let symbolic = model.Symbolic
        let columns = symbolic.Places.Value.Columns
        let q, n = symbolic.Analysis.Size, model.Rows.Count

        Tiles.Run(
            m,
            float m * float n * 4.0,
            fun c ->
                let vector = NativePtr.add target (c * q)

                for g in 0 .. model.Groups.Length - 1 do
                    let own, nodes = model.Groups[g], symbolic.Products.Groups[g]
                    let levels = model.Levels.Groups[g].Levels
                    let order = own.Order

                    for effect in 0 .. order - 1 do
                        let sums: float[] = Array.zeroCreate levels

                        for place in 0 .. n - 1 do
                            let level = own.Codes[place]
                            sums[level] <- sums[level] + own.Loadings[place * order + effect] * w[place + c * n]

                        let sums =
                            match nodes.Root with
                            | None -> sums
                            | Some root -> Dense.Multiply(root.Rank, 1, root.Count, root.Values, true, sums, false)

                        for node in 0 .. nodes.Levels - 1 do
                            NativePtr.set vector (columns[nodes.FirstNode + node] + effect) sums[node]
        )

    /// w ← w + weight Zu for m columns of n places.
    let addEffects (model: WhitenedModel) m weight (u: nativeptr<float>) (w: float[]) =
        let symbolic = model.Symbolic
        let columns = symbolic.Places.Value.Columns
        let q, n = symbolic.Analysis.Size, model.Rows.Count

        Tiles.Run(
            m,
            float m * float n * 4.0,
            fun c ->
                let vector = NativePtr.add u (c * q)

                for g in 0 .. model.Groups.Length - 1 do
                    let own = model.Groups[g]
                    let order = own.Order

                    for effect in 0 .. order - 1 do
                        let values = levelsOf symbolic.Products.Groups[g] columns effect vector

                        for place in 0 .. n - 1 do
                            let at = place + c * n

                            w[at] <- w[at] + weight * own.Loadings[place * order + effect] * values[own.Codes[place]]
        )

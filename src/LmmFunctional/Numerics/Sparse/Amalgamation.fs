namespace LmmFunctional.Numerics

open System

/// <summary>Supernodes before their rows are known: columns that are factored together as one dense front.</summary>
[<NoComparison; ReferenceEquality>]
type internal SupernodeSizes = {
    /// The supernode of each node.
    SupernodeOf: int[]
    /// Scalar columns of each supernode.
    Widths: int[]
    /// Scalar rows below the columns of each supernode.
    Heights: int64[]
    /// The supernode that takes each one's update; −1 for roots. Children come before parents.
    Parents: int[]
}

[<RequireQualifiedAccess>]
module internal Amalgamation =

    // Nanoseconds a front costs beside its arithmetic, and to move one element of its update, as measured.
    let private overhead = 250.0
    let private perElement = 1.0

    /// Nanoseconds for one front with its update: small ones are far from the rate of the dense kernels.
    let private time width height =
        let w, r = float width, float height
        let order = w + r
        let flops = (order * order * order - r * r * r) / 3.0
        let rate = Math.Clamp((w + 0.1 * order) / 8.0, 1.5, 25.0)
        overhead + perElement * r * r + flops / rate

    /// Chains of columns of the same pattern, first to last.
    let private fundamental (weights: int[]) (parent: int[]) (counts: int64[]) =
        let n = parent.Length
        let children: int[] = Array.zeroCreate n

        for node in 0 .. n - 1 do
            if parent[node] >= 0 then
                children[parent[node]] <- children[parent[node]] + 1

        let supernodeOf = Array.zeroCreate n
        let lasts = ResizeArray<int>()

        for node in 0 .. n - 1 do
            let continues =
                node > 0
                && parent[node - 1] = node
                && children[node] = 1
                && counts[node - 1] = counts[node] + int64 weights[node - 1]

            if not continues then
                lasts.Add node

            lasts[lasts.Count - 1] <- node
            supernodeOf[node] <- lasts.Count - 1

        supernodeOf, lasts.ToArray()

    /// <summary>Supernodes of nodes that are in a postorder of their elimination tree.</summary>
    /// <remarks>A supernode is joined to its parent, zeros and all, when that is predicted to be faster.</remarks>
    let create (pattern: SymmetricPattern) (parent: int[]) (counts: int64[]) : SupernodeSizes =
        let supernodeOf, lasts = fundamental pattern.Weights parent counts
        let count = lasts.Length
        let widths: int[] = Array.zeroCreate count

        for node in 0 .. pattern.Count - 1 do
            widths[supernodeOf[node]] <- widths[supernodeOf[node]] + pattern.Weights[node]

        let heights =
            lasts |> Array.map (fun node -> counts[node] - int64 pattern.Weights[node])

        let parents =
            lasts
            |> Array.map (fun node -> if parent[node] < 0 then -1 else supernodeOf[parent[node]])

        let children = Array.init count (fun _ -> ResizeArray<int> 0)
        // What each supernode was joined to.
        let target = Array.init count id

        for s in 0 .. count - 1 do
            // The children that leave fewest zeros come first.
            children[s]
                .Sort(fun a b ->
                    match compare heights[b] heights[a] with
                    | 0 -> compare a b
                    | order -> order)

            for child in children[s] do
                let apart = time widths[s] heights[s] + time widths[child] heights[child]

                if time (widths[s] + widths[child]) heights[s] <= apart then
                    widths[s] <- widths[s] + widths[child]
                    target[child] <- s

            if parents[s] >= 0 then
                children[parents[s]].Add s

        // Joined supernodes take the number of the one at their top; parents have higher numbers, so from above.
        for s in count - 1 .. -1 .. 0 do
            target[s] <- if target[s] = s then s else target[target[s]]

        let tops = [|
            for s in 0 .. count - 1 do
                if target[s] = s then
                    s
        |]

        let number = Array.create count -1
        tops |> Array.iteri (fun k s -> number[s] <- k)

        let parentOf s =
            if parents[s] < 0 then -1 else number[target[parents[s]]]

        let joined = tops |> Array.map parentOf
        let order = EliminationTree.postorder joined
        let position = Array.zeroCreate tops.Length
        order |> Array.iteri (fun k s -> position[s] <- k)

        {
            SupernodeOf = supernodeOf |> Array.map (fun s -> position[number[target[s]]])
            Widths = order |> Array.map (fun s -> widths[tops[s]])
            Heights = order |> Array.map (fun s -> heights[tops[s]])
            Parents = order |> Array.map (fun s -> if joined[s] < 0 then -1 else position[joined[s]])
        }

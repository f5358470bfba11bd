namespace LmmFunctional.Numerics

/// <summary>Which column of a Cholesky factor every column updates first, and how full its columns become.</summary>
[<RequireQualifiedAccess>]
module internal EliminationTree =

    /// <summary>The parent of every node, −1 for roots, when nodes are eliminated in their own order.</summary>
    /// <remarks>Source: Liu (1990), The role of elimination trees in sparse factorization, with path compression.</remarks>
    let parents (pattern: SymmetricPattern) : int[] =
        let n = pattern.Count
        let parent = Array.create n -1
        let ancestor = Array.create n -1

        for node in 0 .. n - 1 do
            for at in pattern.Starts[node] .. pattern.Starts[node + 1] - 1 do
                let mutable below = pattern.Neighbours[at]

                while below >= 0 && below < node do
                    let next = ancestor[below]
                    ancestor[below] <- node

                    if next < 0 then
                        parent[below] <- node

                    below <- if next = node then -1 else next

        parent

    /// <summary>The nodes of a forest, children before parents, every subtree in one piece; children ascend.</summary>
    let postorder (parent: int[]) : int[] =
        let n = parent.Length
        let firstChild = Array.create n -1
        let sibling = Array.create n -1
        let mutable roots = -1

        for node in n - 1 .. -1 .. 0 do
            if parent[node] < 0 then
                sibling[node] <- roots
                roots <- node
            else
                sibling[node] <- firstChild[parent[node]]
                firstChild[parent[node]] <- node

        let order = Array.zeroCreate n
        let mutable count = 0
        let mutable root = roots

        while root >= 0 do
            // Down to the first leaf, out, on to the next sibling or up.
            let mutable node = root
            let mutable isDone = false

            while not isDone do
                while firstChild[node] >= 0 do
                    let child = firstChild[node]
                    // Each child is taken off its parent's list when it is entered.
                    firstChild[node] <- sibling[child]
                    node <- child

                order[count] <- node
                count <- count + 1

                if node = root then isDone <- true else node <- parent[node]

            root <- sibling[root]

        order

    let private find (ancestor: int[]) node =
        let mutable top = node

        while ancestor[top] <> top do
            top <- ancestor[top]

        let mutable below = node

        while ancestor[below] <> top do
            let next = ancestor[below]
            ancestor[below] <- top
            below <- next

        top

    /// <summary>The number of rows in every node's columns of the factor, its own included, counted by weight.</summary>
    /// <remarks>The nodes must be in a postorder of their elimination tree. Source: Gilbert, Ng and Peyton (1994), An efficient
    /// algorithm to compute row and column counts for sparse Cholesky factorization: leaves of the row subtrees and the least
    /// common ancestors of consecutive ones.</remarks>
    let columnCounts (pattern: SymmetricPattern) (parent: int[]) : int64[] =
        let n = pattern.Count
        let firstDescendant = Array.init n id

        for node in 0 .. n - 1 do
            if parent[node] >= 0 then
                firstDescendant[parent[node]] <- min firstDescendant[parent[node]] firstDescendant[node]

        let counts: int64[] = Array.zeroCreate n
        let furthest = Array.create n -1
        let previousLeaf = Array.create n -1
        let ancestor = Array.init n id

        let add node (weight: int64) = counts[node] <- counts[node] + weight

        for node in 0 .. n - 1 do
            let own = int64 pattern.Weights[node]

            if firstDescendant[node] = node then
                add node own

            if parent[node] >= 0 then
                add parent[node] -own

            for at in pattern.Starts[node] .. pattern.Starts[node + 1] - 1 do
                let row = pattern.Neighbours[at]

                if row > node && firstDescendant[node] > furthest[row] then
                    // A leaf of the row's subtree: the row is new on the way up to where the last leaf's way came in.
                    add node (int64 pattern.Weights[row])

                    if previousLeaf[row] >= 0 then
                        add (find ancestor previousLeaf[row]) -(int64 pattern.Weights[row])

                    furthest[row] <- firstDescendant[node]
                    previousLeaf[row] <- node

            if parent[node] >= 0 then
                ancestor[node] <- parent[node]

        for node in 0 .. n - 1 do
            if parent[node] >= 0 then
                add parent[node] counts[node]

        counts

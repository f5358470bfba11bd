namespace LmmFunctional.Numerics

/// <summary>Nodes in doubly linked lists by degree, so that one of least degree is found at once.</summary>
[<Sealed>]
type internal DegreeLists(nodes: int, largest: int) =
    let heads = Array.create (largest + 1) -1
    let next = Array.create nodes -1
    let previous = Array.create nodes -1
    let degrees = Array.create nodes -1
    let mutable least = 0

    /// Puts a node into the list of its degree.
    member _.Insert(node: int, degree: int) =
        let head = heads[degree]
        next[node] <- head
        previous[node] <- -1

        if head >= 0 then
            previous[head] <- node

        heads[degree] <- node
        degrees[node] <- degree
        least <- min least degree

    /// Takes a node out of its list, if it is in one.
    member _.Remove(node: int) =
        if degrees[node] >= 0 then
            if previous[node] >= 0 then
                next[previous[node]] <- next[node]
            else
                heads[degrees[node]] <- next[node]

            if next[node] >= 0 then
                previous[next[node]] <- previous[node]

            degrees[node] <- -1

    /// A node of least degree; there must be one.
    member _.Least() =
        while heads[least] < 0 do
            least <- least + 1

        heads[least]

namespace LmmFunctional.Numerics

open System

/// <summary>What is left of a symmetric matrix while its nodes are eliminated: variables, and elements that stand for the
/// cliques of those eliminated (Amestoy, Davis and Duff 1996).</summary>
/// <remarks>A variable lists its elements, then its variables; the list never grows, so it stays in its place. Weights of
/// variables: positive when alive, negative while in the current pivot's element, zero when eliminated or merged.</remarks>
[<Sealed>]
type internal QuotientGraph(pattern: SymmetricPattern, isPostponed: bool[]) =
    let n = pattern.Count
    let lists = Array.copy pattern.Neighbours
    let elementCount: int[] = Array.zeroCreate n

    let variableCount =
        Array.init n (fun i -> pattern.Starts[i + 1] - pattern.Starts[i])

    let weight =
        Array.init n (fun i -> if isPostponed[i] then 0 else pattern.Weights[i])
    // The variables of each element; empty for a node that is no element, or absorbed.
    let members: int[][] = Array.create n [||]
    let memberWeight: int[] = Array.zeroCreate n
    // |Lₑ \ Lₚ| of the elements met in the current step.
    let outside: int[] = Array.zeroCreate n
    let outsideStep = Array.create n -1
    let degree: int[] = Array.zeroCreate n
    let hash: int[] = Array.zeroCreate n
    let buckets = Array.create n -1
    let bucketNext = Array.create n -1
    let seen = Array.create n -1
    // Variables eliminated together: a list from each representative.
    let follower = Array.create n -1
    let lastFollower = Array.init n id
    let mutable found: int[] = Array.zeroCreate 64
    let mutable count = 0
    let mutable step = 0
    let mutable remaining = Array.sum weight

    let merge representative node =
        follower[lastFollower[representative]] <- node
        lastFollower[representative] <- lastFollower[node]
        weight[node] <- 0

    let collect (lists: DegreeLists) node =
        if weight[node] > 0 then
            if count = found.Length then
                Array.Resize(&found, 2 * count)

            found[count] <- node
            count <- count + 1
            weight[node] <- -weight[node]
            lists.Remove node

    let isAlive element = members[element].Length > 0

    /// What the pivot's elements and variables cover; its elements are absorbed.
    let gather degrees pivot =
        count <- 0
        let start = pattern.Starts[pivot]

        for k in start .. start + elementCount[pivot] - 1 do
            let element = lists[k]

            for node in members[element] do
                collect degrees node

            members[element] <- [||]

        for k in start + elementCount[pivot] .. start + elementCount[pivot] + variableCount[pivot] - 1 do
            collect degrees lists[k]

    let countOutside () =
        for k in 0 .. count - 1 do
            let node = found[k]
            let start = pattern.Starts[node]

            for at in start .. start + elementCount[node] - 1 do
                let element = lists[at]

                if isAlive element then
                    if outsideStep[element] <> step then
                        outsideStep[element] <- step
                        outside[element] <- memberWeight[element]

                    outside[element] <- outside[element] + weight[node]

    /// Rewrites the list of a variable of the new element; the weight of what it is adjacent to outside that element.
    let prune pivot node =
        let start = pattern.Starts[node]
        let elements = elementCount[node]
        let last = start + elements + variableCount[node] - 1
        let mutable write = start
        let mutable total = 0
        let mutable sum = pivot

        for at in start .. start + elements - 1 do
            let element = lists[at]

            if isAlive element then
                if outside[element] = 0 then
                    // All its variables are in the new element: absorbed without being adjacent to the pivot.
                    members[element] <- [||]
                else
                    lists[write] <- element
                    write <- write + 1
                    total <- total + outside[element]
                    sum <- sum + element

        let mutable read = start + elements

        if write = read then
            // No element went, so the pivot is among the variables: its place becomes that of the first one.
            let at = Array.IndexOf(lists, pivot, read, last - read + 1)
            lists[at] <- lists[read]
            read <- read + 1

        lists[write] <- pivot
        write <- write + 1
        elementCount[node] <- write - start
        let firstVariable = write

        for at in read..last do
            let other = lists[at]

            if weight[other] > 0 then
                lists[write] <- other
                write <- write + 1
                total <- total + weight[other]
                sum <- sum + other

        variableCount[node] <- write - firstVariable
        hash[node] <- int (uint32 sum % uint32 n)
        total

    /// Whether two variables of the new element have the same elements and variables; those of the first are marked seen.
    let isSame mark a b =
        elementCount[a] = elementCount[b]
        && variableCount[a] = variableCount[b]
        && (let start = pattern.Starts[b]
            let length = elementCount[b] + variableCount[b]
            let mutable k = 0

            while k < length && seen[lists[start + k]] = mark do
                k <- k + 1

            k = length)

    /// Variables that can no longer be told apart become one.
    let mergeEqual () =
        for k in 0 .. count - 1 do
            let node = found[k]

            if weight[node] < 0 then
                bucketNext[node] <- buckets[hash[node]]
                buckets[hash[node]] <- node

        for k in 0 .. count - 1 do
            let mutable first = buckets[hash[found[k]]]

            if weight[found[k]] < 0 && first >= 0 then
                buckets[hash[found[k]]] <- -1

                while first >= 0 do
                    if weight[first] < 0 && bucketNext[first] >= 0 then
                        let start = pattern.Starts[first]

                        for at in start .. start + elementCount[first] + variableCount[first] - 1 do
                            seen[lists[at]] <- first

                        let mutable other = bucketNext[first]

                        while other >= 0 do
                            if weight[other] < 0 && isSame first first other then
                                weight[first] <- weight[first] + weight[other]
                                merge first other

                            other <- bucketNext[other]

                        // Marks of another step or variable must not match by chance.
                        for at in start .. start + elementCount[first] + variableCount[first] - 1 do
                            seen[lists[at]] <- -1

                    first <- bucketNext[first]

    /// The weight of all variables that are still to be eliminated.
    member _.Remaining = remaining

    /// The weight of a variable.
    member _.Weight(node: int) = weight[node]

    /// The degrees to start with.
    member _.Start(degrees: DegreeLists) =
        for node in 0 .. n - 1 do
            if weight[node] > 0 then
                for at in pattern.Starts[node] .. pattern.Starts[node + 1] - 1 do
                    degree[node] <- degree[node] + weight[lists[at]]

                degrees.Insert(node, degree[node])

    /// The variables eliminated with a pivot, itself first.
    member _.Group(pivot: int) : int seq =
        pivot
        |> Seq.unfold (fun node -> if node < 0 then None else Some(node, follower[node]))

    /// Eliminates a pivot, and all variables that then have no neighbours outside its element; updates degrees.
    member _.Eliminate(pivot: int, degrees: DegreeLists) =
        step <- step + 1
        degrees.Remove pivot
        remaining <- remaining - weight[pivot]
        weight[pivot] <- 0
        gather degrees pivot
        countOutside ()

        for k in 0 .. count - 1 do
            let node = found[k]
            let total = prune pivot node

            if total = 0 then
                remaining <- remaining + weight[node]
                merge pivot node
            else
                // Without the part inside the new element, whose size is not final yet.
                degree[node] <- min degree[node] total

        mergeEqual ()
        let mutable size = 0
        let mutable alive = 0

        for k in 0 .. count - 1 do
            let node = found[k]

            if weight[node] < 0 then
                weight[node] <- -weight[node]
                size <- size + weight[node]
                found[alive] <- node
                alive <- alive + 1

        members[pivot] <- Array.sub found 0 alive
        memberWeight[pivot] <- size

        for node in members[pivot] do
            let bound = degree[node] + size - weight[node]
            degree[node] <- min (remaining - weight[node]) bound
            degrees.Insert(node, degree[node])

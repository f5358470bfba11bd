namespace LmmFunctional.Numerics

open System

/// <summary>Where the updates of all fronts are kept, and which fronts may be worked on at once; from sizes alone.</summary>
/// <remarks>Updates are r×r squares on stacks: an update is made on top of those of the children, then moved down over
/// them. A task is a range of supernodes made of whole subtrees, with a stack of its own; the supernodes above them come
/// after all tasks. The inverse goes the same way backwards.</remarks>
[<NoComparison; ReferenceEquality>]
type internal FrontPlan = {
    /// Where each update is made.
    MadeAt: int64[]
    /// Where it waits for the parent.
    KeptAt: int64[]
    /// Elements of all stacks.
    Length: int64
    /// First and last supernode of each task.
    Tasks: struct (int * int)[]
    /// The supernodes above the tasks, ascending.
    Above: int[]
}

[<RequireQualifiedAccess>]
module internal FrontPlan =

    // Shares of the whole work: a subtree with more is split, smaller ones are put together up to the other.
    let private largestShare = 1.0 / 8.0
    let private smallestShare = 1.0 / 64.0

    let private work (sizes: SupernodeSizes) s =
        let n, r = float (int64 sizes.Widths[s] + sizes.Heights[s]), float sizes.Heights[s]
        1000.0 + n * n * n - r * r * r

    /// Ranges of whole subtrees, and what is above.
    let private split (sizes: SupernodeSizes) =
        let count = sizes.Widths.Length
        let subtree = Array.init count (work sizes)

        for s in 0 .. count - 1 do
            if sizes.Parents[s] >= 0 then
                subtree[sizes.Parents[s]] <- subtree[sizes.Parents[s]] + subtree[s]

        let total = Array.init count (work sizes) |> Array.sum
        let isAbove s = subtree[s] > largestShare * total
        let tasks = ResizeArray<struct (int * int)>()
        let mutable first = -1
        let mutable sum = 0.0

        for s in 0 .. count - 1 do
            if isAbove s then
                if first >= 0 then
                    tasks.Add(struct (first, s - 1))

                first <- -1
            else
                if first < 0 then
                    first <- s
                    sum <- 0.0

                if sizes.Parents[s] < 0 || isAbove sizes.Parents[s] then
                    sum <- sum + subtree[s]

                    if sum > smallestShare * total then
                        tasks.Add(struct (first, s))
                        first <- -1

        if first >= 0 then
            tasks.Add(struct (first, count - 1))

        tasks.ToArray(), Array.filter isAbove [| 0 .. count - 1 |]

    /// The plan for these supernodes.
    let create (sizes: SupernodeSizes) : FrontPlan =
        let count = sizes.Widths.Length
        let tasks, above = split sizes
        let region = Array.create count -1

        tasks
        |> Array.iteri (fun task (struct (first, last)) ->
            for s in first..last do
                region[s] <- task)

        let madeAt = Array.zeroCreate count
        let keptAt = Array.zeroCreate count
        // The lowest place of the children that are on the same stack.
        let lowest = Array.create count Int64.MaxValue
        let mutable length = 0L

        let place (supernodes: int seq) =
            let mutable top = length
            let mutable peak = length

            for s in supernodes do
                let area = sizes.Heights[s] * sizes.Heights[s]
                madeAt[s] <- top
                peak <- max peak (top + area)
                keptAt[s] <- min top lowest[s]
                top <- keptAt[s] + area
                let parent = sizes.Parents[s]

                if parent >= 0 && region[parent] = region[s] then
                    lowest[parent] <- min lowest[parent] keptAt[s]

            length <- peak

        for struct (first, last) in tasks do
            place (seq { first..last })

        place above

        {
            MadeAt = madeAt
            KeptAt = keptAt
            Length = length
            Tasks = tasks
            Above = above
        }

namespace LmmFunctional.Numerics

/// <summary>Orders of elimination that keep a Cholesky factor sparse.</summary>
[<RequireQualifiedAccess>]
module internal MinimumDegree =

    // A node adjacent to so many others would only slow the search down: it comes last anyway.
    let private isDense n count =
        float count > max 16.0 (10.0 * sqrt (float n))

    /// <summary>The approximate minimum degree order of the nodes: the k-th to eliminate is the k-th element.</summary>
    /// <remarks>Source: Amestoy, Davis and Duff (1996), An approximate minimum degree ordering algorithm: quotient graph with
    /// element absorption, aggressive too, mass elimination, indistinguishable variables and approximate external degrees.
    /// The same pattern always gives the same order.</remarks>
    let order (pattern: SymmetricPattern) : int[] =
        let n = pattern.Count

        let isPostponed =
            Array.init n (fun node -> isDense n (pattern.Starts[node + 1] - pattern.Starts[node]))

        let graph = QuotientGraph(pattern, isPostponed)
        let degrees = DegreeLists(n, Array.sum pattern.Weights)
        let result = ResizeArray<int> n
        graph.Start degrees

        while graph.Remaining > 0 do
            let pivot = degrees.Least()
            graph.Eliminate(pivot, degrees)
            result.AddRange(graph.Group pivot)

        seq { 0 .. n - 1 }
        |> Seq.filter (fun node -> isPostponed[node])
        |> Seq.sortBy (fun node -> pattern.Starts[node + 1] - pattern.Starts[node])
        |> result.AddRange

        result.ToArray()

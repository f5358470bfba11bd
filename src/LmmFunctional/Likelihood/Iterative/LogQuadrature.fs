namespace LmmFunctional.Estimation

open System
open System.Collections.Concurrent

/// <summary>log μ = Σ_i w_i (μ − 1)/(1 + s_i(μ − 1)), from log μ = ∫₀¹ (μ − 1)/(1 + s(μ − 1)) ds: shifted inverses in the place
/// of a logarithm.</summary>
/// <remarks>Gauss-Legendre nodes in a variable in which the integrand is smooth for all μ from a small a to a large 1/c: the
/// logarithm of (a + 1 − s)/(c + s). The number of nodes is the smallest whose logarithm and its derivative are right to ten
/// digits over the range, which is rounded to powers of two, so that the nodes hardly ever change.</remarks>
[<RequireQualifiedAccess>]
module internal LogQuadrature =

    /// Gauss-Legendre nodes and weights on [0, 1], by Newton's method on the Legendre polynomial.
    let private legendre count : struct (float * float)[] =
        Array.init count (fun i ->
            let mutable x = cos (Math.PI * (float i + 0.75) / (float count + 0.5))
            let mutable slope = 1.0

            for _ in 1..100 do
                let mutable before = 1.0
                let mutable value = x

                for k in 2..count do
                    let next = (float (2 * k - 1) * x * value - float (k - 1) * before) / float k
                    before <- value
                    value <- next

                slope <- float count * (x * value - before) / (x * x - 1.0)
                x <- x - value / slope

            struct (0.5 * (1.0 + x), 1.0 / ((1.0 - x * x) * slope * slope)))

    let private mapped lowest highest (nodes: struct (float * float)[]) =
        let a, c = lowest, 1.0 / highest
        let first, last = log ((a + 1.0) / c), log (a / (1.0 + c))

        nodes
        |> Array.map (fun (struct (r, weight)) ->
            let odds = exp (first + (last - first) * r)
            let slope = (a + c + 1.0) / ((1.0 + odds) * (1.0 + odds)) * odds * (first - last)
            struct ((a + 1.0 - odds * c) / (1.0 + odds), weight * slope))

    // Of the logarithm and of its derivative times μ.
    let private accuracy = 1e-10

    let private isAccurate lowest highest (nodes: struct (float * float)[]) =
        let places = 24

        Seq.init (places + 1) (fun k -> lowest * Math.Pow(highest / lowest, float k / float places))
        |> Seq.forall (fun value ->
            let x = value - 1.0

            let sum, slope =
                nodes
                |> Array.fold
                    (fun (sum, slope) (struct (s, w)) ->
                        let inverse = 1.0 / (1.0 + s * x)
                        sum + w * x * inverse, slope + w * inverse * inverse)
                    (0.0, 0.0)

            abs (sum - log value) <= accuracy && abs (slope * value - 1.0) <= accuracy)

    let private sizes = [ 4; 6; 8; 10; 12; 14; 16; 20; 24; 32; 48; 64 ]

    let private known =
        ConcurrentDictionary<struct (int * int), struct (float * float)[]>()

    /// <summary>Nodes s_i, in [0, 1], with their weights for eigenvalues of a range that holds one.</summary>
    let nodes lowest highest : struct (float * float)[] =
        let low = int (floor (Math.Log2(min 0.9 (max 1e-12 lowest))))
        let high = int (ceil (Math.Log2(max 1.1 highest)))

        known.GetOrAdd(
            struct (low, high),
            fun _ ->
                let a, b = Math.ScaleB(1.0, low), Math.ScaleB(1.0, high)

                sizes
                |> Seq.map (fun size -> mapped a b (legendre size))
                |> Seq.tryFind (isAccurate a b)
                |> Option.defaultWith (fun () -> mapped a b (legendre (List.last sizes)))
        )

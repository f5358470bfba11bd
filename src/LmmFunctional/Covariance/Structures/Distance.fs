namespace LmmFunctional

/// <summary>Distances between positions with coordinates.</summary>
[<RequireQualifiedAccess>]
module internal Distance =

    /// The Euclidean distance.
    let euclidean (a: float[]) (b: float[]) =
        let mutable sum = 0.0

        for c in 0 .. a.Length - 1 do
            sum <- sum + (a[c] - b[c]) * (a[c] - b[c])

        sqrt sum

    /// The distance in units of a range: h e^(−τ), τ the logarithm of the range.
    let inRanges (h: float) (tau: Jet) =
        let x = h * exp -tau.Value
        Jet.Chain(x, -x, x, tau)

    /// The distance in units of a range for each coordinate: the root of Σ d_c² e^(−2τ_c), not all d zero.
    let inRangesByAxis (taus: Jet[]) (a: float[]) (b: float[]) =
        let mutable sum = Jet.zero

        for c in 0 .. taus.Length - 1 do
            let d = a[c] - b[c]

            if d <> 0.0 then
                sum <- sum +. Jet.square (inRanges d taus[c])

        Jet.sqrt sum

    /// Positive distances between some pairs of positions, evenly taken from all: ascending, and never none.
    let sample (distance: float[] -> float[] -> float) (coordinates: float[][]) =
        let stride = max 1 (coordinates.Length / 64)

        let taken =
            coordinates
            |> Array.indexed
            |> Array.filter (fun (i, _) -> i % stride = 0)
            |> Array.map snd

        let distances =
            [|
                for i in 1 .. taken.Length - 1 do
                    for j in 0 .. i - 1 do
                        distance taken[i] taken[j]
            |]
            |> Array.filter (fun h -> h > 0.0)
            |> Array.sort

        if distances.Length = 0 then [| 1.0 |] else distances

    /// The distance that a quarter of a sample's pairs stay below.
    let typical distance coordinates =
        let distances = sample distance coordinates
        distances[distances.Length / 4]

namespace LmmFunctional.Estimation

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

    /// Some positions, evenly taken from all.
    let private sample (coordinates: float[][]) =
        let stride = max 1 (coordinates.Length / 64)

        coordinates
        |> Array.indexed
        |> Array.choose (fun (i, position) -> if i % stride = 0 then Some position else None)

    /// The middle one of the positive distances; 1 if there is none.
    let private median distances =
        match distances |> Array.filter (fun h -> h > 0.0) |> Array.sort with
        | [||] -> 1.0
        | positive -> positive[positive.Length / 2]

    /// <summary>Distances of various sizes, ascending: to the nearest other position, between any two positions, and
    /// between these.</summary>
    /// <remarks>A range that starts far below the distances within subjects has no slope to follow, and one far above
    /// them makes a nearly singular matrix; which distances occur within subjects is not known here.</remarks>
    let sizes (distance: float[] -> float[] -> float) (coordinates: float[][]) =
        let taken = sample coordinates

        let nearest =
            taken
            |> Array.map (fun a ->
                coordinates
                |> Seq.map (distance a)
                |> Seq.fold (fun least h -> if h > 0.0 then min least h else least) infinity)
            |> Array.filter System.Double.IsFinite
            |> median

        let between =
            median [|
                for i in 1 .. taken.Length - 1 do
                    for j in 0 .. i - 1 do
                        distance taken[i] taken[j]
            |]

        let between = max nearest between
        [| nearest; sqrt (nearest * between); between |]

namespace LmmFunctional.Estimation

open LmmFunctional.Numerics

/// <summary>Where the effects of all terms stand among the rows of Ω = Z'V⁻¹Z.</summary>
[<NoComparison; ReferenceEquality>]
type internal EffectPlaces = {
    /// q, the number of all effects.
    Count: int
    /// S of each term.
    Orders: int[]
    /// For each term, where the S effects of each level start.
    Starts: int[][]
}

/// <summary>tr(ΩB_kΩB_l) for block-diagonal B, the same S×S matrix for all levels of a term, from some columns of Ω at a time: Ω is never
/// formed.</summary>
[<RequireQualifiedAccess>]
module internal EffectTraces =

    // Columns of Ω at a time, whole levels.
    let private panelWidth = 64

    /// Levels of all terms, as many at a time as make a panel: term and start.
    let private panels (places: EffectPlaces) : (int * int)[] list =
        let levels =
            places.Starts
            |> Array.mapi (fun t starts -> starts |> Array.map (fun start -> t, start))
            |> Array.concat

        let widths = levels |> Array.scan (fun sum (t, _) -> sum + places.Orders[t]) 0

        levels
        |> Array.indexed
        |> Array.groupBy (fun (index, _) -> widths[index] / panelWidth)
        |> Array.map (snd >> Array.map snd)
        |> List.ofArray

    /// B W, for m columns W of q effects.
    let private fromLeft (places: EffectPlaces) (form: float[][]) m (w: float[]) : float[] =
        let result: float[] = Array.zeroCreate w.Length

        for t in 0 .. places.Orders.Length - 1 do
            let s, own = places.Orders[t], form[t]

            if own |> Array.exists ((<>) 0.0) then
                for start in places.Starts[t] do
                    for c in 0 .. m - 1 do
                        let at = start + c * places.Count

                        for j in 0 .. s - 1 do
                            let value = w[at + j]

                            if value <> 0.0 then
                                for i in 0 .. s - 1 do
                                    result[at + i] <- result[at + i] + own[i + j * s] * value

        result

    /// W B, for the columns W of some levels.
    let private fromRight (places: EffectPlaces) (form: float[][]) (panel: (int * int)[]) (w: float[]) : float[] =
        let q = places.Count
        let result: float[] = Array.zeroCreate w.Length
        let mutable first = 0

        for t, _ in panel do
            let s = places.Orders[t]

            if form[t] |> Array.exists ((<>) 0.0) then
                Dense.Add(q, s, s, w, first * q, false, form[t], 0, false, result, first * q)

            first <- first + s

        result

    /// <summary>The traces, k×k.</summary>
    /// <param name="places">Where the effects stand.</param>
    /// <param name="columns">AΩ and ΩA at these places, q rows each; the same where levels are independent.</param>
    /// <param name="forms">The B, S×S for each term.</param>
    let create
        (places: EffectPlaces)
        (columns: int[] -> struct (float[] * float[]))
        (forms: float[][][])
        : SquareBlock =
        let k = forms.Length
        let result = SquareBlock.zero k

        for panel in panels places do
            let at =
                panel
                |> Array.collect (fun (t, start) -> Array.init places.Orders[t] (fun i -> start + i))

            let struct (left, right) = columns at
            let lefts = forms |> Array.map (fun form -> fromLeft places form at.Length left)

            for l in 0 .. k - 1 do
                let own = fromRight places forms[l] panel right

                for i in l .. k - 1 do
                    result[i, l] <- result[i, l] + Dense.Dot(lefts[i], own)

        SquareBlock.init k (fun i j -> result[max i j, min i j])

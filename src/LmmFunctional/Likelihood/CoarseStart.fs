namespace LmmFunctional.Estimation

/// <summary>A first point for structures of many parameters, whose descents are dear: the best of a few sizes and correlations.
/// </summary>
[<RequireQualifiedAccess>]
module internal CoarseStart =

    // Of fewer parameters steps find the size and the correlations as fast.
    let private manyParameters = 8

    // Times the standard deviations that moments give; and inverse hyperbolic tangents.
    let private sizes, correlations = [ 1.0; 3.0; 9.0 ], [ 0.5; 1.1; 2.0 ]

    /// τ near those that moments give: larger, and with positive correlations between neighbours, as of an autoregressive process,
    /// where there is one correlation for each lag (only the first) or for each pair of neighbours (all).
    let private near (form: EffectsForm) (moments: float[]) : float[] list = [
        let places =
            [ 0 .. form.Kinds.Length - 1 ]
            |> List.filter (fun k -> form.Kinds[k] = ParameterKind.Correlation)

        for size in sizes do
            let sized =
                moments
                |> Array.mapi (fun k value ->
                    if Array.contains k form.Deviations then
                        size * value
                    else
                        value)

            sized

            for moved in [ List.truncate 1 places; places ] do
                for correlation in correlations do
                    sized
                    |> Array.mapi (fun k value ->
                        if List.contains k moved then correlation
                        elif List.contains k places then 0.0
                        else value)
    ]

    /// <summary>θ with the parameters of each large structure moved to where the criterion is lowest, one structure after the
    /// other.</summary>
    /// <param name="layout">Where the parameters stand.</param>
    /// <param name="value">The criterion at a θ; infinite where it is not defined.</param>
    /// <param name="moments">θ by moments.</param>
    let best (layout: ThetaLayout) (value: float[] -> float) (moments: float[]) : float[] =
        (moments, [ 0 .. layout.Forms.Length - 1 ])
        ||> List.fold (fun theta t ->
            match layout.Forms[t] with
            | Some form when form.Kinds.Length > manyParameters ->
                let first = layout.ParameterStarts[t]

                near form (Array.sub theta first form.Kinds.Length)
                |> List.map (fun tau ->
                    let moved = Array.copy theta
                    Array.blit tau 0 moved first tau.Length
                    moved)
                |> List.minBy value
            | _ -> theta)

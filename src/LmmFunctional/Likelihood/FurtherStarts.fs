namespace LmmFunctional.Estimation

/// <summary>Points to start from beside the moments: variances zero, one, large, each alone, each left out; the ends of
/// correlations; short and long ranges, little and much nugget.</summary>
/// <remarks>Likelihoods with several optima have them where different variances are zero, where effects with large covariates
/// trade an intercept for a slope, or where correlations differ in sign.</remarks>
[<RequireQualifiedAccess>]
module internal FurtherStarts =

    // How many points lie evenly among all values of the parameters of a structure.
    let private evenPoints = 8

    // Nearly zero, for structures whose parameters mean nothing at zero.
    let private little = 0.05

    // Standard deviations relative to the residual one; the larger where few rows leave little residual.
    let private much, veryMuch = 5.0, 30.0

    /// The effects whose variances are of their own, as pairs of a term and an effect; structures have one for all effects.
    let private units (layout: ThetaLayout) = [
        for t in 0 .. layout.Shapes.Length - 1 do
            if layout.Forms[t].IsSome then
                t, [ 0 .. layout.Shapes[t].Order - 1 ]
            else
                for effect in 0 .. layout.Shapes[t].Order - 1 do
                    t, [ effect ]
    ]

    // Of so many variances every choice of those that are not zero is tried; of more, each alone and each left out.
    let private fewVariances = 4

    /// Choices of units to be positive, the smaller first; neither none nor all.
    let private choices (units: (int * int list) list) =
        let rec subsets items =
            match items with
            | [] -> [ [] ]
            | first :: others ->
                let rest = subsets others
                rest @ (rest |> List.map (fun chosen -> first :: chosen))

        let proper =
            if units.Length <= fewVariances then
                subsets units
            else
                (units |> List.map List.singleton)
                @ (units |> List.map (fun left -> units |> List.filter ((<>) left)))

        proper
        |> List.filter (fun chosen -> not chosen.IsEmpty && chosen.Length < units.Length)
        |> List.sortBy List.length

    let private zeroOf (layout: ThetaLayout) t =
        if layout.Forms[t].IsSome then little else 0.0

    /// Relative standard deviations by term, from one for each effect.
    let private deviations (layout: ThetaLayout) (value: int -> int -> float) =
        layout.Shapes |> Array.mapi (fun t shape -> Array.init shape.Order (value t))

    /// Whether a term has effects that may be correlated in any way.
    let private isDependent (layout: ThetaLayout) t =
        layout.Forms[t].IsNone
        && layout.Shapes[t].EntryRows.Length > layout.Shapes[t].Order

    // Of more effects every sign but the first is the same.
    let private fewEffects = 3

    // Of more terms there would be too many choices of signs.
    let private fewTerms = 2

    /// The signs that effects may have relative to the first.
    let private signPatterns order =
        if order > fewEffects then
            [ [| 1.0 |]; [| -1.0 |] ]
        else
            [
                for pattern in 0 .. pown 2 (order - 1) - 1 do
                    Array.init (order - 1) (fun k -> if (pattern >>> k) % 2 = 0 then 1.0 else -1.0)
            ]

    /// A free entry of a factor of rank one: its first column, of these sizes and signs.
    let private rankOne (layout: ThetaLayout) t k (signs: float[]) (size: int -> float) =
        let entry = layout.Entries[layout.Starts[t] + k]

        if entry.Column > 0 then 0.0
        elif entry.Row = 0 then size 0
        else signs[min entry.Row signs.Length - 1] * size entry.Row

    /// Factors of rank one, and other ends of the correlations of structures, in one term at a time.
    let private ends (layout: ThetaLayout) (moments: float[][]) (start: float[]) = [
        for t in 0 .. layout.Shapes.Length - 1 do
            let first = layout.ParameterStarts[t]

            let changed (change: int -> float -> float) =
                start
                |> Array.mapi (fun place value ->
                    if place < first || place >= layout.ParameterStarts[t + 1] then
                        value
                    else
                        change (place - first) value)

            match layout.Forms[t] with
            | Some form ->
                let isCorrelation k =
                    form.Kinds[k] = ParameterKind.Correlation || form.Kinds[k] = ParameterKind.Real

                let correlations = [ 0 .. form.Kinds.Length - 1 ] |> List.filter isCorrelation

                // As they are, and with much variance, which leaves little to the residual.
                for isMuch in [ false; true ] do
                    let deviation k value =
                        if isMuch && Array.contains k form.Deviations then
                            much
                        else
                            value

                    for sign in [ 1.0; -1.0 ] do
                        changed (fun k value ->
                            match form.Kinds[k] with
                            | ParameterKind.Correlation
                            | ParameterKind.Real -> sign * EvenStarts.farCorrelation
                            | ParameterKind.Positive
                            | ParameterKind.Proportion -> value + sign * EvenStarts.farLogarithm
                            | ParameterKind.Loading when sign < 0.0 && k % 2 = 1 -> -value
                            | _ -> deviation k value)

                    match correlations with
                    | nearest :: _ :: _ ->
                        for sign in [ 1.0; -1.0 ] do
                            // The first correlation far and none beyond it, as in an autoregressive process.
                            changed (fun k value ->
                                if k = nearest then sign * EvenStarts.veryFarCorrelation
                                elif isCorrelation k then 0.0
                                else deviation k value)

                        // Correlations that change their sign from one to the next.
                        for sign in [ 1.0; -1.0 ] do
                            changed (fun k value ->
                                if isCorrelation k then
                                    (if k % 2 = 0 then sign else -sign) * EvenStarts.farCorrelation
                                else
                                    deviation k value)
                    | _ -> ()

                let own = start[first .. layout.ParameterStarts[t + 1] - 1]

                for tau in EvenStarts.among evenPoints form.Kinds own (fun value power -> max 0.5 value * exp power) do
                    changed (fun k _ -> tau[k])

                // One deviation much smaller than the others, with correlations of either sign.
                if form.Deviations.Length > 1 then
                    for small in form.Deviations do
                        for sign in [ 1.0; -1.0 ] do
                            changed (fun k value ->
                                if isCorrelation k then sign * EvenStarts.farCorrelation
                                elif k = small then little
                                elif Array.contains k form.Deviations then much
                                else value)

                for tau in EvenStarts.among (2 * evenPoints) form.Kinds own (fun _ power -> veryMuch * exp power) do
                    changed (fun k _ -> tau[k])
            | None when isDependent layout t ->
                for signs in signPatterns layout.Shapes[t].Order do
                    changed (fun k _ -> rankOne layout t k signs (fun row -> max 0.3 moments[t].[row]))
            | None -> ()
    ]

    /// Factors of rank one in all dependent terms at a time, so large that few rows leave hardly any residual.
    let private jointRankOne (layout: ThetaLayout) = [
        let terms = [ 0 .. layout.Shapes.Length - 1 ] |> List.filter (isDependent layout)

        let rec choices terms =
            match terms with
            | [] -> [ [] ]
            | t :: others -> [
                for signs in signPatterns layout.Shapes[t].Order do
                    for rest in choices others do
                        (t, signs) :: rest
              ]

        // Of two effects alone, the starts by moments and the large ones lead there.
        let areSeveral = terms |> List.sumBy (fun t -> layout.Shapes[t].Order) > 2

        if areSeveral && terms.Length <= fewTerms then
            for size in [ much; veryMuch ] do
                for chosen in choices terms do
                    let signsOf = dict chosen

                    [|
                        for t in 0 .. layout.Shapes.Length - 1 do
                            for k in 0 .. layout.ParameterStarts[t + 1] - layout.ParameterStarts[t] - 1 do
                                match signsOf.TryGetValue t with
                                | true, signs -> rankOne layout t k signs (fun _ -> size)
                                | _ -> zeroOf layout t
                    |]
    ]

    /// <summary>θ of the random terms, from the relative standard deviations that moments give and the θ of those.</summary>
    let ofTerms (layout: ThetaLayout) (moments: float[][]) (start: float[]) : float[] list =
        let units = units layout
        let all value = deviations layout (fun _ _ -> value)

        let choices = choices units

        let among chosen term effect =
            chosen
            |> List.exists (fun (t, effects) -> t = term && List.contains effect effects)

        if units.IsEmpty then
            []
        else
            [
                deviations layout (fun t _ -> zeroOf layout t)
                all 1.0
                all much
                all veryMuch

                // An intercept and a slope that trade are both large, whatever other terms are.
                if layout.Shapes.Length > 1 then
                    for own in 0 .. layout.Shapes.Length - 1 do
                        if layout.Shapes[own].Order > 1 then
                            for size in [ much; veryMuch ] do
                                deviations layout (fun t _ -> if t = own then size else zeroOf layout t)

                for chosen in choices do
                    deviations layout (fun t k ->
                        if among chosen t k then
                            max 1.0 moments[t].[k]
                        else
                            zeroOf layout t)

                // One large variance, the others zero.
                if units.Length > 1 then
                    for own in units do
                        deviations layout (fun t k -> if among [ own ] t k then much else zeroOf layout t)

                // Of few rows several effects can leave hardly any residual, none of them alone.
                for chosen in choices do
                    if chosen.Length > 1 then
                        deviations layout (fun t k -> if among chosen t k then veryMuch else zeroOf layout t)
            ]
            |> List.map (StartingValues.place layout)
            |> fun plain -> plain @ ends layout moments start @ jointRankOne layout

namespace LmmFunctional.Estimation

/// <summary>Points to start the parameters τ of residual structures from, beside the first: the ends of correlations, ranges and
/// nuggets, and levels of hardly any residual.</summary>
[<RequireQualifiedAccess>]
module internal ResidualStarts =

    // How many points lie evenly among all values.
    let private evenPoints = 20

    // So many parameters are tried in every combination; of more, one after the other.
    let private fewParameters, someParameters = 3, 6

    /// <summary>τ of residual structures: correlations of either sign, short and long ranges, little and much nugget, in every
    /// combination where they are few.</summary>
    let moved (kinds: ParameterKind[]) (start: float[]) : float[] list =
        let isShape kind =
            match kind with
            | ParameterKind.Correlation
            | ParameterKind.Real
            | ParameterKind.Positive
            | ParameterKind.Proportion -> true
            | ParameterKind.StandardDeviation
            | ParameterKind.Variance
            | ParameterKind.Loading -> false

        let places = [
            for k in 0 .. kinds.Length - 1 do
                if isShape kinds[k] then
                    k
        ]

        let far k sign =
            match kinds[k] with
            | ParameterKind.Correlation
            | ParameterKind.Real -> sign * EvenStarts.farCorrelation
            | _ -> start[k] + sign * EvenStarts.farLogarithm

        let rec combinations signs places =
            match places with
            | [] -> [ [] ]
            | place :: others -> [
                for sign in signs do
                    for rest in combinations signs others do
                        (place, sign) :: rest
              ]

        let changes =
            match places with
            | [] -> []
            // Of one or two a range or a nugget may end where nothing near the start leads.
            | _ when places.Length < fewParameters -> combinations [ 1.0; -1.0; 2.5; -2.5 ] places
            | _ when places.Length = fewParameters -> combinations [ 1.0; -1.0 ] places
            | _ -> [
                for sign in [ 1.0; -1.0 ] do
                    places |> List.map (fun place -> place, sign)

                // Of many, one alone leads to where the others lead.
                if places.Length <= someParameters then
                    for place in places do
                        for sign in [ 1.0; -1.0 ] do
                            [ place, sign ]
              ]

        // All the same at a time, and much noise: a process that is hardly one.
        let longRange =
            if places |> List.exists (fun k -> kinds[k] = ParameterKind.Proportion) then
                [
                    for k in places do
                        if kinds[k] = ParameterKind.Positive || kinds[k] = ParameterKind.Proportion then
                            k, 2.5
                ]
            else
                []

        let ofDeviations = [
            for k in 0 .. kinds.Length - 1 do
                if kinds[k] = ParameterKind.StandardDeviation then
                    for sign in [ 1.0; -1.0 ] do
                        [ k, sign ]
        ]

        let ofChanges =
            changes @ List.filter (List.isEmpty >> not) [ longRange ] @ ofDeviations
            |> List.map (fun change ->
                let tau = Array.copy start

                for place, sign in change do
                    tau[place] <- far place sign

                tau)

        ofChanges @ EvenStarts.among evenPoints kinds start (+)

    /// τ in which one level has a twentieth of the residual standard deviation, for each level but the reference: random effects may
    /// explain that level.
    let withSmallLevel (kinds: ParameterKind[]) (start: float[]) : float[] list = [
        for k in 0 .. kinds.Length - 1 do
            if kinds[k] = ParameterKind.StandardDeviation then
                start
                |> Array.mapi (fun at value ->
                    if at = k then
                        value - 2.0 * EvenStarts.farLogarithm
                    else
                        value)
    ]

    /// τ in which the reference level has a twentieth of the other levels' residual standard deviation; None where levels do not
    /// differ.
    let withSmallReference (kinds: ParameterKind[]) (start: float[]) : float[] option =
        if Array.contains ParameterKind.StandardDeviation kinds then
            Array.map2
                (fun kind value ->
                    if kind = ParameterKind.StandardDeviation then
                        value + 2.0 * EvenStarts.farLogarithm
                    else
                        value)
                kinds
                start
            |> Some
        else
            None

namespace LmmFunctional.Estimation

open LmmFunctional.Model

/// <summary>Correlation by distance. Anisotropic: x² = Σ (d_c/ρ_c)², and Π ρ_c^|d_c| for the power form, as SAS.</summary>
/// <remarks>The spherical one has a kink in its second derivatives where x = 1; its first ones are continuous.</remarks>
[<RequireQualifiedAccess>]
module internal Spatial =

    let private spherical x =
        if x < 1.0 then
            struct (1.0 - 1.5 * x + 0.5 * x * x * x, -1.5 + 1.5 * x * x, 3.0 * x)
        else
            struct (0.0, 0.0, 0.0)

    let private gaussian x =
        let e = exp (-x * x)
        struct (e, -2.0 * x * e, (4.0 * x * x - 2.0) * e)

    /// A correlation of x alone as a function of the jet of x.
    let private alone correlation (x: Jet) =
        let struct (value, slope, curvature) = correlation x.Value
        Jet.Chain(value, slope, curvature, x)

    let private axisDistance axis (a: float[]) (b: float[]) = abs (a[axis] - b[axis])

    /// Names of the ranges, one or one for each coordinate, each with distances of various sizes.
    let private axes name isAnisotropic (coordinates: float[][]) =
        if isAnisotropic then
            Array.init coordinates[0].Length (fun axis ->
                $"{name}{axis + 1}", Distance.sizes (axisDistance axis) coordinates)
        else
            [| name, Distance.sizes Distance.euclidean coordinates |]

    /// A form that starts from the middle distances, or from the shorter or the longer ones; τ of the parameters that
    /// are no ranges stays.
    let private startingAt
        (tauAt: float -> float)
        (endsAt: float -> string -> ParameterEnds)
        (ranges: (string * float[])[])
        (form: CovarianceForm)
        =
        let at size =
            form.Start
            |> Array.mapi (fun k tau ->
                if k < ranges.Length then
                    let _, distances = ranges[k]
                    tauAt distances[size]
                else
                    tau)

        {
            form with
                // By the nearest positions: the correlations between them tell a short range from none.
                Ends =
                    form.Names
                    |> Array.mapi (fun k name ->
                        if k < ranges.Length then
                            let _, distances = ranges[k]
                            endsAt distances[0] name
                        else
                            ParameterEnds.none name)
                Start = at 1
                FurtherStarts = [| at 0; at 2 |]
        }

    /// A form by x = h/ρ, of a correlation with further parameters of its own: names, starts, τ → natural and back.
    let private byRange startFactor isAnisotropic (coordinates: float[][]) further (correlation: Jet[] -> Jet -> Jet) =
        let ranges = axes "range" isAnisotropic coordinates
        let count = ranges.Length

        let parameters =
            (ranges
             |> Array.map (fun (name, _) -> name, ParameterKind.Positive, 0.0)
             |> List.ofArray)
            @ further

        let element (tau: Jet[]) =
            let ranges, own = Array.splitAt count tau
            let correlation = correlation (own |> Array.map Unconstrained.positive)

            fun i j ->
                let a, b = coordinates[i], coordinates[j]
                let h = if i = j then 0.0 else Distance.euclidean a b

                if h = 0.0 then
                    Jet.one
                elif isAnisotropic then
                    correlation (Distance.inRangesByAxis ranges a b)
                else
                    correlation (Distance.inRanges h ranges[0])

        CovarianceForm.byParameter
            parameters
            (List.replicate parameters.Length Unconstrained.positive)
            (List.replicate parameters.Length Unconstrained.ofPositive)
            element
        |> startingAt (fun distance -> log (startFactor * distance)) ParameterEnds.range ranges

    /// ρ^h, 0 &lt; ρ &lt; 1; continuous-time AR(1) in one coordinate.
    let power name isAnisotropic (coordinates: float[][]) =
        let axes = axes name isAnisotropic coordinates

        let parameters =
            axes
            |> Array.map (fun (name, _) -> name, ParameterKind.Proportion, 0.0)
            |> List.ofArray

        let element (tau: Jet[]) =
            let logs = tau |> Array.map Unconstrained.logProportion

            fun i j ->
                let a, b = coordinates[i], coordinates[j]

                if i = j then
                    Jet.one
                elif isAnisotropic then
                    let mutable sum = Jet.zero

                    for axis in 0 .. logs.Length - 1 do
                        sum <- sum +. Jet.scale (axisDistance axis a b) logs[axis]

                    Jet.exp sum
                else
                    Jet.exp (Jet.scale (Distance.euclidean a b) logs[0])

        CovarianceForm.byParameter
            parameters
            (List.replicate parameters.Length Unconstrained.proportion)
            (List.replicate parameters.Length Unconstrained.ofProportion)
            element
        // The logit of ρ = e^(−1/d).
        |> startingAt (fun distance -> -log(exp (1.0 / distance) - 1.0)) ParameterEnds.power axes

    /// The form of a correlation between positions with these coordinates.
    let create correlation isAnisotropic (coordinates: float[][]) =
        let fixedForm startFactor f =
            byRange startFactor isAnisotropic coordinates [] (fun _ -> alone f)

        match correlation with
        | SpatialCorrelation.Exponential -> fixedForm 1.0 (fun x -> struct (exp -x, -exp -x, exp -x))
        | SpatialCorrelation.Gaussian -> fixedForm 1.0 gaussian
        | SpatialCorrelation.Power -> power "rho" isAnisotropic coordinates
        // Beyond the range there is no slope to follow: start wide.
        | SpatialCorrelation.Spherical -> fixedForm 3.0 spherical
        | SpatialCorrelation.Matern(Some nu) ->
            match Matern.closedForm nu with
            | Some f -> fixedForm 1.0 f
            | None -> byRange 1.0 isAnisotropic coordinates [] (fun _ x -> Matern.correlation x (Jet.number nu))
        | SpatialCorrelation.Matern None ->
            byRange 1.0 isAnisotropic coordinates [ "smoothness", ParameterKind.Positive, 0.0 ] (fun own x ->
                Matern.correlation x own[0])

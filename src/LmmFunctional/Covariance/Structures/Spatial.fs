namespace LmmFunctional.Estimation

open LmmFunctional.Model
open LmmFunctional.Analysis

/// <summary>A correlation by distance, with one range or with one for each coordinate.</summary>
[<NoEquality; NoComparison>]
type internal SpatialModel = {
    Correlation: SpatialCorrelation
    /// The entry of one range.
    Entry: StructureEntry
    Arguments: float list
    /// The element where each coordinate has a range.
    AnisotropicElement: string
    /// The form, anisotropic or not, between coordinates.
    Form: bool -> float[][] -> CovarianceForm
    /// The correlation, for print.
    Math: MathText
    /// How one range contains independent positions.
    HoldsIdentity: Inclusion
    /// The name in SAS, anisotropic or not.
    SasType: bool -> SasType
    /// The class in nlme, of one range.
    Nlme: string option
    /// The correlation that is the same, wherever the positions are.
    Same: SpatialCorrelation option
    /// How it lies in another structure, beyond what holds for all of them.
    LiesIn: InclusionPlaces -> Structure -> Inclusion option
    /// The correlations that it contains, of as many ranges.
    Contains: SpatialCorrelation -> bool
}

/// <summary>Correlation by distance. Anisotropic: x² = Σ (d_c/ρ_c)², and Π ρ_c^|d_c| for the power form, as SAS.</summary>
[<RequireQualifiedAccess>]
module internal Spatial =

    /// A correlation of x alone as a function of the jet of x.
    let private ofJet correlation (x: Jet) =
        let struct (value, slope, curvature) = correlation x.Value
        Jet.Chain(value, slope, curvature, x)

    let axisDistance axis (a: float[]) (b: float[]) = abs (a[axis] - b[axis])

    /// Names of the ranges, one or one for each coordinate, each with distances of various sizes.
    let axes name isAnisotropic (coordinates: float[][]) =
        if isAnisotropic then
            Array.init coordinates[0].Length (fun axis ->
                $"{name}{axis + 1}", Distance.sizes (axisDistance axis) coordinates)
        else
            [| name, Distance.sizes Distance.euclidean coordinates |]

    /// A form that starts from the middle distances, or from the shorter or the longer ones; τ of the parameters that
    /// are no ranges stays.
    let startingAt
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
    let byRange startFactor isAnisotropic (coordinates: float[][]) further (correlation: Jet[] -> Jet -> Jet) =
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

    /// The form of a correlation of x = h/ρ alone: its value, slope and curvature.
    let byRatio startFactor correlation isAnisotropic (coordinates: float[][]) =
        byRange startFactor isAnisotropic coordinates [] (fun _ -> ofJet correlation)

    // The structures

    /// The entry of a correlation with one range.
    let entry name word title element range elsewhere = {
        StructureEntry.create name word title "2" element range with
            MostCoordinates = None
            NeedsSubjects = false
            Coordinate = StructureCoordinate.Values
            Elsewhere = elsewhere
    }

    /// A smooth correlation of distance over range, which comes to zero with its range.
    let create correlation (entry: StructureEntry) form math = {
        Correlation = correlation
        Entry = entry
        Arguments = []
        AnisotropicElement = entry.Element + ", where h/r = √(Σ_c (h_c/r_c)²)"
        Form = form
        Math = math
        HoldsIdentity = Inclusion.Boundary 1
        SasType = fun _ -> SasType.Missing None
        Nlme = None
        Same = None
        LiesIn = fun _ _ -> None
        Contains = fun _ -> false
    }

    let private anisotropicEntry (spatial: SpatialModel) =
        let isotropic = spatial.Entry

        {
            isotropic with
                Name = isotropic.Name + "a"
                Word = isotropic.Word + " ... |> anisotropic"
                Title = "anisotropic " + isotropic.Title
                Parameters = isotropic.Parameters.Replace("2", "c + 1").Replace("3", "c + 2")
                Element = spatial.AnisotropicElement
                Elsewhere = []
        }

    /// The entry, of one range or of one for each coordinate.
    let entryOf isAnisotropic (spatial: SpatialModel) =
        if isAnisotropic then
            anisotropicEntry spatial
        else
            spatial.Entry

    /// A name for one range or for one for each coordinate, from the correlation with each number of arguments.
    let family isAnisotropic advice tryMake (models: SpatialModel list) = {
        Entries = models |> List.map (entryOf isAnisotropic)
        TryMake =
            tryMake
            >> Option.map (fun correlation -> Structure.Spatial(correlation, isAnisotropic))
        Advice = advice
    }

    /// The names of a correlation without arguments.
    let single (spatial: SpatialModel) isAnisotropic =
        StructureFamily.single (entryOf isAnisotropic spatial) (Structure.Spatial(spatial.Correlation, isAnisotropic))

    // On a line there is one range.
    let private same (spatial: SpatialModel) isAnisotropic places =
        match spatial.Same with
        | Some correlation -> Some(Structure.Spatial(correlation, isAnisotropic && not places.IsLine))
        | None when isAnisotropic && places.IsLine -> Some(Structure.Spatial(spatial.Correlation, false))
        | None -> None

    let private liesIn (spatial: SpatialModel) isAnisotropic places larger =
        match spatial.LiesIn places larger, larger with
        | Some found, _ -> Some found
        | None, (Structure.Toeplitz None | Structure.HeterogeneousToeplitz None) when places.IsEven ->
            Some Inclusion.Interior
        | None, Structure.Spatial(other, true) when other = spatial.Correlation && not isAnisotropic ->
            Some Inclusion.Interior
        | _ -> None

    let private holds (spatial: SpatialModel) isAnisotropic _ smaller =
        match smaller with
        | Structure.Spatial(other, otherIsAnisotropic) when
            spatial.Contains other && (isAnisotropic || not otherIsAnisotropic)
            ->
            Some Inclusion.Interior
        | _ -> None

    /// All that is known of a correlation with one range or with one for each coordinate.
    let model isAnisotropic (spatial: SpatialModel) =
        let plain =
            StructureModel.scaled
                (entryOf isAnisotropic spatial)
                (fun positions -> spatial.Form isAnisotropic positions.Coordinates)
                (MathText.Row [ ElementMath.variance; spatial.Math ])

        {
            plain with
                Arguments = spatial.Arguments
                SasType = spatial.SasType isAnisotropic
                NlmeResiduals =
                    if isAnisotropic then
                        None
                    else
                        spatial.Nlme |> Option.map StructureModel.nlme
                Relations = {
                    plain.Relations with
                        Same = same spatial isAnisotropic
                        HoldsIdentity =
                            Some(
                                if isAnisotropic then
                                    Inclusion.Irregular
                                else
                                    spatial.HoldsIdentity
                            )
                        LiesIn = liesIn spatial isAnisotropic
                        Holds = holds spatial isAnisotropic
                }
        }

namespace LmmFunctional

/// <summary>The form of every structure.</summary>
[<RequireQualifiedAccess>]
module internal StructureForm =

    let private toeplitz bands m =
        match bands with
        | Some 1 -> Uncorrelated.identity
        | Some bands when bands < m -> BandedToeplitz.create bands m
        | _ -> Toeplitz.create m

    // A form on equal steps at the places of some of them: gaps between positions stay.
    let private onSteps (positions: FormPositions) (create: int -> CovarianceForm) =
        match FormPositions.tryPlaces positions with
        | None -> create positions.Labels.Length
        | Some places ->
            let form = create (Array.max places + 1)

            {
                form with
                    Element =
                        fun tau ->
                            let element = form.Element tau
                            fun i j -> element places[i] places[j]
            }

    /// The correlations of a structure with a free variance for each position; None for any other structure.
    let correlationOf structure (positions: FormPositions) =
        let m = positions.Labels.Length

        match structure with
        | Structure.Diagonal -> Some Uncorrelated.identity
        | Structure.HeterogeneousCompoundSymmetry -> Some(CompoundSymmetry.create m)
        | Structure.HeterogeneousAutoregressive -> Some(onSteps positions (fun _ -> Autoregressive.create ()))
        | Structure.HeterogeneousToeplitz bands -> Some(onSteps positions (toeplitz bands))
        | Structure.AnteDependence -> Some(AnteDependence.correlation positions.Labels)
        | _ -> None

    /// <summary>The form of a structure that is no Kronecker product.</summary>
    /// <exception cref="T:System.ArgumentException">It is one.</exception>
    let create structure (positions: FormPositions) : CovarianceForm =
        let labels, coordinates = positions.Labels, positions.Coordinates
        let m = labels.Length

        match correlationOf structure positions, structure with
        | Some correlation, _ -> Heterogeneous.ofCorrelation labels correlation
        | None, Structure.Unstructured -> Unstructured.create labels
        | None, Structure.CompoundSymmetry -> CompoundSymmetry.create m
        | None, Structure.Autoregressive -> onSteps positions (fun _ -> Autoregressive.create ())
        | None, Structure.ContinuousAutoregressive -> Spatial.power "Phi" false coordinates
        | None, Structure.AutoregressiveMovingAverage(p, q) -> onSteps positions (Arma.create p q)
        | None, Structure.Toeplitz bands -> onSteps positions (toeplitz bands)
        | None, Structure.FactorAnalytic q -> FactorAnalytic.create labels (min q m)
        | None, Structure.ReducedRank q -> FactorAnalytic.reducedRank labels (min q m)
        | None, Structure.Spatial(correlation, isAnisotropic) -> Spatial.create correlation isAnisotropic coordinates
        | None, Structure.Kronecker _ -> invalidArg (nameof structure) "A product needs the positions of each factor."
        | None, _ -> Uncorrelated.identity

    /// How many factors a structure has.
    let rec factorCount structure =
        match structure with
        | Structure.Kronecker(first, second) -> factorCount first + factorCount second
        | _ -> 1

    /// <summary>The form of a structure on the positions of each of its factors: one list for a structure that is no
    /// Kronecker product.</summary>
    /// <returns>The form, and the positions that it is on.</returns>
    /// <exception cref="T:System.ArgumentException">There are not as many lists as factors.</exception>
    let rec ofFactors structure (factors: FormPositions list) : CovarianceForm * FormPositions =
        match structure, factors with
        | Structure.Kronecker(first, second), _ ->
            let count = factorCount first
            let firstForm, firstPositions = ofFactors first (List.truncate count factors)

            let secondForm, secondPositions =
                ofFactors second (List.skip (min count factors.Length) factors)

            Kronecker.create firstPositions.Labels.Length firstForm secondForm,
            Kronecker.positions firstPositions secondPositions
        | _, [ positions ] -> create structure positions, positions
        | _ -> invalidArg (nameof factors) "A structure needs the positions of each of its factors."

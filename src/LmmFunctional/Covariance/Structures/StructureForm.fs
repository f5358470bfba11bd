namespace LmmFunctional.Estimation

open LmmFunctional.Model

/// <summary>How the variances of a structure's positions are related.</summary>
[<RequireQualifiedAccess; NoEquality; NoComparison>]
type internal StructureShape =
    /// One scale for all of the matrix.
    | Scaled of CovarianceForm
    /// A free variance for each position, and these correlations.
    | PerPosition of correlation: CovarianceForm

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

    /// <summary>The shape of a structure that is no Kronecker product. Every structure is listed: one that is forgotten does
    /// not compile.</summary>
    /// <exception cref="T:System.ArgumentException">It is one.</exception>
    let shapeOf structure (positions: FormPositions) : StructureShape =
        let labels, coordinates = positions.Labels, positions.Coordinates
        let m = labels.Length

        match structure with
        | Structure.Identity -> StructureShape.Scaled Uncorrelated.identity
        | Structure.Diagonal -> StructureShape.PerPosition Uncorrelated.identity
        | Structure.Unstructured -> StructureShape.Scaled(Unstructured.create labels)
        | Structure.CompoundSymmetry -> StructureShape.Scaled(CompoundSymmetry.create m)
        | Structure.HeterogeneousCompoundSymmetry -> StructureShape.PerPosition(CompoundSymmetry.create m)
        | Structure.Autoregressive -> StructureShape.Scaled(onSteps positions (fun _ -> Autoregressive.create ()))
        | Structure.HeterogeneousAutoregressive ->
            StructureShape.PerPosition(onSteps positions (fun _ -> Autoregressive.create ()))
        | Structure.ContinuousAutoregressive -> StructureShape.Scaled(Spatial.power "Phi" false coordinates)
        | Structure.AutoregressiveMovingAverage(p, q) -> StructureShape.Scaled(onSteps positions (Arma.create p q))
        | Structure.Toeplitz bands -> StructureShape.Scaled(onSteps positions (toeplitz bands))
        | Structure.HeterogeneousToeplitz bands -> StructureShape.PerPosition(onSteps positions (toeplitz bands))
        | Structure.AnteDependence -> StructureShape.PerPosition(AnteDependence.correlation labels)
        | Structure.FactorAnalytic q -> StructureShape.Scaled(FactorAnalytic.create labels (min q m))
        | Structure.ReducedRank q -> StructureShape.Scaled(FactorAnalytic.reducedRank labels (min q m))
        | Structure.Spatial(correlation, isAnisotropic) ->
            StructureShape.Scaled(Spatial.create correlation isAnisotropic coordinates)
        | Structure.Kronecker _ -> invalidArg (nameof structure) "A product needs the positions of each factor."

    /// <summary>The form of a structure that is no Kronecker product.</summary>
    /// <exception cref="T:System.ArgumentException">It is one.</exception>
    let create structure (positions: FormPositions) : CovarianceForm =
        match shapeOf structure positions with
        | StructureShape.Scaled form -> form
        | StructureShape.PerPosition correlation -> Heterogeneous.ofCorrelation positions.Labels correlation

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

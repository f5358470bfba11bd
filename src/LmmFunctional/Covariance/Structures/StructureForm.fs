namespace LmmFunctional

/// <summary>The form of every structure.</summary>
[<RequireQualifiedAccess>]
module internal StructureForm =

    /// The correlations of a structure with a free variance for each position; None for any other structure.
    let correlationOf structure (positions: Positions) =
        let m = positions.Labels.Length

        match structure with
        | Structure.Diagonal -> Some Uncorrelated.identity
        | Structure.HeterogeneousCompoundSymmetry -> Some(CompoundSymmetry.create m)
        | Structure.HeterogeneousAutoregressive -> Some(Autoregressive.create ())
        | Structure.HeterogeneousToeplitz None -> Some(Toeplitz.create m)
        | Structure.AnteDependence -> Some(AnteDependence.correlation positions.Labels)
        | _ -> None

    /// The form of a structure on these positions; those of a product hold the product's labels and coordinates.
    let create structure (positions: Positions) : CovarianceForm =
        let labels = positions.Labels
        let m = labels.Length

        match correlationOf structure positions, structure with
        | Some correlation, _ -> Heterogeneous.ofCorrelation labels correlation
        | None, Structure.Unstructured -> Unstructured.create labels
        | None, Structure.CompoundSymmetry -> CompoundSymmetry.create m
        | None, Structure.Autoregressive -> Autoregressive.create ()
        | None, Structure.AutoregressiveMovingAverage(p, q) -> Arma.create p q m
        | None, Structure.Toeplitz None -> Toeplitz.create m
        | None, Structure.FactorAnalytic q -> FactorAnalytic.create labels (min q m)
        | None, Structure.ReducedRank q -> FactorAnalytic.reducedRank labels (min q m)
        | _ -> Uncorrelated.identity

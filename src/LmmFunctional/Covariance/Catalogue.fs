namespace LmmFunctional.Estimation

open LmmFunctional.Model

/// <summary>The catalogue of structures: which file tells all about each, and the names that make them.</summary>
/// <remarks>A new structure is its case, its file, and its two lines here: the match is total, and a test holds the names against
/// it.</remarks>
[<RequireQualifiedAccess>]
module internal Catalogue =

    /// A correlation by distance.
    let spatialOf correlation : SpatialModel =
        match correlation with
        | SpatialCorrelation.Exponential -> SpatialExponential.model
        | SpatialCorrelation.Gaussian -> SpatialGaussian.model
        | SpatialCorrelation.Spherical -> SpatialSpherical.model
        | SpatialCorrelation.RationalQuadratic -> SpatialRationalQuadratic.model
        | SpatialCorrelation.Matern smoothness -> SpatialMatern.model smoothness
        | SpatialCorrelation.Power -> SpatialPower.model

    /// All that is known of a structure.
    let rec modelOf structure : StructureModel =
        match structure with
        | Structure.Identity -> Uncorrelated.model
        | Structure.Diagonal -> Uncorrelated.diagonal
        | Structure.CompoundSymmetry -> CompoundSymmetry.model
        | Structure.HeterogeneousCompoundSymmetry -> CompoundSymmetry.heterogeneous
        | Structure.Autoregressive -> Autoregressive.model
        | Structure.HeterogeneousAutoregressive -> Autoregressive.heterogeneous
        | Structure.ContinuousAutoregressive -> SpatialPower.inTime
        | Structure.AutoregressiveMovingAverage(p, q) -> Arma.model p q
        | Structure.Toeplitz bands -> Toeplitz.model bands
        | Structure.HeterogeneousToeplitz bands -> Toeplitz.heterogeneous bands
        | Structure.AnteDependence -> AnteDependence.model
        | Structure.HuynhFeldt -> HuynhFeldt.model
        | Structure.Unstructured -> Unstructured.model
        | Structure.FactorAnalytic q -> FactorAnalytic.model q
        | Structure.ReducedRank q -> FactorAnalytic.reducedModel q
        | Structure.Spatial(correlation, isAnisotropic) -> Spatial.model isAnisotropic (spatialOf correlation)
        | Structure.Kronecker(first, second) -> Kronecker.model (modelOf first) (modelOf second)

    /// Names of correlations by distance, each with one range or with one for each coordinate.
    let private spatial: (bool -> StructureFamily) list = [
        Spatial.single SpatialExponential.model
        Spatial.single SpatialGaussian.model
        Spatial.single SpatialSpherical.model
        Spatial.single SpatialRationalQuadratic.model
        SpatialMatern.family
        Spatial.single SpatialPower.model
    ]

    // A name that relates the levels of a random term, and is no structure of its effects.
    let private known = {
        Entries = [
            StructureEntry.create "known" "relatedBy" "known matrix" "1" "s² A_ij" "A positive semidefinite"
            |> StructureEntry.alone
        ]
        TryMake = fun _ -> None
        Advice = fun _ -> "'known' relates the levels of a random term: known(A | g)"
    }

    /// Every name, in the order of the documentation.
    let families: StructureFamily list = [
        Uncorrelated.family
        Uncorrelated.diagonalFamily
        CompoundSymmetry.family
        CompoundSymmetry.heterogeneousFamily
        Autoregressive.family
        Autoregressive.heterogeneousFamily
        SpatialPower.timeFamily
        Arma.family
        Toeplitz.family
        Toeplitz.heterogeneousFamily
        AnteDependence.family
        HuynhFeldt.family
        Unstructured.family
        FactorAnalytic.family
        FactorAnalytic.reducedFamily
        for family in spatial do
            family false
        for family in spatial do
            family true
        known
        Kronecker.family
    ]

    /// A structure with a variance for each position, where the structure itself has one for all.
    let heterogeneous structure : Structure option =
        let model = modelOf structure

        match model.Entry.Partner with
        | Some partner when not model.HasOwnVariances ->
            families
            |> List.find (fun family -> family.Entries.Head.Name = partner)
            |> fun family -> family.TryMake model.Arguments
        | _ -> None

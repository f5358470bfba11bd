namespace LmmFunctional

/// <summary>The form of every structure.</summary>
[<RequireQualifiedAccess>]
module internal StructureForm =

    /// The form of a structure on these positions.
    let create (structure: Structure) (positions: Positions) : CovarianceForm =
        let labels = positions.Labels
        let heterogeneous = Heterogeneous.ofCorrelation labels

        match structure with
        | Structure.Diagonal -> heterogeneous Uncorrelated.identity
        | Structure.Unstructured -> Unstructured.create labels
        | Structure.CompoundSymmetry -> CompoundSymmetry.create labels.Length
        | Structure.HeterogeneousCompoundSymmetry -> heterogeneous (CompoundSymmetry.create labels.Length)
        | Structure.Autoregressive -> Autoregressive.create ()
        | Structure.HeterogeneousAutoregressive -> heterogeneous (Autoregressive.create ())
        | _ -> Uncorrelated.identity

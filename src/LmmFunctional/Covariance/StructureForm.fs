namespace LmmFunctional.Estimation

open LmmFunctional.Model

/// <summary>The form of every structure.</summary>
[<RequireQualifiedAccess>]
module internal StructureForm =

    /// <summary>The shape of a structure that is no Kronecker product.</summary>
    /// <exception cref="T:System.ArgumentException">It is one.</exception>
    let shapeOf structure (positions: FormPositions) : StructureShape =
        (Catalogue.modelOf structure).Shape positions

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

namespace LmmFunctional

/// <summary>What the language can say and no engine can do.</summary>
[<RequireQualifiedAccess>]
module internal NotFitted =

    /// The structures of a model that no engine runs: refused, never fitted as something else.
    let problems (spec: LmmSpec) = [
        for term in spec.Random do
            match term.Structure with
            | (Structure.Unstructured | Structure.Diagonal) when term.PerLevelOf.IsNone -> ()
            | _ -> LmmError.NotFittedYet(TermText.deparseRandom term)

        match spec.Residual with
        | ResidualTerm.Independent -> ()
        | ResidualTerm.Structured structure -> LmmError.NotFittedYet(ResidualText.deparseStructure structure)
    ]

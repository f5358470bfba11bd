namespace LmmFunctional.Model

open System

/// <summary>All covariance structures: their names, formulas and ranges.</summary>
/// <remarks>The one table behind reading, printing, the words, the documentation and the messages.</remarks>
[<RequireQualifiedAccess>]
module StructureCatalogue =

    /// Every structure, in the order of the documentation.
    let all: StructureEntry list = StructureTable.all

    /// An entry's name with its arguments: <c>toep(k)</c>.
    let signature (entry: StructureEntry) =
        if entry.Arguments.IsEmpty then
            entry.Name
        else
            entry.Name + "(" + String.Join(",", entry.Arguments) + ")"

    // Names and arguments

    let private correlationName correlation =
        match correlation with
        | SpatialCorrelation.Exponential -> "sp_exp", []
        | SpatialCorrelation.Gaussian -> "sp_gau", []
        | SpatialCorrelation.Power -> "sp_pow", []
        | SpatialCorrelation.Spherical -> "sp_sph", []
        | SpatialCorrelation.Matern smoothness -> "sp_mat", Option.toList smoothness

    /// <summary>The name of a structure and its arguments.</summary>
    /// <remarks>The parts of a Kronecker product have names of their own: it is <c>kron</c>.</remarks>
    let nameOf structure : string * float list =
        match structure with
        | Structure.Identity -> "id", []
        | Structure.Diagonal -> "diag", []
        | Structure.Unstructured -> "us", []
        | Structure.CompoundSymmetry -> "cs", []
        | Structure.HeterogeneousCompoundSymmetry -> "csh", []
        | Structure.Autoregressive -> "ar1", []
        | Structure.HeterogeneousAutoregressive -> "arh1", []
        | Structure.ContinuousAutoregressive -> "car1", []
        | Structure.AutoregressiveMovingAverage(p, q) -> "arma", [ float p; float q ]
        | Structure.Toeplitz bands -> "toep", bands |> Option.map float |> Option.toList
        | Structure.HeterogeneousToeplitz bands -> "toeph", bands |> Option.map float |> Option.toList
        | Structure.AnteDependence -> "ad1", []
        | Structure.FactorAnalytic q -> "fa", [ float q ]
        | Structure.ReducedRank q -> "fa0", [ float q ]
        | Structure.Spatial(correlation, isAnisotropic) ->
            let name, arguments = correlationName correlation
            (if isAnisotropic then name + "a" else name), arguments
        | Structure.Kronecker _ -> "kron", []

    /// The entry of a structure.
    let ofStructure structure : StructureEntry =
        let name, arguments = nameOf structure

        all
        |> List.find (fun entry -> entry.Name = name && entry.Arguments.Length = arguments.Length)

    let private whole least value =
        if value = Math.Floor(value: float) && value >= least && value <= 1000.0 then
            Some(int value)
        else
            None

    let private correlations = [
        "sp_exp", SpatialCorrelation.Exponential
        "sp_gau", SpatialCorrelation.Gaussian
        "sp_pow", SpatialCorrelation.Power
        "sp_sph", SpatialCorrelation.Spherical
        "sp_mat", SpatialCorrelation.Matern None
    ]

    let private ofSpatial (name: string) =
        correlations
        |> List.tryPick (fun (known, correlation) ->
            if name = known then
                Some(Structure.Spatial(correlation, false))
            elif name = known + "a" then
                Some(Structure.Spatial(correlation, true))
            else
                None)

    let private hasClosedForm smoothness =
        smoothness = 0.5 || smoothness = 1.5 || smoothness = 2.5

    /// <summary>The structure of a name and its arguments, if these are what it takes.</summary>
    let private tryMake name (arguments: float list) =
        match name, arguments with
        | "id", [] -> Some Structure.Identity
        | "diag", [] -> Some Structure.Diagonal
        | "us", [] -> Some Structure.Unstructured
        | "cs", [] -> Some Structure.CompoundSymmetry
        | "csh", [] -> Some Structure.HeterogeneousCompoundSymmetry
        | "ar1", [] -> Some Structure.Autoregressive
        | "arh1", [] -> Some Structure.HeterogeneousAutoregressive
        | "car1", [] -> Some Structure.ContinuousAutoregressive
        | "arma", [ p; q ] when p + q >= 1.0 ->
            Option.map2 (fun p q -> Structure.AutoregressiveMovingAverage(p, q)) (whole 0.0 p) (whole 0.0 q)
        | "toep", [] -> Some(Structure.Toeplitz None)
        | "toep", [ k ] -> whole 1.0 k |> Option.map (Some >> Structure.Toeplitz)
        | "toeph", [] -> Some(Structure.HeterogeneousToeplitz None)
        | "toeph", [ k ] -> whole 1.0 k |> Option.map (Some >> Structure.HeterogeneousToeplitz)
        | "ad1", [] -> Some Structure.AnteDependence
        | "fa", [ q ] -> whole 1.0 q |> Option.map Structure.FactorAnalytic
        | "fa0", [ q ] -> whole 1.0 q |> Option.map Structure.ReducedRank
        | ("sp_mat" | "sp_mata"), [ nu ] when hasClosedForm nu ->
            Some(Structure.Spatial(SpatialCorrelation.Matern(Some nu), (name = "sp_mata")))
        | _, [] -> ofSpatial name
        | _ -> None

    let private names = all |> List.map _.Name |> List.distinct

    // Two letters are too few to guess from: the names of other programs come first, without any tolerance.
    let private suggest (name: string) =
        let same (other: string) =
            String.Equals(name, other, StringComparison.OrdinalIgnoreCase)

        all
        |> List.tryFind (fun entry -> same entry.Name || List.exists same entry.Elsewhere)
        |> Option.map _.Name
        |> Option.orElse (Nearest.suggest names name)

    /// <summary>The structure of a name and its arguments.</summary>
    /// <param name="name">A name of the catalogue.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>The structure, or in words what is wrong: an unknown name with the nearest known one, or arguments that
    /// the structure does not take.</returns>
    let make (name: string) (arguments: float list) : Result<Structure, string> =
        match tryMake name arguments, all |> List.filter (fun entry -> entry.Name = name) with
        | Some structure, _ -> Ok structure
        | None, [] ->
            match suggest name with
            | Some known -> Error $"the structure '{name}' is not known; did you mean '{known}'?"
            | None ->
                let known = String.Join(", ", names)
                Error $"the structure '{name}' is not known; there are {known}"
        | None, entries ->
            let forms = entries |> List.map signature |> String.concat " or "

            match name with
            | "sp_mat"
            | "sp_mata" -> Error $"write {forms}, where nu is 0.5, 1.5 or 2.5"
            | "arma" -> Error $"write {forms} with whole numbers, not both zero"
            | "known" -> Error "'known' relates the levels of a random term: known(A | g)"
            | "kron" -> Error "'kron' cannot stand inside 'kron'; list all parts in one"
            | _ when entries |> List.exists (fun entry -> not entry.Arguments.IsEmpty) ->
                Error $"write {forms} with a whole number, 1 or more"
            | _ -> Error $"'{name}' takes no arguments"

namespace LmmFunctional

open System

/// <summary>What a structure takes from the variable that it runs along.</summary>
[<RequireQualifiedAccess>]
type StructureCoordinate =
    /// Its levels, whatever its type.
    | Levels
    /// The order of its levels.
    | Order
    /// Its values.
    | Values

/// <summary>What the catalogue tells of one structure.</summary>
/// <remarks>In the formulas m is the number of levels or positions, c the number of coordinates, h a distance; p, q, k and
/// nu are arguments.</remarks>
type StructureEntry = {
    /// The name in formulas: <c>ar1</c>.
    Name: string
    /// Names of the arguments: <c>toep(k)</c> has one.
    Arguments: string list
    /// The word in <c>lmm { }</c>.
    Word: string
    /// The name in prose.
    Title: string
    /// The number of parameters, variances included.
    Parameters: string
    /// Element (i, j) of the matrix.
    Element: string
    /// Where the parameters may lie.
    Range: string
    Coordinate: StructureCoordinate
    /// How many coordinates it may have; None for any number.
    MostCoordinates: int option
    /// Whether it is for residuals within subjects only: one long series would not estimate it.
    NeedsSubjects: bool
    /// The form with a variance for each level, or the one with the same variance for all.
    Partner: string option
    /// Names in other programs, for those who try them here.
    Elsewhere: string list
}

/// <summary>All covariance structures: their names, formulas and ranges.</summary>
/// <remarks>The one table behind reading, printing, the words, the documentation and the messages.</remarks>
[<RequireQualifiedAccess>]
module StructureCatalogue =

    let private entry name word title parameters element range = {
        Name = name
        Arguments = []
        Word = word
        Title = title
        Parameters = parameters
        Element = element
        Range = range
        Coordinate = StructureCoordinate.Levels
        MostCoordinates = Some 1
        NeedsSubjects = true
        Partner = None
        Elsewhere = []
    }

    let private alone entry = { entry with NeedsSubjects = false }

    let private taking coordinate entry = { entry with Coordinate = coordinate }

    let private partner name entry = { entry with Partner = Some name }

    let private also names entry = { entry with Elsewhere = names }

    let private spatial name word title element range elsewhere =
        {
            entry name word title "2" element range with
                MostCoordinates = None
        }
        |> alone
        |> taking StructureCoordinate.Values
        |> also elsewhere

    let private anisotropic isotropic = {
        isotropic with
            Name = isotropic.Name + "a"
            Word = isotropic.Word + " ... |> anisotropic"
            Title = "anisotropic " + isotropic.Title
            Parameters = isotropic.Parameters.Replace("2", "c + 1").Replace("3", "c + 2")
            Element =
                if isotropic.Name = "sp_pow" then
                    "s² Π_c rho_c^h_c"
                else
                    isotropic.Element + ", where h/r = √(Σ_c (h_c/r_c)²)"
            Elsewhere = []
    }

    let private exponential =
        spatial "sp_exp" "spatialExponential" "spatial exponential" "s² exp(-h/r)" "r > 0" [
            "sp(exp)"
            "corExp"
            "exponential"
        ]

    let private gaussian =
        spatial "sp_gau" "spatialGaussian" "spatial Gaussian" "s² exp(-h²/r²)" "r > 0" [ "sp(gau)"; "corGaus" ]

    let private spherical = {
        spatial
            "sp_sph"
            "spatialSpherical"
            "spatial spherical"
            "s² (1 - 1.5 h/r + 0.5 (h/r)³) for h < r, else 0"
            "r > 0"
            [ "sp(sph)"; "corSpher" ] with
            MostCoordinates = Some 3
    }

    let private power =
        spatial "sp_pow" "spatialPower" "spatial power" "s² rho^h" "0 <= rho < 1" [ "sp(pow)" ]

    let private matern = {
        spatial "sp_mat" "spatialMatern" "Matérn" "s² 2^(1-nu)/Γ(nu) (h/r)^nu K_nu(h/r)" "r > 0, nu > 0" [
            "sp(matern)"
            "matern"
            "corMatern"
        ] with
            Parameters = "3"
    }

    // The same with its smoothness given.
    let private maternOf entry = {
        entry with
            Arguments = [ "nu" ]
            Word = entry.Word.Replace("spatialMatern", "spatialMaternOf nu")
            Title = entry.Title + " of known smoothness"
            Parameters = entry.Parameters.Replace("3", "2").Replace("c + 2", "c + 1")
            Range = "r > 0; nu is 0.5, 1.5 or 2.5"
            Elsewhere = []
    }

    let private withArguments arguments word entry = {
        entry with
            Arguments = arguments
            Word = word
            Elsewhere = []
    }

    let private toeplitz =
        entry "toep" "toeplitz" "Toeplitz" "m" "s² rho_|i-j|" "positive definite"
        |> partner "toeph"
        |> also [ "toeplitz" ]

    let private heterogeneousToeplitz =
        entry "toeph" "heterogeneousToeplitz" "heterogeneous Toeplitz" "2m - 1" "s_i s_j rho_|i-j|" "positive definite"
        |> partner "toep"

    /// Every structure, in the order of the documentation.
    let all: StructureEntry list = [
        entry "id" "identity" "identity" "1" "s² for i = j, else 0" "s² >= 0"
        |> partner "diag"
        |> also [ "vc"; "simple"; "iid" ]
        entry "diag" "diagonal" "diagonal" "m" "s_i² for i = j, else 0" "s_i² >= 0"
        |> partner "id"
        |> also [ "un(1)"; "uncorrelated" ]
        entry "cs" "compoundSymmetry" "compound symmetry" "2" "s² rho" "-1/(m-1) < rho < 1"
        |> partner "csh"
        |> also [ "corCompSymm"; "exchangeable"; "compoundSymmetry" ]
        entry
            "csh"
            "heterogeneousCompoundSymmetry"
            "heterogeneous compound symmetry"
            "m + 1"
            "s_i s_j rho"
            "-1/(m-1) < rho < 1"
        |> partner "cs"
        entry "ar1" "ar1" "first-order autoregressive" "2" "s² rho^|i-j|" "-1 < rho < 1"
        |> alone
        |> taking StructureCoordinate.Order
        |> partner "arh1"
        |> also [ "ar(1)"; "ar"; "corAR1"; "autoregressive" ]
        entry "arh1" "arh1" "heterogeneous first-order autoregressive" "m + 1" "s_i s_j rho^|i-j|" "-1 < rho < 1"
        |> taking StructureCoordinate.Order
        |> partner "ar1"
        |> also [ "arh(1)"; "hetar1" ]
        entry "car1" "car1" "continuous-time autoregressive" "2" "s² rho^|t_i-t_j|" "0 <= rho < 1"
        |> alone
        |> taking StructureCoordinate.Values
        |> also [ "corCAR1"; "ou" ]
        entry
            "arma"
            "arma p q"
            "autoregressive moving average"
            "p + q + 1"
            "s² gamma(|i-j|)/gamma(0) of the stationary process"
            "stationary and invertible"
        |> alone
        |> taking StructureCoordinate.Order
        |> withArguments [ "p"; "q" ] "arma p q"
        |> also [ "corARMA" ]
        toeplitz
        heterogeneousToeplitz
        {
            toeplitz with
                Title = "banded Toeplitz"
                Parameters = "k"
                Element = "s² rho_|i-j| for |i-j| < k, else 0"
        }
        |> withArguments [ "k" ] "bandedToeplitz k"
        {
            heterogeneousToeplitz with
                Title = "banded heterogeneous Toeplitz"
                Parameters = "m + k - 1"
                Element = "s_i s_j rho_|i-j| for |i-j| < k, else 0"
        }
        |> withArguments [ "k" ] "bandedHeterogeneousToeplitz k"
        entry
            "ad1"
            "anteDependence"
            "first-order ante-dependence"
            "2m - 1"
            "s_i s_j rho_i ... rho_(j-1)"
            "-1 < rho_i < 1"
        |> also [ "ante(1)"; "ante"; "ad" ]
        entry "us" "unstructured" "unstructured" "m(m + 1)/2" "s_ij" "positive definite"
        |> also [ "un"; "corSymm"; "unstructured"; "general" ]
        entry
            "fa"
            "factorAnalytic q"
            "factor-analytic"
            "mq - q(q - 1)/2 + m"
            "(G G')_ij + d_i for i = j, G m by q"
            "d_i >= 0"
        |> withArguments [ "q" ] "factorAnalytic q"
        |> also [ "rr" ]
        entry "fa0" "reducedRank q" "reduced rank" "mq - q(q - 1)/2" "(G G')_ij, G m by q" "any G"
        |> withArguments [ "q" ] "reducedRank q"
        exponential
        gaussian
        spherical
        matern
        maternOf matern
        power
        anisotropic exponential
        anisotropic gaussian
        anisotropic spherical
        anisotropic matern
        maternOf (anisotropic matern)
        anisotropic power
        {
            entry "known" "relatedBy" "known matrix" "1" "s² A_ij" "A positive semidefinite" with
                NeedsSubjects = false
        }
        {
            entry
                "kron"
                "kronecker"
                "Kronecker product"
                "those of its parts, one variance"
                "the product of the parts' elements"
                "that of its parts" with
                NeedsSubjects = false
                MostCoordinates = None
        }
    ]

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

namespace LmmFunctional.Dsl

open System
open LmmFunctional.Model
open LmmFunctional.Language

/// <summary>The words for covariance structures in <c>lmm { }</c>.</summary>
/// <remarks>A structure is a function of the column that it runs along, so that several can stand in a list:
/// <c>[ ar1; compoundSymmetry; unstructured ]</c>.</remarks>
[<AutoOpen>]
module StructureWords =

    let private along structure (column: string) : StructuredAlong =
        StructuredAlong.ofColumns structure [ column ]

    let private valueOrRaise result =
        match result with
        | Ok value -> value
        | Error(words: string) -> raise (ArgumentException words)

    let private made name arguments =
        StructureCatalogue.make name (arguments |> List.map float) |> valueOrRaise

    // Structures, in the order of the catalogue

    /// <summary>One variance, no correlation: <c>id</c>.</summary>
    let identity: string -> StructuredAlong = along Structure.Identity

    /// <summary>A variance for each level, no correlation: <c>diag</c>.</summary>
    let diagonal: string -> StructuredAlong = along Structure.Diagonal

    /// <summary>One variance and one correlation: <c>cs</c>.</summary>
    let compoundSymmetry: string -> StructuredAlong = along Structure.CompoundSymmetry

    /// <summary>A variance for each level and one correlation: <c>csh</c>.</summary>
    let heterogeneousCompoundSymmetry: string -> StructuredAlong =
        along Structure.HeterogeneousCompoundSymmetry

    /// <summary>Correlation ρ^|i−j| along the order of the levels: <c>ar1</c>.</summary>
    /// <example><code>residual (ar1 "week" |> within "subject")</code></example>
    let ar1: string -> StructuredAlong = along Structure.Autoregressive

    /// <summary>The same with a variance for each level: <c>arh1</c>.</summary>
    let arh1: string -> StructuredAlong = along Structure.HeterogeneousAutoregressive

    /// <summary>Correlation ρ^|t−u| along values: <c>car1</c>.</summary>
    let car1: string -> StructuredAlong = along Structure.ContinuousAutoregressive

    /// <summary>A stationary autoregressive moving average process along the order of the levels: <c>arma(p,q)</c>.
    /// </summary>
    /// <exception cref="T:System.ArgumentException">A number is negative, or both are zero.</exception>
    let arma (p: int) (q: int) : string -> StructuredAlong = along (made "arma" [ p; q ])

    /// <summary>One correlation for each lag: <c>toep</c>.</summary>
    let toeplitz: string -> StructuredAlong = along (Structure.Toeplitz None)

    /// <summary>A variance for each level and one correlation for each lag: <c>toeph</c>.</summary>
    let heterogeneousToeplitz: string -> StructuredAlong =
        along (Structure.HeterogeneousToeplitz None)

    /// <summary>One correlation for each lag below a number of bands: <c>toep(k)</c>; the diagonal is the first.</summary>
    /// <exception cref="T:System.ArgumentException">The number is less than one.</exception>
    let bandedToeplitz (bands: int) : string -> StructuredAlong = along (made "toep" [ bands ])

    /// <summary>The same with a variance for each level: <c>toeph(k)</c>.</summary>
    /// <exception cref="T:System.ArgumentException">The number is less than one.</exception>
    let bandedHeterogeneousToeplitz (bands: int) : string -> StructuredAlong = along (made "toeph" [ bands ])

    /// <summary>A variance for each level and a correlation for each pair of neighbours: <c>ad1</c>.</summary>
    let anteDependence: string -> StructuredAlong = along Structure.AnteDependence

    /// <summary>A variance for each level, and one variance of all differences: <c>hf</c>, Huynh and Feldt's matrix.</summary>
    let huynhFeldt: string -> StructuredAlong = along Structure.HuynhFeldt

    /// <summary>Any covariance matrix: <c>us</c>.</summary>
    /// <example><code>residual (unstructured "visit" |> within "subject" |> perLevelOf "arm")</code></example>
    let unstructured: string -> StructuredAlong = along Structure.Unstructured

    /// <summary>Some common factors and a variance for each level: <c>fa(q)</c>.</summary>
    /// <exception cref="T:System.ArgumentException">The number is less than one.</exception>
    let factorAnalytic (factors: int) : string -> StructuredAlong = along (made "fa" [ factors ])

    /// <summary>Some common factors and nothing else: <c>fa0(q)</c>.</summary>
    /// <exception cref="T:System.ArgumentException">The number is less than one.</exception>
    let reducedRank (factors: int) : string -> StructuredAlong = along (made "fa0" [ factors ])

    // In space

    let private spatial correlation (columns: string list) : StructuredAlong =
        if columns.IsEmpty then
            raise (ArgumentException("Name at least one coordinate.", nameof columns))

        StructuredAlong.ofColumns (Structure.Spatial(correlation, false)) columns

    /// <summary>Correlation exp(−h/ρ) at distance h: <c>sp_exp</c>.</summary>
    /// <exception cref="T:System.ArgumentException">No coordinate is named.</exception>
    /// <example><code>residual (spatialExponential [ "latitude"; "longitude" ] |> withNugget |> overAllRows)</code></example>
    let spatialExponential (columns: string list) : StructuredAlong =
        spatial SpatialCorrelation.Exponential columns

    /// <summary>Correlation exp(−h²/ρ²) at distance h: <c>sp_gau</c>.</summary>
    /// <exception cref="T:System.ArgumentException">No coordinate is named.</exception>
    let spatialGaussian (columns: string list) : StructuredAlong =
        spatial SpatialCorrelation.Gaussian columns

    /// <summary>Spherical correlation, zero from distance ρ on: <c>sp_sph</c>.</summary>
    /// <exception cref="T:System.ArgumentException">No coordinate is named.</exception>
    let spatialSpherical (columns: string list) : StructuredAlong =
        spatial SpatialCorrelation.Spherical columns

    /// <summary>Rational quadratic correlation 1/(1 + h²/ρ²) at distance h: <c>sp_ratio</c>, nlme's corRatio.</summary>
    /// <exception cref="T:System.ArgumentException">No coordinate is named.</exception>
    let spatialRationalQuadratic (columns: string list) : StructuredAlong =
        spatial SpatialCorrelation.RationalQuadratic columns

    /// <summary>Matérn correlation whose smoothness is estimated: <c>sp_mat</c>.</summary>
    /// <exception cref="T:System.ArgumentException">No coordinate is named.</exception>
    let spatialMatern (columns: string list) : StructuredAlong =
        spatial (SpatialCorrelation.Matern None) columns

    /// <summary>Matérn correlation of known smoothness: <c>sp_mat(1.5)</c>.</summary>
    /// <param name="smoothness">0.5, 1.5 or 2.5.</param>
    /// <param name="columns">The coordinates.</param>
    /// <exception cref="T:System.ArgumentException">Another smoothness, or no coordinate is named.</exception>
    let spatialMaternOf (smoothness: float) (columns: string list) : StructuredAlong =
        StructureCatalogue.make "sp_mat" [ smoothness ] |> valueOrRaise |> ignore
        spatial (SpatialCorrelation.Matern(Some smoothness)) columns

    /// <summary>Correlation ρ^h at distance h: <c>sp_pow</c>.</summary>
    /// <exception cref="T:System.ArgumentException">No coordinate is named.</exception>
    let spatialPower (columns: string list) : StructuredAlong =
        spatial SpatialCorrelation.Power columns

    /// <summary>The spatial structure with a range for each coordinate: <c>sp_expa</c> and so on.</summary>
    /// <exception cref="T:System.ArgumentException">The structure is not spatial.</exception>
    let anisotropic (structure: StructuredAlong) : StructuredAlong =
        structure
        |> StructuredAlong.mapCorrelations (fun part ->
            match part.Structure with
            | Structure.Spatial(correlation, _) -> {
                part with
                    Structure = Structure.Spatial(correlation, true)
              }
            | other ->
                let name = StructureText.name other
                raise (ArgumentException $"'{name}' has no anisotropic form; only spatial structures have one."))

    /// <summary>The Kronecker product of structures along different columns: <c>kron(ar1(row), ar1(col))</c>.</summary>
    /// <exception cref="T:System.ArgumentException">There are fewer than two, or one has a nugget.</exception>
    /// <example><code>residual (kronecker [ ar1 "row"; ar1 "col" ] |> withNugget |> overAllRows)</code></example>
    let kronecker (parts: StructuredAlong list) : StructuredAlong =
        if parts.Length < 2 then
            raise (ArgumentException("A Kronecker product has two parts or more.", nameof parts))

        if parts |> List.exists _.HasNugget then
            raise (ArgumentException("A nugget belongs to the whole product, not to a part.", nameof parts))

        {
            Correlations = parts |> List.collect _.Correlations
            HasNugget = false
        }

    /// <summary>The structure along the order of the rows within a subject instead of a column.</summary>
    /// <example><code>residual (inRowOrder ar1 |> within "Mare")</code></example>
    let inRowOrder (structure: string -> StructuredAlong) : StructuredAlong =
        structure ""
        |> StructuredAlong.mapCorrelations (fun part -> {
            part with
                Along = Coordinates.RowOrder
        })

    /// <summary>The structure with a jump of the correlation at distance zero.</summary>
    let withNugget (structure: StructuredAlong) : StructuredAlong = { structure with HasNugget = true }

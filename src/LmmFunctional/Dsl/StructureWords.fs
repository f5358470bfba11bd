namespace LmmFunctional

open System

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

    // Subjects

    /// <summary>The structure within each subject; residuals of different subjects are independent.</summary>
    /// <example><code>residual (ar1 "week" |> within "subject")</code></example>
    let within (subject: string) (structure: StructuredAlong) : ResidualTerm =
        structure |> StructuredAlong.within (Some(Term.ofExpr (Expr.Column subject)))

    /// <summary>The structure within each combination of several factors: a:b.</summary>
    /// <exception cref="T:System.ArgumentException">No factor is named.</exception>
    let withinInteraction (subjects: string list) (structure: StructuredAlong) : ResidualTerm =
        match subjects |> List.map (Expr.Column >> Term.ofExpr) with
        | [] -> raise (ArgumentException("Name at least one factor.", nameof subjects))
        | factors -> structure |> StructuredAlong.within (Some(List.reduce Term.interact factors))

    /// <summary>The structure over all rows, which are one subject.</summary>
    /// <example><code>residual (spatialGaussian [ "latitude"; "longitude" ] |> overAllRows)</code></example>
    let overAllRows (structure: StructuredAlong) : ResidualTerm =
        structure |> StructuredAlong.within None

    // Residuals that are structured already

    let private onStructure change residual =
        match residual with
        | ResidualTerm.Structured structure -> ResidualTerm.Structured(change structure)
        | ResidualTerm.Independent ->
            ResidualTerm.Structured(
                change {
                    Correlations = []
                    Within = None
                    Variances = []
                    HasNugget = false
                    PerLevelOf = None
                }
            )

    /// <summary>Parameters of their own for each level of a factor.</summary>
    /// <exception cref="T:System.ArgumentException">The residuals are independent: write varIdent for a variance for each
    /// level.</exception>
    /// <example><code>residual (unstructured "visit" |> within "subject" |> perLevelOf "arm")</code></example>
    let perLevelOf (group: string) (residual: ResidualTerm) : ResidualTerm =
        match residual with
        | ResidualTerm.Independent ->
            raise (
                ArgumentException
                    "Independent residuals have one variance; write independent |> withVariance (varIdent \"group\")."
            )
        | ResidualTerm.Structured structure ->
            ResidualTerm.Structured {
                structure with
                    PerLevelOf = Some(Expr.Column group)
            }

    /// <summary>The residuals with a factor of their standard deviation; several multiply.</summary>
    /// <example><code>residual (independent |> withVariance (varIdent "Sex"))</code></example>
    let withVariance (variance: VarianceFunction) (residual: ResidualTerm) : ResidualTerm =
        residual
        |> onStructure (fun structure -> {
            structure with
                Variances = structure.Variances @ [ variance ]
        })

    let private ofColumn make (column: string) : VarianceFunction =
        make (VarianceCovariate.Variable(Expr.Column column))

    /// <summary>Standard deviation δ_g for each level of a factor, 1 for the first: <c>ident</c>.</summary>
    let varIdent (group: string) : VarianceFunction =
        VarianceFunction.PerGroup(Expr.Column group)

    /// <summary>Standard deviation |v|^δ: <c>varpower</c>.</summary>
    /// <example><code>residual (ar1 "t" |> within "s" |> withVariance (varPower "pressure"))</code></example>
    let varPower: string -> VarianceFunction = ofColumn VarianceFunction.Power

    /// <summary>Standard deviation e^(δv): <c>varexp</c>.</summary>
    let varExp: string -> VarianceFunction = ofColumn VarianceFunction.Exponential

    /// <summary>Standard deviation δ₁ + |v|^δ₂: <c>varconstpower</c>.</summary>
    let varConstPower: string -> VarianceFunction =
        ofColumn VarianceFunction.ConstantPower

    /// <summary>|v|^δ of the fitted values: <c>varpower(fitted())</c>.</summary>
    let varPowerOfFitted: VarianceFunction =
        VarianceFunction.Power VarianceCovariate.Fitted

    /// <summary>e^(δv) of the fitted values: <c>varexp(fitted())</c>.</summary>
    let varExpOfFitted: VarianceFunction =
        VarianceFunction.Exponential VarianceCovariate.Fitted

    /// <summary>δ₁ + |v|^δ₂ of the fitted values: <c>varconstpower(fitted())</c>.</summary>
    let varConstPowerOfFitted: VarianceFunction =
        VarianceFunction.ConstantPower VarianceCovariate.Fitted

    // Random terms

    /// <summary>The random term with the structure of a word.</summary>
    /// <example><code>random (factor "visit" |> by "subject" |> structured ar1)</code></example>
    let structured (structure: string -> StructuredAlong) (random: RandomTerm) : RandomTerm = {
        random with
            Structure = (List.head (structure "").Correlations).Structure
    }

    /// <summary>Effects for each cell of a crossing, their covariance the Kronecker product of a structure along each
    /// column: <c>kron(us(0 + trait), ar1(0 + visit) | g)</c>.</summary>
    /// <exception cref="T:System.ArgumentException">There are fewer than two parts, or one is no structure of one column.
    /// </exception>
    /// <example><code>random ([ unstructured "trait"; ar1 "visit" ] |> productBy "subject")</code></example>
    let productBy (group: string) (parts: StructuredAlong list) : RandomTerm =
        let product = kronecker parts

        let variable (part: ResidualCorrelation) =
            match part.Along with
            | Coordinates.Variables [ variable ] -> variable
            | _ -> raise (ArgumentException("Each part runs along one column.", nameof parts))

        {
            Effects =
                Terms.ofList [
                    {
                        Factors = product.Correlations |> List.map variable
                    }
                ]
            Group = Term.ofExpr (Expr.Column group)
            Structure =
                product.Correlations
                |> List.map _.Structure
                |> List.reduce (fun first second -> Structure.Kronecker(first, second))
            Relationship = None
            PerLevelOf = None
        }

    /// <summary>The random term with levels related by a known matrix: <c>known(A | animal)</c>.</summary>
    /// <param name="matrix">The name under which the matrix is given to the fit.</param>
    /// <param name="random">The term.</param>
    /// <example><code>random (intercept |> by "animal" |> relatedBy "A")</code></example>
    let relatedBy (matrix: string) (random: RandomTerm) : RandomTerm = {
        random with
            Relationship = Some matrix
    }

    /// <summary>The random term with parameters of its own for each level of a factor: <c>(1 | g per arm)</c>.</summary>
    /// <example><code>random (intercept |> by "subject" |> separatelyFor "arm")</code></example>
    let separatelyFor (group: string) (random: RandomTerm) : RandomTerm = {
        random with
            PerLevelOf = Some(Expr.Column group)
    }

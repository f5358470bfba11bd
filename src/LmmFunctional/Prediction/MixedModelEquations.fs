namespace LmmFunctional.Analysis

open System
open System.Collections.Immutable
open LmmFunctional.Numerics
open LmmFunctional
open LmmFunctional.Estimation
// Again, so that Buffer is ours and not that of System.

#nowarn "9"

/// <summary>The mixed model equations at the estimates: all that prediction and diagnostics need, for every model.</summary>
/// <remarks>
/// <para>Relative to σ², with M = Z'R⁻¹Z + K for spherical unknowns v (K is the identity, or the precision of related levels
/// or of a field), T = M⁻¹Z'R⁻¹X and LLᵀ = X'V⁻¹X the blocks of the inverse of Henderson's equations are
/// C⁻ = [Φ, −ΦTᵀ; −TΦ, M⁻¹ + TΦTᵀ], Φ = (LLᵀ)⁻¹, so that the error variance of xᵀβ̂ + zᵀṽ is |L⁻¹(x − Tᵀz)|² + zᵀM⁻¹z
/// (Henderson 1975). V⁻¹ = R⁻¹ − R⁻¹ZM⁻¹Z'R⁻¹.</para>
/// <para>Columns of X, Z and y are those of the inner scale. M is sparse; nothing has n×n elements.</para>
/// </remarks>
[<Sealed>]
type internal MixedModelEquations(fit: Fit, theta: ImmutableArray<float>) =
    // What is fitted by iteration because it cannot be factored cannot be factored here.
    do SampledError.ensureFactorable fit
    let standard = fit.Model.Standard
    let residual = ResidualPrecision.at fit theta
    let layout = EffectLayout.at fit theta residual.Latent
    let n = residual.Rows
    let p = standard.Fixed.Length

    // The number of the term that stands for the field of residuals.
    let field = -1

    let equations = EffectEquations(fit, residual, layout)
    let tree, z, nodeColumn = equations.Tree, equations.Z, equations.NodeColumn
    let locate i j = equations.Locate(i, j)
    let subtractZ k b w = equations.SubtractZ(k, b, w)
    let effectsOf k w = equations.EffectsOf(k, w)

    let fixedEffects = FixedEquations(standard, residual, equations)
    let t, l, a = fixedEffects.T, fixedEffects.L, fixedEffects.Rows
    let fixedPart k w = fixedEffects.Part(k, w)

    /// v̂ = M⁻¹Z'R⁻¹(y − Xβ̂), relative to the scale of the response.
    let effects =
        lazy
            (let y = Array.copy standard.Response
             let gamma = fixedPart 1 (ResidualPrecision.multiply residual 1 y)
             let byRows = fixedEffects.ColumnsByRows()

             for row in 0 .. n - 1 do
                 for j in 0 .. p - 1 do
                     y[row] <- y[row] - byRows[row * p + j] * gamma[j]

             (effectsOf 1 (ResidualPrecision.multiply residual 1 y)).Span.ToArray())

    let residuals =
        lazy
            (let y = Array.copy standard.Response
             let weighted = ResidualPrecision.multiply residual 1 y
             let gamma = fixedPart 1 weighted
             let effects = effectsOf 1 weighted

             // y − Zv(y) − Aγ = ê: the effects of y less those of the fixed part.
             subtractZ 1 effects y

             for row in 0 .. n - 1 do
                 for j in 0 .. p - 1 do
                     y[row] <- y[row] - a[row * p + j] * gamma[j]

             y |> Array.map ((*) standard.ResponseScale))

    /// The equations at the estimates.
    new(fit: Fit) = MixedModelEquations(fit, fit.Inner.Theta)

    /// The fit.
    member _.Fit = fit

    /// θ on the inner scale.
    member _.Theta = theta

    /// A cell of the field of residuals with its loading, as an effect of <c>Functions</c>.
    member _.CellEffects(cell: int, loading: float) = struct (field, cell, [| loading |])

    /// <summary>The predicted effect of a cell of the field of residuals, in units of the response.</summary>
    member _.CellEffect(cell: int) =
        standard.ResponseScale * effects.Value[nodeColumn[layout.FirstCell + cell]]

    /// n.
    member _.Rows = n

    /// q, the number of unknowns v.
    member _.Unknowns = tree.Size

    /// The prior precision of an unknown with itself, by its place in the order of elimination.
    member _.OwnPrior(unknown: int) = equations.OwnPrior unknown

    /// The prior precision between unknowns, each pair once.
    member _.PriorElements = equations.PriorElements

    /// p, the rank of X.
    member _.FixedCount = p

    /// Whether M is positive definite to working precision; nothing else holds otherwise.
    member _.IsPositive = equations.IsPositive

    /// R⁻¹ and the diagonal of R, relative to σ².
    member _.Residual = residual

    /// The unknowns.
    member _.Layout = layout

    /// The rows of X and Z as functions of the effects; the field of the residuals counts as an effect.
    member _.RowFunctions: EffectFunctions = { Fixed = a; Random = z }

    /// <summary>y − Xβ̂ − Zũ, n, in units of the response; what is left of the field of the residuals too.</summary>
    member _.Residuals = residuals.Value

    /// <summary>An element of M⁻¹ where M⁻¹ was computed; None off the pattern of the factor.</summary>
    member _.TryInverse(i: int, j: int) =
        let place = locate i j

        if place < 0 then
            ValueNone
        else
            ValueSome equations.Inverse[place]

    /// The inverse on the pattern, with the place of an element; −1 off the pattern.
    member _.Inverse = equations.Inverse

    member _.Locate(i: int, j: int) = locate i j

    /// <summary>Functions of the effects on the user's scale.</summary>
    /// <param name="count">k.</param>
    /// <param name="fixedOf">The p coefficients of β of each.</param>
    /// <param name="effectsOf">The coefficients of random effects of each: term, level, and S coefficients.</param>
    member _.Functions
        (count: int, fixedOf: int -> float[], effectsOf: int -> seq<struct (int * int * float[])>)
        : EffectFunctions =
        let random =
            SparseRows.create count (fun k add ->
                for struct (t, level, z) in effectsOf k do
                    if t = field then
                        add nodeColumn[layout.FirstCell + level] z[0]
                    else
                        let place = layout.Places[t]

                        EffectLayout.loadings place place.UserLambda level (fun i -> z[i]) (fun node offset value ->
                            add (nodeColumn[node] + offset) value))

        let map = Standardised.coefficientMap standard
        let q = tree.Size

        let coordinates =
            Array.init count (fun k ->
                let own = fixedOf k

                let inner =
                    Array.init p (fun j ->
                        let mutable sum = 0.0

                        for i in 0 .. p - 1 do
                            sum <- sum + map[i + j * p] * own[i]

                        for at in random.Starts[k] .. random.Starts[k + 1] - 1 do
                            sum <- sum - t[j * q + random.Positions[at]] * random.Values[at]

                        sum)

                inner)
            |> Array.concat

        Dense.Solve(p, count, l, false, coordinates)

        { Fixed = coordinates; Random = random }

    /// <summary>V⁻¹W for k columns W of n rows, relative to σ².</summary>
    member _.Solve(k: int, w: float[]) : float[] =
        let rest = Array.copy w
        subtractZ k (effectsOf k (ResidualPrecision.multiply residual k w)) rest
        ResidualPrecision.multiply residual k rest

    /// <summary>PW for k columns W of n rows, relative to σ²: P = V⁻¹ − V⁻¹X(X'V⁻¹X)⁻¹X'V⁻¹ = R⁻¹ − R⁻¹(ZM⁻¹Z' + AA')R⁻¹.</summary>
    member _.Project(k: int, w: float[]) : float[] =
        let weighted = ResidualPrecision.multiply residual k w
        let rest = Array.copy w
        subtractZ k (effectsOf k weighted) rest
        let gamma = fixedPart k weighted

        for c in 0 .. k - 1 do
            for row in 0 .. n - 1 do
                let mutable sum = 0.0

                for j in 0 .. p - 1 do
                    sum <- sum + a[row * p + j] * gamma[c * p + j]

                rest[c * n + row] <- rest[c * n + row] - sum

        ResidualPrecision.multiply residual k rest

    /// XL⁻ᵀ, n×p by columns.
    member _.FixedColumns: float[] = fixedEffects.Columns

    /// <summary>The rows of A, so that V⁻¹XL⁻ᵀ = R⁻¹A: n×p by columns.</summary>
    member _.FixedBasis = fixedEffects.Basis

    /// <summary>R⁻¹A = V⁻¹XL⁻ᵀ, n×p by columns.</summary>
    member _.WeightedBasis = fixedEffects.WeightedBasis

    /// <summary>|δ'V⁻¹XL⁻ᵀ|² for δ one in some rows: what the fixed effects take from δ'V⁻¹δ.</summary>
    member _.FixedShare(rows: int[]) = fixedEffects.Share rows

    /// <summary>K, p×p by columns, with Cov(β̂)/σ² = KKᵀ and β = Kγ for γ in the coordinates of XL⁻ᵀ.</summary>
    member _.FixedRoot: float[] = fixedEffects.Root

    /// <summary>(V⁻¹)_II of some rows, m×m by columns, relative to σ²; from several threads once <c>Inverse</c> was asked for.
    /// </summary>
    member _.PrecisionBlock(rows: int[]) : float[] = equations.PrecisionBlocks.Block rows

    /// <summary>δ'V⁻¹δ for δ one in the rows of each unit, relative to σ².</summary>
    member _.PrecisionSums(units: int[][]) : float[] = equations.PrecisionBlocks.Sums units

    /// <summary>a of functions first .. first + count − 1, n×count by columns, with aᵀy their estimates: R⁻¹(ZM⁻¹z + Af).
    /// </summary>
    member _.ResponseWeights(functions: EffectFunctions, first: int, count: int) : float[] =
        let q = tree.Size
        let b = Buffer(max 1 (q * count))
        b.Span.Slice(0, q * count).Clear()

        for c in 0 .. count - 1 do
            for at in functions.Random.Starts[first + c] .. functions.Random.Starts[first + c + 1] - 1 do
                let place = c * q + functions.Random.Positions[at]
                b[place] <- b[place] - functions.Random.Values[at]

        equations.Solve(count, b)
        let images: float[] = Array.zeroCreate (n * count)
        subtractZ count b images

        for c in 0 .. count - 1 do
            for row in 0 .. n - 1 do
                for j in 0 .. p - 1 do
                    images[c * n + row] <- images[c * n + row] + a[row * p + j] * functions.Fixed[(first + c) * p + j]

        ResidualPrecision.multiply residual count images

    /// <summary>The estimates of functions, in units of the response: fᵀγ̂ + zᵀM⁻¹Z'R⁻¹y, y as the engines have it.</summary>
    member _.Estimates(functions: EffectFunctions) : float[] =
        let weighted = ResidualPrecision.multiply residual 1 standard.Response
        let gamma = fixedPart 1 weighted
        let effects = effectsOf 1 weighted

        Array.init functions.Random.Count (fun k ->
            let mutable sum = 0.0

            for j in 0 .. p - 1 do
                sum <- sum + functions.Fixed[k * p + j] * gamma[j]

            for at in functions.Random.Starts[k] .. functions.Random.Starts[k + 1] - 1 do
                sum <- sum + functions.Random.Values[at] * effects[functions.Random.Positions[at]]

            standard.ResponseScale * sum)

    /// y as the engines have it, in units of the response: less the offset and a shift.
    member _.Response: float[] =
        standard.Response |> Array.map ((*) standard.ResponseScale)

    /// <summary>F⁻¹z of functions first .. first + count − 1 with M = FFᵀ: q×count by columns, for covariances off the pattern.
    /// </summary>
    member _.HalfSolved(functions: EffectFunctions, first: int, count: int) : float[] =
        let q = tree.Size
        let b = Buffer(max 1 (q * count))
        b.Span.Slice(0, q * count).Clear()

        for c in 0 .. count - 1 do
            for at in functions.Random.Starts[first + c] .. functions.Random.Starts[first + c + 1] - 1 do
                let place = c * q + functions.Random.Positions[at]
                b[place] <- b[place] + functions.Random.Values[at]

        equations.SolveHalf(count, b)
        b.Span.Slice(0, q * count).ToArray()

namespace LmmFunctional

/// <summary>The supernodal engine: a sparse factor with blocks for the levels of all terms, for any pattern of levels.</summary>
/// <remarks>Costs what the analysis predicts; several sparse crossed factors and deep nests keep the factor sparse.</remarks>
[<Sealed>]
type internal SupernodalEngine(symbolic: SupernodalSymbolic) =
    inherit Engine(symbolic.Products.Rows, symbolic.Products.P)
    let products = symbolic.Products
    let factor = SupernodalFactor symbolic

    // Up to this many effects Z'QZ is formed in full for exact traces of products.
    let largestFull = 1500

    /// An effect's block of its level: group, and the effect's place in it.
    let place term effect =
        let struct (g, index) = products.Places[term]
        let group = products.Groups[g]
        group, group.Offsets[index] + effect

    override _.FactorAnew lambdas = factor.Factor lambdas
    override _.SolveAnew() = factor.Solve()
    override _.LogDeterminant = factor.LogDeterminant
    override _.FixedFactor = factor.FixedFactor

    override _.Derivatives reml =
        SupernodalDerivatives.create factor reml

    override _.AverageAlong(entries, bases) =
        SupernodalCurvature.average factor bases entries

    /// <summary>Exact for few effects; else by central differences of first derivatives of the log determinants.</summary>
    /// <remarks>∂_l tr(QV̇_k) = tr(QV̈_kl) − T_kl, of fourth order in a step of 1e-3 of the size of λ; the factor is restored.
    /// </remarks>
    override _.TraceAlong(entries, bases, reml) =
        if symbolic.Analysis.Size <= largestFull then
            SupernodalCurvature.traceAlong factor bases entries reml
        else
            TraceDifferences.along factor bases entries reml

    override _.FixedForms forms =
        SupernodalCurvature.fixedForms factor forms

    override _.Score(term, level, effect) =
        factor.ScoreOf(term, level, effect, products.P - 1)

    override _.ConditionalCovariance(term, level) =
        let lambda = factor.Lambda term
        Semidefinite.congruence (int (sqrt (float lambda.Length))) lambda (factor.InverseOf(term, level))

    override _.EffectSquare(term, level, effect) =
        let group, at = place term effect
        group.Squares[(level * group.Order + at) * group.Order + at]

    override _.EffectFixed(term, level, effect, column) =
        let group, at = place term effect
        group.Fixed[(level * group.Order + at) * products.P + column]

    override _.FixedFixed = products.FixedFixed

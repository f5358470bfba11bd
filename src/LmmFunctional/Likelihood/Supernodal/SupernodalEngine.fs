namespace LmmFunctional.Estimation

/// <summary>The supernodal engine: a sparse factor with blocks for the levels of all terms, for any pattern of
/// levels.</summary>
/// <remarks>Costs what the analysis predicts; several sparse crossed factors and deep nests keep the factor
/// sparse.</remarks>
[<Sealed>]
type internal SupernodalEngine(symbolic: SupernodalSymbolic) =
    inherit Engine(symbolic.Products.Rows, symbolic.Products.P)
    let products = symbolic.Products
    let factor = SupernodalFactor symbolic

    // Up to this many effects exact traces of products cost less than differences.
    let largestFull = 1500

    /// An effect's block of its level: group, and the effect's place in it.
    let place term effect =
        let struct (g, index) = products.Places[term]
        let group = products.Groups[g]
        group, group.Offsets[index] + effect

    /// A score column of one effect, related: from the columns of L where these are the nodes.
    let scoreOf term level effect column =
        let struct (g, _) = products.Places[term]

        match products.Groups[g].Root with
        | None -> factor.RelatedOf(term, level, effect, column)
        | Some root ->
            let mutable sum = 0.0

            for node in 0 .. root.Rank - 1 do
                let weight = root.Values[level + node * root.Count]
                sum <- sum + weight * factor.RelatedOf(term, node, effect, column)

            sum

    // Covariances of all levels of a group whose nodes are the columns of L; they take products of whole matrices.
    let mutable ofRoots: Map<int, float[]> = Map.empty

    let rootCovariances g root =
        match ofRoots.TryFind g with
        | Some known -> known
        | None ->
            let made = RootCovariances.create factor g root
            ofRoots <- ofRoots.Add(g, made)
            made

    /// The factored equations.
    member _.Equations = factor

    override _.FactorAnew lambdas =
        ofRoots <- Map.empty
        factor.Factor lambdas

    override _.SolveAnew() = factor.Solve()
    override _.LogDeterminant = factor.LogDeterminant
    override _.FixedFactor = factor.FixedFactor

    override _.Derivatives reml =
        SupernodalDerivatives.create factor reml

    override _.AverageAlong(entries, bases) =
        SupernodalCurvature.average factor bases entries

    /// <summary>Exact for few effects, and along G at a singular λ; else by central differences of first derivatives
    /// of the log determinants.</summary>
    /// <remarks>∂_l tr(QV̇_k) = tr(QV̈_kl) − T_kl, of fourth order in a step of 1e-3 of the size of λ; the factor is
    /// restored.
    /// </remarks>
    override _.TraceAlong(entries, bases, reml) =
        let lambdas = Array.init bases.Length factor.Lambda

        if symbolic.Analysis.Size <= largestFull then
            SupernodalCurvature.traceAlong factor bases entries reml
        elif bases = lambdas then
            TraceDifferences.create factor entries reml
        else
            TraceDifferences.along factor bases entries reml

    override _.ScoreForms forms =
        SupernodalCurvature.scoreForms factor forms

    override _.TraceForms forms =
        if symbolic.Analysis.Size <= largestFull then
            Some(SupernodalCurvature.traceForms factor forms)
        else
            None

    override _.Score(term, level, effect) =
        scoreOf term level effect (products.P - 1)

    override _.FixedScores(term, level) =
        let size = Semidefinite.order (factor.Lambda term)
        Array.init (size * (products.P - 1)) (fun k -> scoreOf term level (k % size) (k / size))

    override _.ConditionalCovariance(term, level) =
        let struct (g, index) = products.Places[term]
        let lambda = factor.Working term
        let size = Semidefinite.order lambda

        let inverse =
            match products.Groups[g].Root with
            | None -> factor.InverseOf(term, level)
            | Some root ->
                let order, first = products.Groups[g].Order, products.Groups[g].Offsets[index]
                let all = rootCovariances g root
                let at = level * order * order

                Array.init (size * size) (fun k -> all[at + first + k % size + (first + k / size) * order])

        Semidefinite.congruence size lambda inverse

    override _.EffectSquare(term, level, effect) =
        let group, at = place term effect
        group.Squares[(level * group.Order + at) * group.Order + at]

    override _.EffectFixed(term, level, effect, column) =
        let group, at = place term effect
        group.Fixed[(level * group.Order + at) * products.P + column]

    override _.FixedFixed = products.FixedFixed

namespace LmmFunctional.Estimation

open System
open LmmFunctional.Numerics

/// <summary>The engine for random terms of one grouping factor: S×S algebra, eight groups side by side.</summary>
/// <remarks>Costs ℓ S²(S + P) operations for ℓ different groups; nothing depends on the number of rows, nor on the number of
/// groups where a few patterns repeat.</remarks>
[<Sealed>]
type internal CompressedEngine(model: CompressedModel) =
    inherit Engine(model.Products.Rows, model.Products.P)
    let products = model.Products
    let layout = model.Layout
    let blocks = layout.Blocks
    let order = products.Order
    let p = products.P
    let triangle = layout.Triangle
    let sweep = GroupSweep(model.Groups, layout)
    let lambda: float[] = Array.zeroCreate (order * order)
    let fixedFactor: float[] = Array.zeroCreate (p * p)
    // Sums of the last sweep for first derivatives, and for the average information.
    let scores: float[] = Array.zeroCreate (layout.GradientSums + layout.AverageSums)
    let mutable traces: float[] = [||]
    // Whether second derivatives are summed over pairs of elements.
    let hasSums = layout.Inner > 0
    // Few effects: the average information is nearly free in the sweep for the gradient.
    let isSmall = hasSums && layout.AverageSums <= 400
    let mutable logDeterminant = 0.0
    let mutable hasAverage = false
    let mutable conditional: ConditionalEffects voption = ValueNone

    let setLambda (lambdas: float[][]) =
        let mutable isFinite = true

        for t in 0 .. lambdas.Length - 1 do
            let at = products.Offsets[t]
            let size = products.Offsets[t + 1] - at

            for j in 0 .. size - 1 do
                for i in 0 .. size - 1 do
                    let value = lambdas[t][i + j * size]
                    // Determinants of anything larger could overflow.
                    isFinite <- isFinite && abs value < 1e30
                    lambda[at + i + (at + j) * order] <- value

        lambda.AsSpan().CopyTo sweep.Lambda.Span
        isFinite

    let sweepScores kind =
        let sums = sweep.Run kind
        hasAverage <- (kind = SweepKind.Average)
        let count = if hasAverage then scores.Length else layout.GradientSums
        Array.blit sums 0 scores 0 count

    /// The term's block of a symmetric matrix held by its triangle.
    let blockOf (sums: float[]) start term =
        let at = products.Offsets[term]
        let size = products.Offsets[term + 1] - at
        let block: float[] = Array.zeroCreate (size * size)

        for j in 0 .. size - 1 do
            for i in 0 .. size - 1 do
                block[i + j * size] <- sums[start + EffectBlocks.place (at + i) (at + j)]

        block

    let placeOf (entry: Entry) =
        let at = products.Offsets[entry.Term]
        struct (at + entry.Row, at + entry.Column)

    /// The bases of all terms, S×S, block-diagonal.
    let basisOf (bases: float[][]) =
        if bases.Length = 1 then
            bases[0]
        else
            let basis: float[] = Array.zeroCreate (order * order)

            bases
            |> Array.iteri (fun t own ->
                let at = products.Offsets[t]
                let size = products.Offsets[t + 1] - at

                for j in 0 .. size - 1 do
                    for i in 0 .. size - 1 do
                        basis[at + i + (at + j) * order] <- own[i + j * size])

            basis

    /// e_r b_cᵀ + b_c e_rᵀ of an entry, S×S.
    let formOf (basis: float[]) (entry: Entry) : float[] =
        let struct (row, column) = placeOf entry
        let form: float[] = Array.zeroCreate (order * order)

        for b in 0 .. order - 1 do
            let weight = basis[b + column * order]
            form[row + b * order] <- form[row + b * order] + weight
            form[b + row * order] <- form[b + row * order] + weight

        form

    /// Σ over pairs of effects of one block of the elements of a form times those of the sums from a place on.
    let along (form: float[]) (sums: float[]) start stride at =
        let mutable sum = 0.0

        for pair in 0 .. blocks.InnerFirst.Length - 1 do
            let weight = form[blocks.InnerFirst[pair] + blocks.InnerSecond[pair] * order]

            if weight <> 0.0 then
                sum <- sum + weight * sums[start + pair * stride + at]

        sum

    let withOthers count sign (others: float[][]) (element: int -> int -> float) =
        let result = SquareBlock.zero count

        for k in 0 .. count - 1 do
            for l in 0..k do
                let mutable value = element k l
                let left, right = others[k], others[l]

                for x in 0 .. left.Length - 1 do
                    value <- value + sign * left[x] * right[x]

                result[k, l] <- value
                result[l, k] <- value

        result

    /// k×k from the sums from a place on, plus the products of rows of some other values.
    let quadratic (basis: float[]) (entries: Entry[]) sums start sign (others: float[][]) =
        let places = Array.map placeOf entries

        withOthers entries.Length sign others (fun k l ->
            EffectBlocks.contract sums start basis places[k] places[l] blocks)

    /// The same for any symmetric matrices of the effects.
    let byForms (forms: float[][]) sums start sign (others: float[][]) =
        let products = EffectBlocks.contractForms sums start forms blocks
        withOthers forms.Length sign others (fun k l -> products[k, l])

    /// Sweeps for the average information, unless that has been done; where its sums start.
    let averageSums () =
        if not hasAverage then
            sweepScores SweepKind.Average

        layout.GradientSums

    /// Σ_j E'Bv.
    let averageOnFixed cross (form: float[]) =
        Array.init (p - 1) (along form scores cross (p - 1))

    /// Sweeps for the traces; where the sums with X start.
    let traceSums reml =
        let count = layout.TraceSums reml

        if traces.Length < count then
            traces <- Array.zeroCreate count

        Array.blit (sweep.Run(SweepKind.Trace reml)) 0 traces 0 count
        EffectBlocks.sums blocks

    /// Σ_j E'BE, its lower triangle weighted so that a product of two is that of the full matrices.
    let traceOnFixed reml start (form: float[]) =
        if not reml then
            [||]
        else
            let result: float[] = Array.zeroCreate ((p - 1) * p / 2)

            for x in 0 .. p - 2 do
                for z in 0..x do
                    let k = EffectBlocks.place x z
                    let weight = if x = z then 1.0 else sqrt 2.0
                    result[k] <- weight * along form traces start result.Length k

            result

    let effects () =
        match conditional with
        | ValueSome effects -> effects
        | ValueNone ->
            let effects = ConditionalEffects.create products lambda fixedFactor
            conditional <- ValueSome effects
            effects

    override _.FactorAnew lambdas =
        conditional <- ValueNone

        if setLambda lambdas then
            let sums = sweep.Run SweepKind.Value
            logDeterminant <- sums[0]

            for c in 0 .. p - 1 do
                for d in 0 .. p - 1 do
                    fixedFactor[c + d * p] <- model.Within[c + d * p] + sums[1 + EffectBlocks.place c d]

            Double.IsFinite logDeterminant && Small.Cholesky(p, fixedFactor, 0)
        else
            false

    override _.SolveAnew() =
        for k in 0 .. p * p - 1 do
            let isDiagonal = k % (p + 1) = 0
            sweep.FixedFactor[k] <- if isDiagonal then 1.0 / fixedFactor[k] else fixedFactor[k]

        sweepScores (if isSmall then SweepKind.Average else SweepKind.Gradient)

    override _.LogDeterminant = logDeterminant
    override _.FixedFactor = fixedFactor

    override _.Derivatives reml =
        let derivatives = Array.zeroCreate (products.Offsets.Length - 1)

        for term in 0 .. derivatives.Length - 1 do
            let trace = blockOf scores 0 term

            if reml then
                let gram = blockOf scores (2 * triangle) term

                for k in 0 .. trace.Length - 1 do
                    trace[k] <- trace[k] - gram[k]

            derivatives[term] <- {
                Trace = trace
                Square = blockOf scores triangle term
            }

        derivatives

    override _.AverageAlong(entries, bases) =
        let basis = basisOf bases
        let cross = averageSums ()

        entries
        |> Array.map (formOf basis >> averageOnFixed cross)
        |> quadratic basis entries scores (cross + layout.Inner * (p - 1)) -1.0

    override _.TraceAlong(entries, bases, reml) =
        let basis = basisOf bases
        let start = traceSums reml

        entries
        |> Array.map (formOf basis >> traceOnFixed reml start)
        |> quadratic basis entries traces 0 1.0

    override _.ScoreForms forms =
        GroupForms.scores products lambda fixedFactor (forms |> Array.map basisOf)

    override _.TraceForms forms =
        Some(GroupForms.traces products model.Patterns lambda fixedFactor (forms |> Array.map basisOf))

    override engine.AverageOf directions =
        if hasSums then
            let forms = directions.Changes |> Array.map basisOf
            let cross = averageSums ()
            byForms forms scores (cross + layout.Inner * (p - 1)) -1.0 (forms |> Array.map (averageOnFixed cross))
        else
            base.AverageOf directions

    override engine.TraceOf(directions, reml) =
        if hasSums then
            let forms = directions.Changes |> Array.map basisOf
            let start = traceSums reml
            byForms forms traces 0 1.0 (forms |> Array.map (traceOnFixed reml start))
        else
            base.TraceOf(directions, reml)

    override _.Score(term, level, effect) =
        effects().Scores[level * order + products.Offsets[term] + effect]

    override _.FixedScores(term, level) =
        let own = GroupScores.create products lambda fixedFactor level
        let first = products.Offsets[term]
        let size = products.Offsets[term + 1] - first
        Array.init (size * (p - 1)) (fun k -> own[first + k % size + k / size * order])

    override _.ConditionalCovariance(term, level) =
        effects().Covariance(products.Offsets[term], products.Offsets[term + 1], level)

    override _.EffectSquare(term, level, effect) =
        let effect = products.Offsets[term] + effect
        products.Square(level, effect, effect)

    override _.EffectFixed(term, level, effect, column) =
        products.Fixed(level, products.Offsets[term] + effect, column)

    override _.FixedFixed = products.FixedFixed

namespace LmmFunctional.Estimation

open LmmFunctional.Numerics

/// <summary>The engine for crossed effects too many to factorise: the leading factor exactly, all others by conjugate gradients,
/// log|V| and its derivatives by probes.</summary>
/// <remarks>What it samples is one smooth function of G, whose derivatives are those it gives: solvers need not know.
/// Everything but log|V| and tr(Z'V⁻¹Z) is exact to the tolerance of the solutions. The traces T of two products, which would be
/// sampled too, are given by their estimate from the data, dnF: the average information takes the place of the observed
/// and of the expected one.</remarks>
[<Sealed>]
type internal IterativeEngine(products: IterativeProducts, settings: IterativeSettings) =
    inherit Engine(products.Rows, products.P)
    let p = products.P
    let point = SchurPoint products
    let solver = EffectSolver(point, settings)
    let traces = SampledTraces(point, settings)
    let terms = products.LeadTerms.Length + products.TailTerms.Length

    // Per term: its place among the leading terms or the tail's, and its S.
    let leadIndex =
        Array.init terms (fun term -> System.Array.IndexOf(products.LeadTerms, term))

    let tailIndex =
        Array.init terms (fun term -> System.Array.IndexOf(products.TailTerms, term))

    let orders =
        Array.init terms (fun term ->
            if leadIndex[term] >= 0 then
                products.LeadOffsets[leadIndex[term] + 1]
                - products.LeadOffsets[leadIndex[term]]
            else
                products.TailOrders[tailIndex[term]])

    let factor: float[] = Array.zeroCreate (p * p)
    let mutable known = 0.0

    let mutable scores = {
        Columns = p
        Lead = [||]
        Tail = [||]
    }

    let mutable covariances: SampledCovariances option = None

    /// The λ of the leading block, and of the tail's terms.
    let place (lambdas: float[][]) =
        let order = products.LeadOrder
        let lead: float[] = Array.zeroCreate (order * order)

        for index in 0 .. products.LeadTerms.Length - 1 do
            let first = products.LeadOffsets[index]
            let term = products.LeadTerms[index]

            for k in 0 .. orders[term] * orders[term] - 1 do
                lead[first + k % orders[term] + (first + k / orders[term]) * order] <- lambdas[term].[k]

        point.Move(lead, products.TailTerms |> Array.map (fun term -> lambdas[term]))

    /// U = [E | v] = Z'V⁻¹[X y] L⁻ᵀ in place of Z'V⁻¹[X y].
    let orthogonal (values: float[]) =
        for effect in 0 .. values.Length / p - 1 do
            let at = effect * p

            for c in 0 .. p - 1 do
                let mutable sum = values[at + c]

                for d in 0 .. c - 1 do
                    sum <- sum - factor[c + d * p] * values[at + d]

                values[at + c] <- sum / factor[c + c * p]

    let scoreOf term level effect column =
        if leadIndex[term] >= 0 then
            let row =
                level * products.LeadOrder + products.LeadOffsets[leadIndex[term]] + effect

            scores.Lead[row * p + column]
        else
            let t = tailIndex[term]
            scores.Tail[(products.TailOffsets[t] + level * products.TailOrders[t] + effect) * p + column]

    let levelsOf term =
        if leadIndex[term] >= 0 then
            products.LeadLevels
        else
            products.TailLevels tailIndex[term]

    /// Σ_j x_jx_jᵀ over the levels of a term for one column of U.
    let square term column : float[] =
        let order = orders[term]
        let sum: float[] = Array.zeroCreate (order * order)

        for level in 0 .. levelsOf term - 1 do
            for j in 0 .. order - 1 do
                let right = scoreOf term level j column

                for i in 0 .. order - 1 do
                    sum[i + j * order] <- sum[i + j * order] + scoreOf term level i column * right

        sum

    let averageOf forms =
        IterativeForms.average products solver scores forms

    // T by the data: E(dn F) = T.
    let traceOf reml forms =
        let df = float (if reml then products.Rows - p + 1 else products.Rows)
        averageOf forms |> SquareBlock.scale df

    /// What each probe said, and whether all solutions are right; after Solve.
    override _.Samples =
        let samples = traces.Samples

        Some {
            samples with
                IsConverged = samples.IsConverged && solver.IsConverged
                Steps = max samples.Steps solver.Steps
        }

    override _.FactorAnew lambdas =
        traces.Forget()
        covariances <- None
        solver.Reset()
        known <- place lambdas

        if not (System.Double.IsFinite known) then
            false
        else
            let struct (own, taken) =
                solver.Scores {
                    Columns = p
                    Lead = products.LeadFixed
                    Tail = products.TailFixed
                }

            scores <- own

            for k in 0 .. p * p - 1 do
                factor[k] <- products.FixedFixed[k] + taken[k]

            Small.Cholesky(p, factor, 0)

    override _.SolveAnew() =
        orthogonal scores.Lead
        orthogonal scores.Tail

    override _.LogDeterminant = known + traces.Logarithm
    override _.FixedFactor = factor

    override _.Derivatives reml =
        traces.Derivatives
        |> Array.mapi (fun term trace ->
            let own = Array.copy trace

            if reml then
                for column in 0 .. p - 2 do
                    square term column |> Array.iteri (fun k value -> own[k] <- own[k] - value)

            {
                Trace = own
                Square = square term (p - 1)
            })

    override _.AverageAlong(entries, bases) =
        averageOf (IterativeForms.ofEntries orders entries bases)

    override _.AverageOf directions = averageOf directions.Changes

    override _.TraceAlong(entries, bases, reml) =
        traceOf reml (IterativeForms.ofEntries orders entries bases)

    override _.TraceOf(directions, reml) = traceOf reml directions.Changes

    override _.ScoreForms forms =
        IterativeForms.scores products solver scores forms

    override _.TraceForms forms = Some(traceOf false forms)
    override _.Score(term, level, effect) = scoreOf term level effect (p - 1)

    override _.FixedScores(term, level) =
        Array.init (orders[term] * (p - 1)) (fun k -> scoreOf term level (k % orders[term]) (k / orders[term]))

    override _.ConditionalCovariance(term, level) =
        if covariances.IsNone then
            covariances <- Some(SampledCovariances.create point solver settings.Probes)

        let order = orders[term]

        if leadIndex[term] >= 0 then
            let whole = products.LeadOrder
            let first = products.LeadOffsets[leadIndex[term]]
            let at = level * whole * whole

            Array.init (order * order) (fun k ->
                covariances.Value.Lead[at + first + k % order + (first + k / order) * whole])
        else
            Array.sub covariances.Value.Tail[tailIndex[term]] (level * order * order) (order * order)

    override _.EffectSquare(term, level, effect) =
        if leadIndex[term] >= 0 then
            let order = products.LeadOrder
            let i = products.LeadOffsets[leadIndex[term]] + effect
            products.LeadLead[(level * order + i) * order + i]
        else
            let t = tailIndex[term]
            let order = products.TailOrders[t]
            products.Blocks[products.BlockOffsets[t] + (level * order + effect) * order + effect]

    override _.EffectFixed(term, level, effect, column) =
        if leadIndex[term] >= 0 then
            products.LeadFixed[(level * products.LeadOrder + products.LeadOffsets[leadIndex[term]] + effect)
                               * p
                               + column]
        else
            let t = tailIndex[term]
            products.TailFixed[(products.TailOffsets[t] + level * products.TailOrders[t] + effect) * p + column]

    override _.FixedFixed = products.FixedFixed

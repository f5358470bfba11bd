namespace LmmFunctional.Estimation

open System

/// <summary>The engine for variances of random effects that are very large beside σ², down to σ² = 0.</summary>
/// <remarks>What random effects explain and what they do not is kept apart by rotations of the rows, so that no difference of
/// large numbers is ever taken. It takes several times as long as the others, and gives way to one of them where variances are
/// ordinary.</remarks>
[<Sealed>]
type internal PreciseEngine(ordinary: Engine, always: bool, shared: Lazy<PreciseModel option>) =
    inherit Engine(ordinary.Rows, ordinary.P)

    let p = ordinary.P
    let mutable isPrecise = false
    let mutable lambdas: float[][] = [||]
    let mutable states: PreciseState[] = [||]
    let mutable scores: PreciseScores[] = [||]
    let mutable roots: float[] option[] = [||]
    let mutable factor: float[] = [||]

    let model () = shared.Value.Value

    let isLarge (lambdas: float[][]) =
        always
        || lambdas
           |> Array.exists (Array.exists (fun value -> abs value >= PreciseEngine.Large))

    /// The lower factor of [X y]'V⁻¹[X y], its diagonal positive, from a triangle of its root.
    let lower (triangle: float[]) =
        Array.init (p * p) (fun k ->
            let i, j = k % p, k / p

            if i < j then 0.0
            elif triangle[j + j * p] < 0.0 then -triangle[j + i * p]
            else triangle[j + i * p])

    let factorPrecisely () =
        let model = model ()
        states <- model.Blocks |> Array.map (PreciseBlocks.create model.Orders lambdas p)
        roots <- Array.create states.Length None
        let triangle = Array.copy model.Within

        for state in states do
            if state.Block.Rank > 0 then
                Rank.reduce p state.Block.Rank (Array.copy state.Fixed) triangle

        factor <- lower triangle
        Seq.forall (fun c -> factor[c + c * p] > 0.0 && Double.IsFinite factor[c + c * p]) (seq { 0 .. p - 1 })

    let parts () =
        Seq.zip (states |> Seq.map _.Block) scores

    let rootOf block =
        match roots[block] with
        | Some root -> root
        | None ->
            let model = model ()
            let root = PreciseBlocks.conditionalRoot model.Orders lambdas model.Blocks[block]
            roots[block] <- Some root
            root

    /// A ratio of standard deviations from which cross-products lose more than five digits.
    static member Large = 256.0

    override _.FactorAnew wanted =
        isPrecise <- isLarge wanted && shared.Value.IsSome

        if isPrecise then
            lambdas <- wanted |> Array.map Array.copy

            lambdas |> Array.forall (Array.forall (fun value -> abs value < 1e70))
            && factorPrecisely ()
        else
            ordinary.Factor wanted

    override _.SolveAnew() =
        if isPrecise then
            scores <- states |> Array.map (PreciseBlocks.solve p factor)
        else
            ordinary.Solve()

    override _.LogDeterminant =
        if isPrecise then
            states |> Array.sumBy _.LogDeterminant
        else
            ordinary.LogDeterminant

    override _.FixedFactor = if isPrecise then factor else ordinary.FixedFactor

    override _.Derivatives reml =
        if not isPrecise then
            ordinary.Derivatives reml
        else
            let model = model ()

            let derivatives =
                model.Orders
                |> Array.map (fun size -> {
                    Trace = Array.zeroCreate (size * size)
                    Square = Array.zeroCreate (size * size)
                })

            for block, own in parts () do
                let q = block.Effects
                let score e c = own.Scores[e + c * q]

                for k in 0 .. block.Terms.Length - 1 do
                    let size = model.Orders[block.Terms[k]]
                    let target = derivatives[block.Terms[k]]

                    for j in 0 .. size - 1 do
                        for i in 0 .. size - 1 do
                            let a, b = block.Starts[k] + i, block.Starts[k] + j
                            let at = i + j * size
                            let mutable trace = own.Omega[a + b * q]

                            if reml then
                                for x in 0 .. p - 2 do
                                    trace <- trace - score a x * score b x

                            target.Trace[at] <- target.Trace[at] + trace
                            target.Square[at] <- target.Square[at] + score a (p - 1) * score b (p - 1)

            derivatives

    override _.AverageAlong(entries, bases) =
        if isPrecise then
            PreciseForms.average (model ()).Orders bases p entries (parts ())
        else
            ordinary.AverageAlong(entries, bases)

    override _.TraceAlong(entries, bases, reml) =
        if isPrecise then
            PreciseForms.trace (model ()).Orders bases p reml entries (parts ())
        else
            ordinary.TraceAlong(entries, bases, reml)

    override _.ScoreForms forms =
        if isPrecise then
            PreciseForms.scores (model ()).Orders p forms (parts ())
        else
            ordinary.ScoreForms forms

    override _.TraceForms forms =
        if isPrecise then
            Some(PreciseForms.traces (model ()).Orders forms (parts ()))
        else
            ordinary.TraceForms forms

    override _.AverageOf directions =
        if isPrecise then
            base.AverageOf directions
        else
            ordinary.AverageOf directions

    override _.TraceOf(directions, reml) =
        if isPrecise then
            base.TraceOf(directions, reml)
        else
            ordinary.TraceOf(directions, reml)

    override _.Score(term, level, effect) =
        if isPrecise then
            let model = model ()
            let block = model.BlockOf[term].[level]
            let q = model.Blocks[block].Effects
            scores[block].Scores[model.StartOf[term].[level] + effect + (p - 1) * q]
        else
            ordinary.Score(term, level, effect)

    override _.FixedScores(term, level) =
        if isPrecise then
            let model = model ()

            let block, start, size =
                model.BlockOf[term].[level], model.StartOf[term].[level], model.Orders[term]

            let q = model.Blocks[block].Effects
            Array.init (size * (p - 1)) (fun k -> scores[block].Scores[start + k % size + k / size * q])
        else
            ordinary.FixedScores(term, level)

    override _.ConditionalCovariance(term, level) =
        if isPrecise then
            let model = model ()

            let block, start, size =
                model.BlockOf[term].[level], model.StartOf[term].[level], model.Orders[term]

            let q = model.Blocks[block].Effects
            let root = rootOf block

            Array.init (size * size) (fun k ->
                let left, right = (start + k % size) * q, (start + k / size) * q
                let mutable sum = 0.0

                for i in 0 .. q - 1 do
                    sum <- sum + root[left + i] * root[right + i]

                sum)
        else
            ordinary.ConditionalCovariance(term, level)

    override _.EffectSquare(term, level, effect) =
        ordinary.EffectSquare(term, level, effect)

    override _.EffectFixed(term, level, effect, column) =
        ordinary.EffectFixed(term, level, effect, column)

    override _.FixedFixed = ordinary.FixedFixed

namespace LmmFunctional.Estimation

open System

/// <summary>The block engine: leading factor (block-)diagonal, a dense Schur complement for all other effects.</summary>
/// <remarks>Costs q₂³ operations an evaluation for q₂ effects outside the leading factor, and Σ_j (entries of level j)².</remarks>
[<Sealed>]
type internal BlockEngine(cross: CrossProducts) =
    inherit Engine(cross.Rows, cross.P)
    let factor = BlockFactor cross

    override _.FactorAnew lambdas = factor.Factor lambdas
    override _.SolveAnew() = factor.Solve()
    override _.LogDeterminant = factor.LogDeterminant
    override _.FixedFactor = factor.FixedFactor
    override _.Derivatives reml = BlockDerivatives.create factor reml

    override _.AverageAlong(entries, bases) =
        BlockCurvature.average factor bases entries

    override _.TraceAlong(entries, bases, reml) =
        if cross.Tail > 0 then
            TraceProducts.create factor bases entries reml
        else
            BlockCurvature.expected factor bases entries reml

    override _.ScoreForms forms = BlockForms.scores factor forms
    override _.TraceForms forms = BlockForms.traces factor forms

    override _.Score(term, level, effect) =
        factor.ScoreOf(term, level, effect, cross.P - 1)

    override _.FixedScores(term, level) =
        let size = Semidefinite.order (factor.Lambda term)
        Array.init (size * (cross.P - 1)) (fun k -> factor.ScoreOf(term, level, k % size, k / size))

    override _.ConditionalCovariance(term, level) =
        BlockDerivatives.conditionalCovariance factor term level

    override _.EffectSquare(term, level, effect) =
        match Array.IndexOf(cross.LeadTerms, term) with
        | -1 ->
            let t = Array.IndexOf(cross.TailTerms, term)
            let at = cross.TailOffsets[t] + level * cross.TailOrders[t] + effect
            cross.TailTail[at + at * cross.Tail]
        | index ->
            let i = cross.LeadOffsets[index] + effect
            cross.LeadLead[(level * cross.LeadOrder + i) * cross.LeadOrder + i]

    override _.EffectFixed(term, level, effect, column) =
        match Array.IndexOf(cross.LeadTerms, term) with
        | -1 ->
            let t = Array.IndexOf(cross.TailTerms, term)

            cross.TailFixed[cross.TailOffsets[t]
                            + level * cross.TailOrders[t]
                            + effect
                            + column * cross.Tail]
        | index -> cross.LeadFixed[(level * cross.LeadOrder + cross.LeadOffsets[index] + effect) * cross.P + column]

    override _.FixedFixed = cross.FixedFixed

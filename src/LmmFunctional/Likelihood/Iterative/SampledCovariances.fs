namespace LmmFunctional

open LmmFunctional.Numerics

/// <summary>Cov(effects given the data and β)/σ² of every level, S×S: each level's own part exactly, what it owes to other levels
/// by probes.</summary>
/// <remarks>For the tail R(I + C)⁻¹R' has H for its blocks but for R((I + C)⁻¹ − I)R', whose blocks are means over probes of
/// R d zᵀRᵀ with d = (I + C)⁻¹z − z. For the lead it is H + H a (that matrix) aᵀH.</remarks>
[<NoComparison; ReferenceEquality>]
type internal SampledCovariances = {
    /// Of the leading levels.
    Lead: float[]
    /// Of the levels of each tail term.
    Tail: float[][]
}

[<RequireQualifiedAccess>]
module internal SampledCovariances =

    let private lanes = EffectPanel.lanes

    /// sum_l += w sym(x yᵀ) over lanes, for the S rows of level l from an effect on.
    let private addProducts order levels firstEffect weight (x: Buffer) (y: Buffer) (sum: float[]) =
        for level in 0 .. levels - 1 do
            for j in 0 .. order - 1 do
                for i in 0 .. order - 1 do
                    let atI = (firstEffect + level * order + i) * lanes
                    let atJ = (firstEffect + level * order + j) * lanes
                    let mutable own = 0.0

                    for lane in 0 .. lanes - 1 do
                        own <- own + x[atI + lane] * y[atJ + lane] + x[atJ + lane] * y[atI + lane]

                    let at = level * order * order + i + j * order
                    sum[at] <- sum[at] + 0.5 * weight * own

    /// The covariances at the point that an engine is at.
    let create (point: SchurPoint) (solver: EffectSolver) (probes: Probes) : SampledCovariances =
        let products = point.Products
        let tail = point.Tail
        let leadEffects = products.LeadLevels * products.LeadOrder
        let count = Probes.count tail probes
        let weight = Probes.weight probes
        let z, d, rz, rd = EffectPanel.create tail, EffectPanel.create tail, EffectPanel.create tail, EffectPanel.create tail
        let leadZ, leadD = EffectPanel.create leadEffects, EffectPanel.create leadEffects
        let ofTail = Array.init products.TailTerms.Length (fun t -> Array.copy (point.Term t).H)
        let seen = point.TailFromLead()

        for first in 0..lanes .. count - 1 do
            Probes.fill tail probes first z
            solver.BeyondOwn(z, d)
            point.Root(false, z, rz)
            point.Root(false, d, rd)

            for t in 0 .. products.TailTerms.Length - 1 do
                addProducts products.TailOrders[t] (products.TailLevels t) products.TailOffsets[t] weight rd rz ofTail[t]

            point.Gather(rz, leadZ)
            point.Gather(rd, leadD)
            addProducts products.LeadOrder products.LeadLevels 0 weight leadD leadZ seen

        let order = products.LeadOrder
        let square = order * order
        let ofLead = Array.copy point.Lead.H
        let half: float[] = Array.zeroCreate square
        let whole: float[] = Array.zeroCreate square

        for level in 0 .. products.LeadLevels - 1 do
            let at = level * square
            Small.Multiply(order, point.Lead.H, at, false, seen, at, half, 0)
            Small.Multiply(order, half, 0, false, point.Lead.H, at, whole, 0)

            for k in 0 .. square - 1 do
                ofLead[at + k] <- ofLead[at + k] + whole[k]

        { Lead = ofLead; Tail = ofTail }

namespace LmmFunctional.Estimation

open LmmFunctional.Numerics

/// <summary>Cov(effects given the data and β)/σ² of every level, S×S: each level's own part exactly, what it owes to other levels
/// by probes.</summary>
/// <remarks>For the tail R(I + C)⁻¹R' has H for its blocks but for those of RFR', F = (I + C)⁻¹ − I. What F does along the images of
/// eight probes, the directions in which all levels are uncertain together, is taken exactly, and only the rest is sampled, as
/// means over probes of R d zᵀRᵀ (Meyer, Musco, Musco and Woodruff 2021). For the lead it is H + H a (that matrix) aᵀH.</remarks>
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

    // Of the probes that find the directions; any number but that of the others.
    let private directionSeed = 7UL

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

    /// X'Y, lanes by lanes, by columns.
    let private gram effects (x: Buffer) (y: Buffer) : float[] =
        let sum: float[] = Array.zeroCreate (lanes * lanes)

        for effect in 0 .. effects - 1 do
            for d in 0 .. lanes - 1 do
                let right = y[effect * lanes + d]

                for c in 0 .. lanes - 1 do
                    sum[c + d * lanes] <- sum[c + d * lanes] + x[effect * lanes + c] * right

        sum

    /// y ← y + a X M.
    let private addMixed effects a (x: Buffer) (m: float[]) (y: Buffer) =
        for effect in 0 .. effects - 1 do
            for d in 0 .. lanes - 1 do
                let mutable sum = 0.0

                for c in 0 .. lanes - 1 do
                    sum <- sum + x[effect * lanes + c] * m[c + d * lanes]

                y[effect * lanes + d] <- y[effect * lanes + d] + a * sum

    /// x ← x − Q Q'x.
    let private project effects (q: Buffer) (x: Buffer) =
        addMixed effects -1.0 q (gram effects q x) x

    // What is left of a column that others hold.
    let private negligible = 1e-8

    /// Columns made orthonormal, lane after lane, twice; those that depend on others become zero.
    let private orthonormalise effects (x: Buffer) =
        for lane in 0 .. lanes - 1 do
            let dot a b =
                let mutable sum = 0.0

                for effect in 0 .. effects - 1 do
                    sum <- sum + x[effect * lanes + a] * x[effect * lanes + b]

                sum

            let whole = sqrt (dot lane lane)

            for _ in 1..2 do
                for before in 0 .. lane - 1 do
                    let share = dot before lane

                    for effect in 0 .. effects - 1 do
                        x[effect * lanes + lane] <- x[effect * lanes + lane] - share * x[effect * lanes + before]

            let length = sqrt (dot lane lane)
            let factor = if length > negligible * whole then 1.0 / length else 0.0

            for effect in 0 .. effects - 1 do
                x[effect * lanes + lane] <- factor * x[effect * lanes + lane]

    /// The covariances at the point that an engine is at.
    let create (point: SchurPoint) (solver: EffectSolver) (probes: Probes) : SampledCovariances =
        let products = point.Products
        let tail = point.Tail
        let leadEffects = products.LeadLevels * products.LeadOrder
        let count = Probes.count tail probes
        let weight = Probes.weight probes
        let panel () = EffectPanel.create tail
        let z, d, left, rz, rd = panel (), panel (), panel (), panel (), panel ()
        let leadZ, leadD = EffectPanel.create leadEffects, EffectPanel.create leadEffects

        let ofTail =
            Array.init products.TailTerms.Length (fun t -> Array.copy (point.Term t).H)

        let seen = point.TailFromLead()

        /// Adds the blocks of weight · sym(x yᵀ), as seen from the tail and from the lead.
        let add weight (x: Buffer) (y: Buffer) =
            point.Root(false, x, rd)
            point.Root(false, y, rz)

            for t in 0 .. products.TailTerms.Length - 1 do
                addProducts
                    products.TailOrders[t]
                    (products.TailLevels t)
                    products.TailOffsets[t]
                    weight
                    rd
                    rz
                    ofTail[t]

            point.Gather(rz, leadZ)
            point.Gather(rd, leadD)
            addProducts products.LeadOrder products.LeadLevels 0 weight leadD leadZ seen

        // F along Q: QQ'F + FQQ' − QQ'FQQ' = QX' + XQ' for X = FQ − Q(Q'FQ)/2.
        let q, along = panel (), panel ()
        Probes.fill tail (Probes.Signs(lanes, directionSeed)) 0 z
        solver.BeyondOwn(z, q)
        orthonormalise tail q
        solver.BeyondOwn(q, along)
        addMixed tail -0.5 q (gram tail q along) along
        add 2.0 along q

        for first in 0..lanes .. count - 1 do
            Probes.fill tail probes first z
            EffectPanel.copy tail z left
            project tail q left
            solver.BeyondOwn(left, d)
            project tail q d
            add weight d z

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

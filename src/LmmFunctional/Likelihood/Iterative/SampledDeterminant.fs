namespace LmmFunctional.Estimation

open System
open LmmFunctional.Numerics

/// <summary>What eight probes say of log|I + C| and of the derivatives of log|V| by G.</summary>
[<NoComparison; ReferenceEquality>]
type internal ProbeSample = {
    /// Per probe, what it has for log|I + C|.
    Logarithms: float[]
    /// ∂log|V|/∂G of the leading factor, S₁×S₁ per lane, but for what no probe has part in; empty for a value only.
    Lead: float[]
    /// The same of each tail term.
    Tail: float[][]
    /// Whether the Krylov spaces were large enough.
    IsConverged: bool
    /// Steps of the Lanczos process.
    Steps: int
}

/// <summary>Samples of log|V| with the derivatives of the same samples: what a solver minimises is one smooth function.</summary>
/// <remarks>log|I + C| = tr log(I + HK_o), sampled by z'T⁻¹ log(I + HK_o) Tz for probes z, T a diagonal matrix that is fixed
/// beforehand. The sample depends on G alone, not on its factor, and is analytic at a singular G; T near the root of H
/// makes it as exact as z' log(I + C) z. With a = T⁻¹z, b = Tz and nodes of <see cref="T:LmmFunctional.LogQuadrature"/>
/// it is Σ_s w_s u'y_s for u = R'a, v = R'K_ob, y_s = (I + sC)⁻¹v, and its differential is
/// Σ_s w_s [p_s' dH K_or_s + (Rx_s)' dK_o r_s] with x_s = (I + sC)⁻¹u, r_s = b − sRy_s, p_s = a − sK_oRx_s.
/// The diagonal of K, in log|I + K_kkG| exactly, is the control variate.</remarks>
[<Sealed>]
type internal SampledDeterminant(point: SchurPoint, scale: float[], tolerance: float, mostSteps: int) =
    let tail = point.Tail
    let products = point.Products
    let lanes = EffectPanel.lanes
    let panel () = EffectPanel.create tail

    let leadPanel () =
        EffectPanel.create (products.LeadLevels * products.LeadOrder)

    let left, right = panel (), panel ()
    let start, work, image = panel (), panel (), panel ()
    let ofRight = LanczosPanel point
    let leadRight = leadPanel ()

    // What derivatives need more.
    let more =
        lazy
            {|
                OfLeft = LanczosPanel point
                Weighted = panel ()
                Remaining = panel ()
                Product = panel ()
                Adjoint = panel ()
                LeadLeft = leadPanel ()
                First = Buffer(max 1 (point.BlockLength * lanes))
                Second = Buffer(max 1 (point.BlockLength * lanes))
            |}

    /// a = T⁻¹z and b = Tz.
    let place probes first =
        Probes.fill tail probes first right

        for effect in 0 .. tail - 1 do
            for lane in effect * lanes .. effect * lanes + lanes - 1 do
                left[lane] <- right[lane] / scale[effect]
                right[lane] <- right[lane] * scale[effect]

    /// sym(N M Nᵀ) summed over levels, S×S per lane, from M in a panel of blocks.
    let congruences order levels firstBlock (n: float[]) (m: Buffer) : float[] =
        let square = order * order
        let sum: float[] = Array.zeroCreate (square * lanes)
        let half: float[] = Array.zeroCreate (square * lanes)

        for level in 0 .. levels - 1 do
            let at = level * square
            let from = (firstBlock + at) * lanes

            if order = 1 then
                let factor = n[at] * n[at]

                for lane in 0 .. lanes - 1 do
                    sum[lane] <- sum[lane] + factor * m[from + lane]
            else
                Array.Clear half

                for j in 0 .. order - 1 do
                    for k in 0 .. order - 1 do
                        for i in 0 .. order - 1 do
                            for lane in 0 .. lanes - 1 do
                                half[(i + j * order) * lanes + lane] <-
                                    half[(i + j * order) * lanes + lane]
                                    + n[at + i + k * order] * m[from + (k + j * order) * lanes + lane]

                for j in 0 .. order - 1 do
                    for k in 0 .. order - 1 do
                        for i in 0 .. order - 1 do
                            for lane in 0 .. lanes - 1 do
                                let own = 0.5 * n[at + j + k * order] * half[(i + k * order) * lanes + lane]
                                let here, there = (i + j * order) * lanes + lane, (j + i * order) * lanes + lane
                                sum[here] <- sum[here] + own
                                sum[there] <- sum[there] + own

        sum

    /// Q ← its share of H − H sym(M₁) H − sym(M₂) of every level, in the place of M₂.
    let toBlocks share order levels firstBlock (h: float[]) (m1: Buffer) (m2: Buffer) =
        let square = order * order
        let own: float[] = Array.zeroCreate square
        let half: float[] = Array.zeroCreate square
        let whole: float[] = Array.zeroCreate square

        for level in 0 .. levels - 1 do
            let at = level * square
            let from = (firstBlock + at) * lanes

            if order = 1 then
                for lane in 0 .. lanes - 1 do
                    m2[from + lane] <- share * h[at] - h[at] * h[at] * m1[from + lane] - m2[from + lane]
            else
                for lane in 0 .. lanes - 1 do
                    for k in 0 .. square - 1 do
                        let i, j = k % order, k / order
                        own[k] <- 0.5 * (m1[from + k * lanes + lane] + m1[from + (j + i * order) * lanes + lane])

                    Small.Multiply(order, h, at, false, own, 0, half, 0)
                    Small.Multiply(order, half, 0, false, h, at, whole, 0)

                    for k in 0 .. square - 1 do
                        let i, j = k % order, k / order
                        own[k] <- 0.5 * (m2[from + k * lanes + lane] + m2[from + (j + i * order) * lanes + lane])

                    for k in 0 .. square - 1 do
                        m2[from + k * lanes + lane] <- share * h[at + k] - whole[k] - own[k]

    /// Nodes for the eigenvalues that a start has shown.
    let nodesOf (spaces: LanczosPanel) =
        let struct (low, high) =
            if spaces.Steps = 0 then
                struct (0.0, 0.0)
            else
                spaces.Extremes

        LogQuadrature.nodes (1.0 + low) (1.0 + high)

    let derivatives share (nodes: struct (float * float)[]) (solved: bool ref) =
        let own = more.Value
        point.Root(true, left, start)

        if not (own.OfLeft.Build(start, tolerance, mostSteps, work, leadRight)) then
            solved.Value <- false

        // Of a start that C takes to zero nothing is seen of its eigenvalues.
        let nodes = if nodes.Length > 0 then nodes else nodesOf own.OfLeft

        own.First.Span.Clear()
        own.Second.Span.Clear()
        let leadOrder, leadLevels = products.LeadOrder, products.LeadLevels
        let leadSum = Buffer(leadOrder * leadOrder * leadLevels * lanes)
        leadSum.Span.Clear()

        for struct (s, weight) in nodes do
            let minus = Array.create lanes -s
            // R x_s, and K_o of it.
            own.OfLeft.Solve(s, work)
            point.Root(false, work, own.Weighted)
            point.Apply(own.Weighted, own.Adjoint, own.LeadLeft)
            EffectPanel.scaleAndAdd tail left minus own.Adjoint
            // r_s, and K_o of it.
            ofRight.Solve(s, work)
            point.Root(false, work, own.Remaining)
            EffectPanel.scaleAndAdd tail right minus own.Remaining
            point.Apply(own.Remaining, own.Product, leadRight)

            for t in 0 .. products.TailTerms.Length - 1 do
                let order, levels = products.TailOrders[t], products.TailLevels t
                let first, block = products.TailOffsets[t], products.BlockOffsets[t]
                EffectPanel.addOuter order levels first block weight own.Product own.Adjoint own.First
                EffectPanel.addOuter order levels first block weight own.Remaining own.Weighted own.Second

            EffectPanel.addOuter leadOrder leadLevels 0 0 weight leadRight own.LeadLeft leadSum

        let ofTail =
            Array.init products.TailTerms.Length (fun t ->
                let order, levels, block =
                    products.TailOrders[t], products.TailLevels t, products.BlockOffsets[t]

                let sum = congruences order levels block (point.Term t).N own.First
                toBlocks share order levels block (point.Term t).H own.First own.Second
                sum)

        let direct = congruences leadOrder leadLevels 0 point.Lead.N leadSum
        let viaBlocks = point.Quadratic own.Second
        Array.map2 (fun a b -> -(a + b)) direct viaBlocks, ofTail

    // The probes whose Krylov spaces are there.
    let mutable kept = -1
    let mutable isSolved = true
    let mutable nodes: struct (float * float)[] = [||]

    /// Forgets what it knows of the point that it was at.
    member _.Forget() = kept <- -1

    /// <summary>The samples of eight probes, from one on.</summary>
    member _.Sample(probes: Probes, first: int, hasDerivatives: bool) : ProbeSample =
        if kept <> first then
            place probes first
            point.Apply(right, image, leadRight)
            point.Root(true, image, start)
            isSolved <- ofRight.Build(start, tolerance, mostSteps, work, leadRight)
            kept <- first

            nodes <- if ofRight.Steps = 0 then [||] else nodesOf ofRight

        // u = R'a, against which every solution is held.
        point.Root(true, left, image)
        let solved = ref isSolved
        let logarithms: float[] = Array.zeroCreate lanes

        for struct (s, weight) in nodes do
            ofRight.Solve(s, work)
            let own = EffectPanel.dot tail image work

            for lane in 0 .. lanes - 1 do
                logarithms[lane] <- logarithms[lane] + weight * own[lane]

        let ofLead, ofTail =
            if hasDerivatives then
                let share = 1.0 / (Probes.weight probes * float (Probes.count tail probes))
                derivatives share nodes solved
            else
                [||], [||]

        {
            Logarithms = logarithms
            Lead = ofLead
            Tail = ofTail
            IsConverged = solved.Value
            Steps = ofRight.Steps
        }

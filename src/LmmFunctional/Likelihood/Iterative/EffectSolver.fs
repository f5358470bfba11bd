namespace LmmFunctional.Estimation

open LmmFunctional.Numerics

/// <summary>Columns of effects in ordinary arrays: effect by effect, its m columns side by side.</summary>
[<NoComparison; ReferenceEquality>]
type internal EffectArrays = {
    Columns: int
    Lead: float[]
    Tail: float[]
}

/// <summary>Z'V⁻¹W for some columns W that come as Z'W, by conjugate gradients on the tail.</summary>
/// <remarks>With F = Z₁'W and F̃ = Z₂'W − Σ a_jᵀH_jF_j the tail's effects are B = R(I + C)⁻¹R'F̃, and the scores N_k(F̃ − K_oB)_k
/// and N_j(F_j − a_jB): forms that lose no digits at large variances and ask for no regular G.</remarks>
[<Sealed>]
type internal EffectSolver(point: SchurPoint, settings: IterativeSettings) =
    let products = point.Products
    let tail = point.Tail
    let leadEffects = products.LeadLevels * products.LeadOrder
    let lanes = EffectPanel.lanes
    let gradients = ConjugateGradientPanel point

    let right, image, solution, product =
        EffectPanel.create tail, EffectPanel.create tail, EffectPanel.create tail, EffectPanel.create tail

    let lead, leadScratch =
        EffectPanel.create leadEffects, EffectPanel.create leadEffects

    let mutable isConverged = true
    let mutable steps = 0

    let load effects (values: float[]) columns first (panel: Buffer) =
        let count = min lanes (columns - first)

        for effect in 0 .. effects - 1 do
            for lane in 0 .. lanes - 1 do
                panel[effect * lanes + lane] <-
                    if lane < count then
                        values[effect * columns + first + lane]
                    else
                        0.0

    let store effects (panel: Buffer) columns first (values: float[]) =
        let count = min lanes (columns - first)

        for effect in 0 .. effects - 1 do
            for lane in 0 .. count - 1 do
                values[effect * columns + first + lane] <- panel[effect * lanes + lane]

    /// Solves for F̃ in `right` and F in `lead`; scores into `product` and `leadScratch`, B into `image`.
    let solve () =
        point.Root(true, right, image)

        if not (gradients.Solve(image, solution, settings.SolveTolerance, settings.MostSteps, leadScratch)) then
            isConverged <- false

        steps <- max steps gradients.Steps
        point.Root(false, solution, image)
        point.Apply(image, product, leadScratch)
        // F̃ − K_oB and F − aB.
        EffectPanel.scaleAndAdd tail right (Array.create lanes -1.0) product
        EffectPanel.scaleAndAdd leadEffects lead (Array.create lanes -1.0) leadScratch
        EffectPanel.copy tail product right
        point.Complement(right, product)
        EffectPanel.copy leadEffects leadScratch lead
        EffectPanel.multiplyBlocks products.LeadOrder products.LeadLevels 0 point.Lead.N 0 false lead leadScratch

    /// Whether all solutions since the last reset reached their tolerance, and the steps that the longest took.
    member _.IsConverged = isConverged
    member _.Steps = steps

    member _.Reset() =
        isConverged <- true
        steps <- 0

    /// <summary>Z'V⁻¹W from Z'W.</summary>
    /// <returns>It, and W'V⁻¹W less W'W: m×m, by columns.</returns>
    member _.Scores(w: EffectArrays) : struct (EffectArrays * float[]) =
        let m = w.Columns

        let scores = {
            w with
                Lead = Array.zeroCreate w.Lead.Length
                Tail = Array.zeroCreate w.Tail.Length
        }

        let reduced: float[] = Array.zeroCreate w.Tail.Length
        let effects: float[] = Array.zeroCreate w.Tail.Length

        for first in 0..lanes .. m - 1 do
            load leadEffects w.Lead m first lead
            load tail w.Tail m first right
            EffectPanel.multiplyBlocks products.LeadOrder products.LeadLevels 0 point.Lead.H 0 false lead leadScratch
            point.Scatter(-1.0, leadScratch, right)
            store tail right m first reduced
            solve ()
            store tail image m first effects
            store tail product m first scores.Tail
            store leadEffects leadScratch m first scores.Lead

        let taken: float[] = Array.zeroCreate (m * m)
        let order = products.LeadOrder
        let own: float[] = Array.zeroCreate order

        for level in 0 .. products.LeadLevels - 1 do
            let at = level * order

            for c in 0 .. m - 1 do
                for i in 0 .. order - 1 do
                    own[i] <- 0.0

                    for j in 0 .. order - 1 do
                        own[i] <-
                            own[i]
                            + point.Lead.H[level * order * order + i + j * order] * w.Lead[(at + j) * m + c]

                for d in c .. m - 1 do
                    for i in 0 .. order - 1 do
                        taken[d + c * m] <- taken[d + c * m] - own[i] * w.Lead[(at + i) * m + d]

        for effect in 0 .. tail - 1 do
            for c in 0 .. m - 1 do
                for d in c .. m - 1 do
                    // Symmetric to the accuracy of the solutions: their mean.
                    taken[d + c * m] <-
                        taken[d + c * m]
                        - 0.5
                          * (reduced[effect * m + c] * effects[effect * m + d]
                             + reduced[effect * m + d] * effects[effect * m + c])

        for c in 0 .. m - 1 do
            for d in c .. m - 1 do
                taken[c + d * m] <- taken[d + c * m]

        struct (scores, taken)

    /// <summary>Ω w = Z'V⁻¹Z w for some columns w of effects.</summary>
    member _.Image(w: EffectArrays) : EffectArrays =
        let m = w.Columns

        let result = {
            w with
                Lead = Array.zeroCreate w.Lead.Length
                Tail = Array.zeroCreate w.Tail.Length
        }

        for first in 0..lanes .. m - 1 do
            // F̃ = K w₂ + a'N'w₁ and F = A w₁ + a w₂.
            load tail w.Tail m first image
            point.Apply(image, right, leadScratch)

            for t in 0 .. products.TailTerms.Length - 1 do
                EffectPanel.multiplyBlocks
                    products.TailOrders[t]
                    (products.TailLevels t)
                    products.TailOffsets[t]
                    point.Information
                    products.BlockOffsets[t]
                    false
                    image
                    product

            EffectPanel.addScaled tail (Array.create lanes 1.0) product right
            EffectPanel.copy leadEffects leadScratch lead
            let own = EffectPanel.create leadEffects
            load leadEffects w.Lead m first own
            EffectPanel.multiplyBlocks products.LeadOrder products.LeadLevels 0 point.Lead.N 0 true own leadScratch
            point.Scatter(1.0, leadScratch, right)

            EffectPanel.multiplyBlocks
                products.LeadOrder
                products.LeadLevels
                0
                products.LeadLead
                0
                false
                own
                leadScratch

            EffectPanel.addScaled leadEffects (Array.create lanes 1.0) leadScratch lead
            solve ()
            store tail product m first result.Tail
            store leadEffects leadScratch m first result.Lead

        result

    /// Cov(tail effects given the data)/σ² times some vectors in the scale of the root: R(I + C)⁻¹z less Rz, into a panel.
    member _.BeyondOwn(z: Buffer, target: Buffer) =
        if not (gradients.Solve(z, solution, settings.SolveTolerance, settings.MostSteps, leadScratch)) then
            isConverged <- false

        EffectPanel.addScaled tail (Array.create lanes -1.0) z solution
        EffectPanel.copy tail solution target

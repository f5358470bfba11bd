namespace LmmFunctional.Estimation

open System
open FSharp.NativeInterop
open LmmFunctional.Numerics

/// <summary>The equations of the tail at one λ, with the leading factor taken out: K = Z₂'(I + Z₁G₁Z₁')⁻¹Z₂ = Z₂'Z₂ − Σ_j a_jᵀH_ja_j,
/// never formed.</summary>
/// <remarks>K_o is K without its diagonal blocks, which are known: a term's R, H and N per level are those of its blocks.
/// I + ΛᵀKΛ, its blocks scaled to the identity, is I + C with C = RᵀK_oR. Columns come eight at a time, as panels. One
/// thread at a time; overwritten by every <c>Move</c>.</remarks>
[<Sealed>]
type internal SchurPoint(products: IterativeProducts) =
    let tail = products.Tail
    let lanes = EffectPanel.lanes
    let terms = products.TailTerms.Length
    let blockLength = Array.last products.BlockOffsets
    let lead = PosteriorBlocks(products.LeadOrder, products.LeadLevels)

    let own =
        Array.init terms (fun t -> PosteriorBlocks(products.TailOrders[t], products.TailLevels t))

    // Per tail effect: where its column starts among the blocks, the size of its block, and its place in it.
    let blockOf, sizeOf, placeOf =
        let blockOf, sizeOf, placeOf =
            Array.zeroCreate tail, Array.zeroCreate tail, Array.zeroCreate tail

        for t in 0 .. terms - 1 do
            let order = products.TailOrders[t]

            for effect in products.TailOffsets[t] .. products.TailOffsets[t + 1] - 1 do
                let within = effect - products.TailOffsets[t]
                blockOf[effect] <- products.BlockOffsets[t] + within * order
                sizeOf[effect] <- order
                placeOf[effect] <- within % order

        blockOf, sizeOf, placeOf

    let images =
        Array.init products.Windows (fun _ -> Buffer(max 1 (max (tail * lanes) blockLength)))

    // Σ_j a_jkᵀH_ja_jk and K_kk of every tail level.
    let taken: float[] = Array.zeroCreate blockLength
    let information: float[] = Array.zeroCreate blockLength
    let scratch = EffectPanel.create tail
    let scaled = EffectPanel.create tail

    let work = 4.0 * float products.Entries * float (products.LeadOrder * lanes)

    let eachWindow body =
        Tiles.Run(products.Windows, work, fun window -> body window)

    let eachTerm body =
        for t in 0 .. terms - 1 do
            body t products.TailOrders[t] (products.TailLevels t) products.TailOffsets[t] products.BlockOffsets[t]

    let diagonal () =
        eachWindow (fun window ->
            let sums = images[window]
            sums.Span.Slice(0, blockLength).Clear()
            CouplingKernel.diagonal products.Lead window lead.H blockOf sizeOf placeOf sums.Pointer)

        for k in 0 .. blockLength - 1 do
            let mutable sum = 0.0

            for window in 0 .. products.Windows - 1 do
                sum <- sum + images[window][k]

            taken[k] <- sum
            information[k] <- products.Blocks[k] - sum

    member _.Products = products
    member _.Tail = tail
    member _.BlockLength = blockLength

    /// The leading factor, level by level.
    member _.Lead = lead

    /// The levels of a tail term by themselves, with K_kk for their information.
    member _.Term(t: int) = own[t]

    /// K_kk of every tail level, S×S.
    member _.Information = information

    /// <summary>Moves to λ, one matrix for the leading factor, one for each tail term.</summary>
    /// <returns>log|I + Z₁'Z₁G₁| + Σ log|I + K_kkG|: log|V| but for log|I + C|; not a number where that is not defined.
    /// </returns>
    member _.Move(lambdaLead: float[], lambdaTail: float[][]) : float =
        let mutable sum = lead.Move(products.LeadLead, 0, lambdaLead)
        diagonal ()

        for t in 0 .. terms - 1 do
            sum <- sum + own[t].Move(information, products.BlockOffsets[t], lambdaTail[t])

        sum

    /// y ← R x, or Rᵀx; not in place.
    member _.Root(isTransposed: bool, x: Buffer, y: Buffer) =
        eachTerm (fun t order levels first _ ->
            EffectPanel.multiplyBlocks order levels first own[t].R 0 isTransposed x y)

    /// y ← N x; not in place.
    member _.Complement(x: Buffer, y: Buffer) =
        eachTerm (fun t order levels first _ -> EffectPanel.multiplyBlocks order levels first own[t].N 0 false x y)

    /// <summary>y ← K_o x, and a_j x of every leading level to a panel of leading effects.</summary>
    member _.Apply(x: Buffer, y: Buffer, leadProducts: Buffer) =
        eachWindow (fun window ->
            let image = images[window]
            image.Span.Slice(0, tail * lanes).Clear()
            CouplingKernel.applyLead products.Lead window lead.H x.Pointer leadProducts.Pointer image.Pointer

            for coupling in products.Between do
                CouplingKernel.applyBetween coupling window x.Pointer image.Pointer)

        // What the diagonal blocks of Σ a_jᵀH_ja_j have taken comes back.
        eachTerm (fun _ order levels first block -> EffectPanel.multiplyBlocks order levels first taken block false x y)

        EffectPanel.addAll tail images y

    /// y ← C x; y is not x.
    member point.Coupled(x: Buffer, y: Buffer, leadProducts: Buffer) =
        point.Root(false, x, scaled)
        point.Apply(scaled, scratch, leadProducts)
        point.Root(true, scratch, y)

    /// <summary>Per lane Σ_j N_j (Σ_k a_jk Q_k a_jkᵀ) N_jᵀ, S₁×S₁, for blocks Q of the tail's levels, S×S per lane.</summary>
    member _.Quadratic(q: Buffer) : float[] =
        let length = products.LeadOrder * products.LeadOrder * lanes
        let sums = Array.init products.Windows (fun _ -> Buffer length)

        eachWindow (fun window ->
            CouplingKernel.quadratic products.Lead window lead.N q.Pointer blockOf sizeOf placeOf sums[window].Pointer)

        Array.init length (fun k -> sums |> Array.sumBy (fun own -> own[k]))

    /// Σ_k a_jk H_k a_jkᵀ of every leading level, S₁×S₁: what is known of the tail, each level by itself, seen from the lead.
    member _.TailFromLead() : float[] =
        let target: float[] =
            Array.zeroCreate (products.LeadLevels * products.LeadOrder * products.LeadOrder)

        let blocks = own |> Array.collect _.H

        eachWindow (fun window -> CouplingKernel.ofTail products.Lead window blocks blockOf sizeOf placeOf target)

        target

    /// lead ← a_j x of every leading level.
    member _.Gather(x: Buffer, leadProducts: Buffer) =
        eachWindow (fun window -> CouplingKernel.gatherLead products.Lead window x.Pointer leadProducts.Pointer)

    /// y ← y + sign Σ_j a_jᵀ w_j for a panel w of leading effects.
    member _.Scatter(sign: float, w: Buffer, y: Buffer) =
        eachWindow (fun window ->
            let image = images[window]
            image.Span.Slice(0, tail * lanes).Clear()
            CouplingKernel.scatterLead products.Lead window sign w.Pointer image.Pointer)

        EffectPanel.addAll tail images y

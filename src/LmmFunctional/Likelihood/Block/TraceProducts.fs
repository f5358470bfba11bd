namespace LmmFunctional.Estimation

open FSharp.NativeInterop

/// <summary>tr(Q V̇_k Q V̇_l) for crossed models, exactly: the trace part of observed and expected information.</summary>
/// <remarks>With V̇ = Z(abᵀ + baᵀ)Zᵀ, a = e_r and b = b_c, all traces follow from the inner products ⟨Ω_ab, Ω_cd⟩ between
/// pairs of effects, Ω = Z'QZ.</remarks>
[<RequireQualifiedAccess>]
module internal TraceProducts =

    /// One score column E_x of an effect of a block.
    let private score (engine: BlockFactor) block level effect x =
        let cross = engine.Cross

        if block < 0 then
            engine.LeadScore(level * cross.LeadOrder + effect, x)
        else
            NativePtr.get (engine.TailScores x) (cross.TailOffsets[block] + level * cross.TailOrders[block] + effect)

    /// What REML takes off: Q = V⁻¹ − V⁻¹X(X'V⁻¹X)⁻¹X'V⁻¹ replaces Ω by Ω − E Eᵀ.
    let private subtractFixed (engine: BlockFactor) (blocks: int[]) (inners: Inner[,]) =
        let cross = engine.Cross
        let p = cross.P - 1
        let q = cross.Tail

        // Per block and pair of its effects E_aᵀE_c, p×p.
        let grams =
            blocks
            |> Array.map (fun block ->
                let effects = EffectProducts.orderOf cross block

                Array2D.init effects effects (fun a c ->
                    SquareBlock.init p (fun x z ->
                        let mutable sum = 0.0

                        for level in 0 .. EffectProducts.levelsOf cross block - 1 do
                            sum <- sum + score engine block level a x * score engine block level c z

                        sum)))

        for v in 0 .. blocks.Length - 1 do
            let block = blocks[v]
            let size = EffectProducts.orderOf cross block

            for b in 0 .. size - 1 do
                for d in 0 .. size - 1 do
                    // E_d in the place of effect b, times Ω.
                    let columns = ScoreOperator.zero cross p

                    for level in 0 .. EffectProducts.levelsOf cross block - 1 do
                        for x in 0 .. p - 1 do
                            if block < 0 then
                                columns.Lead[(level * size + b) * p + x] <- score engine block level d x
                            else
                                columns.Tail[cross.TailOffsets[block] + level * size + b + x * q] <-
                                    score engine block level d x

                    let image = ScoreOperator.apply engine p columns

                    for u in 0..v do
                        let other = blocks[u]
                        let inner = inners[u, v]

                        for a in 0 .. EffectProducts.orderOf cross other - 1 do
                            for c in 0 .. EffectProducts.orderOf cross other - 1 do
                                let mutable sum = 0.0

                                for level in 0 .. EffectProducts.levelsOf cross other - 1 do
                                    for x in 0 .. p - 1 do
                                        let value =
                                            if other < 0 then
                                                image.Lead[(level * cross.LeadOrder + a) * p + x]
                                            else
                                                image.Tail[cross.TailOffsets[other]
                                                           + level * cross.TailOrders[other]
                                                           + a
                                                           + x * q]

                                        sum <- sum + value * score engine other level c x

                                let mutable both = 0.0

                                for x in 0 .. p - 1 do
                                    for z in 0 .. p - 1 do
                                        both <- both + grams[u].[a, c].[x, z] * grams[v].[b, d].[x, z]

                                inner[a, b, c, d] <- inner[a, b, c, d] - sum + both
                                inner[c, d, a, b] <- inner[c, d, a, b] - sum

                    ScoreOperator.release columns
                    ScoreOperator.release image

    /// <summary>T, k×k: T_kl = tr(Q V̇_k Q V̇_l), Q = V⁻¹ (ML) or P (REML), for a model with a tail; <c>Solve</c> comes first.</summary>
    let create (engine: BlockFactor) (bases: float[][]) (entries: Entry[]) (reml: bool) : SquareBlock =
        let cross = engine.Cross
        let blocks = Array.append [| -1 |] [| 0 .. cross.TailOrders.Length - 1 |]
        let inners = EffectProducts.create engine

        if reml && cross.P > 1 then
            subtractFixed engine blocks inners

        let place (entry: Entry) =
            match System.Array.IndexOf(cross.LeadTerms, entry.Term) with
            | -1 -> 1 + System.Array.IndexOf(cross.TailTerms, entry.Term), 0
            | index -> 0, cross.LeadOffsets[index]

        let lead = BlockCurvature.leadBasis cross bases

        let basisOf block =
            if block = 0 then
                lead
            else
                bases[cross.TailTerms[block - 1]]

        let trace k l =
            let (u, startK), (v, startL) = place entries[k], place entries[l]

            let n, m =
                EffectProducts.orderOf cross blocks[u], EffectProducts.orderOf cross blocks[v]

            let r, c = startK + entries[k].Row, startK + entries[k].Column
            let r', c' = startL + entries[l].Row, startL + entries[l].Column
            let inner = inners[u, v]
            let mutable sum = 0.0

            for x in 0 .. n - 1 do
                for y in 0 .. m - 1 do
                    let weight = (basisOf u)[x + c * n] * (basisOf v)[y + c' * m]

                    if weight <> 0.0 then
                        sum <- sum + weight * (inner[r, r', x, y] + inner[r, y, x, r'])

            2.0 * sum

        let ordered k l =
            if fst (place entries[k]) <= fst (place entries[l]) then
                trace k l
            else
                trace l k

        SquareBlock.init entries.Length ordered

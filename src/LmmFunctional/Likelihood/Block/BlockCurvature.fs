namespace LmmFunctional.Estimation

open FSharp.NativeInterop
open LmmFunctional.Numerics

/// <summary>Second-order quantities of the block engine, all from cross-products; nothing of size n.</summary>
[<RequireQualifiedAccess>]
module internal BlockCurvature =

    /// Where a term's effects start: in the leading block, or in the tail.
    let private place (cross: CrossProducts) term =
        match System.Array.IndexOf(cross.LeadTerms, term) with
        | -1 -> ValueNone
        | index -> ValueSome cross.LeadOffsets[index]

    /// The basis of all leading terms, block-diagonal.
    let leadBasis (cross: CrossProducts) (bases: float[][]) : float[] =
        let result: float[] = Array.zeroCreate (cross.LeadOrder * cross.LeadOrder)

        cross.LeadTerms
        |> Array.iteri (fun index term ->
            let at = cross.LeadOffsets[index]
            let size = Semidefinite.order bases[term]

            for j in 0 .. size - 1 do
                for i in 0 .. size - 1 do
                    result[at + i + (at + j) * cross.LeadOrder] <- bases[term].[i + j * size])

        result

    /// w_k = (e_r b_cᵀ + b_c e_rᵀ) v per level of the entry's term, b_c a column of the term's basis.
    let private directions (engine: BlockFactor) (bases: float[][]) (entries: Entry[]) (columns: EffectColumns) =
        let cross = engine.Cross
        let m = entries.Length
        let q = cross.Tail
        let last = cross.P - 1

        entries
        |> Array.iteri (fun k entry ->
            let lambda = bases[entry.Term]
            let size = Semidefinite.order lambda

            let add level i value =
                match place cross entry.Term with
                | ValueSome at ->
                    let index = (level * cross.LeadOrder + at + i) * m + k
                    columns.Lead[index] <- columns.Lead[index] + value
                | ValueNone ->
                    let t = System.Array.IndexOf(cross.TailTerms, entry.Term)
                    let index = cross.TailOffsets[t] + level * size + i + k * q
                    columns.Tail[index] <- columns.Tail[index] + value

            let levels =
                match place cross entry.Term with
                | ValueSome _ -> cross.LeadLevels
                | ValueNone ->
                    let t = System.Array.IndexOf(cross.TailTerms, entry.Term)
                    cross.TailLevels t

            for level in 0 .. levels - 1 do
                let mutable spherical = 0.0

                for i in 0 .. size - 1 do
                    let weight = lambda[i + entry.Column * size]

                    if weight <> 0.0 then
                        spherical <- spherical + weight * engine.ScoreOf(entry.Term, level, i, last)

                add level entry.Row spherical
                let score = engine.ScoreOf(entry.Term, level, entry.Row, last)

                for i in 0 .. size - 1 do
                    let weight = lambda[i + entry.Column * size]

                    if weight <> 0.0 then
                        add level i (weight * score))

    /// <summary>F, k×k: F_kl = w_kᵀ Z'PZ w_l with w on the scale of y/r, so that F is already divided by r².</summary>
    /// <remarks>Average information is dn (F − s sᵀ) on the −2 log likelihood scale, s_k = w_k'v (Gilmour et al. 1995).</remarks>
    let average (engine: BlockFactor) (bases: float[][]) (entries: Entry[]) : SquareBlock =
        let cross = engine.Cross
        let m = entries.Length
        let order = cross.LeadOrder
        let q = cross.Tail
        let p = cross.P
        let direction = ScoreOperator.zero cross m
        directions engine bases entries direction
        let image = ScoreOperator.apply engine m direction
        let product = SquareBlock.zero m
        let onFixed = Array2D.zeroCreate m (p - 1)

        for level in 0 .. cross.LeadLevels * order - 1 do
            for k in 0 .. m - 1 do
                let weight = direction.Lead[level * m + k]

                if weight <> 0.0 then
                    for l in 0 .. m - 1 do
                        product[k, l] <- product[k, l] + weight * image.Lead[level * m + l]

                    for c in 0 .. p - 2 do
                        onFixed[k, c] <- onFixed[k, c] + weight * engine.LeadScore(level, c)

        if q > 0 then
            for k in 0 .. m - 1 do
                let own = NativePtr.add direction.Tail.Pointer (k * q)

                for l in 0 .. m - 1 do
                    product[k, l] <-
                        product[k, l]
                        + VectorKernel.Dot(q, own, NativePtr.add image.Tail.Pointer (l * q))

                for c in 0 .. p - 2 do
                    onFixed[k, c] <- onFixed[k, c] + VectorKernel.Dot(q, own, engine.TailScores c)

        ScoreOperator.release direction
        ScoreOperator.release image

        SquareBlock.init m (fun k l ->
            let mutable sum = 0.5 * (product[k, l] + product[l, k])

            for c in 0 .. p - 2 do
                sum <- sum - onFixed[k, c] * onFixed[l, c]

            sum)

    /// EEᵀ of the scores of fixed effects in the effects of a level, S×S.
    let private gramOf (engine: BlockFactor) level (gram: float[]) =
        let order, p = engine.Cross.LeadOrder, engine.Cross.P

        for i in 0 .. order - 1 do
            for j in 0 .. order - 1 do
                let mutable sum = 0.0

                for c in 0 .. p - 2 do
                    sum <-
                        sum
                        + engine.LeadScore(level * order + i, c) * engine.LeadScore(level * order + j, c)

                gram[i + j * order] <- sum

    /// Adds the part of a level in L⁻¹X'V⁻¹V̇V⁻¹XL⁻ᵀ, p×p, of one entry of λ; two vectors are written over.
    let private addProjected
        (engine: BlockFactor)
        (lambda: float[])
        level
        row
        column
        (left: float[])
        (right: float[])
        (projected: float[])
        =
        let order, p = engine.Cross.LeadOrder, engine.Cross.P

        for x in 0 .. p - 2 do
            left[x] <- engine.LeadScore(level * order + row, x)
            let mutable sum = 0.0

            for i in 0 .. order - 1 do
                sum <- sum + lambda[i + column * order] * engine.LeadScore(level * order + i, x)

            right[x] <- sum

        for x in 0 .. p - 2 do
            for z in 0 .. p - 2 do
                let both = left[x] * right[z] + right[x] * left[z]
                projected[x + z * (p - 1)] <- projected[x + z * (p - 1)] + both

    /// <summary>T, k×k: T_kl = tr(Q V̇_k Q V̇_l), Q = V⁻¹ or P, for a model whose random terms share one grouping factor.</summary>
    /// <remarks>With V̇ = Z(abᵀ + baᵀ)Zᵀ, a = e_r, b = b_c, each level gives 2[(bΩa')(b'Ωa) + (bΩb')(aΩa')], Ω = (Z'V⁻¹Z)_jj;
    /// P adds the two terms of the projection on X.</remarks>
    let expected (engine: BlockFactor) (bases: float[][]) (entries: Entry[]) (reml: bool) : SquareBlock =
        let cross = engine.Cross
        let order = cross.LeadOrder
        let square = order * order
        let p = cross.P
        let m = entries.Length
        let lambda = leadBasis cross bases

        let at =
            entries |> Array.map (fun entry -> ValueOption.get (place cross entry.Term))

        let rows = Array.map2 (fun (entry: Entry) start -> start + entry.Row) entries at

        let columns =
            Array.map2 (fun (entry: Entry) start -> start + entry.Column) entries at

        let result = SquareBlock.zero m
        let projected = Array.init m (fun _ -> Array.zeroCreate<float>((p - 1) * (p - 1)))
        let work () : float[] = Array.zeroCreate square
        let omega, omegaLambda, lambdaOmega = work (), work (), work ()
        let gram, gramLambda, lambdaGram = work (), work (), work ()
        let left: float[] = Array.zeroCreate (p - 1)
        let right: float[] = Array.zeroCreate (p - 1)

        for level in 0 .. cross.LeadLevels - 1 do
            Small.Multiply(order, engine.Lead.N, level * square, false, cross.LeadLead, level * square, omega, 0)
            Small.Multiply(order, omega, 0, true, lambda, 0, omegaLambda, 0)
            Small.Multiply(order, lambda, 0, true, omegaLambda, 0, lambdaOmega, 0)

            if reml then
                gramOf engine level gram
                Small.Multiply(order, gram, 0, false, lambda, 0, gramLambda, 0)
                Small.Multiply(order, lambda, 0, true, gramLambda, 0, lambdaGram, 0)

            for k in 0 .. m - 1 do
                let r, c = rows[k], columns[k]

                for l in 0..k do
                    let r', c' = rows[l], columns[l]
                    let bA = omegaLambda[r' + c * order]
                    let aB = omegaLambda[r + c' * order]
                    let bB = lambdaOmega[c + c' * order]
                    let aA = omega[r + r' * order]
                    let mutable trace = 2.0 * (bA * aB + bB * aA)

                    if reml then
                        let cut =
                            bA * gramLambda[r + c' * order]
                            + bB * gram[r + r' * order]
                            + aA * lambdaGram[c + c' * order]
                            + aB * gramLambda[r' + c * order]

                        trace <- trace - 2.0 * cut

                    result[k, l] <- result[k, l] + trace

                if reml then
                    addProjected engine lambda level r c left right projected[k]

        for k in 0 .. m - 1 do
            for l in 0..k do
                if reml then
                    result[k, l] <-
                        result[k, l]
                        + Array.fold2 (fun sum a b -> sum + a * b) 0.0 projected[k] projected[l]

                result[l, k] <- result[k, l]

        result

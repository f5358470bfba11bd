namespace LmmFunctional

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

    /// w_k = (E_kΛᵀ + ΛE_kᵀ) v per level of the entry's term: e_r (λᵀv)_c + λ_c v_r.
    let private directions (engine: BlockEngine) (lambdas: float[][]) (entries: Entry[]) (leadRows: float[]) (tail: Buffer) =
        let cross = engine.Cross
        let m = entries.Length
        let q = Array.last cross.TailOffsets
        let last = cross.P - 1

        entries
        |> Array.iteri (fun k entry ->
            let lambda = lambdas[entry.Term]
            let size = int (sqrt (float lambda.Length))

            let add level i value =
                match place cross entry.Term with
                | ValueSome at ->
                    let index = (level * cross.LeadOrder + at + i) * m + k
                    leadRows[index] <- leadRows[index] + value
                | ValueNone ->
                    let t = System.Array.IndexOf(cross.TailTerms, entry.Term)
                    let index = cross.TailOffsets[t] + level * size + i + k * q
                    tail[index] <- tail[index] + value

            let levels =
                match place cross entry.Term with
                | ValueSome _ -> cross.LeadLevels
                | ValueNone ->
                    let t = System.Array.IndexOf(cross.TailTerms, entry.Term)
                    (cross.TailOffsets[t + 1] - cross.TailOffsets[t]) / size

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
    let average (engine: BlockEngine) (lambdas: float[][]) (entries: Entry[]) : float[,] =
        let cross = engine.Cross
        let m = entries.Length
        let order = cross.LeadOrder
        let square = order * order
        let q = Array.last cross.TailOffsets
        let p = cross.P
        let lead = engine.Lead
        let directionLead: float[] = Array.zeroCreate (cross.LeadLevels * order * m)
        let image: float[] = Array.zeroCreate (cross.LeadLevels * order * m)
        let tailLength = max 1 (q * m)
        let directionTail = Workspace.Rent tailLength
        let reduced = Workspace.Rent tailLength
        let spherical = Workspace.Rent tailLength
        let scores = Workspace.Rent tailLength
        directionTail.Span.Clear()
        directions engine lambdas entries directionLead directionTail

        // h = Z'Z w, with the lead eliminated from the tail's part.
        for k in 0 .. m - 1 do
            if q > 0 then
                let column = k * q
                Symmetric.Multiply(q, cross.TailTail.Pointer, NativePtr.add directionTail.Pointer column, NativePtr.add reduced.Pointer column)

        let column: float[] = Array.zeroCreate order

        for level in 0 .. cross.LeadLevels - 1 do
            for k in 0 .. m - 1 do
                for i in 0 .. order - 1 do
                    let mutable sum = 0.0

                    for j in 0 .. order - 1 do
                        sum <- sum + cross.LeadLead[level * square + i + j * order] * directionLead[(level * order + j) * m + k]

                    column[i] <- sum

                for entry in cross.EntryStarts[level] .. cross.EntryStarts[level + 1] - 1 do
                    let value = directionTail[cross.EntryRows[entry] + k * q]
                    let mutable sum = 0.0

                    for a in 0 .. order - 1 do
                        column[a] <- column[a] + cross.EntryValues[entry * order + a] * value
                        sum <- sum + cross.EntryValues[entry * order + a] * directionLead[(level * order + a) * m + k]

                    let index = cross.EntryRows[entry] + k * q
                    reduced[index] <- reduced[index] + sum

                for i in 0 .. order - 1 do
                    image[(level * order + i) * m + k] <- column[i]

                for i in 0 .. order - 1 do
                    let mutable projected = 0.0

                    for j in 0 .. order - 1 do
                        projected <- projected + lead.B[level * square + i + j * order] * column[j]

                    for entry in cross.EntryStarts[level] .. cross.EntryStarts[level + 1] - 1 do
                        let index = cross.EntryRows[entry] + k * q
                        reduced[index] <- reduced[index] - lead.Y[entry * order + i] * projected

        if q > 0 then
            let transposed =
                Array.map2 (fun n (a: float[]) -> Array.init (n * n) (fun k -> a[k / n + k % n * n])) cross.TailOrders engine.LambdaTail

            let right = Workspace.Rent tailLength
            reduced.Span.Slice(0, q * m).CopyTo right.Span
            TailCovariance.apply transposed m right.Pointer cross

            for k in 0 .. m - 1 do
                Symmetric.Multiply(q, engine.Inverse.Pointer, NativePtr.add right.Pointer (k * q), NativePtr.add spherical.Pointer (k * q))

            Workspace.Return right

        engine.ApplyInverse(m, image, reduced.Pointer, spherical.Pointer, scores.Pointer)
        let product = Array2D.zeroCreate m m
        let onFixed = Array2D.zeroCreate m (p - 1)

        for level in 0 .. cross.LeadLevels * order - 1 do
            for k in 0 .. m - 1 do
                let weight = directionLead[level * m + k]

                if weight <> 0.0 then
                    for l in 0 .. m - 1 do
                        product[k, l] <- product[k, l] + weight * image[level * m + l]

                    for c in 0 .. p - 2 do
                        onFixed[k, c] <- onFixed[k, c] + weight * engine.LeadScore(level, c)

        if q > 0 then
            for k in 0 .. m - 1 do
                let own = NativePtr.add directionTail.Pointer (k * q)

                for l in 0 .. m - 1 do
                    product[k, l] <- product[k, l] + VectorKernel.Dot(q, own, NativePtr.add scores.Pointer (l * q))

                for c in 0 .. p - 2 do
                    onFixed[k, c] <- onFixed[k, c] + VectorKernel.Dot(q, own, engine.TailScores c)

        [ directionTail; reduced; spherical; scores ] |> List.iter Workspace.Return

        Array2D.init m m (fun k l ->
            let mutable sum = 0.5 * (product[k, l] + product[l, k])

            for c in 0 .. p - 2 do
                sum <- sum - onFixed[k, c] * onFixed[l, c]

            sum)

    /// <summary>T, k×k: T_kl = tr(Q V̇_k Q V̇_l), Q = V⁻¹ or P, for a model whose random terms share one grouping factor.</summary>
    /// <remarks>With V̇ = Z(abᵀ + baᵀ)Zᵀ, a = e_r, b = λ_c, each level gives 2[(bΩa')(b'Ωa) + (bΩb')(aΩa')], Ω = (Z'V⁻¹Z)_jj;
    /// P adds the two terms of the projection on X.</remarks>
    let expected (engine: BlockEngine) (entries: Entry[]) (reml: bool) : float[,] =
        let cross = engine.Cross
        let order = cross.LeadOrder
        let square = order * order
        let p = cross.P
        let m = entries.Length
        let lambda = engine.LambdaLead
        let at = entries |> Array.map (fun entry -> ValueOption.get (place cross entry.Term))
        let rows = Array.map2 (fun (entry: Entry) start -> start + entry.Row) entries at
        let columns = Array.map2 (fun (entry: Entry) start -> start + entry.Column) entries at
        let result = Array2D.zeroCreate m m
        let projected = Array.init m (fun _ -> Array.zeroCreate<float> ((p - 1) * (p - 1)))
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
                for i in 0 .. order - 1 do
                    for j in 0 .. order - 1 do
                        let mutable sum = 0.0

                        for c in 0 .. p - 2 do
                            sum <- sum + engine.LeadScore(level * order + i, c) * engine.LeadScore(level * order + j, c)

                        gram[i + j * order] <- sum

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
                    for x in 0 .. p - 2 do
                        left[x] <- engine.LeadScore(level * order + r, x)
                        let mutable sum = 0.0

                        for i in 0 .. order - 1 do
                            sum <- sum + lambda[i + c * order] * engine.LeadScore(level * order + i, x)

                        right[x] <- sum

                    for x in 0 .. p - 2 do
                        for z in 0 .. p - 2 do
                            let both = left[x] * right[z] + right[x] * left[z]
                            projected[k][x + z * (p - 1)] <- projected[k][x + z * (p - 1)] + both

        for k in 0 .. m - 1 do
            for l in 0..k do
                if reml then
                    result[k, l] <- result[k, l] + Array.fold2 (fun sum a b -> sum + a * b) 0.0 projected[k] projected[l]

                result[l, k] <- result[k, l]

        result

namespace LmmFunctional

open FSharp.NativeInterop
open LmmFunctional.Numerics

/// <summary>tr(Q V̇_k Q V̇_l) for crossed models, exactly, from Ω = Z'V⁻¹Z held by blocks.</summary>
/// <remarks>Ω₁₁ = diag(N A) − F C̃ Fᵀ, Ω₁₂ = F J and Ω₂₂ = S J, with F = N Z₁'Z₂ sparse, C̃ = ΛCΛᵀ and J = I − C̃ S, which is
/// C̃ G⁻¹ for a regular G. Traces of products of these need only the Gram matrices FᵀF, q₂×q₂, and their products with C̃.
/// With V̇ = Z(abᵀ + baᵀ)Zᵀ, all traces follow from the inner products ⟨Ω_ab, Ω_cd⟩ between pairs of effects.</remarks>
[<RequireQualifiedAccess>]
module internal TraceProducts =

    /// Inner products of two blocks of effects: element (a, b, c, d) is Σ_ij Ω[ia, jb] Ω[ic, jd].
    type private Inner = float[,,,]

    let private levelsOf (cross: CrossProducts) block =
        if block < 0 then
            cross.LeadLevels
        else
            (cross.TailOffsets[block + 1] - cross.TailOffsets[block])
            / cross.TailOrders[block]

    let private orderOf (cross: CrossProducts) block =
        if block < 0 then
            cross.LeadOrder
        else
            cross.TailOrders[block]

    let private swapped (inner: Inner) : Inner =
        Array4D.init
            (Array4D.length2 inner)
            (Array4D.length1 inner)
            (Array4D.length4 inner)
            (Array4D.length3 inner)
            (fun b a d c -> inner[a, b, c, d])

    /// F = N a per entry, one array per leading effect.
    let private sparseRows (engine: BlockEngine) =
        let cross = engine.Cross
        let order = cross.LeadOrder

        Array.init order (fun a ->
            let values = Array.zeroCreate cross.EntryRows.Length

            for level in 0 .. cross.LeadLevels - 1 do
                for entry in cross.EntryStarts[level] .. cross.EntryStarts[level + 1] - 1 do
                    for k in 0 .. order - 1 do
                        let weight = engine.Lead.N[level * order * order + a + k * order]
                        values[entry] <- values[entry] + weight * cross.EntryValues[entry * order + k]

            values)

    let private mirrored q (lower: Buffer) =
        let full = Workspace.Rent(q * q)

        for j in 0 .. q - 1 do
            for i in j .. q - 1 do
                full[i + j * q] <- lower[i + j * q]
                full[j + i * q] <- lower[i + j * q]

        full

    /// tr(A B) of two full q×q matrices.
    let private traceOfProduct q (a: Buffer) (b: Buffer) =
        let mutable sum = 0.0
        let block = 64

        for j0 in 0..block .. q - 1 do
            for i0 in 0..block .. q - 1 do
                for j in j0 .. min q (j0 + block) - 1 do
                    for i in i0 .. min q (i0 + block) - 1 do
                        sum <- sum + a[i + j * q] * b[j + i * q]

        sum

    let private dot q (a: Buffer) columnA (b: Buffer) columnB =
        VectorKernel.Dot(q, NativePtr.add a.Pointer (columnA * q), NativePtr.add b.Pointer (columnB * q))

    /// The leading factor with itself.
    let private leadWithLead (engine: BlockEngine) (products: Buffer[,]) : Inner =
        let cross = engine.Cross
        let order = cross.LeadOrder
        let square = order * order
        let q = Array.last cross.TailOffsets
        let result = Array4D.zeroCreate order order order order
        let own: float[] = Array.zeroCreate square
        let left: float[] = Array.zeroCreate square
        let shared: float[] = Array.zeroCreate square

        for level in 0 .. cross.LeadLevels - 1 do
            let at = level * square
            Small.Multiply(order, engine.Lead.N, at, false, cross.LeadLead, at, own, 0)
            Small.Multiply(order, engine.Lead.N, at, false, engine.Lead.Gathered, at, left, 0)
            Small.MultiplyByTranspose(order, left, 0, engine.Lead.N, at, shared, 0)

            for a in 0 .. order - 1 do
                for b in 0 .. order - 1 do
                    let ab = a + b * order

                    for c in 0 .. order - 1 do
                        for d in 0 .. order - 1 do
                            let cd = c + d * order
                            let value = own[ab] * own[cd] - own[ab] * shared[cd] - shared[ab] * own[cd]
                            result[a, b, c, d] <- result[a, b, c, d] + value

        for a in 0 .. order - 1 do
            for b in 0 .. order - 1 do
                for c in 0 .. order - 1 do
                    for d in 0 .. order - 1 do
                        result[a, b, c, d] <- result[a, b, c, d] + traceOfProduct q products[b, d] products[c, a]

        result

    /// The columns of J that belong to one level of a tail term, S of them.
    let private columnsOfJ (engine: BlockEngine) (weighted: Buffer) t level (target: Buffer) =
        let cross = engine.Cross
        let q = Array.last cross.TailOffsets
        let size = cross.TailOrders[t]
        let first = cross.TailOffsets[t] + level * size
        target.Span.Slice(0, q * size).Clear()

        if engine.IsRegular t then
            let g = Semidefinite.inverse size (Semidefinite.square size engine.LambdaTail[t])

            for b in 0 .. size - 1 do
                for k in 0 .. size - 1 do
                    VectorKernel.AddScaled(
                        q,
                        g[k + b * size],
                        NativePtr.add weighted.Pointer ((first + k) * q),
                        NativePtr.add target.Pointer (b * q)
                    )
        else
            let column = Workspace.Rent q
            let image = Workspace.Rent q

            for b in 0 .. size - 1 do
                for i in 0 .. q - 1 do
                    column[i] <- Symmetric.Get(q, engine.Schur.Pointer, i, first + b)

                Symmetric.Multiply(q, engine.Weighted.Pointer, column.Pointer, image.Pointer)
                target[first + b + b * q] <- 1.0
                VectorKernel.AddScaled(q, -1.0, image.Pointer, NativePtr.add target.Pointer (b * q))

            Workspace.Return column
            Workspace.Return image

    /// The leading factor with a tail term: (a, b, c, d) is Σ_j J_bᵀ (F_aᵀF_c) J_d.
    let private leadWithTail (engine: BlockEngine) weighted (grams: Buffer[,]) (products: Buffer[,]) t : Inner =
        let cross = engine.Cross
        let order = cross.LeadOrder
        let size = cross.TailOrders[t]
        let q = Array.last cross.TailOffsets
        let result = Array4D.zeroCreate order size order size
        let j = Workspace.Rent(q * size)
        let image = Workspace.Rent(q * size)
        let regular = engine.IsRegular t

        let g =
            if regular then
                Semidefinite.inverse size (Semidefinite.square size engine.LambdaTail[t])
            else
                [||]

        for level in 0 .. levelsOf cross t - 1 do
            let first = cross.TailOffsets[t] + level * size
            columnsOfJ engine weighted t level j

            for a in 0 .. order - 1 do
                for c in 0 .. order - 1 do
                    image.Span.Slice(0, q * size).Clear()

                    for d in 0 .. size - 1 do
                        let target = NativePtr.add image.Pointer (d * q)

                        if regular then
                            for k in 0 .. size - 1 do
                                VectorKernel.AddScaled(
                                    q,
                                    g[k + d * size],
                                    NativePtr.add products[a, c].Pointer ((first + k) * q),
                                    target
                                )
                        else
                            for k in 0 .. q - 1 do
                                VectorKernel.AddScaled(
                                    q,
                                    j[k + d * q],
                                    NativePtr.add grams[a, c].Pointer (k * q),
                                    target
                                )

                    for b in 0 .. size - 1 do
                        for d in 0 .. size - 1 do
                            result[a, b, c, d] <- result[a, b, c, d] + dot q j b image d

        Workspace.Return j
        Workspace.Return image
        result

    /// Two tail terms; the second may be near singular, the first then too or not.
    let private tailWithTail (engine: BlockEngine) weighted t u : Inner =
        let cross = engine.Cross
        let q = Array.last cross.TailOffsets
        let rowsOf, columnsOf = cross.TailOrders[t], cross.TailOrders[u]
        let result = Array4D.zeroCreate rowsOf columnsOf rowsOf columnsOf
        let omega: float[] = Array.zeroCreate (rowsOf * columnsOf)
        let closed = engine.IsRegular t && engine.IsRegular u

        let inverse v =
            Semidefinite.inverse cross.TailOrders[v] engine.LambdaTail[v]

        let left, right = (if closed then inverse t, inverse u else [||], [||])
        let j = Workspace.Rent(q * columnsOf)
        let image = Workspace.Rent(q * columnsOf)

        for levelU in 0 .. levelsOf cross u - 1 do
            let firstU = cross.TailOffsets[u] + levelU * columnsOf

            if not closed then
                columnsOfJ engine weighted u levelU j

                for d in 0 .. columnsOf - 1 do
                    Symmetric.Multiply(
                        q,
                        engine.Schur.Pointer,
                        NativePtr.add j.Pointer (d * q),
                        NativePtr.add image.Pointer (d * q)
                    )

            for levelT in 0 .. levelsOf cross t - 1 do
                let firstT = cross.TailOffsets[t] + levelT * rowsOf

                for b in 0 .. columnsOf - 1 do
                    for a in 0 .. rowsOf - 1 do
                        omega[a + b * rowsOf] <-
                            if not closed then
                                image[firstT + a + b * q]
                            else
                                let mutable sum = 0.0

                                for k in 0 .. rowsOf - 1 do
                                    for l in 0 .. columnsOf - 1 do
                                        let same = if firstT + k = firstU + l then 1.0 else 0.0

                                        let element =
                                            same - Symmetric.Get(q, engine.Inverse.Pointer, firstT + k, firstU + l)

                                        sum <- sum + left[k + a * rowsOf] * element * right[l + b * columnsOf]

                                sum

                for a in 0 .. rowsOf - 1 do
                    for b in 0 .. columnsOf - 1 do
                        for c in 0 .. rowsOf - 1 do
                            for d in 0 .. columnsOf - 1 do
                                result[a, b, c, d] <- result[a, b, c, d] + omega[a + b * rowsOf] * omega[c + d * rowsOf]

        Workspace.Return j
        Workspace.Return image
        result

    /// One score column E_x of an effect of a block.
    let private score (engine: BlockEngine) block level effect x =
        let cross = engine.Cross

        if block < 0 then
            engine.LeadScore(level * cross.LeadOrder + effect, x)
        else
            NativePtr.get (engine.TailScores x) (cross.TailOffsets[block] + level * cross.TailOrders[block] + effect)

    /// What REML takes off: Q = V⁻¹ − V⁻¹X(X'V⁻¹X)⁻¹X'V⁻¹ replaces Ω by Ω − E Eᵀ.
    let private subtractFixed (engine: BlockEngine) (blocks: int[]) (inners: Inner[,]) =
        let cross = engine.Cross
        let p = cross.P - 1
        let q = Array.last cross.TailOffsets

        // Per block and pair of its effects E_aᵀE_c, p×p.
        let grams =
            blocks
            |> Array.map (fun block ->
                Array2D.init (orderOf cross block) (orderOf cross block) (fun a c ->
                    Array2D.init p p (fun x z ->
                        let mutable sum = 0.0

                        for level in 0 .. levelsOf cross block - 1 do
                            sum <- sum + score engine block level a x * score engine block level c z

                        sum)))

        for v in 0 .. blocks.Length - 1 do
            let block = blocks[v]
            let size = orderOf cross block

            for b in 0 .. size - 1 do
                for d in 0 .. size - 1 do
                    // E_d in the place of effect b, times Ω.
                    let columns = ScoreOperator.zero cross p

                    for level in 0 .. levelsOf cross block - 1 do
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

                        for a in 0 .. orderOf cross other - 1 do
                            for c in 0 .. orderOf cross other - 1 do
                                let mutable sum = 0.0

                                for level in 0 .. levelsOf cross other - 1 do
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
    /// <remarks>Costs S²(S² for S leading effects) products of q₂×q₂ matrices.</remarks>
    let create (engine: BlockEngine) (entries: Entry[]) (reml: bool) : float[,] =
        let cross = engine.Cross
        let order = cross.LeadOrder
        let q = Array.last cross.TailOffsets
        let blocks = Array.append [| -1 |] [| 0 .. cross.TailOrders.Length - 1 |]
        let rows = sparseRows engine
        let weighted = mirrored q engine.Weighted

        let grams =
            Array2D.init order order (fun a c ->
                let gram = Workspace.Rent(q * q)
                engine.Lead.Outer(rows[a], rows[c], gram)
                gram)

        let products =
            Array2D.init order order (fun a c ->
                let product = Workspace.Rent(q * q)
                product.Span.Slice(0, q * q).Clear()

                Product.Add(
                    q,
                    q,
                    q,
                    1.0,
                    grams[a, c].Pointer,
                    q,
                    false,
                    weighted.Pointer,
                    q,
                    false,
                    product.Pointer,
                    q,
                    false
                )

                product)

        let inners =
            Array2D.init blocks.Length blocks.Length (fun u v ->
                match blocks[u], blocks[v] with
                | _ when u > v -> Array4D.zeroCreate 0 0 0 0
                | -1, -1 -> leadWithLead engine products
                | -1, t -> leadWithTail engine weighted grams products t
                | t, s when engine.IsRegular s && not (engine.IsRegular t) ->
                    swapped (tailWithTail engine weighted s t)
                | t, s -> tailWithTail engine weighted t s)

        if reml && cross.P > 1 then
            subtractFixed engine blocks inners

        Workspace.Return weighted
        grams |> Seq.cast<Buffer> |> Seq.iter Workspace.Return
        products |> Seq.cast<Buffer> |> Seq.iter Workspace.Return

        let place (entry: Entry) =
            match System.Array.IndexOf(cross.LeadTerms, entry.Term) with
            | -1 -> 1 + System.Array.IndexOf(cross.TailTerms, entry.Term), 0
            | index -> 0, cross.LeadOffsets[index]

        let lambdaOf block =
            if block = 0 then
                engine.LambdaLead
            else
                engine.LambdaTail[block - 1]

        let trace k l =
            let (u, startK), (v, startL) = place entries[k], place entries[l]
            let n, m = orderOf cross blocks[u], orderOf cross blocks[v]
            let r, c = startK + entries[k].Row, startK + entries[k].Column
            let r', c' = startL + entries[l].Row, startL + entries[l].Column
            let inner = inners[u, v]
            let mutable sum = 0.0

            for x in 0 .. n - 1 do
                for y in 0 .. m - 1 do
                    let weight = lambdaOf u |> fun left -> left[x + c * n] * (lambdaOf v)[y + c' * m]

                    if weight <> 0.0 then
                        sum <- sum + weight * (inner[r, r', x, y] + inner[r, y, x, r'])

            2.0 * sum

        let ordered k l =
            if fst (place entries[k]) <= fst (place entries[l]) then
                trace k l
            else
                trace l k

        Array2D.init entries.Length entries.Length ordered

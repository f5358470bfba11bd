namespace LmmFunctional

open FSharp.NativeInterop
open LmmFunctional.Numerics

/// <summary>Inner products of the blocks of Ω = Z'V⁻¹Z of a crossed model, without forming Ω.</summary>
/// <remarks>Ω₁₁ = diag(N A) − F C̃ Fᵀ, Ω₁₂ = F J and Ω₂₂ = S J, with F = N Z₁'Z₂ sparse, C̃ = ΛCΛᵀ and J = I − C̃ S, which is
/// C̃ G⁻¹ for a regular G. Inner products of these need only the Gram matrices FᵀF, q₂×q₂, and their products with C̃.
/// A block is −1 for the leading factor, or the position of a tail term. ML only: V⁻¹, not P.</remarks>
[<RequireQualifiedAccess>]
module internal EffectProducts =

    /// Inner products of two blocks of effects: element (a, b, c, d) is Σ_ij Ω[ia, jb] Ω[ic, jd].
    type Inner = float[,,,]

    let levelsOf (cross: CrossProducts) block =
        if block < 0 then
            cross.LeadLevels
        else
            cross.TailLevels block

    let orderOf (cross: CrossProducts) block =
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
    let private sparseRows (engine: BlockFactor) =
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
    let private leadWithLead (engine: BlockFactor) (products: Buffer[,]) : Inner =
        let cross = engine.Cross
        let order = cross.LeadOrder
        let square = order * order
        let q = cross.Tail
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
    let private columnsOfJ (engine: BlockFactor) (weighted: Buffer) t level (target: Buffer) =
        let cross = engine.Cross
        let q = cross.Tail
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
    let private leadWithTail (engine: BlockFactor) weighted (grams: Buffer[,]) (products: Buffer[,]) t : Inner =
        let cross = engine.Cross
        let order = cross.LeadOrder
        let size = cross.TailOrders[t]
        let q = cross.Tail
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
    let private tailWithTail (engine: BlockFactor) weighted t u : Inner =
        let cross = engine.Cross
        let q = cross.Tail
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

    /// <summary>The inner products of all pairs u ≤ v of blocks; the leading factor comes first.</summary>
    /// <remarks>Costs S² products of q₂×q₂ matrices for S leading effects.</remarks>
    let create (engine: BlockFactor) : Inner[,] =
        let cross = engine.Cross
        let order = cross.LeadOrder
        let q = cross.Tail
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

        Workspace.Return weighted
        grams |> Seq.cast<Buffer> |> Seq.iter Workspace.Return
        products |> Seq.cast<Buffer> |> Seq.iter Workspace.Return
        inners

namespace LmmFunctional.Estimation

open FSharp.NativeInterop
open LmmFunctional.Numerics

/// <summary>Inner products of two blocks of effects: element (a, b, c, d) is Σ_ij Ω[ia, jb] Ω[ic, jd].</summary>
type internal Inner = float[,,,]

/// <summary>The blocks of Ω = Z'V⁻¹Z that belong to the tail, Ω₂₂ = S J with J = I − C̃S, C̃ = ΛCΛᵀ.</summary>
/// <remarks>For a regular λ, J = C̃G⁻¹ and Ω₂₂ = λ⁻ᵀ(I − C)λ⁻¹ need no product of large matrices; near a singular one they
/// are computed as they stand, which loses no digits.</remarks>
[<RequireQualifiedAccess>]
module internal TailProducts =

    /// Both triangles of a q×q matrix, in a rented buffer.
    let mirrored q (lower: Buffer) =
        let full = Workspace.Rent(q * q)
        Symmetric.Mirror(q, lower.Pointer, full.Pointer)
        full

    let private effectsOf (cross: CrossProducts) t =
        cross.TailOffsets[t + 1] - cross.TailOffsets[t]

    /// Columns of the full q×q matrix that belong to a term.
    let private columnsOf (cross: CrossProducts) t (full: Buffer) =
        NativePtr.add full.Pointer (cross.TailOffsets[t] * cross.Tail)

    /// α A B for q×q A and q×m B, in a rented buffer of stride q.
    let private multiply q m alpha (a: nativeptr<float>) (b: nativeptr<float>) =
        let product = Workspace.Rent(q * m)
        product.Span.Slice(0, q * m).Clear()
        Product.Add(q, m, q, alpha, a, q, false, b, q, false, product.Pointer, q, false)
        product

    /// A B for a full q×q matrix A and m columns B of stride q, in a rented buffer.
    let times q m (a: Buffer) (b: nativeptr<float>) = multiply q m 1.0 a.Pointer b

    /// J of a term, q × its effects, from full C̃ and full S; in a rented buffer.
    let complement (cross: CrossProducts) t (weighted: Buffer) (schur: Buffer) =
        let q = cross.Tail
        let first = cross.TailOffsets[t]
        let count = effectsOf cross t
        let j = multiply q count -1.0 weighted.Pointer (columnsOf cross t schur)

        for k in 0 .. count - 1 do
            let index = first + k + k * q
            j[index] <- j[index] + 1.0

        j

    /// Σ over levels of x_kᵀy_l for columns of the level, S×S by columns; x and y have stride q and S columns per level.
    let levelProducts q size levels (x: nativeptr<float>) (y: nativeptr<float>) : float[] =
        let sum: float[] = Array.zeroCreate (size * size)

        for level in 0 .. levels - 1 do
            for l in 0 .. size - 1 do
                let right = NativePtr.add y ((level * size + l) * q)

                for k in 0 .. size - 1 do
                    let left = NativePtr.add x ((level * size + k) * q)
                    sum[k + l * size] <- sum[k + l * size] + VectorKernel.Dot(q, left, right)

        sum

    /// <summary>Σ over levels of (S − S C̃ S)_jj of a term, S×S: its part of Z'V⁻¹Z near a singular λ.</summary>
    let trace (engine: BlockFactor) t : float[] =
        let cross = engine.Cross
        let q = cross.Tail
        let size = cross.TailOrders[t]
        let first = cross.TailOffsets[t]
        let schur = mirrored q engine.Schur
        let weighted = mirrored q engine.Weighted
        let own = columnsOf cross t schur
        let image = multiply q (effectsOf cross t) 1.0 weighted.Pointer own
        let sum = levelProducts q size (cross.TailLevels t) own image.Pointer

        for k in 0 .. size * size - 1 do
            sum[k] <- -sum[k]

            for level in 0 .. cross.TailLevels t - 1 do
                let at = first + level * size
                sum[k] <- sum[k] + schur[at + k % size + (at + k / size) * q]

        Workspace.Return schur
        Workspace.Return weighted
        Workspace.Return image
        sum

    /// Inner products from their raw form (pair of effects by pair of effects, flat) with the first effects mapped by left
    /// and the second by right: Ω = leftᵀ E right.
    let private mapped rows columns (left: float[]) (right: float[]) (raw: float[]) : Inner =
        let pairs = rows * columns

        // The element of leftᵀ ⊗ right between pairs.
        let weight (a, b) index =
            left[index % rows + a * rows] * right[index / rows + b * columns]

        let half =
            Array4D.init rows columns rows columns (fun a b k l ->
                let mutable sum = 0.0

                for index in 0 .. pairs - 1 do
                    sum <- sum + weight (a, b) index * raw[index + (k + l * rows) * pairs]

                sum)

        Array4D.init rows columns rows columns (fun a b c d ->
            let mutable sum = 0.0

            for index in 0 .. pairs - 1 do
                sum <- sum + weight (c, d) index * half[a, b, index % rows, index / rows]

            sum)

    let private unit n : float[] =
        Array.init (n * n) (fun k -> if k % n = k / n then 1.0 else 0.0)

    /// Σ over pairs of levels of products of the elements of S×S' blocks: element(i, j) of effects of two terms.
    let private accumulate rows rowLevels columns columnLevels (element: nativeptr<float>) stride : float[] =
        let pairs = rows * columns
        let raw: float[] = Array.zeroCreate (pairs * pairs)
        let block: float[] = Array.zeroCreate pairs

        if pairs = 1 then
            for j in 0 .. columnLevels - 1 do
                let column = NativePtr.add element (j * stride)
                raw[0] <- raw[0] + VectorKernel.Dot(rowLevels, column, column)
        else
            for j in 0 .. columnLevels - 1 do
                for i in 0 .. rowLevels - 1 do
                    for b in 0 .. columns - 1 do
                        for a in 0 .. rows - 1 do
                            block[a + b * rows] <- NativePtr.get element (i * rows + a + (j * columns + b) * stride)

                    for right in 0 .. pairs - 1 do
                        let value = block[right]

                        for left in 0 .. pairs - 1 do
                            raw[left + right * pairs] <- raw[left + right * pairs] + block[left] * value

        raw

    /// <summary>Two tail terms: from I − C where both λ are regular, else from S J of the second.</summary>
    let inner (engine: BlockFactor) (weighted: Buffer) t u : Inner =
        let cross = engine.Cross
        let q = cross.Tail
        let rows, columns = cross.TailOrders[t], cross.TailOrders[u]
        let count = effectsOf cross u

        let accumulated (omega: Buffer) =
            let own = NativePtr.add omega.Pointer cross.TailOffsets[t]
            accumulate rows (cross.TailLevels t) columns (cross.TailLevels u) own q

        if engine.IsRegular t && engine.IsRegular u then
            let omega = Workspace.Rent(q * count)
            let first = cross.TailOffsets[u]
            let rowFirst = cross.TailOffsets[t]

            for j in 0 .. count - 1 do
                for i in rowFirst .. cross.TailOffsets[t + 1] - 1 do
                    let same = if i = first + j then 1.0 else 0.0
                    omega[i + j * q] <- same - Symmetric.Get(q, engine.Inverse.Pointer, i, first + j)

            let raw = accumulated omega
            Workspace.Return omega

            let inverse v =
                Semidefinite.inverse cross.TailOrders[v] engine.LambdaTail[v]

            mapped rows columns (inverse t) (inverse u) raw
        else
            let schur = mirrored q engine.Schur
            let j = complement cross u weighted schur
            let omega = multiply q count 1.0 schur.Pointer j.Pointer
            let raw = accumulated omega
            Workspace.Return schur
            Workspace.Return j
            Workspace.Return omega
            mapped rows columns (unit rows) (unit columns) raw

    /// <summary>The leading factor with a tail term: (a, b, c, d) is Σ_j J_bᵀ (F_aᵀF_c) J_d.</summary>
    /// <remarks>The grams are F_aᵀF_c for each pair of leading effects, the products F_aᵀF_c C̃; all full q×q.</remarks>
    let withLead (engine: BlockFactor) (weighted: Buffer) (grams: Buffer[,]) (products: Buffer[,]) t : Inner =
        let cross = engine.Cross
        let order = cross.LeadOrder
        let size = cross.TailOrders[t]
        let levels = cross.TailLevels t
        let q = cross.Tail
        let result = Array4D.zeroCreate order size order size

        let fill a c (map: float[]) (raw: float[]) =
            let half: float[] = Array.zeroCreate (size * size)
            let whole: float[] = Array.zeroCreate (size * size)
            Small.Multiply(size, map, 0, true, raw, 0, half, 0)
            Small.Multiply(size, half, 0, false, map, 0, whole, 0)

            for b in 0 .. size - 1 do
                for d in 0 .. size - 1 do
                    result[a, b, c, d] <- whole[b + d * size]

        if engine.IsRegular t then
            let inverse =
                Semidefinite.inverse size (Semidefinite.square size engine.LambdaTail[t])

            let own = columnsOf cross t weighted

            for a in 0 .. order - 1 do
                for c in 0 .. order - 1 do
                    fill a c inverse (levelProducts q size levels own (columnsOf cross t products[a, c]))
        else
            let schur = mirrored q engine.Schur
            let j = complement cross t weighted schur

            for a in 0 .. order - 1 do
                for c in 0 .. order - 1 do
                    let image = times q (effectsOf cross t) grams[a, c] j.Pointer
                    fill a c (unit size) (levelProducts q size levels j.Pointer image.Pointer)
                    Workspace.Return image

            Workspace.Return schur
            Workspace.Return j

        result

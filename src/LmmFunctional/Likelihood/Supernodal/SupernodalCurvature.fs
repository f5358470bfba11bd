namespace LmmFunctional

open FSharp.NativeInterop
open LmmFunctional.Numerics

/// <summary>Second-order quantities of the supernodal engine, all from cross-products and solves.</summary>
[<RequireQualifiedAccess>]
module internal SupernodalCurvature =

    let private placeOf (products: NodeProducts) term =
        let struct (g, index) = products.Places[term]
        let group = products.Groups[g]
        group, group.Offsets[index], group.Offsets[index + 1] - group.Offsets[index]

    /// w_k = (e_r b_cᵀ + b_c e_rᵀ) K⁻¹v per level of the entry's term, b_c a column of the term's basis, v related.
    let private directions (factor: SupernodalFactor) (bases: float[][]) (entries: Entry[]) (target: Buffer) =
        let products = factor.Symbolic.Products
        let places = factor.Symbolic.Places.Value
        let q = places.Tree.Size
        let v = NativePtr.add factor.Related.Pointer ((products.P - 1) * q)

        entries
        |> Array.iteri (fun k entry ->
            let group, first, size = placeOf products entry.Term
            let lambda = bases[entry.Term]

            for level in 0 .. group.Levels - 1 do
                let at = places.Columns[group.FirstNode + level] + first
                let mutable spherical = 0.0

                for i in 0 .. size - 1 do
                    spherical <- spherical + lambda[i + entry.Column * size] * NativePtr.get v (at + i)

                let row = at + entry.Row + k * q
                target[row] <- target[row] + spherical
                let score = NativePtr.get v (at + entry.Row)

                for i in 0 .. size - 1 do
                    let index = at + i + k * q
                    target[index] <- target[index] + lambda[i + entry.Column * size] * score)

    /// <summary>F, k×k: F_kl = w_kᵀ Z'PZ w_l with w on the scale of y/r; k solves.</summary>
    let average (factor: SupernodalFactor) (bases: float[][]) (entries: Entry[]) : float[,] =
        let q = factor.Symbolic.Places.Value.Tree.Size
        let p = factor.Symbolic.Products.P
        let m = entries.Length
        let direction = Workspace.Rent(max 1 (q * m))
        let image = Workspace.Rent(max 1 (q * m))
        direction.Span.Slice(0, q * m).Clear()
        directions factor bases entries direction
        NodeVectors.multiply factor.Symbolic m direction.Pointer image.Pointer
        factor.Project(m, image.Pointer)
        let column (buffer: Buffer) k = NativePtr.add buffer.Pointer (k * q)

        let product =
            Array2D.init m m (fun k l -> VectorKernel.Dot(q, column direction k, column image l))

        let onFixed =
            Array2D.init m (p - 1) (fun k c -> VectorKernel.Dot(q, column direction k, column factor.Scores c))

        Workspace.Return direction
        Workspace.Return image

        Array2D.init m m (fun k l ->
            let mutable sum = 0.5 * (product[k, l] + product[l, k])

            for c in 0 .. p - 2 do
                sum <- sum - onFixed[k, c] * onFixed[l, c]

            sum)

    // Columns of Z'QZ made at a time.
    let private chunk = 128

    let private isRelated (factor: SupernodalFactor) =
        factor.Symbolic.Products.Groups |> Array.exists _.Prior.IsSome

    /// Columns of K⁻¹Ω, or of ΩK⁻¹ (before), Ω = Z'QZ: q×m, for some levels of a group, one after another.
    let private columnsOf (factor: SupernodalFactor) reml before (group: NodeGroup) first m =
        let places = factor.Symbolic.Places.Value
        let q = places.Tree.Size
        let unit = Workspace.Rent(q * m)
        let omega = Workspace.Rent(q * m)
        unit.Span.Slice(0, q * m).Clear()

        let rowOf column =
            places.Columns[group.FirstNode + first + column / group.Order]
            + column % group.Order

        for column in 0 .. m - 1 do
            unit[rowOf column + column * q] <- 1.0

        if before then
            NodeVectors.applyRelationship factor.Symbolic m unit.Pointer

        NodeVectors.multiply factor.Symbolic m unit.Pointer omega.Pointer
        factor.Project(m, omega.Pointer)

        if reml then
            for column in 0 .. m - 1 do
                for c in 0 .. factor.Symbolic.Products.P - 2 do
                    let score = NativePtr.add factor.Scores.Pointer (c * q)
                    let own = VectorKernel.Dot(q, score, NativePtr.add unit.Pointer (column * q))
                    VectorKernel.AddScaled(q, -own, score, NativePtr.add omega.Pointer (column * q))

        if not before then
            NodeVectors.applyRelationship factor.Symbolic m omega.Pointer

        Workspace.Return unit
        omega

    /// Inner products of the effects of two terms: element (a, b, c, d) is Σ_ij (ΩK⁻¹)[ia, jb] (K⁻¹Ω)[ic, jd] over their
    /// levels; the levels j are those whose columns are given.
    let private addInner (factor: SupernodalFactor) t u levels (before: Buffer) (after: Buffer) (result: float[,,,]) =
        let products = factor.Symbolic.Products
        let places = factor.Symbolic.Places.Value
        let q = places.Tree.Size
        let groupT, firstT, rows = placeOf products t
        let groupU, firstU, columns = placeOf products u

        for levelU in 0 .. levels - 1 do
            let atU = levelU * groupU.Order + firstU

            for levelT in 0 .. groupT.Levels - 1 do
                let atT = places.Columns[groupT.FirstNode + levelT] + firstT

                for a in 0 .. rows - 1 do
                    for b in 0 .. columns - 1 do
                        let left = before[atT + a + (atU + b) * q]

                        for c in 0 .. rows - 1 do
                            for d in 0 .. columns - 1 do
                                result[a, b, c, d] <- result[a, b, c, d] + left * after[atT + c + (atU + d) * q]

    /// The inner products of all pairs of terms t ≤ u: as many solves as there are effects.
    let private inners (factor: SupernodalFactor) reml (terms: int[]) =
        let products = factor.Symbolic.Products
        let isRelated = isRelated factor

        let orderOf term =
            let _, _, size = placeOf products term
            size

        let results =
            dict [
                for t in terms do
                    for u in terms do
                        if t <= u then
                            struct (t, u), Array4D.zeroCreate (orderOf t) (orderOf u) (orderOf t) (orderOf u)
            ]

        for group in products.Groups do
            let perChunk = max 1 (chunk / group.Order)

            for first in 0..perChunk .. group.Levels - 1 do
                let levels = min perChunk (group.Levels - first)
                let after = columnsOf factor reml false group first (levels * group.Order)

                let before =
                    if isRelated then
                        columnsOf factor reml true group first (levels * group.Order)
                    else
                        after

                for u in group.Terms do
                    for t in terms do
                        if t <= u && Array.contains u terms then
                            addInner factor t u levels before after results[struct (t, u)]

                if isRelated then
                    Workspace.Return before

                Workspace.Return after

        results

    /// <summary>T, k×k: T_kl = tr(Q V̇_k Q V̇_l), exactly, from all of Z'QZ; q solves, twice as many for related levels.</summary>
    /// <remarks>With V̇ = ZK⁻¹(abᵀ + baᵀ)Zᵀ, a = e_r and b = b_c, all traces follow from inner products of blocks of
    /// K⁻¹Z'QZ.</remarks>
    let traceAlong (factor: SupernodalFactor) (bases: float[][]) (entries: Entry[]) reml : float[,] =
        let products = factor.Symbolic.Products
        let inners = entries |> Array.map _.Term |> Array.distinct |> inners factor reml

        let ordered k l =
            let a, b = entries[k], entries[l]
            let _, _, n = placeOf products a.Term
            let _, _, m = placeOf products b.Term
            let left, right = bases[a.Term], bases[b.Term]
            let inner = inners[struct (a.Term, b.Term)]
            let mutable sum = 0.0

            for x in 0 .. n - 1 do
                for y in 0 .. m - 1 do
                    let weight = left[x + a.Column * n] * right[y + b.Column * m]
                    sum <- sum + weight * (inner[a.Row, b.Row, x, y] + inner[a.Row, y, x, b.Row])

            2.0 * sum

        Array2D.init entries.Length entries.Length (fun k l ->
            if entries[k].Term <= entries[l].Term then
                ordered k l
            else
                ordered l k)

    /// T along the free entries of Λ.
    let trace (factor: SupernodalFactor) (entries: Entry[]) reml : float[,] =
        let terms = factor.Symbolic.Products.Places.Length
        traceAlong factor (Array.init terms factor.Lambda) entries reml

    /// EᵀB_kK⁻¹E and EᵀK⁻¹B_kΩB_lK⁻¹E for block-diagonal matrices of the effects; a solve for each column of each B_kE.
    let fixedForms (factor: SupernodalFactor) (forms: float[][][]) : struct (float[][] * float[][]) =
        let symbolic = factor.Symbolic
        let q = symbolic.Places.Value.Tree.Size
        let p = symbolic.Products.P - 1
        let m = p * forms.Length
        let direction = Workspace.Rent(max 1 (q * m))
        let image = Workspace.Rent(max 1 (q * m))

        let block (buffer: Buffer) k =
            NativePtr.add buffer.Pointer (k * p * q)

        forms
        |> Array.iteri (fun k form ->
            factor.Related.Span.Slice(0, q * p).CopyTo(direction.Span.Slice(k * p * q, p * q))
            let matrices = NodeVectors.groupLambdas symbolic.Products form
            NodeVectors.applyBlocks symbolic matrices false p (block direction k))

        NodeVectors.multiply symbolic m direction.Pointer image.Pointer
        factor.Project(m, image.Pointer)

        let dots left right =
            Array.init (p * p) (fun index ->
                VectorKernel.Dot(q, NativePtr.add left (index % p * q), NativePtr.add right (index / p * q)))

        let first =
            Array.init forms.Length (fun k -> dots factor.Scores.Pointer (block direction k))

        let second = [|
            for k in 0 .. forms.Length - 1 do
                for l in 0..k do
                    dots (block direction k) (block image l)
        |]

        Workspace.Return direction
        Workspace.Return image
        struct (first, second)

namespace LmmFunctional.Estimation

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
    let average (factor: SupernodalFactor) (bases: float[][]) (entries: Entry[]) : SquareBlock =
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
            SquareBlock.init m (fun k l -> VectorKernel.Dot(q, column direction k, column image l))

        let onFixed =
            Array2D.init m (p - 1) (fun k c -> VectorKernel.Dot(q, column direction k, column factor.Scores c))

        Workspace.Return direction
        Workspace.Return image

        SquareBlock.init m (fun k l ->
            let mutable sum = 0.5 * (product[k, l] + product[l, k])

            for c in 0 .. p - 2 do
                sum <- sum - onFixed[k, c] * onFixed[l, c]

            sum)

    /// K⁻¹Ω with Ω = Z'QZ in full, q×q: as many solves as there are effects.
    let private full (factor: SupernodalFactor) reml =
        let q = factor.Symbolic.Places.Value.Tree.Size
        let p = factor.Symbolic.Products.P
        let unit = Workspace.Rent(q * q)
        let omega = Workspace.Rent(q * q)
        unit.Span.Slice(0, q * q).Clear()

        for i in 0 .. q - 1 do
            unit[i + i * q] <- 1.0

        NodeVectors.multiply factor.Symbolic q unit.Pointer omega.Pointer
        factor.Project(q, omega.Pointer)

        if reml then
            let e = factor.Scores.Pointer
            Product.Add(q, q, p - 1, -1.0, e, q, false, e, q, true, omega.Pointer, q, false)

        NodeVectors.applyRelationship factor.Symbolic q omega.Pointer
        Workspace.Return unit
        omega

    /// Inner products of the effects of two terms: element (a, b, c, d) is Σ_ij Ω[jb, ia] Ω[ic, jd] over their levels.
    let private inner (factor: SupernodalFactor) (omega: Buffer) t u =
        let products = factor.Symbolic.Products
        let places = factor.Symbolic.Places.Value
        let q = places.Tree.Size
        let groupT, firstT, rows = placeOf products t
        let groupU, firstU, columns = placeOf products u
        let result = Array4D.zeroCreate rows columns rows columns

        for levelU in 0 .. groupU.Levels - 1 do
            let atU = places.Columns[groupU.FirstNode + levelU] + firstU

            for levelT in 0 .. groupT.Levels - 1 do
                let atT = places.Columns[groupT.FirstNode + levelT] + firstT

                for a in 0 .. rows - 1 do
                    for b in 0 .. columns - 1 do
                        let left = omega[atU + b + (atT + a) * q]

                        for c in 0 .. rows - 1 do
                            for d in 0 .. columns - 1 do
                                result[a, b, c, d] <- result[a, b, c, d] + left * omega[atT + c + (atU + d) * q]

        result

    /// <summary>T, k×k: T_kl = tr(Q V̇_k Q V̇_l), exactly, from K⁻¹Z'QZ in full.</summary>
    /// <remarks>With V̇ = ZK⁻¹(abᵀ + baᵀ)Zᵀ, a = e_r and b = λ_c, all traces follow from inner products of its blocks.</remarks>
    let traceAlong (factor: SupernodalFactor) (bases: float[][]) (entries: Entry[]) reml : SquareBlock =
        let products = factor.Symbolic.Products
        let omega = full factor reml
        let terms = entries |> Array.map _.Term |> Array.distinct

        let inners =
            dict [
                for t in terms do
                    for u in terms do
                        if t <= u then
                            struct (t, u), inner factor omega t u
            ]

        Workspace.Return omega

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

        SquareBlock.init entries.Length (fun k l ->
            if entries[k].Term <= entries[l].Term then
                ordered k l
            else
                ordered l k)

    /// T along the free entries of Λ.
    let trace (factor: SupernodalFactor) (entries: Entry[]) reml : SquareBlock =
        let terms = factor.Symbolic.Products.Places.Length
        traceAlong factor (Array.init terms factor.Lambda) entries reml

    /// UᵀB_kU and UᵀB_kΩB_lU for block-diagonal matrices of the effects, U = [E | v]; a solve for each column of each B_kU.
    let scoreForms (factor: SupernodalFactor) (forms: float[][][]) : struct (float[][] * float[][]) =
        let symbolic = factor.Symbolic
        let q = symbolic.Places.Value.Tree.Size
        let p = symbolic.Products.P
        let m = p * forms.Length
        let direction = Workspace.Rent(max 1 (q * m))
        let image = Workspace.Rent(max 1 (q * m))

        let block (buffer: Buffer) k =
            NativePtr.add buffer.Pointer (k * p * q)

        forms
        |> Array.iteri (fun k form ->
            factor.Scores.Span.Slice(0, q * p).CopyTo(direction.Span.Slice(k * p * q, p * q))
            let matrices = NodeVectors.groupLambdas symbolic.Products form
            NodeVectors.applyBlocks symbolic matrices false p (block direction k)
            NodeVectors.applyRelationship symbolic p (block direction k))

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

    /// tr(ΩB_kΩB_l), k×k, by two solves for each effect.
    let traceForms (factor: SupernodalFactor) (forms: float[][][]) : SquareBlock =
        let symbolic = factor.Symbolic
        let products = symbolic.Products
        let columns = symbolic.Places.Value.Columns
        let q = symbolic.Places.Value.Tree.Size

        let placed =
            Array.init products.Places.Length (fun term ->
                let group, first, size = placeOf products term
                size, Array.init group.Levels (fun level -> columns[group.FirstNode + level] + first))

        let places = {
            Count = q
            Orders = Array.map fst placed
            Starts = Array.map snd placed
        }

        /// ΩAW of unit vectors, or AΩW.
        let image isRelatedFirst (at: int[]) =
            let m = at.Length
            let unit = Workspace.Rent(q * m)
            let omega = Workspace.Rent(q * m)
            unit.Span.Slice(0, q * m).Clear()
            at |> Array.iteri (fun c row -> unit[row + c * q] <- 1.0)

            if isRelatedFirst then
                NodeVectors.applyRelationship symbolic m unit.Pointer

            NodeVectors.multiply symbolic m unit.Pointer omega.Pointer
            factor.Project(m, omega.Pointer)

            if not isRelatedFirst then
                NodeVectors.applyRelationship symbolic m omega.Pointer

            let result = omega.Span.Slice(0, q * m).ToArray()
            Workspace.Return unit
            Workspace.Return omega
            result

        EffectTraces.create places (fun at -> struct (image false at, image true at)) forms

namespace LmmFunctional.Estimation

open FSharp.NativeInterop
open LmmFunctional.Numerics

/// <summary>Inner products of the blocks of Ω = Z'V⁻¹Z of a crossed model, without forming Ω.</summary>
/// <remarks>Ω₁₁ = diag(N A) − F C̃ Fᵀ, Ω₁₂ = F J and Ω₂₂ = S J, with F = N Z₁'Z₂ sparse, C̃ = ΛCΛᵀ and J = I − C̃ S, which is
/// C̃ G⁻¹ for a regular G. Inner products of these need only the Gram matrices FᵀF, q₂×q₂, and their products with C̃.
/// A block is −1 for the leading factor, or the position of a tail term. ML only: V⁻¹, not P.</remarks>
[<RequireQualifiedAccess>]
module internal EffectProducts =

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

    /// F_aᵀF_c for each pair of leading effects, full q×q, in rented buffers.
    let private gramsOf (engine: BlockFactor) =
        let cross = engine.Cross
        let order = cross.LeadOrder
        let q = cross.Tail
        let rows = sparseRows engine
        let grams = Array2D.init order order (fun _ _ -> Workspace.Rent(q * q))

        for a in 0 .. order - 1 do
            for c in 0..a do
                engine.Lead.Coupling.Outer(rows[a], rows[c], (a = c), grams[a, c])

                if c = a then
                    Symmetric.Mirror(q, grams[a, a].Pointer, grams[a, a].Pointer)
                else
                    ScoreOperator.transpose q q grams[a, c].Pointer grams[c, a].Pointer

        grams

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

        // Pairs of effects by pairs of effects: products of the diagonal parts of Ω₁₁.
        let sums: float[] = Array.zeroCreate (square * square)

        for level in 0 .. cross.LeadLevels - 1 do
            let at = level * square
            Small.Multiply(order, engine.Lead.N, at, false, cross.LeadLead, at, own, 0)
            Small.Multiply(order, engine.Lead.N, at, false, engine.Lead.Gathered, at, left, 0)
            Small.MultiplyByTranspose(order, left, 0, engine.Lead.N, at, shared, 0)

            for cd in 0 .. square - 1 do
                for ab in 0 .. square - 1 do
                    let value = own[ab] * own[cd] - own[ab] * shared[cd] - shared[ab] * own[cd]
                    sums[ab + cd * square] <- sums[ab + cd * square] + value

        let transposed = Workspace.Rent(q * q)

        // (a, b, c, d) adds tr(P_bd P_ca), which is the inner product of P_bd with the transpose of P_ca.
        for c in 0 .. order - 1 do
            for a in 0 .. order - 1 do
                ScoreOperator.transpose q q products[c, a].Pointer transposed.Pointer

                for b in 0 .. order - 1 do
                    for d in 0 .. order - 1 do
                        // The pair (c, a) with (b, d) is that of (b, d) with (c, a).
                        if b + d * order >= c + a * order then
                            let trace = VectorKernel.Dot(q * q, products[b, d].Pointer, transposed.Pointer)
                            result[a, b, c, d] <- trace
                            result[d, c, b, a] <- trace

        Workspace.Return transposed

        Array4D.init order order order order (fun a b c d ->
            result[a, b, c, d] + sums[a + b * order + (c + d * order) * square])

    /// <summary>The inner products of all pairs u ≤ v of blocks; the leading factor comes first.</summary>
    /// <remarks>Costs S² products of q₂×q₂ matrices for S leading effects.</remarks>
    let create (engine: BlockFactor) : Inner[,] =
        let cross = engine.Cross
        let q = cross.Tail
        let blocks = Array.append [| -1 |] [| 0 .. cross.TailOrders.Length - 1 |]
        let weighted = TailProducts.mirrored q engine.Weighted
        let grams = gramsOf engine

        let products =
            grams |> Array2D.map (fun gram -> TailProducts.times q q gram weighted.Pointer)

        let inners =
            Array2D.init blocks.Length blocks.Length (fun u v ->
                match blocks[u], blocks[v] with
                | _ when u > v -> Array4D.zeroCreate 0 0 0 0
                | -1, -1 -> leadWithLead engine products
                | -1, t -> TailProducts.withLead engine weighted grams products t
                | t, s when engine.IsRegular s && not (engine.IsRegular t) ->
                    swapped (TailProducts.inner engine weighted s t)
                | t, s -> TailProducts.inner engine weighted t s)

        Workspace.Return weighted
        grams |> Seq.cast<Buffer> |> Seq.iter Workspace.Return
        products |> Seq.cast<Buffer> |> Seq.iter Workspace.Return
        inners

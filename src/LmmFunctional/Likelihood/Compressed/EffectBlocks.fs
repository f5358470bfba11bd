namespace LmmFunctional.Estimation

open LmmFunctional.Numerics

/// <summary>The blocks of the covariance of a group's effects: a term, or a single effect of a diagonal term.</summary>
/// <remarks>Second derivatives need Σ_j Ω_bc W_ad over the groups, Ω = Z'V⁻¹Z and W symmetric, only where a and b are of
/// one block t, and c and d of one block u. These sums are listed block pair by block pair, t ≥ u; within a pair the elements
/// (b, c) of Ω and (a, d) of W run over the same positions.</remarks>
[<NoComparison; ReferenceEquality>]
type internal EffectBlocks = {
    /// S.
    Order: int
    /// Where each block starts; the last element is S.
    Starts: int[]
    /// The block of each effect.
    BlockOf: int[]
    /// Where the positions of a pair of blocks t ≥ u start, at t(t + 1)/2 + u.
    PairStarts: int[]
    /// For each pair of blocks the elements of a symmetric S×S matrix, as places in its lower triangle by rows.
    Positions: int[]
    /// Where the sums of a pair of blocks start; the last element is their number.
    SumStarts: int[]
    /// For two effects a and b of one block, a + b S: their place among such pairs; −1 otherwise.
    InnerAt: int[]
    /// Where the sum of each b, c, a and d is, ((b S + c) S + a) S + d; none of many effects.
    Places: int[]
    /// The effects of each pair of one block.
    InnerFirst: int[]
    InnerSecond: int[]
}

[<RequireQualifiedAccess>]
module internal EffectBlocks =

    /// The place of (i, j) in a lower triangle by rows.
    let place i j =
        if i >= j then i * (i + 1) / 2 + j else j * (j + 1) / 2 + i

    /// The elements of the pair of blocks t ≥ u in the order of their local places.
    let private positions (starts: int[]) t u = [|
        for i in starts[t] .. starts[t + 1] - 1 do
            for j in starts[u] .. min i (starts[u + 1] - 1) do
                place i j
    |]

    /// The orders of the blocks of terms with these factors, one after another.
    let sizes (factors: RelativeFactor[]) : int[] =
        let isDiagonal (factor: RelativeFactor) =
            Array.forall2 (=) factor.EntryRows factor.EntryColumns

        factors
        |> Array.collect (fun factor ->
            if isDiagonal factor then
                Array.create factor.Order 1
            else
                [| factor.Order |])

    /// How many sums the second derivatives would need, and how many pairs of effects of one block; nothing is made.
    let predicted (sizes: int[]) : struct (float * float) =
        let sizes = sizes |> Array.map float
        let squares = sizes |> Array.sumBy (fun size -> size * size)
        let fourth = sizes |> Array.sumBy (fun size -> size * size * size * size)

        let own =
            sizes
            |> Array.sumBy (fun size -> let half = size * (size + 1.0) / 2.0 in half * half)

        // Pairs of blocks t > u have (s_t s_u)² sums.
        struct (own + 0.5 * (squares * squares - fourth), squares)

    /// No blocks: the engine keeps no sums for second derivatives.
    let none = {
        Order = 0
        Starts = [| 0 |]
        BlockOf = [||]
        PairStarts = [| 0 |]
        Positions = [||]
        SumStarts = [| 0 |]
        InnerAt = [||]
        Places = [||]
        InnerFirst = [||]
        InnerSecond = [||]
    }

    /// How many sums the second derivatives need.
    let sums blocks = Array.last blocks.SumStarts

    /// The local place of (i, j), i in block t and j in block u.
    let private local blocks t u i j =
        if t = u then
            place (i - blocks.Starts[t]) (j - blocks.Starts[t])
        else
            (i - blocks.Starts[t]) * (blocks.Starts[u + 1] - blocks.Starts[u]) + j
            - blocks.Starts[u]

    let private findSum blocks b c a d =
        let t, u = blocks.BlockOf[a], blocks.BlockOf[d]
        let pair = place t u
        let count = blocks.PairStarts[pair + 1] - blocks.PairStarts[pair]

        if t >= u then
            blocks.SumStarts[pair] + local blocks t u b c * count + local blocks t u a d
        else
            blocks.SumStarts[pair] + local blocks u t c b * count + local blocks u t d a

    // Of more effects the places are found each time.
    let private mostPlaced = 6

    /// The same blocks with the place of every sum.
    let private withPlaces (blocks: EffectBlocks) : EffectBlocks =
        let order = blocks.Order

        if order > mostPlaced then
            blocks
        else
            let place index =
                let b, c = index / (order * order * order), index / (order * order) % order
                let a, d = index / order % order, index % order

                if blocks.BlockOf[a] = blocks.BlockOf[b] && blocks.BlockOf[c] = blocks.BlockOf[d] then
                    findSum blocks b c a d
                else
                    -1

            {
                blocks with
                    Places = Array.init (order * order * order * order) place
            }

    /// Where Σ_j Ω_bc W_ad is among the sums: a and b of one block, c and d of one block.
    let sumAt blocks b c a d =
        let order = blocks.Order

        if blocks.Places.Length > 0 then
            blocks.Places[((b * order + c) * order + a) * order + d]
        else
            findSum blocks b c a d

    /// The blocks of terms with these factors, one after another.
    let create (factors: RelativeFactor[]) : EffectBlocks =
        let sizes = sizes factors
        let starts = Array.scan (+) 0 sizes
        let order = Array.last starts

        let blockOf =
            sizes |> Array.mapi (fun block size -> Array.create size block) |> Array.concat

        let pairs = [|
            for t in 0 .. sizes.Length - 1 do
                for u in 0..t do
                    positions starts t u
        |]

        let inner = [|
            for b in 0 .. order - 1 do
                for a in 0 .. order - 1 do
                    if blockOf[a] = blockOf[b] then
                        a, b
        |]

        let innerAt = Array.create (order * order) -1
        inner |> Array.iteri (fun index (a, b) -> innerAt[a + b * order] <- index)

        withPlaces {
            Order = order
            Starts = starts
            BlockOf = blockOf
            PairStarts = pairs |> Array.scan (fun at pair -> at + pair.Length) 0
            Positions = Array.concat pairs
            SumStarts = pairs |> Array.scan (fun at pair -> at + pair.Length * pair.Length) 0
            InnerAt = innerAt
            Places = [||]
            InnerFirst = Array.map fst inner
            InnerSecond = Array.map snd inner
        }

    /// <summary>Σ_j tr(Ω Γ_k W Γ_l), Γ = e_r b_cᵀ + b_c e_rᵀ, from the sums over the groups.</summary>
    /// <remarks>The sums stand from a place on; the basis, with columns b_c, is that of all terms, S×S by columns; an entry is given by its row r and
    /// column c among the S effects.</remarks>
    let contract
        (sums: float[])
        at
        (basis: float[])
        (struct (r, c): struct (int * int))
        (struct (r', c'): struct (int * int))
        (blocks: EffectBlocks)
        =
        let order = blocks.Order
        let t, u = blocks.BlockOf[r], blocks.BlockOf[r']
        let mutable total = 0.0

        for b in blocks.Starts[t] .. blocks.Starts[t + 1] - 1 do
            let weight = basis[b + c * order]

            if weight <> 0.0 then
                for d in blocks.Starts[u] .. blocks.Starts[u + 1] - 1 do
                    let other = basis[d + c' * order]

                    if other <> 0.0 then
                        let four =
                            sums[at + sumAt blocks b r' r d]
                            + sums[at + sumAt blocks b d r r']
                            + sums[at + sumAt blocks r r' b d]
                            + sums[at + sumAt blocks r d b r']

                        total <- total + weight * other * four

        total

    /// <summary>Σ_j tr(Ω B_k W B_l), k×k, from the sums over the groups, for symmetric matrices B of the effects that are zero
    /// between blocks.</summary>
    let contractForms (sums: float[]) at (forms: float[][]) (blocks: EffectBlocks) : SquareBlock =
        let order = blocks.Order

        let inner =
            Array.init blocks.InnerFirst.Length (fun pair -> struct (blocks.InnerFirst[pair], blocks.InnerSecond[pair]))

        // Σ_ab B_ba Σ_j Ω_bc W_ad.
        let image (form: float[]) : float[] =
            let result: float[] = Array.zeroCreate (order * order)

            for struct (a, b) in inner do
                let weight = form[b + a * order]

                if weight <> 0.0 then
                    for struct (c, d) in inner do
                        result[d + c * order] <- result[d + c * order] + weight * sums[at + sumAt blocks b c a d]

            result

        let images = forms |> Array.map image
        let k = forms.Length

        SquareBlock.init k (fun i j ->
            let high, low = max i j, min i j
            Dense.Dot(images[high], forms[low]))

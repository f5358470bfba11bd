namespace LmmFunctional.Estimation

/// <summary>Sums over effects that second derivatives are made of, with Ω = Z'V⁻¹Z applied by solutions.</summary>
[<RequireQualifiedAccess>]
module internal IterativeForms =

    /// B W for the block-diagonal B that has one S×S matrix for all levels of a term.
    let apply (products: IterativeProducts) (form: float[][]) (w: EffectArrays) : EffectArrays =
        let m = w.Columns

        let multiply order levels at (own: float[]) ownOrder offset (source: float[]) (target: float[]) =
            for level in 0 .. levels - 1 do
                for j in 0 .. ownOrder - 1 do
                    let from = (at + level * order + offset + j) * m

                    for i in 0 .. ownOrder - 1 do
                        let element = own[i + j * ownOrder]

                        if element <> 0.0 then
                            let into = (at + level * order + offset + i) * m

                            for c in 0 .. m - 1 do
                                target[into + c] <- target[into + c] + element * source[from + c]

        let lead: float[] = Array.zeroCreate w.Lead.Length
        let tail: float[] = Array.zeroCreate w.Tail.Length

        for index in 0 .. products.LeadTerms.Length - 1 do
            let offset = products.LeadOffsets[index]
            let size = products.LeadOffsets[index + 1] - offset
            multiply products.LeadOrder products.LeadLevels 0 form[products.LeadTerms[index]] size offset w.Lead lead

        for t in 0 .. products.TailTerms.Length - 1 do
            let order = products.TailOrders[t]

            multiply
                order
                (products.TailLevels t)
                products.TailOffsets[t]
                form[products.TailTerms[t]]
                order
                0
                w.Tail
                tail

        {
            Columns = m
            Lead = lead
            Tail = tail
        }

    /// A'B, by columns: columns of a by columns of b.
    let product (a: EffectArrays) (b: EffectArrays) : float[] =
        let sum: float[] = Array.zeroCreate (a.Columns * b.Columns)

        let add (x: float[]) (y: float[]) =
            for effect in 0 .. x.Length / a.Columns - 1 do
                for d in 0 .. b.Columns - 1 do
                    let right = y[effect * b.Columns + d]

                    for c in 0 .. a.Columns - 1 do
                        sum[c + d * a.Columns] <- sum[c + d * a.Columns] + x[effect * a.Columns + c] * right

        add a.Lead b.Lead
        add a.Tail b.Tail
        sum

    /// Columns side by side.
    let private beside (parts: EffectArrays[]) : EffectArrays =
        let m = parts |> Array.sumBy _.Columns

        let join (pick: EffectArrays -> float[]) =
            let effects = (pick parts[0]).Length / parts[0].Columns
            let result: float[] = Array.zeroCreate (effects * m)
            let mutable first = 0

            for part in parts do
                let own = pick part

                for effect in 0 .. effects - 1 do
                    for c in 0 .. part.Columns - 1 do
                        result[effect * m + first + c] <- own[effect * part.Columns + c]

                first <- first + part.Columns

            result

        {
            Columns = m
            Lead = join _.Lead
            Tail = join _.Tail
        }

    /// Some of the columns.
    let columns first count (w: EffectArrays) : EffectArrays =
        let pick (values: float[]) =
            Array.init (values.Length / w.Columns * count) (fun k -> values[k / count * w.Columns + first + k % count])

        {
            Columns = count
            Lead = pick w.Lead
            Tail = pick w.Tail
        }

    /// F_kl = v'B_kΩB_lv − (v'B_kE)(E'B_lv), the last column of U = [E | v] with the others.
    let average products (solver: EffectSolver) (u: EffectArrays) (forms: float[][][]) : SquareBlock =
        let k = forms.Length
        let p = u.Columns - 1
        let v = columns p 1 u

        if k = 0 then
            SquareBlock.zero 0
        else
            let images = forms |> Array.map (fun form -> apply products form v) |> beside
            let inner = product images (solver.Image images)
            let along = product images (columns 0 p u)

            SquareBlock.init k (fun i j ->
                let mutable sum = 0.5 * (inner[i + j * k] + inner[j + i * k])

                for c in 0 .. p - 1 do
                    sum <- sum - along[i + c * k] * along[j + c * k]

                sum)

    /// UᵀB_kU, and UᵀB_kΩB_lU for l ≤ k at k(k + 1)/2 + l.
    let scores products (solver: EffectSolver) (u: EffectArrays) (forms: float[][][]) : struct (float[][] * float[][]) =
        let images = forms |> Array.map (fun form -> apply products form u)
        let solved = images |> Array.map solver.Image
        let first = images |> Array.map (product u)

        let second = [|
            for k in 0 .. forms.Length - 1 do
                for l in 0..k -> product images[k] solved[l]
        |]

        struct (first, second)

    /// The directions e_r b_cᵀ + b_c e_rᵀ in G, b_c column c of the term's basis.
    let ofEntries (orders: int[]) (entries: Entry[]) (bases: float[][]) : float[][][] =
        entries
        |> Array.map (fun entry ->
            orders
            |> Array.mapi (fun term order ->
                let matrix: float[] = Array.zeroCreate (order * order)

                if term = entry.Term then
                    for i in 0 .. order - 1 do
                        let element = bases[term].[i + entry.Column * order]
                        let here, there = entry.Row + i * order, i + entry.Row * order
                        matrix[here] <- matrix[here] + element
                        matrix[there] <- matrix[there] + element

                matrix))

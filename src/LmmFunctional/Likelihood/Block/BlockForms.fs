namespace LmmFunctional.Estimation

open FSharp.NativeInterop
open LmmFunctional.Numerics

/// <summary>UᵀB_kU, UᵀB_kΩB_lU and tr(ΩB_kΩB_l) of the block engine, U = [E | v] its scores.</summary>
[<RequireQualifiedAccess>]
module internal BlockForms =

    // More effects than this take more solves than differences of first derivatives.
    let private mostEffects = 5000

    /// B U for a block-diagonal B, put into columns first .. first + P − 1 of m.
    let private apply (engine: BlockFactor) (form: float[][]) first m (target: EffectColumns) =
        let cross = engine.Cross
        let p, q, order = cross.P, cross.Tail, cross.LeadOrder
        let lead = BlockCurvature.leadBasis cross form

        for level in 0 .. cross.LeadLevels - 1 do
            for i in 0 .. order - 1 do
                let row = (level * order + i) * m + first

                for j in 0 .. order - 1 do
                    let weight = lead[i + j * order]

                    if weight <> 0.0 then
                        for c in 0 .. p - 1 do
                            target.Lead[row + c] <-
                                target.Lead[row + c] + weight * engine.LeadScore(level * order + j, c)

        for t in 0 .. cross.TailTerms.Length - 1 do
            let size = cross.TailOrders[t]
            let own = form[cross.TailTerms[t]]

            for c in 0 .. p - 1 do
                let score = engine.TailScores c

                for level in 0 .. cross.TailLevels t - 1 do
                    let at = cross.TailOffsets[t] + level * size

                    for i in 0 .. size - 1 do
                        let mutable sum = 0.0

                        for j in 0 .. size - 1 do
                            sum <- sum + own[i + j * size] * NativePtr.get score (at + j)

                        target.Tail[at + i + (first + c) * q] <- sum

    /// aᵀb for columns of effects, P×P by columns; <c>left</c> and <c>right</c> give the elements.
    let private dots (engine: BlockFactor) (columns: EffectColumns) firstLeft m leadRight tailRight : float[] =
        let cross = engine.Cross
        let p, q = cross.P, cross.Tail
        let result: float[] = Array.zeroCreate (p * p)

        for row in 0 .. cross.LeadLevels * cross.LeadOrder - 1 do
            for c in 0 .. p - 1 do
                let weight = columns.Lead[row * m + firstLeft + c]

                if weight <> 0.0 then
                    for d in 0 .. p - 1 do
                        result[c + d * p] <- result[c + d * p] + weight * leadRight row d

        if q > 0 then
            for c in 0 .. p - 1 do
                let own = NativePtr.add columns.Tail.Pointer ((firstLeft + c) * q)

                for d in 0 .. p - 1 do
                    result[c + d * p] <- result[c + d * p] + VectorKernel.Dot(q, own, tailRight d)

        result

    /// <summary>The products for block-diagonal matrices, S×S per term; as many solves as there are columns
    /// B_kU.</summary>
    let scores (engine: BlockFactor) (forms: float[][][]) : struct (float[][] * float[][]) =
        let cross = engine.Cross
        let p, q = cross.P, cross.Tail
        let m = p * forms.Length
        let columns = ScoreOperator.zero cross m
        forms |> Array.iteri (fun k form -> apply engine form (k * p) m columns)
        let image = ScoreOperator.apply engine m columns

        let first =
            Array.init forms.Length (fun k ->
                dots engine columns (k * p) m (fun row d -> engine.LeadScore(row, d)) engine.TailScores)

        let second = [|
            for k in 0 .. forms.Length - 1 do
                for l in 0..k do
                    dots engine columns (k * p) m (fun row d -> image.Lead[row * m + l * p + d]) (fun d ->
                        NativePtr.add image.Tail.Pointer ((l * p + d) * q))
        |]

        ScoreOperator.release columns
        ScoreOperator.release image
        struct (first, second)

    /// Where the effects of all terms stand: the leading ones level by level, then the tail.
    let private placesOf (cross: CrossProducts) : EffectPlaces =
        let leading = cross.LeadLevels * cross.LeadOrder

        let ofTerm term =
            match System.Array.IndexOf(cross.LeadTerms, term) with
            | -1 ->
                let t = System.Array.IndexOf(cross.TailTerms, term)
                let size = cross.TailOrders[t]
                size, Array.init (cross.TailLevels t) (fun level -> leading + cross.TailOffsets[t] + level * size)
            | index ->
                let first = cross.LeadOffsets[index]

                cross.LeadOffsets[index + 1] - first,
                Array.init cross.LeadLevels (fun level -> level * cross.LeadOrder + first)

        let terms = Array.init (cross.LeadTerms.Length + cross.TailTerms.Length) ofTerm

        {
            Count = leading + cross.Tail
            Orders = Array.map fst terms
            Starts = Array.map snd terms
        }

    /// Columns of Ω, one below the other.
    let private columnsOf (engine: BlockFactor) (places: EffectPlaces) (at: int[]) : float[] =
        let cross = engine.Cross
        let m, q = at.Length, cross.Tail
        let leading = places.Count - q
        let unit = ScoreOperator.zero cross m

        at
        |> Array.iteri (fun c row ->
            if row < leading then
                unit.Lead[row * m + c] <- 1.0
            else
                unit.Tail[row - leading + c * q] <- 1.0)

        let image = ScoreOperator.apply engine m unit

        let result =
            Array.init (places.Count * m) (fun index ->
                let row, c = index % places.Count, index / places.Count

                if row < leading then
                    image.Lead[row * m + c]
                else
                    image.Tail[row - leading + c * q])

        ScoreOperator.release unit
        ScoreOperator.release image
        result

    /// tr(ΩB_kΩB_l), k×k, by as many solves as there are effects; None where there are too many.
    let traces (engine: BlockFactor) (forms: float[][][]) : SquareBlock option =
        let places = placesOf engine.Cross

        if places.Count > mostEffects then
            None
        else
            let columns at =
                let own = columnsOf engine places at
                struct (own, own)

            Some(EffectTraces.create places columns forms)

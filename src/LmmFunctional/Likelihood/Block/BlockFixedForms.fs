namespace LmmFunctional

open FSharp.NativeInterop
open LmmFunctional.Numerics

/// <summary>EᵀB_kE and EᵀB_kΩB_lE of the block engine, E = Z'V⁻¹XL⁻ᵀ: what inference about β needs of V.</summary>
[<RequireQualifiedAccess>]
module internal BlockFixedForms =

    /// B E for a block-diagonal B, put into columns first .. first + p − 1 of m.
    let private apply (engine: BlockFactor) (form: float[][]) first m (target: EffectColumns) =
        let cross = engine.Cross
        let p, q, order = cross.P - 1, cross.Tail, cross.LeadOrder
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

    /// aᵀb for columns of effects, p×p by columns; <c>left</c> and <c>right</c> give the elements.
    let private dots (engine: BlockFactor) (columns: EffectColumns) firstLeft m leadRight tailRight : float[] =
        let cross = engine.Cross
        let p, q = cross.P - 1, cross.Tail
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
    /// B_kE.</summary>
    let create (engine: BlockFactor) (forms: float[][][]) : struct (float[][] * float[][]) =
        let cross = engine.Cross
        let p, q = cross.P - 1, cross.Tail
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

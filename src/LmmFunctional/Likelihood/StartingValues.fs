namespace LmmFunctional

open LmmFunctional.Numerics

/// <summary>A start for θ from one analysis of variance per effect, the other random effects ignored.</summary>
/// <remarks>With residuals e of y on X, an effect with values z has the mean square between its levels
/// MSB = Σ_j (z_j'e)²/(z_j'z_j) / (ℓ − 1), and E(MSB) ≈ σ²(1 + n₀γ) gives γ, the relative variance (Searle, Casella and
/// McCulloch 1992). Rough on purpose: it only saves the first steps.</remarks>
[<RequireQualifiedAccess>]
module internal StartingValues =

    // Never zero, where the gradient vanishes by symmetry.
    let private lowest = 0.05

    /// β of the least squares fit from the cross-products, and the residual sum of squares.
    let private leastSquares (engine: Engine) =
        let p = engine.P
        let factor = Array.copy engine.FixedFixed
        let last = p - 1

        if Small.Cholesky(p, factor, 0) then
            let beta: float[] = Array.zeroCreate p

            for i in last - 1 .. -1 .. 0 do
                let mutable sum = factor[last + i * p]

                for k in i + 1 .. last - 1 do
                    sum <- sum - factor[k + i * p] * beta[k]

                beta[i] <- sum / factor[i + i * p]

            beta[last] <- -1.0
            Some(beta, factor[last + last * p] * factor[last + last * p])
        else
            None

    /// The relative standard deviation of one effect, from z_j'z_j and z_j'e per level, e = y − Xβ; weights are (β, −1).
    let private ofEffect (engine: Engine) (total: float) (weights: float[]) term levels effect =
        let mutable between = 0.0
        let mutable sum = 0.0
        let mutable squares = 0.0
        let mutable used = 0

        for level in 0 .. levels - 1 do
            let n = engine.EffectSquare(term, level, effect)

            if n > 0.0 then
                let mutable score = 0.0

                for column in 0 .. weights.Length - 1 do
                    score <- score - weights[column] * engine.EffectFixed(term, level, effect, column)

                between <- between + score * score / n
                sum <- sum + n
                squares <- squares + n * n
                used <- used + 1

        let dfBetween = float (max 1 (used - 1))
        let meanBetween = between / dfBetween
        let within = (total - between) / float (max 1 (engine.Rows - used))
        let perLevel = (sum - squares / sum) / dfBetween

        if within > 0.0 && perLevel > 0.0 then
            sqrt (max 0.0 ((meanBetween - within) / (perLevel * within))) |> max lowest
        else
            1.0

    // Of the variance of a record an animal model finds about a third between levels; single records of levels say nothing.
    let private ofRelated (relationship: Relationship) =
        sqrt (0.5 / max 1e-12 relationship.MeanVariance)

    /// <summary>θ for the terms of a model: diagonal factors with the standard deviations of the effects, forms near them.</summary>
    let create (layout: ThetaLayout) (terms: StandardisedTerm[]) (engine: Engine) : float[] =
        let sizeOf =
            match leastSquares engine with
            | None -> fun _ _ -> 1.0
            | Some(weights, total) ->
                fun term effect ->
                    match terms[term].Relationship with
                    | Some relationship -> ofRelated relationship
                    | None -> ofEffect engine total weights term terms[term].Levels effect

        layout.Shapes
        |> Array.mapi (fun t shape ->
            match layout.Forms[t] with
            | Some form -> form.Start(Array.init shape.Order (sizeOf t))
            | None ->
                Array.map2
                    (fun row column -> if row = column then sizeOf t row else 0.0)
                    shape.EntryRows
                    shape.EntryColumns)
        |> Array.concat

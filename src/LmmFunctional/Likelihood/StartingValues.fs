namespace LmmFunctional.Estimation

open LmmFunctional.Numerics
open LmmFunctional

/// <summary>A start for θ from one analysis of variance per effect, the other random effects ignored.</summary>
/// <remarks>With residuals e of y on X, an effect with values z has the mean square between its levels
/// MSB = Σ_j (z_j'e)²/(z_j'z_j) / (ℓ − 1), and E(MSB) ≈ MSW + n₀v gives its variance v (Searle, Casella and McCulloch 1992).
/// σ² is what all effects leave of the variance of e. Rough on purpose: it only saves the first steps.</remarks>
[<RequireQualifiedAccess>]
module internal StartingValues =

    // Never zero, where the gradient vanishes by symmetry.
    let private lowest = 0.05

    // The least share of the mean square within levels that may be σ².
    let private leastShare = 0.3

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

    /// What one effect's analysis of variance says, on the scale of the response.
    [<Struct; NoComparison; NoEquality>]
    type private Estimate = {
        /// The variance of the effect, not negative.
        Variance: float
        /// The mean square within its levels: σ² and what the other effects vary there.
        Within: float
        /// What the effect adds to the variance of a row: its variance times the mean of z².
        Share: float
    }

    /// One effect, from z_j'z_j and z_j'e per level, e = y − Xβ; weights are (β, −1). None where nothing can be said.
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
            let variance = max 0.0 ((meanBetween - within) / perLevel)

            ValueSome {
                Variance = variance
                Within = within
                Share = variance * sum / float engine.Rows
            }
        else
            ValueNone

    /// σ² as what the effects leave of the variance of a row; they overlap where one is nested in another, so that what
    /// one of them leaves is the most it can be, and some share of that the least.
    let private residual (engine: Engine) total (estimates: Estimate voption[]) =
        let known = estimates |> Array.choose ValueOption.toOption |> Array.ofSeq

        if known.Length = 0 then
            1.0
        else
            let most = known |> Seq.map _.Within |> Seq.min
            let left = total / float engine.Rows - (known |> Array.sumBy _.Share)
            left |> max (leastShare * most) |> min most

    // Of the variance of a record an animal model finds about a third between levels; single records of levels say nothing.
    let private ofRelated (relationship: Relationship) =
        sqrt (0.5 / max 1e-12 relationship.MeanVariance)

    /// Relative standard deviations of all effects, term by term.
    let deviations (layout: ThetaLayout) (terms: StandardisedTerm[]) (engine: Engine) : float[][] =
        match leastSquares engine with
        | None -> layout.Shapes |> Array.map (fun shape -> Array.create shape.Order 1.0)
        | Some(weights, total) ->
            let estimates =
                terms
                |> Array.mapi (fun t term ->
                    Array.init layout.Shapes[t].Order (fun effect ->
                        if term.Relationship.IsSome then
                            ValueNone
                        else
                            ofEffect engine total weights t term.Levels effect))

            let sigma2 = residual engine total (Array.concat estimates)

            Array.map2
                (fun (term: StandardisedTerm) own ->
                    own
                    |> Array.map (fun estimate ->
                        match term.Relationship, estimate with
                        | Some relationship, _ -> ofRelated relationship
                        | None, ValueSome found -> sqrt (found.Variance / sigma2) |> max lowest
                        | None, ValueNone -> 1.0))
                terms
                estimates

    /// <summary>θ for the terms of a model from relative standard deviations of the effects: diagonal factors, forms near
    /// them.</summary>
    let place (layout: ThetaLayout) (deviations: float[][]) : float[] =
        layout.Shapes
        |> Array.mapi (fun t shape ->
            match layout.Forms[t] with
            | Some form -> form.Start deviations[t]
            | None ->
                Array.map2
                    (fun row column -> if row = column then deviations[t].[row] else 0.0)
                    shape.EntryRows
                    shape.EntryColumns)
        |> Array.concat

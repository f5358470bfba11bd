namespace LmmFunctional.Classical

open LmmFunctional.Numerics
open LmmFunctional.Model

/// <summary>How EM maximises.</summary>
[<RequireQualifiedAccess>]
type EmAlgorithm =
    /// Variances become the expected squares of effects and errors (Dempster, Laird and Rubin 1977).
    | Em
    /// Each random term is also scaled by a regression on its expected effects: far fewer steps where EM crawls (Liu,
    /// Rubin and Wu 1998).
    | PxEm

/// <summary>One step of EM.</summary>
type EmIteration = {
    Number: int
    /// −2 restricted log likelihood, without the constants that REML's other solvers have: for differences only.
    Criterion: float
    /// The components, the residual last; never negative.
    Components: (string * float) list
}

/// <summary>EM and PX-EM for the restricted likelihood of variance components.</summary>
/// <remarks>Fixed effects are absorbed, so that the complete data are error contrasts and random effects. Every step
/// raises the restricted likelihood; convergence is linear, and slow near zero variances, which are reached in the
/// limit only. </remarks>
[<RequireQualifiedAccess>]
module ExpectationMaximisation =

    // Conditional mean of the effects, and their covariance divided by σ².
    let private conditional (model: AbsorbedModel) (variances: float[]) residual =
        let k, _ =
            AbsorbedModel.shrinkage model (variances |> Array.map (fun value -> value / residual))

        Dense.apply model.Zy.Length k model.Zy, k

    // log|I + D^½BD^½| by the determinant of its inverse: the criterion needs it only to be looked at.
    let private criterion (model: AbsorbedModel) (variances: float[]) residual =
        let q = model.Zy.Length
        let owner = AbsorbedModel.componentOf model
        let d = owner |> Array.map (fun i -> sqrt (variances[i] / residual))
        let inner = Array.init (q * q) (fun k -> d[k % q] * model.Z[k] * d[k / q])

        for i in 0 .. q - 1 do
            inner[i + i * q] <- inner[i + i * q] + 1.0

        LmmFunctional.Numerics.Small.Cholesky(q, inner, 0) |> ignore
        let logDeterminant = 2.0 * Seq.sum (Seq.init q (fun i -> log inner[i + i * q]))
        let u, _ = conditional model variances residual
        let square = model.Yy - Array.fold2 (fun sum a b -> sum + a * b) 0.0 model.Zy u
        float model.Df * log residual + logDeterminant + square / residual

    // E(bᵢ'Zᵢ'MZⱼbⱼ | y) for pairs of components, E(bᵢ'bᵢ | y), and bᵢ'Zᵢ'My at the conditional mean.
    let private moments (model: AbsorbedModel) (u: float[]) (k: float[]) residual =
        let q, m = u.Length, model.Components.Length
        let owner = AbsorbedModel.componentOf model
        let cross = Array2D.zeroCreate m m
        let own = Array.zeroCreate<float> m
        let withResponse = Array.zeroCreate<float> m

        for j in 0 .. q - 1 do
            let b = owner[j]
            own[b] <- own[b] + u[j] * u[j] + residual * k[j + j * q]
            withResponse[b] <- withResponse[b] + u[j] * model.Zy[j]

            for i in 0 .. q - 1 do
                let a = owner[i]
                cross[a, b] <- cross[a, b] + model.Z[i + j * q] * (u[i] * u[j] + residual * k[i + j * q])

        cross, own, withResponse

    let private step algorithm (model: AbsorbedModel) (variances: float[]) residual =
        let m = variances.Length
        let u, k = conditional model variances residual
        let cross, own, withResponse = moments model u k residual

        // A component at zero has no expected effects: its scale is left as it is.
        let scales =
            match algorithm with
            | EmAlgorithm.Em -> Array.create m 1.0
            | EmAlgorithm.PxEm -> Dense.solve cross withResponse |> Option.defaultValue (Array.create m 1.0)

        let mutable square = model.Yy

        for i in 0 .. m - 1 do
            square <- square - 2.0 * scales[i] * withResponse[i]

            for j in 0 .. m - 1 do
                square <- square + scales[i] * cross[i, j] * scales[j]

        Array.init m (fun i ->
            let levels = float (model.Starts[i + 1] - model.Starts[i])
            scales[i] * scales[i] * own[i] / levels),
        square / float model.Df

    /// <summary>The steps from equal variances on, without end: take as many as are wanted.</summary>
    /// <param name="algorithm">EM or PX-EM.</param>
    /// <param name="model">The model.</param>
    /// <remarks>Each step costs q³.</remarks>
    let iterations algorithm (model: AbsorbedModel) : EmIteration seq =
        let start = model.Yy / float model.Df / float (model.Components.Length + 1)

        let iteration number (variances: float[], residual) = {
            Number = number
            Criterion = criterion model variances residual
            Components =
                List.zip
                    (model.Components @ [ ExpectedMeanSquares.errorSource ])
                    (List.ofArray variances @ [ residual ])
        }

        (0, (Array.create model.Components.Length start, start))
        |> Seq.unfold (fun (number, (variances, residual)) ->
            Some(iteration number (variances, residual), (number + 1, step algorithm model variances residual)))

    /// <summary>Steps until no component changes by more than a share of the largest.</summary>
    /// <param name="algorithm">EM or PX-EM.</param>
    /// <param name="tolerance">The share: 1e-10. Convergence is linear, so the error is larger than the last
    /// change.</param>
    /// <param name="maxIterations">Steps at most.</param>
    /// <param name="model">The model.</param>
    /// <returns>The last iteration, and whether it settled.</returns>
    /// <exception cref="T:System.ArgumentException">The tolerance is not positive; there is not one step at least.
    /// </exception>
    let solve algorithm tolerance maxIterations (model: AbsorbedModel) : EmIteration * bool =
        Guard.positive (nameof tolerance) "The tolerance" tolerance
        Guard.atLeast (nameof maxIterations) "The largest number of iterations" 1 maxIterations
        let values (iteration: EmIteration) = iteration.Components |> List.map snd

        let settled (before, after) =
            let scale = values after |> List.max
            List.forall2 (fun a b -> abs (a - b) <= tolerance * scale) (values before) (values after)

        let pairs =
            iterations algorithm model
            |> Seq.pairwise
            |> Seq.truncate maxIterations
            |> Seq.cache

        match pairs |> Seq.tryFind settled with
        | Some(_, last) -> last, true
        | None -> pairs |> Seq.last |> snd, false

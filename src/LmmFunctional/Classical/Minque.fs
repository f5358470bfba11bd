namespace LmmFunctional.Classical

open LmmFunctional
open LmmFunctional.Model

/// <summary>The prior weights of minimum norm quadratic unbiased estimation.</summary>
[<RequireQualifiedAccess>]
type MinqueWeights =
    /// Zero for every random term and one for the residual: MINQUE(0), which SAS calls MIVQUE0.
    | Zero
    /// One for every component: MINQUE(1).
    | One
    /// These relative variances σ²ᵢ/σ², one for each component: best where they are true.
    | Relative of float list

/// <summary>Variance components by minimum norm quadratic unbiased estimation, with their covariances under normality.
/// </summary>
[<ReferenceEquality>]
type MinqueEstimate = {
    /// The components, the residual last, each with its unbiased estimate, which may be negative.
    Components: (string * float) list
    /// 2S⁻¹ times the estimated σ⁴ scale: the covariance matrix of the estimates if the weights are true.
    Covariance: Matrix
    /// How many times the weights were renewed; one without iteration.
    Iterations: int
    /// Whether the last renewal changed no estimate by more than rounding.
    IsConverged: bool
}

/// <summary>MINQUE, iterated and not (Rao 1971).</summary>
[<RequireQualifiedAccess>]
module Minque =

    // P = V⁻¹ − V⁻¹X(X'V⁻¹X)⁻X'V⁻¹ at V = I + ZDZ'. All parts follow from F = Z'PZ = TB with B = Z'MZ and
    // from P = PVP = PP + PZDZ'P.
    let private equations (model: AbsorbedModel) (relative: float[]) =
        let q = model.Zy.Length
        let m = model.Components.Length
        let b = model.Z
        let k, t = AbsorbedModel.shrinkage model relative
        let f = Dense.multiply q t b
        let zpy = Dense.apply q t model.Zy
        let owner = AbsorbedModel.componentOf model
        // S_ij = tr(PVᵢPVⱼ): the squares of F by blocks.
        let s = Array2D.zeroCreate (m + 1) (m + 1)

        for j in 0 .. q - 1 do
            for i in 0 .. q - 1 do
                let a, c = owner[i], owner[j]
                s[a, c] <- s[a, c] + f[i + j * q] * f[i + j * q]

        let quadratic = Array.zeroCreate (m + 1)
        let trace = Array.zeroCreate m

        for i in 0 .. q - 1 do
            quadratic[owner[i]] <- quadratic[owner[i]] + zpy[i] * zpy[i]
            trace[owner[i]] <- trace[owner[i]] + f[i + i * q]

        // tr(PVᵢP) = tr(PVᵢ) − Σ dⱼ S_ij, and the same once more for tr(PP).
        let mutable traceP = float model.Df

        for i in 0 .. m - 1 do
            traceP <- traceP - relative[i] * trace[i]
            let mutable value = trace[i]

            for j in 0 .. m - 1 do
                value <- value - relative[j] * s[i, j]

            s[i, m] <- value
            s[m, i] <- value

        let mutable tracePP = traceP

        for i in 0 .. m - 1 do
            tracePP <- tracePP - relative[i] * s[i, m]

        s[m, m] <- tracePP

        // y'Py = y'My − (Z'My)'K(Z'My), and y'PPy = y'Py − Σ dᵢ y'PVᵢPy.
        let ky = Dense.apply q k model.Zy

        let mutable ypy =
            model.Yy - Array.fold2 (fun sum x y -> sum + x * y) 0.0 model.Zy ky

        for i in 0 .. m - 1 do
            ypy <- ypy - relative[i] * quadratic[i]

        quadratic[m] <- ypy
        s, quadratic

    let private inverse (s: float[,]) =
        let n = Array2D.length1 s

        let columns =
            List.init n (fun j -> Dense.solve s (Array.init n (fun i -> if i = j then 1.0 else 0.0)))

        if columns |> List.forall Option.isSome then
            let columns = columns |> List.map Option.get |> Array.ofList
            Some(Matrix.init n n (fun i j -> columns[j][i]))
        else
            None

    let private step (model: AbsorbedModel) relative =
        let s, quadratic = equations model relative

        match Dense.solve s quadratic, inverse s with
        | Some estimates, Some inverse -> Ok(estimates, inverse)
        | _ ->
            Error [
                LmmError.NotClassical "its variance components cannot be told apart by quadratic forms of the data"
            ]

    let private named (model: AbsorbedModel) (estimates: float[]) =
        List.zip (model.Components @ [ ExpectedMeanSquares.errorSource ]) (List.ofArray estimates)

    let private result (model: AbsorbedModel) iterations isConverged (estimates: float[]) (inverse: Matrix) =
        let residual = Array.last estimates

        {
            Components = named model estimates
            // The equations are those of V/σ², so that 2S⁻¹ is in units of σ⁴.
            Covariance = Matrices.scale (2.0 * residual * residual) inverse
            Iterations = iterations
            IsConverged = isConverged
        }

    /// <summary>The estimates at given weights: unbiased, and of least variance under normality where the weights are
    /// true. </summary>
    /// <param name="weights">Prior values of the components, relative to the residual variance.</param>
    /// <param name="model">The model.</param>
    /// <returns>The estimates, or that they are not determined.</returns>
    /// <exception cref="T:System.ArgumentException">Weights are negative, or not one for each component.</exception>
    /// <remarks>Cost q³.</remarks>
    let estimate weights (model: AbsorbedModel) : Result<MinqueEstimate, LmmError list> =
        let count = model.Components.Length

        let relative =
            match weights with
            | MinqueWeights.Zero -> Array.zeroCreate count
            | MinqueWeights.One -> Array.create count 1.0
            | MinqueWeights.Relative values -> Array.ofList values

        if
            relative.Length <> count
            || relative
               |> Array.exists (fun value -> not (value >= 0.0 && System.Double.IsFinite value))
        then
            invalidArg (nameof weights) $"Give {count} weights, zero or positive, one for each component."

        step model relative
        |> Result.map (fun (estimates, inverse) -> result model 1 true estimates inverse)

    /// <summary>I-MINQUE: estimates become weights until they stay, from MINQUE(0).</summary>
    /// <param name="maxIterations">Renewals at most.</param>
    /// <param name="model">The model.</param>
    /// <returns>The estimates, or that they are not determined.</returns>
    /// <remarks>A fixed point solves the REML equations. Negative estimates enter the weights as zero; a component that
    /// stays negative is then not its REML estimate, zero, but tells how far below zero the mean squares are.</remarks>
    let iterate maxIterations (model: AbsorbedModel) : Result<MinqueEstimate, LmmError list> =
        Guard.atLeast (nameof maxIterations) "The largest number of renewals" 1 maxIterations
        // MINQUE(0) may find a residual variance below zero; a small one keeps the weights finite until it is found.
        let least = 0.01 * model.Yy / float model.Df

        let relative (estimates: float[]) =
            let residual = max least (Array.last estimates)

            Array.truncate model.Components.Length estimates
            |> Array.map (fun value -> max 0.0 value / residual)

        let rec renew count weights (before: float[] option) =
            step model weights
            |> Result.bind (fun (estimates, inverse) ->
                let scale = estimates |> Array.fold (fun most value -> max most (abs value)) 0.0

                let isSettled =
                    before
                    |> Option.exists (Array.forall2 (fun now past -> abs (now - past) <= 1e-13 * scale) estimates)

                if isSettled || count >= maxIterations then
                    Ok(result model count isSettled estimates inverse)
                else
                    renew (count + 1) (relative estimates) (Some estimates))

        renew 1 (Array.zeroCreate model.Components.Length) None

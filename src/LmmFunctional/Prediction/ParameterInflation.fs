namespace LmmFunctional.Analysis

open LmmFunctional.Numerics
open LmmFunctional
open LmmFunctional.Estimation

/// <summary>What estimating the covariance parameters adds to the error variance of predictions.</summary>
/// <remarks>A prediction of τ is aᵀy with a = Pc + V⁻¹XΦx, c = cov(y, τ). Its derivatives by the parameters are
/// ∂ᵢa = Pdᵢ with dᵢ = ∂ᵢc − (∂ᵢV)a, so that the variance of what moves is Σ Wᵢⱼ dᵢᵀPdⱼ (Kackar and Harville 1984; Harville and
/// Jeske 1992). For functions of β it is Kenward and Roger's λᵀΛλ. W is the inverse of the information, so that it does not
/// matter which parameters the model is written in.</remarks>
[<RequireQualifiedAccess>]
module internal ParameterInflation =

    // Predictions at a time: of each some vectors of n elements.
    let private chunk = 32

    /// What is not covered.
    let problems (fit: Fit) : LmmError list = [
        if fit.Criterion <> Criterion.Reml then
            LmmError.KenwardRogerNeedsReml
    ]

    /// m − Z'a of every term, level after level, for one prediction.
    let private remainders (fit: Fit) (row: PredictionRow) (a: float[]) first : float[][] =
        let n = fit.Design.Response.Length

        [|
            for t, term in List.indexed fit.Design.Random do
                let s = term.Names.Length
                let result: float[] = Array.zeroCreate (s * term.Levels.Length)

                for struct (own, level, z) in row.Known do
                    if own = t then
                        for i in 0 .. s - 1 do
                            result[level * s + i] <- result[level * s + i] + z[i]

                for k in 0 .. n - 1 do
                    let start = term.Codes[k] * s

                    for i in 0 .. s - 1 do
                        result[start + i] <- result[start + i] - a[first + k] * term.Columns[i][k]

                result
        |]

    /// A times each of the S effects of related levels.
    let private related (fit: Fit) (left: float[][]) : float[][] =
        fit.Design.Random
        |> List.mapi (fun t term ->
            match term.Relationship with
            | None -> left[t]
            | Some relationship ->
                let s = term.Names.Length
                let result = Array.copy left[t]

                for i in 0 .. s - 1 do
                    let image =
                        Array.init term.Levels.Length (fun level -> left[t].[level * s + i])
                        |> RelatedLevels.multiply relationship

                    image |> Array.iteri (fun level value -> result[level * s + i] <- value)

                result)
        |> Array.ofList

    /// c − Va at given equations, with what does not depend on them given: Z(A ⊗ G)(m − Z'a) + R(w − a), n×k, in squared units;
    /// A(m − Z'a) does not.
    let private difference
        (targets: PredictionTargets)
        (rows: int[])
        (a: float[])
        (left: float[][][])
        (struct (equations: MixedModelEquations, variance: float))
        : float[] =
        let fit = targets.Fit
        let n = fit.Design.Response.Length
        let k = rows.Length
        let own = Array.map (~-) a
        let parts = targets.Residuals |> Option.map (fun residuals -> residuals equations)

        parts
        |> Option.iter (fun parts ->
            rows
            |> Array.iteri (fun c index ->
                for struct (row, weight) in parts.Shares[index].Weights do
                    own[c * n + row] <- own[c * n + row] + weight))

        let cells c =
            match parts with
            | Some parts -> parts.Shares[rows[c]].Cells
            | None -> []

        let result = ResidualPrecision.multiplyCovariance equations.Residual k own cells

        for t, term in List.indexed fit.Design.Random do
            let place = equations.Layout.Places[t]
            let s = place.Order
            let g = Dense.Multiply(s, s, s, place.UserLambda, false, place.UserLambda, true)

            for c in 0 .. k - 1 do
                let image = Dense.Multiply(s, term.Levels.Length, s, g, false, left[c].[t], false)

                for row in 0 .. n - 1 do
                    let start = term.Codes[row] * s

                    for i in 0 .. s - 1 do
                        result[c * n + row] <- result[c * n + row] + term.Columns[i][row] * image[start + i]

        result |> Array.map ((*) variance)

    /// a of some predictions, the residuals of the data in it.
    let internal responseWeights (targets: PredictionTargets) (equations: MixedModelEquations) functions (rows: int[]) =
        let n = targets.Fit.Design.Response.Length
        let a = equations.ResponseWeights(functions, rows[0], rows.Length)

        match targets.Residuals with
        | Some residuals ->
            let parts = residuals equations

            rows
            |> Array.iteri (fun c index ->
                for struct (row, weight) in parts.Shares[index].Weights do
                    a[c * n + row] <- a[c * n + row] + weight)
        | None -> ()

        a

    /// The vectors dᵢ and Pdᵢ of some predictions, for every parameter that has a step.
    let private moves (targets: PredictionTargets) (equations: MixedModelEquations) steps functions (rows: int[]) =
        let fit = targets.Fit
        let n = fit.Design.Response.Length
        let variance = fit.Sigma * fit.Sigma
        let a = responseWeights targets equations functions rows

        let left =
            rows
            |> Array.mapi (fun c index -> remainders fit targets.Rows[index] a (c * n) |> related fit)

        steps
        |> Array.map (
            Option.map (fun (up, down, length: float) ->
                let d =
                    Array.map2
                        (fun up down -> (up - down) / length)
                        (difference targets rows a left up)
                        (difference targets rows a left down)

                struct (d, equations.Project(rows.Length, d) |> Array.map (fun value -> value / variance)))
        )

    let private prepared information (targets: PredictionTargets) (equations: MixedModelEquations) =
        let fit = targets.Fit
        let free, w = CoordinateCovariance.coordinateCovariance information fit

        let steps =
            PredictionVariance.steps fit free w
            |> Array.map (
                Option.map (fun (up, down, length) ->
                    PredictionVariance.at fit up, PredictionVariance.at fit down, length)
            )

        let parts = targets.Residuals |> Option.map (fun residuals -> residuals equations)
        w, steps, PredictionVariance.functions equations targets.Rows parts

    /// <summary>Σ Wᵢⱼ dᵢᵀPdⱼ of each prediction, in squared units of the response.</summary>
    /// <remarks>Cost: for each prediction and parameter one product with P; no n×n matrix.</remarks>
    let variances information (targets: PredictionTargets) (equations: MixedModelEquations) : float[] =
        let n = targets.Fit.Design.Response.Length
        let w, steps, functions = prepared information targets equations

        [| 0 .. targets.Rows.Length - 1 |]
        |> Array.chunkBySize chunk
        |> Array.collect (fun rows ->
            let moves = moves targets equations steps functions rows

            Array.init rows.Length (fun c ->
                let mutable sum = 0.0

                for i in 0 .. moves.Length - 1 do
                    for j in 0 .. moves.Length - 1 do
                        match moves[i], moves[j] with
                        | Some(struct (d, _)), Some(struct (_, image)) ->
                            for row in c * n .. (c + 1) * n - 1 do
                                sum <- sum + w[i, j] * d[row] * image[row]
                        | _ -> ()

                sum))

    /// <summary>The same as a matrix of all predictions, k×k by columns.</summary>
    let matrix information (targets: PredictionTargets) (equations: MixedModelEquations) : float[] =
        let n, k = targets.Fit.Design.Response.Length, targets.Rows.Length
        let w, steps, functions = prepared information targets equations
        let result: float[] = Array.zeroCreate (k * k)

        if k > 0 then
            let moves = moves targets equations steps functions [| 0 .. k - 1 |]

            for i in 0 .. moves.Length - 1 do
                for j in 0 .. moves.Length - 1 do
                    match moves[i], moves[j] with
                    | Some(struct (d, _)), Some(struct (_, image)) ->
                        let product = Dense.Multiply(k, k, n, d, true, image, false)

                        for at in 0 .. k * k - 1 do
                            result[at] <- result[at] + w[i, j] * product[at]
                    | _ -> ()

        result

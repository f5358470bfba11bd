namespace LmmFunctional

open MathNet.Numerics.LinearAlgebra
open LmmFunctional.Numerics

/// <summary>The marginal covariance of some rows of a fit: of one cluster or subject, never of all rows.</summary>
[<RequireQualifiedAccess>]
module internal RowCovariance =

    /// Independent residuals of variance σ²/w, and z'Gz of rows that share a level.
    let private conditional (fit: Fit) =
        let covariances = fit.RandomCovariances |> List.map snd
        let variance = fit.Sigma * fit.Sigma

        fun (rows: int[]) ->
            let n = rows.Length
            let v = Matrix<float>.Build.Dense(n, n)

            for a in 0 .. n - 1 do
                v[a, a] <-
                    match fit.Design.Weights with
                    | Some weights -> variance / weights[rows[a]]
                    | None -> variance

            for term, covariance in Seq.zip fit.Design.Random covariances do
                for a in 0 .. n - 1 do
                    for b in 0..a do
                        if term.Codes[rows[a]] = term.Codes[rows[b]] then
                            let mutable sum = 0.0

                            for i in 0 .. covariance.Rows - 1 do
                                for j in 0 .. covariance.Rows - 1 do
                                    sum <- sum + term.Columns[i][rows[a]] * covariance[i, j] * term.Columns[j][rows[b]]

                            v[a, b] <- v[a, b] + sum

                            if a <> b then
                                v[b, a] <- v[b, a] + sum

            v

    /// σ² times the patterns' matrices; rows of different blocks are independent.
    let private marginal (fit: Fit) (model: MarginalModel) =
        let matrices =
            Array.init model.Patterns.Length (MarginalModel.matrix model (List.last fit.Path).Theta)

        let variance = fit.Sigma * fit.Sigma
        let patternOf: int[] = Array.zeroCreate model.Rows
        // Blocks are told by the first of their rows.
        let blockOf: int[] = Array.zeroCreate model.Rows
        let placeOf: int[] = Array.zeroCreate model.Rows

        model.Patterns
        |> Array.iteri (fun index pattern ->
            for at in 0 .. pattern.Members.Length - 1 do
                let row = pattern.Members[at]
                patternOf[row] <- index
                blockOf[row] <- pattern.Members[at - at % pattern.Size]
                placeOf[row] <- at % pattern.Size)

        fun (rows: int[]) ->
            Matrix<float>
                .Build.Dense(
                    rows.Length,
                    rows.Length,
                    fun a b ->
                        if blockOf[rows[a]] = blockOf[rows[b]] then
                            let index = patternOf[rows[a]]
                            let size = model.Patterns[index].Size
                            variance * matrices[index].[placeOf[rows[a]] + size * placeOf[rows[b]]]
                        else
                            0.0
                )

    /// <summary>V of rows given by their numbers; apply it to the fit once.</summary>
    let ofFit (fit: Fit) : int[] -> Matrix<float> =
        match fit.Model.Method with
        | LikelihoodMethod.Conditional _ -> conditional fit
        | LikelihoodMethod.Marginal model
        | LikelihoodMethod.Separable(model, _) -> marginal fit model

    /// <summary>L of every pattern of a marginal model, LLᵀ = V: lower triangles by columns, in units of the response.</summary>
    let roots (fit: Fit) (model: MarginalModel) : float[][] =
        let matrices = MarginalModel.matrix model (List.last fit.Path).Theta

        Array.init model.Patterns.Length (fun index ->
            let root = matrices index
            Dense.Factor(model.Patterns[index].Size, root) |> ignore
            root |> Array.map ((*) fit.Sigma))

namespace LmmFunctional.Analysis

open System.Collections.Immutable
open MathNet.Numerics.LinearAlgebra
open LmmFunctional.Numerics
open LmmFunctional
open LmmFunctional.Estimation

/// <summary>The marginal covariance of some rows of a fit: of one cluster or subject, never of all rows.</summary>
[<RequireQualifiedAccess>]
module internal RowCovariance =

    /// Adds z'Gz of rows that share a level.
    let private addRandom (fit: Fit) =
        let covariances = fit.RandomCovariances |> List.map snd

        fun (rows: int[]) (v: Matrix<float>) ->
            for term, covariance in Seq.zip fit.Design.Random covariances do
                for a in 0 .. rows.Length - 1 do
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

    let private inverseWeight (fit: Fit) row =
        match fit.Design.Weights with
        | Some weights -> 1.0 / weights[row]
        | None -> 1.0

    /// Independent residuals of variance σ²/w.
    let private conditional (fit: Fit) =
        let variance = fit.Sigma * fit.Sigma
        let add = addRandom fit

        fun (rows: int[]) ->
            Matrix<float>.Build.DenseDiagonal(rows.Length, rows.Length, fun a -> variance * inverseWeight fit rows[a])
            |> add rows

    /// Residuals element by element: the blocks of these models are too large to be kept.
    let private separable (fit: Fit) (model: MarginalModel) =
        let variance = fit.Sigma * fit.Sigma
        let add = addRandom fit
        let tau = MarginalModel.residualParameters model fit.Inner.Theta
        let element = model.Residual.Element(Jet.constants tau)

        match fit.Design.Residual with
        | None -> conditional fit
        | Some design ->
            let steps =
                design.Factors |> List.scan (fun step axis -> step * axis.Labels.Length) 1

            let position row =
                List.map2
                    (fun step (axis: ResidualAxis) -> step * axis.Position[row])
                    (List.truncate design.Factors.Length steps)
                    design.Factors
                |> List.sum

            fun (rows: int[]) ->
                let own = {
                    Subjects = rows |> Array.map (fun row -> design.SubjectCodes[row])
                    Levels = Array.zeroCreate rows.Length
                    Positions = Array.map position rows
                    Covariates = [||]
                    RootVariances = rows |> Array.map (inverseWeight fit >> sqrt)
                }

                let elements = ResidualModel.matrix element own

                Matrix<float>
                    .Build.Dense(rows.Length, rows.Length, fun a b -> variance * elements[a + b * rows.Length].Value)
                |> add rows

    /// σ² times the patterns' matrices at a θ; rows of different blocks are independent.
    let private marginal (fit: Fit) (model: MarginalModel) theta =
        let matrices = Array.init model.Patterns.Length (MarginalModel.matrix model theta)

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

    let private residualParameters (fit: Fit) =
        RowDependence.residualParameters fit.Model fit.Inner.Theta
        |> ImmutableArray.CreateRange

    /// <summary>V of rows given by their numbers; apply it to the fit once.</summary>
    let ofFit (fit: Fit) : int[] -> Matrix<float> =
        match RowDependence.ofLikelihood fit.Model with
        | RowDependence.Independent -> conditional fit
        | RowDependence.Blocks model -> marginal fit model fit.Inner.Theta
        | RowDependence.Fields model -> separable fit model.Marginal
        | RowDependence.ResidualBlocks(model, _) ->
            let residuals = marginal fit model (residualParameters fit)
            let add = addRandom fit
            fun rows -> add rows (residuals rows)

    let private rootsAt (fit: Fit) (model: MarginalModel) theta : float[][] =
        let matrices = MarginalModel.matrix model theta

        Array.init model.Patterns.Length (fun index ->
            let root = matrices index
            Dense.Factor(model.Patterns[index].Size, root) |> ignore
            root |> Array.map ((*) fit.Sigma))

    /// <summary>L of every pattern of a marginal model, LLᵀ = V: lower triangles by columns, in units of the response.</summary>
    let roots (fit: Fit) (model: MarginalModel) : float[][] = rootsAt fit model fit.Inner.Theta

    /// The same for blocks of residuals alone.
    let residualRoots (fit: Fit) (residuals: MarginalModel) : float[][] =
        rootsAt fit residuals (residualParameters fit)

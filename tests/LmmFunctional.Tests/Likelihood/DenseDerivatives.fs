namespace LmmFunctional.Tests

open System.Collections.Immutable
open MathNet.Numerics.LinearAlgebra
open LmmFunctional.Estimation

/// <summary>First and second derivatives of −2ℓ by the free entries of Λ, from dense n×n matrices.</summary>
/// <remarks>V̇_k = Z(E_kΛᵀ + ΛE_kᵀ)Zᵀ. Searle, Casella and McCulloch (1992), section 6.6, with σ² profiled out.</remarks>
type internal DenseDerivatives(likelihood: LogLikelihood, theta: ImmutableArray<float>) =
    let textbook = Textbook.inner likelihood theta
    let solution = Textbook.solve textbook
    let entries = likelihood.Layout.Entries
    let lambdas = ThetaLayout.matrices likelihood.Layout theta

    let q =
        if textbook.IsRestricted then
            solution.Projection
        else
            solution.Precision

    let py = solution.Projection * textbook.Y
    let square = solution.ResidualSquare
    let df = solution.Df
    let count = entries.Length

    let derivativeOfV (entry: Entry) =
        let z = textbook.Z[entry.Term]
        let s = likelihood.Layout.Shapes[entry.Term].Order
        let lambda = Matrix<float>.Build.Dense(s, s, Array.copy lambdas[entry.Term])
        let e = Matrix<float>.Build.Dense(s, s)
        e[entry.Row, entry.Column] <- 1.0
        let g = e * lambda.Transpose() + lambda * e.Transpose()

        z
        * Matrix<float>.Build.DiagonalIdentity(z.ColumnCount / s).KroneckerProduct(g)
        * z.Transpose()

    let vdots = entries |> Array.map derivativeOfV
    let products = vdots |> Array.map (fun vdot -> q * vdot)
    let images = vdots |> Array.map (fun vdot -> vdot * py)
    let traces = products |> Array.map _.Trace()
    let squares = images |> Array.map (fun image -> image * py / square)

    let average =
        Array2D.init count count (fun k l -> images[k] * (solution.Projection * images[l]) / square)

    let expected =
        Array2D.init count count (fun k l ->
            products[k].Transpose().PointwiseMultiply(products[l]).Enumerate() |> Seq.sum)

    /// Per term Σ_j of the S×S blocks of a (levels S)-square matrix.
    let blocks t (a: Matrix<float>) =
        let s = likelihood.Layout.Shapes[t].Order

        Array.init (s * s) (fun index ->
            Seq.init (a.RowCount / s) (fun j -> a[j * s + index % s, j * s + index / s])
            |> Seq.sum)

    let traceBlocks =
        Array.init lambdas.Length (fun t ->
            let z = textbook.Z[t]
            blocks t (z.Transpose() * q * z))

    let squareBlocks =
        Array.init lambdas.Length (fun t ->
            let v = textbook.Z[t].Transpose() * py
            blocks t (v.OuterProduct v / square))

    let d =
        Array.map2 (fun trace squares -> Array.map2 (fun a b -> a - df * b) trace squares) traceBlocks squareBlocks

    let factorCurvature (d: float[][]) k l =
        let a, b = entries[k], entries[l]
        let s = likelihood.Layout.Shapes[a.Term].Order

        if a.Term = b.Term && a.Column = b.Column then
            2.0 * d[a.Term].[a.Row + b.Row * s]
        else
            0.0

    /// The positive part of the curvature of G, one block for the free rows of each column of λ.
    let positive =
        let result = Array2D.zeroCreate count count

        for _, block in
            Array.indexed entries
            |> Array.groupBy (fun (_, entry) -> entry.Term, entry.Column) do
            let at = Array.map fst block
            let n = at.Length

            let part =
                Semidefinite.positivePart n (Array.init (n * n) (fun k -> factorCurvature d at[k % n] at[k / n]))

            part |> Array.iteri (fun k value -> result[at[k % n], at[k / n]] <- value)

        result

    /// Σ_j (Z'QZ)_jj per term.
    member _.TraceBlocks = traceBlocks

    /// Σ_j v_j v_jᵀ per term, v = Z'V⁻¹(y − Xβ)/r.
    member _.SquareBlocks = squareBlocks

    member _.Gradient = Array.map2 (fun trace square -> trace - df * square) traces squares

    member _.Observed =
        Array2D.init count count (fun k l ->
            df * (2.0 * average[k, l] - squares[k] * squares[l]) - expected[k, l]
            + factorCurvature d k l)

    /// The expectation of the second derivatives at an optimum, where D λ is zero.
    member _.Expected =
        Array2D.init count count (fun k l -> expected[k, l] - traces[k] * traces[l] / df)

    member _.PositiveCurvature = positive

    member _.Average =
        Array2D.init count count (fun k l -> df * (average[k, l] - squares[k] * squares[l]) + positive[k, l])

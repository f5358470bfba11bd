namespace LmmFunctional.Tests

open MathNet.Numerics.LinearAlgebra
open LmmFunctional
open LmmFunctional.Estimation

/// <summary>Kenward and Roger's formulas as printed, from dense n×n matrices: V and its derivatives by k
/// parameters.</summary>
/// <remarks>Kenward and Roger 1997, and Halekoh and Højsgaard 2014 for the df of F.</remarks>
type internal DenseMoments(likelihood: LogLikelihood, theta, scale: Parametrisation) =
    let model = Textbook.at likelihood theta
    let solution = Textbook.solve model
    let variance = solution.ResidualSquare / solution.Df
    let layout = likelihood.Layout
    let k = layout.Entries.Length
    let p = model.X.ColumnCount

    let spread t (g: Matrix<float>) =
        let z = model.Z[t]

        z
        * Matrix<float>.Build.DiagonalIdentity(z.ColumnCount / g.RowCount).KroneckerProduct g
        * z.Transpose()

    let unit size index =
        Vector<float>.Build.Dense(size, (fun i -> if i = index then 1.0 else 0.0))

    let both (a: Vector<float>) (b: Vector<float>) = a.OuterProduct b + b.OuterProduct a

    let roots =
        model.Covariances
        |> List.map (fun g ->
            let size = g.RowCount
            let values = (g * variance).ToColumnMajorArray()
            Matrix<float>.Build.Dense(size, size, Semidefinite.factor size values))

    let first =
        Array.init (k + 1) (fun i ->
            if i = k then
                Matrix<float>.Build.DenseOfDiagonalVector model.Residual
            else
                let entry = layout.Entries[i]
                let size = layout.Shapes[entry.Term].Order

                match scale with
                | Parametrisation.VarianceScale ->
                    let g = both (unit size entry.Row) (unit size entry.Column)
                    spread entry.Term (if entry.Row = entry.Column then 0.5 * g else g)
                | Parametrisation.FactorScale ->
                    spread entry.Term (both (unit size entry.Row) (roots[entry.Term].Column entry.Column)))

    let second i j =
        match scale with
        | Parametrisation.FactorScale when i < k && j < k ->
            let a, b = layout.Entries[i], layout.Entries[j]
            let size = layout.Shapes[a.Term].Order

            if a.Term = b.Term && a.Column = b.Column then
                Some(spread a.Term (both (unit size a.Row) (unit size b.Row)))
            else
                None
        | _ -> None

    let vInverse = solution.Precision / variance
    let projection = solution.Projection / variance
    let onX = vInverse * model.X
    let py = projection * model.Y
    let q = if model.IsRestricted then projection else vInverse
    let qv = first |> Array.map (fun v -> q * v)

    member _.Count = k + 1

    /// (X'V⁻¹X)⁻¹.
    member _.Phi = solution.BetaCovariance * variance

    member _.P i = onX.Transpose() * first[i] * onX

    member _.Q i j =
        let product = onX.Transpose() * first[i] * vInverse * first[j] * onX
        0.5 * (product + product.Transpose())

    member _.R i j =
        match second i j with
        | Some v -> onX.Transpose() * v * onX
        | None -> Matrix<float>.Build.Dense(p, p)

    member _.Information kind =
        Array2D.init (k + 1) (k + 1) (fun i j ->
            let traces = (qv[i] * qv[j]).Trace()
            let squares = (first[i] * py) * (projection * (first[j] * py))

            let curved =
                match second i j with
                | Some v -> (q * v).Trace() - py * (v * py)
                | None -> 0.0

            match kind with
            | Information.Observed -> curved - traces + 2.0 * squares
            | Information.Expected -> traces
            | Information.Average -> squares)

    /// Kenward and Roger's adjusted covariance of β for a covariance W of the parameters.
    member this.Adjusted (w: float[,]) keepSecond =
        let phi = this.Phi

        let sum =
            seq {
                for i in 0..k do
                    for j in 0..k do
                        let product = this.P i * phi * this.P j

                        let inner =
                            this.Q i j
                            - 0.5 * (product + product.Transpose())
                            - (if keepSecond then 0.25 * this.R i j else 0.0 * this.R i j)

                        yield w[i, j] * inner
            }
            |> Seq.reduce (+)

        phi + 2.0 * phi * sum * phi

    /// λ and the df of the F of L β = 0, as published (Kenward and Roger 1997).
    member this.ScaleAndDf (w: float[,]) (l: Matrix<float>) =
        let phi = this.Phi
        let theta = l.Transpose() * (l * phi * l.Transpose()).Inverse() * l
        let u = Array.init (k + 1) (fun i -> theta * phi * this.P i * phi)
        let q = float l.RowCount

        let total (f: Matrix<float> -> Matrix<float> -> float) =
            Seq.sum (
                seq {
                    for i in 0..k do
                        for j in 0..k do
                            yield w[i, j] * f u[i] u[j]
                }
            )

        let a1 = total (fun (a: Matrix<float>) (b: Matrix<float>) -> a.Trace() * b.Trace())
        let a2 = total (fun a b -> (a * b).Trace())
        let b = (a1 + 6.0 * a2) / (2.0 * q)
        let g = ((q + 1.0) * a1 - (q + 4.0) * a2) / ((q + 2.0) * a2)
        let d = 3.0 * q + 2.0 * (1.0 - g)
        let c1, c2, c3 = g / d, (q - g) / d, (q + 2.0 - g) / d
        let expectation = 1.0 / (1.0 - a2 / q)

        let spread = 2.0 / q * (1.0 + c1 * b) / ((1.0 - c2 * b) ** 2.0 * (1.0 - c3 * b))

        let rho = spread / (2.0 * expectation * expectation)
        let df = 4.0 + (q + 2.0) / (q * rho - 1.0)

        // One function: A₁ = A₂, and all of it comes to one and 2/A₂, which the formulas lose where df is near two. There
        // pbkrtest takes one for any number of functions.
        if l.RowCount = 1 then 1.0, 2.0 / a2
        elif abs (df - 2.0) < 1e-2 then 1.0, df
        else df / (expectation * (df - 2.0)), df

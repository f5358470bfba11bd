namespace LmmFunctional.Verification

open System
open MathNet.Numerics.LinearAlgebra

/// <summary>Matrices of n×n, where n is small.</summary>
[<NoComparison; ReferenceEquality>]
type internal Dense = {
    V: Matrix<float>
    /// V⁻¹.
    Precision: Matrix<float>
    /// P = V⁻¹ − V⁻¹X(XᵀV⁻¹X)⁻¹XᵀV⁻¹.
    Projection: Matrix<float>
    /// log|V|.
    LogDeterminant: float
    /// K = ZΛ, n×q.
    Loadings: Matrix<float>
    /// V⁻¹ under ML and P under REML: what stands in the traces of the scores.
    TraceMatrix: Matrix<float>
    /// P y.
    ProjectedResponse: Vector<float>
    /// V̇ₖ = ∂V/∂θₖ.
    Derivatives: Matrix<float>[]
    /// ∂V/∂σ² times a number, and V̇ of the parameters of the residual structure: directions of R alone.
    ResidualDerivatives: Matrix<float> list
    /// The trace matrix times V̇ₖ.
    Products: Lazy<Matrix<float>[]>
    /// Q − Py(Py)ᵀ, Q being the trace matrix: the derivative of −2 log likelihood by V.
    Score: Matrix<float>
    /// L₂, n×(n − p), with L₂ᵀX = 0.
    Contrasts: Lazy<Matrix<float>>
    /// [X K]ᵀR⁻¹[X K] + diag(0, I): C with u = Λv, X replaced by its orthonormal basis.
    Henderson: Matrix<float>
}

[<RequireQualifiedAccess>]
module internal Dense =

    /// L₂ of n×(n − p): a mixed basis of what X leaves.
    let private contrasts (basis: Matrix<float>) =
        let n, p = basis.RowCount, basis.ColumnCount
        let random = Random 1
        // Unit lower triangular and far from singular: any L₂ would do.
        let mix =
            Matrix<float>
                .Build.Dense(
                    n - p,
                    n - p,
                    fun i j ->
                        if i = j then 1.0
                        elif i > j then (random.NextDouble() - 0.5) / float n
                        else 0.0
                )

        basis.QR(Factorization.QRMethod.Full).Q.SubMatrix(0, n, p, n - p) * mix

    /// <summary>The matrices of a model; deviations are y less its least squares fit. Cost O(n³).</summary>
    let create isRestricted (model: Marginal) (claims: Claims) (basis: Matrix<float>) deviations =
        let v = FormedCovariance.covariance model
        let factor = v.Cholesky()
        let n = v.RowCount
        let precision = factor.Solve(Matrix<float>.Build.DenseIdentity n)
        let weighted = precision * basis
        let information = basis.TransposeThisAndMultiply weighted

        let loadings =
            Matrix<float>.Build.DenseIdentity(Marginal.spheres model)
            |> Marginal.timesFactor model
            |> Marginal.timesZ model

        let all = basis.Append loadings

        let henderson =
            all.TransposeThisAndMultiply(Marginal.solveR model all)
            + Matrix<float>
                .Build
                .DenseOfDiagonalArray(Array.init all.ColumnCount (fun i -> if i < basis.ColumnCount then 0.0 else 1.0))

        let projection =
            precision - weighted * information.Cholesky().Solve(weighted.Transpose())

        let traceMatrix = if isRestricted then projection else precision
        let derivatives = CovarianceJets.derivatives model claims.Jets
        let projected = (projection * deviations: Matrix<float>).Column 0
        let score = traceMatrix - projected.OuterProduct projected

        {
            V = v
            Precision = precision
            Projection = projection
            LogDeterminant = factor.DeterminantLn
            Loadings = loadings
            TraceMatrix = traceMatrix
            ProjectedResponse = projected
            Derivatives = derivatives
            ResidualDerivatives = [
                Marginal.timesR model (Matrix<float>.Build.DenseIdentity n)
                / Array.min model.Residual.Variances

                for part, derivative in Seq.zip (CovarianceJets.partsOf claims.Jets) derivatives do
                    if part = model.Terms.Length then
                        derivative
            ]
            Products = lazy (derivatives |> Array.map (fun derivative -> traceMatrix * derivative))
            Score = score
            Contrasts = lazy contrasts basis
            Henderson = henderson
        }

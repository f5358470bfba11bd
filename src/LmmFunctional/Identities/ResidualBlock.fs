namespace LmmFunctional.Verification

open System
open MathNet.Numerics.LinearAlgebra
open LmmFunctional.Numerics

/// <summary>Rows whose residuals are correlated, with their covariance.</summary>
[<NoComparison; ReferenceEquality>]
type internal ResidualBlock = {
    Rows: int[]
    /// R of these rows, m×m, in squared units of the response.
    Covariance: Matrix<float>
    /// R⁻¹.
    Precision: Matrix<float>
    /// L, R = LLᵀ.
    Root: Matrix<float>
    /// log|R|.
    LogDeterminant: float
}

[<RequireQualifiedAccess>]
module internal ResidualBlock =

    /// The block of some rows, by its covariance.
    let create (rows: int[]) (covariance: Matrix<float>) =
        let m = rows.Length
        let factor = covariance.ToColumnMajorArray()

        // Where R is singular to working precision nothing can be checked; the smallest eigenvalue says so.
        if LmmFunctional.Numerics.Dense.Factor(m, factor) then
            let root =
                Matrix<float>.Build.Dense(m, m, fun i j -> if i >= j then factor[i + j * m] else 0.0)

            let inverse = root.Solve(Matrix<float>.Build.DenseIdentity m)

            {
                Rows = rows
                Covariance = covariance
                Precision = inverse.TransposeThisAndMultiply inverse
                Root = root
                LogDeterminant = 2.0 * (root.Diagonal() |> Seq.sumBy log)
            }
        else
            {
                Rows = rows
                Covariance = covariance
                Precision = Matrix<float>.Build.Dense(m, m)
                Root = Matrix<float>.Build.Dense(m, m)
                LogDeterminant = nan
            }

    /// At most the smallest eigenvalue of R; zero where R is singular.
    let smallest (block: ResidualBlock) =
        if Double.IsNaN block.LogDeterminant then
            0.0
        else
            1.0 / block.Precision.InfinityNorm()

    /// The same with absolute values of R and R⁻¹.
    let absolute (block: ResidualBlock) = {
        block with
            Covariance = block.Covariance.PointwiseAbs()
            Precision = block.Precision.PointwiseAbs()
    }

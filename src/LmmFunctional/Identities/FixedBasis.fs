namespace LmmFunctional.Verification

open MathNet.Numerics.LinearAlgebra

/// <summary>X as an orthonormal basis of its columns times a triangle, so that its conditioning does not cloud answers.
/// </summary>
[<RequireQualifiedAccess>]
module internal FixedBasis =

    /// Gram-Schmidt, twice: x = basis triangle.
    let create (x: Matrix<float>) =
        let p = x.ColumnCount
        let basis = x.ToColumnArrays() |> Array.map Vector<float>.Build.Dense
        let triangle = Matrix<float>.Build.Dense(p, p)

        for j in 0 .. p - 1 do
            for _ in 1..2 do
                for i in 0 .. j - 1 do
                    let along = basis[i].DotProduct basis[j]
                    triangle[i, j] <- triangle[i, j] + along
                    basis[j] <- basis[j] - along * basis[i]

            triangle[j, j] <- basis[j].L2Norm()
            basis[j] <- basis[j] / triangle[j, j]

        Matrix<float>.Build.DenseOfColumnVectors basis, triangle

    /// The condition of X, its columns scaled to length one, from the triangle.
    let condition (triangle: Matrix<float>) =
        let lengths = triangle.ColumnNorms 2.0
        triangle.MapIndexed(fun _ j value -> value / lengths[j]).ConditionNumber()

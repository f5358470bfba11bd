namespace LmmFunctional.Verification

open MathNet.Numerics.LinearAlgebra
open LmmFunctional
open LmmFunctional.Estimation

/// <summary>A known matrix A between the q levels of a random term, dense: effects of levels i and j have covariance A_ij G.
/// </summary>
[<NoComparison; ReferenceEquality>]
type internal LevelRelation = {
    /// A, q×q.
    Covariance: Matrix<float>
    /// T, q×r of full column rank, A = TTᵀ.
    Root: Matrix<float>
}

[<RequireQualifiedAccess>]
module internal LevelRelation =

    /// More levels are not worth a dense matrix.
    let mostLevels = 1000

    /// <summary>A of a relationship, whichever way it is held; cost O(q³).</summary>
    let create (relationship: Relationship) : LevelRelation =
        match relationship.Form with
        | RelationshipForm.Root root ->
            let t = Matrix<float>.Build.Dense(root.Count, root.Rank, Array.copy root.Values)

            {
                Covariance = t * t.Transpose()
                Root = t
            }
        | RelationshipForm.Precision precision ->
            let column j =
                let unit: float[] = Array.zeroCreate precision.Count
                unit[j] <- 1.0
                precision.Solve unit
                unit

            let a = Matrix<float>.Build.DenseOfColumnArrays(Array.init precision.Count column)

            let a = 0.5 * (a + a.Transpose())

            {
                Covariance = a
                Root = a.Cholesky().Factor
            }

    /// w with u = T w, one row for each level: unique because T has full column rank.
    let solveRoot (relation: LevelRelation) (u: Matrix<float>) : Matrix<float> =
        if relation.Root.RowCount = relation.Root.ColumnCount then
            relation.Root.Solve u
        else
            relation.Root.QR(Factorization.QRMethod.Thin).Solve u

    /// The same with absolute values.
    let absolute (relation: LevelRelation) : LevelRelation = {
        Covariance = relation.Covariance.PointwiseAbs()
        Root = relation.Root.PointwiseAbs()
    }

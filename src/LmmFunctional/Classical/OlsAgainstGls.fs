namespace LmmFunctional.Classical

open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>Whether VX = XQ for some Q: then ordinary least squares is best, whatever the data.</summary>
/// <remarks>The condition of Zyskind (1967) and Rao (1967).</remarks>
[<ReferenceEquality>]
type Commuting = {
    /// The Q that comes nearest, p×p; rows of dependent columns of X are zero.
    Q: Matrix
    /// The largest element of VX − XQ over the largest of VX.
    Distance: float
    /// Whether the distance is rounding only.
    Holds: bool
}

/// <summary>The variance of one estimable function by both methods, Var(y) = V.</summary>
type Efficiency = {
    /// Var of the best linear unbiased estimator: c'(X'V⁻¹X)⁻c.
    Gls: float
    /// Var of the least squares estimator: c'(X'X)⁻X'VX(X'X)⁻c.
    Ols: float
    /// Gls / Ols, at most one.
    Ratio: float
}

/// <summary>What is lost by ordinary least squares when the covariance is known.</summary>
[<RequireQualifiedAccess>]
module OlsAgainstGls =

    // Noise: V times X sums as many products as there are rows.
    let private tolerance = 1e-10

    // (X'X)⁻X'A for the columns of A, rows of dependent columns zero.
    let private regress (x: Matrix) (a: Matrix) =
        let rank = Rank.find x.Rows x.Columns x.Values
        let r, k = rank.Kept.Length, a.Columns
        let size = r + k
        let columns = Array.append (rank.Kept |> Array.map x.Column) (Array.init k a.Column)

        let triangle =
            Rank.triangle x.Rows size (Array.create size 1.0) (Array.concat columns)

        let result = Array.zeroCreate (x.Columns * k)

        for j in 0 .. k - 1 do
            let b = Array.init r (fun i -> triangle[i + (r + j) * size])

            for i in r - 1 .. -1 .. 0 do
                b[i] <- b[i] / triangle[i + i * size]

                for above in 0 .. i - 1 do
                    b[above] <- b[above] - triangle[above + i * size] * b[i]

            rank.Kept
            |> Array.iteri (fun i column -> result[column + j * x.Columns] <- b[i])

        Matrix(x.Columns, k, result)

    let private largest (a: Matrix) =
        a.Values |> Array.fold (fun most value -> max most (abs value)) 0.0

    /// <summary>Whether VX = XQ, with Q.</summary>
    /// <param name="covariance">V, n×n.</param>
    /// <param name="x">X, n×p, of any rank.</param>
    let commuting covariance (x: Matrix) : Commuting =
        let vx = KnownCovariance.multiply covariance x
        let q = regress x vx
        let distance = Matrices.distance vx (Matrix.multiply x q) / max (largest vx) 1e-300

        {
            Q = q
            Distance = distance
            Holds = distance <= tolerance
        }

    /// <summary>Variances of c'β̂ by generalised and by ordinary least squares.</summary>
    /// <param name="covariance">Var(y) = V, positive definite.</param>
    /// <param name="x">X, n×p, of any rank.</param>
    /// <param name="c">A coefficient for each column of X.</param>
    /// <returns>The variances, or: V is not positive definite, c'β is not estimable.</returns>
    let efficiency covariance (x: Matrix) (c: float list) : Result<Efficiency, LmmError list> =
        let names = List.init x.Columns (fun j -> $"β{j + 1}")
        let nothing = Array.zeroCreate x.Rows

        let known covariance =
            Gls.fit CovarianceScale.Known covariance names x nothing

        known covariance
        |> Result.bind (fun best ->
            known (KnownCovariance.Diagonal(List.replicate x.Rows 1.0))
            |> Result.bind (fun ordinary -> Gls.estimate best c |> Result.map (fun gls -> gls.Variance, ordinary)))
        |> Result.map (fun (best, ordinary) ->
            // The estimate is a'y with a = X(X'X)⁻c.
            let a = Matrices.product [ x; ordinary.GeneralisedInverse; Matrices.column c ]

            let variance =
                Array.fold2 (fun sum u v -> sum + u * v) 0.0 a.Values (KnownCovariance.multiply covariance a).Values

            {
                Gls = best
                Ols = variance
                Ratio = best / variance
            })

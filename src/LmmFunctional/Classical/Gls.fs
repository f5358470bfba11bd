namespace LmmFunctional.Classical

open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation
open LmmFunctional.Analysis

/// <summary>What is known of the covariance of the response.</summary>
[<RequireQualifiedAccess>]
type CovarianceScale =
    /// Var(y) = Σ, known entirely.
    | Known
    /// Var(y) = σ²V with V known: the Aitken model; σ² is estimated.
    | UpToFactor

/// <summary>An estimable function c'β with its best linear unbiased estimate.</summary>
type EstimableFunction = {
    /// c'β̂.
    Estimate: float
    /// c'(X'Σ⁻¹X)⁻c, times σ̂² in the Aitken model.
    Variance: float
    /// The root of the variance.
    StandardError: float
}

/// <summary>A generalised least squares fit with a covariance that is known, or known up to a factor.</summary>
[<ReferenceEquality>]
type Gls = internal {
    Columns: string list
    Kind: CovarianceScale
    Rank: Rank
    Solution: float[]
    Inverse: Matrix
    ResidualSquare: float
    Rows: int
} with

    /// The names of the columns of X, p of them.
    member gls.Names = gls.Columns

    /// The names of columns that depend on those before them; their coefficients are selected to be zero.
    member gls.Dropped =
        gls.Rank.Dropped |> Seq.map (fun j -> gls.Columns[j]) |> List.ofSeq

    /// The rank r of X.
    member gls.RankOfX = gls.Rank.Kept.Length

    /// <summary>The solution (X'Σ⁻¹X)⁻X'Σ⁻¹y, length p: the coefficients of dropped columns are zero.</summary>
    /// <remarks>Another generalised inverse gives another solution; only estimable functions do not depend on
    /// it.</remarks>
    member gls.Coefficients = List.ofArray gls.Solution

    /// The selected generalised inverse (X'Σ⁻¹X)⁻, p×p: rows and columns of dropped columns are zero.
    member gls.GeneralisedInverse = gls.Inverse

    /// y'Py = (y − Xb)'Σ⁻¹(y − Xb).
    member gls.ResidualSumOfSquares = gls.ResidualSquare

    /// n − r.
    member gls.ResidualDf = gls.Rows - gls.Rank.Kept.Length

    /// The factor σ̂² = y'Py/(n − r) of the Aitken model; one when Σ is known.
    member gls.Factor =
        match gls.Kind with
        | CovarianceScale.Known -> 1.0
        | CovarianceScale.UpToFactor -> gls.ResidualSquare / float gls.ResidualDf

/// <summary>Generalised least squares and the Aitken model.</summary>
[<RequireQualifiedAccess>]
module Gls =

    let private requireShapes (names: string list) covariance (x: Matrix) (y: float[]) =
        if names.Length <> x.Columns then
            invalidArg (nameof names) $"X has {x.Columns} columns and {names.Length} names."

        if y.Length <> x.Rows || KnownCovariance.order covariance <> x.Rows then
            invalidArg
                (nameof y)
                $"X has {x.Rows} rows, y {y.Length}, the covariance {KnownCovariance.order covariance}; they must agree."

    // R of [W | v] over the kept columns W of the whitened X: its last column holds Q'v and the length of the residual.
    let private triangleOf (rank: Rank) (white: Matrix) (whiteY: Matrix) =
        let r = rank.Kept.Length

        let columns =
            Array.append (rank.Kept |> Array.map white.Column) [| whiteY.Column 0 |]

        r, Rank.triangle white.Rows (r + 1) (Array.create (r + 1) 1.0) (Array.concat columns)

    // R⁻¹ of the leading r×r triangle, by columns with stride r + 1.
    let private inverseRoot r (triangle: float[]) =
        let inverse = Array2D.zeroCreate<float> r r

        for j in 0 .. r - 1 do
            for i in j .. -1 .. 0 do
                let mutable sum = if i = j then 1.0 else 0.0

                for k in i + 1 .. j do
                    sum <- sum - triangle[i + k * (r + 1)] * inverse[k, j]

                inverse[i, j] <- sum / triangle[i + i * (r + 1)]

        inverse

    /// <summary>Fits E(y) = Xβ, Var(y) = Σ or σ²V.</summary>
    /// <param name="kind">Whether the covariance is known entirely or up to a factor.</param>
    /// <param name="covariance">Σ or V, positive definite, n×n.</param>
    /// <param name="names">A name for each column of X.</param>
    /// <param name="x">X, n×p, of any rank.</param>
    /// <param name="y">The response, length n.</param>
    /// <returns>The fit, or: a covariance that is not positive definite, no rows left to estimate σ² from.</returns>
    /// <exception cref="T:System.ArgumentException">Sizes do not agree.</exception>
    /// <remarks>X and y are whitened by the root of the covariance, then reduced by Householder reflections; columns
    /// are judged in their order, as R does, so that the first of dependent columns keep their coefficients.</remarks>
    let fit kind covariance (names: string list) (x: Matrix) (y: float[]) : Result<Gls, LmmError list> =
        requireShapes names covariance x y

        KnownCovariance.whitener covariance
        |> Result.bind (fun whiten ->
            let white, whiteY = whiten x, whiten (Matrices.column y)
            // Dependence is a matter of X alone.
            let rank = Rank.find x.Rows x.Columns x.Values
            let r, triangle = triangleOf rank white whiteY

            if kind = CovarianceScale.UpToFactor && x.Rows <= r then
                Error [ LmmError.TooFewRows(x.Rows, r) ]
            else
                let root = inverseRoot r triangle
                let projected i = triangle[i + r * (r + 1)]

                let solution = Array.zeroCreate x.Columns

                rank.Kept
                |> Array.iteri (fun i column ->
                    solution[column] <- Seq.sum (Seq.init r (fun k -> root[i, k] * projected k)))

                let position = Array.create x.Columns -1
                rank.Kept |> Array.iteri (fun i column -> position[column] <- i)

                let inverse =
                    Matrix.init x.Columns x.Columns (fun i j ->
                        let i, j = position[i], position[j]

                        if i < 0 || j < 0 then
                            0.0
                        else
                            Seq.sum (Seq.init r (fun k -> root[i, k] * root[j, k])))

                Ok {
                    Columns = names
                    Kind = kind
                    Rank = rank
                    Solution = solution
                    Inverse = inverse
                    ResidualSquare = projected r * projected r
                    Rows = x.Rows
                })

    /// <summary>Ordinary least squares: the Aitken model with V = I.</summary>
    /// <returns>The fit, or no rows left to estimate σ² from.</returns>
    /// <exception cref="T:System.ArgumentException">Sizes do not agree.</exception>
    let ols names (x: Matrix) y : Result<Gls, LmmError list> =
        fit CovarianceScale.UpToFactor (KnownCovariance.Diagonal(List.replicate x.Rows 1.0)) names x y

    // c'N for the null space N of X: for each dropped column what c has there beyond what the kept ones imply.
    let private excess (gls: Gls) (c: float[]) =
        Array.map2
            (fun column coefficients ->
                let implied = Array.map2 (fun kept b -> c[kept] * b) gls.Rank.Kept coefficients
                c[column] - Array.sum implied, Array.sumBy abs implied + abs c[column])
            gls.Rank.Dropped
            gls.Rank.Coefficients

    /// <summary>Whether c'β is estimable: c lies in the row space of X.</summary>
    let isEstimable (gls: Gls) (c: float list) =
        if c.Length <> gls.Columns.Length then
            invalidArg (nameof c) $"c has {c.Length} elements and X has {gls.Columns.Length} columns."

        excess gls (Array.ofList c)
        |> Array.forall (fun (value, size) -> abs value <= 1e-9 * size)

    let private text (gls: Gls) (c: float list) =
        List.zip c gls.Columns
        |> List.filter (fun (weight, _) -> weight <> 0.0)
        |> List.map (fun (weight, name) ->
            if weight = 1.0 then name
            elif weight = -1.0 then $"−{name}"
            else $"{NumberText.significant 6 weight} {name}")
        |> String.concat " + "
        |> fun text -> text.Replace("+ −", "− ")

    /// <summary>The best linear unbiased estimate of c'β.</summary>
    /// <param name="gls">The fit.</param>
    /// <param name="c">A coefficient for each column of X.</param>
    /// <returns>The estimate with its variance, or that the function is not estimable.</returns>
    /// <exception cref="T:System.ArgumentException">c has another length.</exception>
    let estimate (gls: Gls) (c: float list) : Result<EstimableFunction, LmmError list> =
        if not (isEstimable gls c) then
            Error [ LmmError.CombinationNotEstimable(text gls c) ]
        else
            let c = Array.ofList c
            let p = c.Length

            let quadratic =
                Seq.sum (
                    seq {
                        for i in 0 .. p - 1 do
                            for j in 0 .. p - 1 -> c[i] * gls.Inverse[i, j] * c[j]
                    }
                )

            let variance = gls.Factor * quadratic

            Ok {
                Estimate = Array.fold2 (fun sum weight b -> sum + weight * b) 0.0 c gls.Solution
                Variance = variance
                StandardError = sqrt variance
            }

namespace LmmFunctional.Estimation

open LmmFunctional.Numerics

/// <summary>Sums of second derivatives of V, at the point a factor holds.</summary>
[<RequireQualifiedAccess>]
module internal SeparableSeconds =

    /// V̇_k w for all k parameters and m vectors of n rows: for each parameter the m images side by side.
    let images (factor: SeparableFactor) m (w: float[]) : float[] =
        let n, k = factor.Model.Rows, factor.Model.Marginal.Parameters

        let byVector =
            SeparableProducts.images factor (SeparableProducts.covarianceSlopes factor) m w

        let result: float[] = Array.zeroCreate byVector.Length

        for c in 0 .. m - 1 do
            for i in 0 .. k - 1 do
                Array.blit byVector ((c * k + i) * n) result ((i * m + c) * n) n

        result

    // Of fourth order: right to about 1e-10.
    let private step = 1e-3

    /// w_c'∂R/∂τ_kw_d of all parameters of the residuals at another θ; V is not factored there.
    let private slopesAt (factor: SeparableFactor) c d theta : float[] =
        let model = factor.Model
        let n = model.Rows
        let point = SeparablePoint.create model theta

        Array.init model.Marginal.Residual.Parameters.Names.Length (fun k ->
            let image: float[] = Array.zeroCreate n
            SeparableProducts.addResidualAt model point k factor.Scores (d * n) image 0
            let mutable sum = 0.0

            for row in 0 .. n - 1 do
                sum <- sum + factor.Scores[c * n + row] * image[row]

            sum)

    /// w_c'V̈_klw_d for two columns of the scores, k×k: exact for random terms, by differences of ∂R for residuals.
    let along (factor: SeparableFactor) c d : SquareBlock =
        let model = factor.Model
        let layout = model.Marginal.Layout
        let result = SquareBlock.zero model.Marginal.Parameters

        model.Marginal.Forms
        |> Array.iteri (fun t form ->
            let start, count = layout.ParameterStarts[t], form.Names.Length
            let size = form.Order
            let ofC = SeparableProducts.levelSums model t factor.Scores (c * model.Rows)
            let ofD = SeparableProducts.levelSums model t factor.Scores (d * model.Rows)
            let product = Dense.Multiply(size, size, ofC.Length / size, ofC, false, ofD, true)

            let weights =
                Array.init (size * size) (fun k -> 0.5 * (product[k] + product[k / size + k % size * size]))

            let own = EffectsForm.curvature form factor.Point.Covariances[t] weights

            for j in 0 .. count - 1 do
                for i in 0 .. count - 1 do
                    result[start + i, start + j] <- own[i + j * count])

        let first = layout.Parameters
        let theta = factor.Theta

        let columns =
            Array.init (theta.Length - first) (fun l ->
                let at times =
                    slopesAt factor c d (theta.SetItem(first + l, theta[first + l] + times * step))

                let near, far = Array.map2 (-) (at 1.0) (at -1.0), Array.map2 (-) (at 2.0) (at -2.0)
                Array.map2 (fun near far -> (8.0 * near - far) / (12.0 * step)) near far)

        for i in 0 .. columns.Length - 1 do
            for j in 0 .. columns.Length - 1 do
                result[first + i, first + j] <- 0.5 * (columns[i].[j] + columns[j].[i])

        result

namespace LmmFunctional.Estimation

open LmmFunctional.Numerics

/// <summary>Products of vectors of n rows with Z' and with the derivatives of V, at the point a factor holds.</summary>
/// <remarks>Sparse products for random terms, and sweeps along the lines of cells for residuals.</remarks>
[<RequireQualifiedAccess>]
module internal SeparableProducts =

    /// Rows summed up by level: Z'w for one vector of n rows, S values for each level.
    let levelSums (model: SeparableModel) t (w: float[]) at : float[] =
        let term = model.Terms[t]
        let size = term.Columns.Length
        let result: float[] = Array.zeroCreate (term.Levels * size)

        for row in 0 .. model.Rows - 1 do
            let start = row * model.Width + model.Offsets[t]
            let value = w[at + row]
            let level = term.Codes[row] * size

            for k in 0 .. size - 1 do
                result[level + k] <- result[level + k] + model.Loadings[start + k] * value

        result

    /// Σ over levels of (Z'w)(Z'w)' for vectors of n rows, S×S.
    let squaresOf (model: SeparableModel) t (w: float[]) first last : float[] =
        let size = model.Terms[t].Columns.Length
        let sum: float[] = Array.zeroCreate (size * size)

        for c in first..last do
            let own = levelSums model t w (c * model.Rows)
            Dense.Add(size, size, own.Length / size, own, 0, false, own, 0, true, sum, 0)

        sum

    /// ZAZ'w for a symmetric A (S×S) of a term, added to n rows of a result.
    let private addTerm (model: SeparableModel) t (a: float[]) (w: float[]) from (result: float[]) into =
        let term = model.Terms[t]
        let size = term.Columns.Length
        let sums = levelSums model t w from
        let images = Dense.Multiply(size, term.Levels, size, a, false, sums, false)

        for row in 0 .. model.Rows - 1 do
            let start = row * model.Width + model.Offsets[t]
            let level = term.Codes[row] * size

            for k in 0 .. size - 1 do
                result[into + row] <- result[into + row] + model.Loadings[start + k] * images[level + k]

    /// S(C₁ ⊗ C₂)S'w of one vector of n rows, or its derivative by the τ of an axis.
    let private alongCells (model: SeparableModel) (point: SeparablePoint) derived (w: float[]) from : float[] =
        let cells: float[] = Array.zeroCreate model.Grid.Cells

        for row in 0 .. model.Rows - 1 do
            cells[model.Grid.CellOfRow[row]] <- w[from + row]

        FieldGrid.multiply model.Grid point.Processes derived cells
        model.Grid.CellOfRow |> Array.map (fun cell -> cells[cell])

    /// ∂R/∂τ_k w of one vector of n rows at a point, k counted among the parameters of the residuals; added to rows of a
    /// result.
    let addResidualAt (model: SeparableModel) (point: SeparablePoint) k (w: float[]) from (result: float[]) into =
        let axes = model.Grid.Axes
        let image = alongCells model point (if k < axes then Some k else None) w from

        for row in 0 .. image.Length - 1 do
            let change =
                if k < axes then
                    point.Rest * image[row]
                else
                    point.Nugget * point.Rest * (w[from + row] - image[row])

            result[into + row] <- result[into + row] + change

    /// The same at the point a factor holds.
    let addResidual (factor: SeparableFactor) k (w: float[]) from (result: float[]) into =
        addResidualAt factor.Model factor.Point k w from result into

    /// ∂G/∂θ_k of every parameter of every term: term, and S×S.
    let covarianceSlopes (factor: SeparableFactor) : (int * float[])[] =
        factor.Model.Marginal.Forms
        |> Array.mapi (fun t form ->
            EffectsForm.derivatives form factor.Point.Covariances[t]
            |> Array.map (fun slope -> t, slope))
        |> Array.concat

    /// V̇_k w for all k parameters and m vectors of n rows: the k images of a vector side by side.
    let images (factor: SeparableFactor) (slopes: (int * float[])[]) m (w: float[]) : float[] =
        let model = factor.Model
        let n, k = model.Rows, model.Marginal.Parameters
        let result: float[] = Array.zeroCreate (n * k * m)

        for c in 0 .. m - 1 do
            for i in 0 .. k - 1 do
                let into = (c * k + i) * n

                if i < slopes.Length then
                    let t, slope = slopes[i]
                    addTerm model t slope w (c * n) result into
                else
                    addResidual factor (i - slopes.Length) w (c * n) result into

        result

namespace LmmFunctional.Analysis

open LmmFunctional.Estimation

/// <summary>Diagonals over the rows of a fit: of hat matrices, of P and of covariances of residuals, relative to σ².</summary>
[<NoComparison; ReferenceEquality>]
type internal RowDiagonals = {
    /// Of V.
    Marginal: float[]
    /// Of R.
    Residual: float[]
    /// Of X(X'V⁻¹X)⁻¹X'.
    FixedVariance: float[]
    /// Of X(X'V⁻¹X)⁻¹X'V⁻¹.
    FixedLeverage: float[]
    /// Of I − RP: of the fitted values with random effects.
    Leverage: float[]
    /// Of RPR.
    Conditional: float[]
    /// Of P.
    Projection: float[]
}

[<RequireQualifiedAccess>]
module internal RowDiagonals =

    // Right-hand sides solved for at a time.
    let private chunk = 64

    let private marginalVariance (equations: MixedModelEquations) =
        let fit = equations.Fit
        let design = Array.ofList fit.Design.Random
        let residual = equations.Residual.Variances

        Array.init equations.Rows (fun row ->
            let mutable sum = residual[row]

            for t in 0 .. design.Length - 1 do
                let term = design[t]
                let s = term.Names.Length
                let g = fit.Inner.Covariances[t]

                let ofLevel =
                    match term.Relationship with
                    | Some relationship -> relationship.Variances[term.Codes[row]]
                    | None -> 1.0

                for i in 0 .. s - 1 do
                    for j in 0 .. s - 1 do
                        sum <- sum + ofLevel * term.Columns[i][row] * g[i + j * s] * term.Columns[j][row]

            sum)

    /// The rows as functions without the field of the residuals, which belongs to R.
    let private withoutField (equations: MixedModelEquations) =
        let rows = equations.RowFunctions

        match equations.Residual.Latent with
        | None -> rows
        | Some _ -> {
            rows with
                Random =
                    // The cell's loading is the last of every row.
                    SparseRows.create equations.Rows (fun row add ->
                        for at in rows.Random.Starts[row] .. rows.Random.Starts[row + 1] - 2 do
                            add rows.Random.Positions[at] rows.Random.Values[at])
          }

    /// P_ii by solving for unit vectors: where rows are linked to more rows than M's pattern covers.
    let private projectionBySolving (equations: MixedModelEquations) =
        let n = equations.Rows

        [| 0 .. n - 1 |]
        |> Array.chunkBySize chunk
        |> Array.collect (fun rows ->
            let units: float[] = Array.zeroCreate (n * rows.Length)
            rows |> Array.iteri (fun c row -> units[c * n + row] <- 1.0)
            let solved = equations.Project(rows.Length, units)
            rows |> Array.mapi (fun c row -> solved[c * n + row]))

    /// P_ii = (R⁻¹)_ii − Σ (R⁻¹)_ij C_jk (R⁻¹)_ki over the rows linked to i, each of which is linked to every other.
    let private projectionByBlocks (equations: MixedModelEquations) =
        let residual = equations.Residual
        let rows = equations.RowFunctions

        Array.init equations.Rows (fun row ->
            let first, last = residual.Starts[row], residual.Starts[row + 1] - 1
            let mutable value = 0.0

            for a in first..last do
                if residual.Columns[a] = row then
                    value <- value + residual.Values[a]

            for a in first..last do
                for b in first..a do
                    let weight = if a = b then 1.0 else 2.0
                    let i, j = residual.Columns[a], residual.Columns[b]

                    value <-
                        value
                        - weight
                          * residual.Values[a]
                          * residual.Values[b]
                          * EffectCovariance.onPattern equations rows i rows j

            value)

    /// Whether the rows linked to a row are all linked to each other: blocks, or single rows.
    let isBlocks (residual: ResidualPrecision) =
        Seq.forall
            (fun row ->
                let first, last = residual.Starts[row], residual.Starts[row + 1]

                last - first = 1
                || Seq.forall
                    (fun at ->
                        let other = residual.Columns[at]
                        residual.Starts[other + 1] - residual.Starts[other] = last - first)
                    (seq { first .. last - 1 }))
            (seq { 0 .. residual.Rows - 1 })

    /// <summary>All diagonals; cost that of the selected inverse and of the pairs of linked rows.</summary>
    let create (equations: MixedModelEquations) : RowDiagonals =
        let n, p = equations.Rows, equations.FixedCount
        let residual = equations.Residual
        let rows = equations.RowFunctions
        let shown = withoutField equations
        let conditional: float[] = Array.zeroCreate n
        let leverage: float[] = Array.zeroCreate n
        // V⁻¹XL⁻ᵀ, and XL⁻ᵀ.
        let weighted = equations.WeightedBasis
        let basis = equations.FixedColumns

        for row in 0 .. n - 1 do
            conditional[row] <-
                residual.Variances[row]
                - EffectCovariance.onPattern equations shown row shown row

            for at in residual.Starts[row] .. residual.Starts[row + 1] - 1 do
                leverage[row] <-
                    leverage[row]
                    + residual.Values[at]
                      * EffectCovariance.onPattern equations shown row rows residual.Columns[at]

        let overColumns (left: float[]) (right: float[]) row =
            let mutable sum = 0.0

            for j in 0 .. p - 1 do
                sum <- sum + left[row + j * n] * right[row + j * n]

            sum

        {
            Marginal = marginalVariance equations
            Residual = residual.Variances
            FixedVariance = Array.init n (overColumns basis basis)
            FixedLeverage = Array.init n (overColumns basis weighted)
            Leverage = leverage
            Conditional = conditional
            Projection =
                if isBlocks residual then
                    projectionByBlocks equations
                else
                    projectionBySolving equations
        }

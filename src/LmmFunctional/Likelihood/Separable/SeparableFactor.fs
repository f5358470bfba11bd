namespace LmmFunctional.Estimation

open System
open System.Collections.Immutable
open FSharp.NativeInterop
// Last, so that Buffer is ours and not that of System.
open LmmFunctional.Numerics

/// <summary>The factored system of a separable model: one workspace, overwritten by every <c>Factor</c>.</summary>
/// <remarks>With a nugget V = c(I + Z̃KZ̃'), K = I for effects and C₁ ⊗ C₂ for cells, where Z̃ has ZΛ/√c for effects and
/// φ = √((1 − c)/c) for a row's cell. M = Z̃'Z̃ + K⁻¹ is factored as a sparse matrix; log|V| = n log c + log|M| + log|K|.
/// Without one V = C + Z̃Z̃' with Z̃ = ZΛ, C = C₁ ⊗ C₂ in the order of the rows, M = Z̃'C⁻¹Z̃ + I, log|V| = log|C| + log|M|.
/// </remarks>
[<Sealed>]
type internal SeparableFactor(model: SeparableModel) =
    let places = model.Places.Value
    let tree = places.Tree
    let q = tree.Size
    let n = model.Rows
    let width = model.Width
    let columns = model.DataColumns
    let cholesky = SparseCholesky tree
    let loadings: float[] = Array.copy model.Loadings
    let fixedFactor: float[] = Array.zeroCreate (columns * columns)
    let mutable factored: ImmutableArray<float> = ImmutableArray.Empty
    let mutable point: SeparablePoint option = None
    let mutable working: float[][] = [||]
    let mutable solved: float[] = [||]
    let mutable logDeterminant = nan
    let mutable isInverted = false
    let mutable scores: float[] option = None

    member _.Model = model

    /// The θ that was factored last.
    member _.Theta = factored

    /// The point that was factored last.
    member _.Point = point.Value

    /// The factor of every term's covariance that the system holds; it may have its columns turned.
    member _.Working = working

    /// log|V|, V with the weights.
    member _.LogDeterminant = logDeterminant

    /// The lower Cholesky factor of [X y]'V⁻¹[X y], P×P by columns.
    member _.FixedFactor = fixedFactor

    /// r² = (y − Xβ)'V⁻¹(y − Xβ).
    member _.ResidualSquare =
        let r = fixedFactor[columns * columns - 1]
        r * r

    /// Z̃, row by row.
    member _.Loadings = loadings

    /// <summary>Factors everything at a θ, unless that was the last one.</summary>
    /// <returns>False when a matrix is not positive definite to working precision.</returns>
    member factor.Factor(theta: ImmutableArray<float>) : bool =
        if
            factored.IsDefault
            || not (theta.AsSpan().SequenceEqual(factored.AsSpan()))
            || point.IsNone
        then
            factored <- theta
            isInverted <- false
            scores <- None
            let own = SeparablePoint.create model theta

            point <-
                if SeparablePoint.isFinite own && factor.FactorAnew own then
                    Some own
                else
                    None

        point.IsSome

    member private factor.FactorAnew(own: SeparablePoint) =
        working <- Array.map SeparableMatrix.workingOf own.Lambdas
        SeparableMatrix.load model own working loadings
        SeparableMatrix.assemble model own loadings cholesky.Panels

        if cholesky.Factor() then
            logDeterminant <-
                float n * log own.Scale
                + cholesky.LogDeterminant
                + FieldGrid.logDeterminant model.Grid own.Processes
                - model.SumOfLogWeights

            solved <- factor.ApplyInverse(own, columns, model.Data)
            let square = Dense.Multiply(columns, columns, n, model.Data, true, solved, false)
            Array.blit square 0 fixedFactor 0 square.Length
            Double.IsFinite logDeterminant && Small.Cholesky(columns, fixedFactor, 0)
        else
            false

    /// w ← (C₁ ⊗ C₂)⁻¹w for m columns of rows that fill the grid.
    member private _.MultiplyPrecision(own: SeparablePoint, m: int, w: float[]) =
        let cells: float[] = Array.zeroCreate model.Grid.Cells

        for c in 0 .. m - 1 do
            for row in 0 .. n - 1 do
                cells[model.Grid.CellOfRow[row]] <- w[row + c * n]

            FieldGrid.multiplyPrecision model.Grid own.Processes cells

            for row in 0 .. n - 1 do
                w[row + c * n] <- cells[model.Grid.CellOfRow[row]]

    /// V⁻¹W for m columns W of n rows.
    member private factor.ApplyInverse(own: SeparablePoint, m: int, w: float[]) : float[] =
        // Z̃'W, W multiplied by the precision of the rows.
        let result = Array.copy w

        if not model.HasNugget then
            factor.MultiplyPrecision(own, m, result)

        let effects = Workspace.Rent(max 1 (q * m))
        effects.Span.Slice(0, q * m).Clear()

        for c in 0 .. m - 1 do
            for row in 0 .. n - 1 do
                let value = result[row + c * n]

                if value <> 0.0 then
                    for k in row * width .. row * width + width - 1 do
                        let at = places.Columns[k] + c * q
                        effects[at] <- effects[at] + loadings[k] * value

        SparseSolve.Forward(cholesky, m, effects.Pointer)
        SparseSolve.Backward(cholesky, m, effects.Pointer)

        let lessEffects c row =
            let mutable sum = w[row + c * n]

            for k in row * width .. row * width + width - 1 do
                sum <- sum - loadings[k] * effects[places.Columns[k] + c * q]

            sum

        if not model.HasNugget then
            for c in 0 .. m - 1 do
                for row in 0 .. n - 1 do
                    result[row + c * n] <- lessEffects c row

            factor.MultiplyPrecision(own, m, result)
        elif own.Rest > own.Nugget then
            // (1/c)(w − Z̃u) would cancel where the nugget is small: it is φ⁻¹Qu of the row's cell, which does not.
            let scale = 1.0 / sqrt (own.Rest * own.Nugget)
            let cells: float[] = Array.zeroCreate model.Grid.Cells

            for c in 0 .. m - 1 do
                for cell in 0 .. cells.Length - 1 do
                    cells[cell] <- effects[places.Cells[cell] + c * q]

                FieldGrid.multiplyPrecision model.Grid own.Processes cells

                for row in 0 .. n - 1 do
                    result[row + c * n] <- scale * cells[model.Grid.CellOfRow[row]]
        else
            let scale = 1.0 / own.Nugget

            for c in 0 .. m - 1 do
                for row in 0 .. n - 1 do
                    result[row + c * n] <- scale * lessEffects c row

        Workspace.Return effects
        result

    /// V⁻¹W for m columns W of n rows, after a <c>Factor</c> that succeeded.
    member factor.Solve(m: int, w: float[]) : float[] = factor.ApplyInverse(point.Value, m, w)

    /// [E | ε], n×P by columns: E = V⁻¹XL⁻ᵀ with LLᵀ = X'V⁻¹X, ε = V⁻¹(y − Xβ)/r.
    member _.Scores: float[] =
        match scores with
        | Some known -> known
        | None ->
            let made = Array.copy solved

            for c in 0 .. columns - 1 do
                for k in 0 .. c - 1 do
                    let weight = fixedFactor[c + k * columns]

                    for row in 0 .. n - 1 do
                        made[row + c * n] <- made[row + c * n] - weight * made[row + k * n]

                let scale = 1.0 / fixedFactor[c + c * columns]

                for row in 0 .. n - 1 do
                    made[row + c * n] <- scale * made[row + c * n]

            scores <- Some made
            made

    /// M⁻¹ in the places of M, after a <c>Factor</c> that succeeded.
    member _.Inverse: Buffer =
        if not isInverted then
            cholesky.Invert()
            isInverted <- true

        cholesky.Inverse

    /// λ(M⁻¹)_llλᵀ of a level, S×S: the covariance of its effects given the data and β, over σ².
    member factor.Conditional(term: int, level: int) : float[] =
        let size = model.Offsets[term + 1] - model.Offsets[term]
        let inverse = factor.Inverse
        let own = places.Diagonals[term]

        // Elements of a column follow its diagonal element.
        Semidefinite.congruence
            size
            working[term]
            (Array.init (size * size) (fun k ->
                let i, j = max (k % size) (k / size), min (k % size) (k / size)
                inverse[own[level * size + j] + i - j]))

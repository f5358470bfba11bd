namespace LmmFunctional.Verification

open MathNet.Numerics.LinearAlgebra
open LmmFunctional.Estimation

/// <summary>What scores and informations are made of, along each estimated parameter; Q is P under REML and V⁻¹ under ML.
/// </summary>
[<NoComparison; ReferenceEquality>]
type internal Scores = {
    /// tr(Q V̇ₖ).
    Traces: float[]
    /// yᵀPV̇ₖPy.
    Squares: float[]
    /// What traces and squares are summed up from, without signs.
    Sizes: float[]
    /// tr(Q V̇ₖ Q V̇ₗ).
    Products: Matrix<float>
    /// yᵀPV̇ₖPV̇ₗPy.
    Images: Matrix<float>
    /// tr(Q V̈ₖₗ) − yᵀPV̈ₖₗPy: zero at an optimum where V is linear in its parameters, and G regular.
    OwnCurvature: Matrix<float>
    /// The two terms of that, without signs: near an end of a range they are much more than their difference.
    OwnSize: float
    /// The part of it that keeps the solver's steps sound near a variance of zero.
    PositiveCurvature: Matrix<float>
}

[<RequireQualifiedAccess>]
module internal Scores =

    let private dot (a: Matrix<float>) (b: Matrix<float>) : float = a.PointwiseMultiply(b).RowSums().Sum()

    let private absoluteDot (a: Matrix<float>) (b: Matrix<float>) : float =
        a.PointwiseMultiply(b).PointwiseAbs().RowSums().Sum()

    let private absoluteSquare (v: Vector<float>) (a: Matrix<float>) : float =
        v.PointwiseAbs() * (a.PointwiseAbs() * v.PointwiseAbs())

    // By parts of the model, of which each is k×k.
    let private sizeOf (parts: float[][]) =
        sqrt (parts |> Array.sumBy (Array.sumBy (fun value -> value * value)))

    let private square k element =
        Matrix<float>.Build.Dense(k, k, fun i j -> element i j)

    /// <summary>From n×n matrices.</summary>
    let ofDense (model: Marginal) (claims: Claims) (dense: Dense) : Scores =
        let weighted = dense.ProjectedResponse
        let products = dense.Products.Value
        let images = dense.Derivatives |> Array.map (fun d -> d * weighted)
        let projected = images |> Array.map (fun image -> dense.Projection * image)
        let k = images.Length

        let ofTraces = CovarianceJets.curvatures model claims.Jets dense.TraceMatrix

        let curvatures = CovarianceJets.curvatures model claims.Jets dense.Score
        let ofSquares = Array.map2 (Array.map2 (-)) ofTraces curvatures

        let struct (own, positive) = curvatures |> CovarianceJets.assembled claims.Jets

        {
            Traces = products |> Array.map _.Trace()
            Squares = images |> Array.map (fun image -> image * weighted)
            Sizes =
                dense.Derivatives
                |> Array.map (fun d -> absoluteDot d dense.TraceMatrix + absoluteSquare weighted d)
            Products = square k (fun i j -> dot products[i] (products[j].Transpose()))
            Images = square k (fun i j -> images[i] * projected[j])
            OwnCurvature = own
            OwnSize = sizeOf ofTraces + sizeOf ofSquares
            PositiveCurvature = positive
        }

    /// One independent block of rows.
    [<NoComparison; ReferenceEquality>]
    type private Block = {
        Model: Marginal
        Jets: CovarianceJets
        Precision: Matrix<float>
        /// V⁻¹B.
        Basis: Matrix<float>
        /// V⁻¹ times the deviations.
        Deviations: Vector<float>
    }

    /// The elements of R of each block, by places within it.
    let private elementsOf (blocks: int[] list) (jets: CovarianceJets) rows =
        let blockOf: int[] = Array.zeroCreate rows
        let placeOf: int[] = Array.zeroCreate rows

        blocks
        |> List.iteri (fun index own ->
            own
            |> Array.iteri (fun place row ->
                blockOf[row] <- index
                placeOf[row] <- place))

        let found =
            Array.init blocks.Length (fun _ -> ResizeArray<struct (int * int * Jet)>())

        for struct (row, column, element) in jets.Residuals.Value do
            found[blockOf[row]].Add(struct (placeOf[row], placeOf[column], element))

        found |> Array.map _.ToArray()

    let private blockOf (model: Marginal) (basis: Matrix<float>) (deviations: Matrix<float>) jets (rows: int[]) =
        let own = IndependentRows.restrict rows model
        let m = rows.Length

        let precision =
            (FormedCovariance.covariance own).Cholesky().Solve(Matrix<float>.Build.DenseIdentity m)

        {
            Model = own
            Jets = jets
            Precision = precision
            Basis =
                precision
                * Matrix<float>.Build.Dense(m, basis.ColumnCount, fun i j -> basis[rows[i], j])
            Deviations = precision * Vector<float>.Build.Dense(m, fun i -> deviations[rows[i], 0])
        }

    let private plus (sums: float[][]) (own: float[][]) =
        if sums.Length = 0 then
            own
        else
            Array.map2 (Array.map2 (+)) sums own

    /// Sums over blocks, along k parameters and p columns of B; P is applied but for what it takes from the products.
    [<Sealed>]
    type private BlockSums(isRestricted, k, p, fixedCovariance: Matrix<float>, coefficients: Vector<float>) =
        let traces: float[] = Array.zeroCreate k
        let squares: float[] = Array.zeroCreate k
        let sizes: float[] = Array.zeroCreate k
        let products = Matrix<float>.Build.Dense(k, k)
        let images = Matrix<float>.Build.Dense(k, k)
        let ofFixed = Array.init k (fun _ -> Matrix<float>.Build.Dense(p, p))
        let alongFixed = Matrix<float>.Build.Dense(p, k)
        let mutable curvatures: float[][] = [||]
        let mutable ofTraces: float[][] = [||]

        member _.Traces = traces
        member _.Squares = squares
        member _.Sizes = sizes
        member _.Products = products
        member _.Images = images
        /// BᵀV⁻¹V̇ₖV⁻¹B.
        member _.OfFixed = ofFixed
        /// BᵀV⁻¹V̇ₖPy.
        member _.AlongFixed = alongFixed
        member _.Curvatures = curvatures
        member _.OfTraces = ofTraces

        member _.Add(block: Block) =
            let projected = block.Deviations - block.Basis * coefficients

            let leverage =
                if isRestricted then
                    block.Basis * fixedCovariance * block.Basis.Transpose()
                else
                    Matrix<float>.Build.Dense(block.Precision.RowCount, block.Precision.RowCount)

            let traceMatrix = block.Precision - leverage
            let derivatives = CovarianceJets.derivatives block.Model block.Jets
            let whitened = derivatives |> Array.map (fun d -> block.Precision * d)
            let byFixed = derivatives |> Array.map (fun d -> d * block.Basis)
            let image = derivatives |> Array.map (fun d -> d * projected)

            for i in 0 .. k - 1 do
                traces[i] <- traces[i] + dot traceMatrix derivatives[i]
                squares[i] <- squares[i] + image[i] * projected

                sizes[i] <-
                    sizes[i]
                    + absoluteDot traceMatrix derivatives[i]
                    + absoluteSquare projected derivatives[i]

                ofFixed[i] <- ofFixed[i] + block.Basis.TransposeThisAndMultiply byFixed[i]
                alongFixed.SetColumn(i, alongFixed.Column i + block.Basis.TransposeThisAndMultiply image[i])

                for j in 0 .. k - 1 do
                    images[i, j] <- images[i, j] + image[i] * (block.Precision * image[j])

                    let crossed =
                        if isRestricted then
                            2.0 * dot (byFixed[i] * fixedCovariance) (block.Precision * byFixed[j])
                        else
                            0.0

                    products[i, j] <- products[i, j] + dot whitened[i] (whitened[j].Transpose()) - crossed

            curvatures <-
                CovarianceJets.curvatures block.Model block.Jets (traceMatrix - projected.OuterProduct projected)
                |> plus curvatures

            ofTraces <- CovarianceJets.curvatures block.Model block.Jets traceMatrix |> plus ofTraces

    /// <summary>By summation over independent blocks of rows, P being V⁻¹ less a matrix of rank p.</summary>
    /// <param name="isRestricted">REML.</param>
    /// <param name="model">The model.</param>
    /// <param name="claims">The claims.</param>
    /// <param name="basis">B, n×p.</param>
    /// <param name="fixedCovariance">(BᵀV⁻¹B)⁻¹.</param>
    /// <param name="deviations">y less its least squares fit.</param>
    /// <param name="rows">The blocks.</param>
    let ofBlocks
        isRestricted
        (model: Marginal)
        (claims: Claims)
        (basis: Matrix<float>)
        (fixedCovariance: Matrix<float>)
        deviations
        (rows: int[] list)
        : Scores =
        let k = claims.Jets.Free.Length
        let p = basis.ColumnCount
        let elements = elementsOf rows claims.Jets (Marginal.rows model)

        let blocks =
            rows
            |> List.mapi (fun index own ->
                blockOf model basis deviations (CovarianceJets.forRows elements[index] claims.Jets) own)

        let coefficients =
            let sums =
                List.map2
                    (fun (own: int[]) block ->
                        own
                        |> Array.mapi (fun i row -> block.Deviations[i] * basis.Row row)
                        |> Array.reduce (+))
                    rows
                    blocks
                |> List.reduce (+)

            fixedCovariance * sums

        let sums = BlockSums(isRestricted, k, p, fixedCovariance, coefficients)

        for block in blocks do
            sums.Add block

        let struct (own, positive) = CovarianceJets.assembled claims.Jets sums.Curvatures

        let taken =
            sums.AlongFixed.TransposeThisAndMultiply(fixedCovariance * sums.AlongFixed)

        let scaled = sums.OfFixed |> Array.map (fun a -> fixedCovariance * a)

        {
            Traces = sums.Traces
            Squares = sums.Squares
            Sizes = sums.Sizes
            Products =
                if isRestricted then
                    sums.Products + square k (fun i j -> dot scaled[i] (scaled[j].Transpose()))
                else
                    sums.Products
            Images = sums.Images - taken
            OwnCurvature = own
            OwnSize =
                sizeOf sums.OfTraces
                + sizeOf (Array.map2 (Array.map2 (-)) sums.OfTraces sums.Curvatures)
            PositiveCurvature = positive
        }

    /// What the engines add to an information.
    let raised (scores: Scores) (value: Matrix<float>) : Matrix<float> = value + scores.PositiveCurvature

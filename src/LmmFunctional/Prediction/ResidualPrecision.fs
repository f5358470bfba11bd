namespace LmmFunctional.Analysis

open System.Collections.Immutable
open LmmFunctional.Numerics
open LmmFunctional
open LmmFunctional.Estimation

/// <summary>A process on the cells of fields that residuals share: effects of cells, with a known sparse precision.</summary>
[<NoComparison; ReferenceEquality>]
type internal LatentField = {
    Cells: int
    /// The cell of every row.
    CellOfRow: int[]
    /// The field's share 1 − c of the variance of a row of weight one.
    Share: float
    /// What the cell's effect of variance one is multiplied by in every row.
    Loadings: float[]
    /// The precision of the cells' effects on and below the diagonal, each pair of cells once.
    Precision: struct (int * int * float)[]
}

/// <summary>R of rows on fields: √v_i √v_j ((1 − c) C(cell_i, cell_j) + c for i = j), relative to σ².</summary>
[<NoComparison; ReferenceEquality>]
type internal FieldCovariance = {
    Grid: FieldGrid
    Processes: AutoregressiveLine[]
    /// √((1 − c) v) of every row.
    Loadings: float[]
    /// c v of every row.
    Rest: float[]
}

/// <summary>R, for products with it.</summary>
[<RequireQualifiedAccess; NoComparison; ReferenceEquality>]
type internal ResidualProducts =
    /// Its elements at the places of those of R⁻¹.
    | Elements of float[]
    | Field of FieldCovariance

/// <summary>R⁻¹ of the rows used at the estimates, relative to σ², by rows: both triangles, zeros left out.</summary>
/// <remarks>Rows of different subjects share no element. Residuals on fields with a nugget are a field and independent rest:
/// the field is kept apart, and R⁻¹ is that of the rest.</remarks>
[<NoComparison; ReferenceEquality>]
type internal ResidualPrecision = {
    /// The diagonal of R, the field's part among it; length n.
    Variances: float[]
    /// Where the elements of every row start; the last element is their number.
    Starts: int[]
    /// The columns of the elements.
    Columns: int[]
    Values: float[]
    Covariance: ResidualProducts
    Latent: LatentField option
} with

    /// n.
    member precision.Rows = precision.Variances.Length

/// <summary>Making and using R⁻¹.</summary>
[<RequireQualifiedAccess>]
module internal ResidualPrecision =

    let private weightOf (design: Design) row =
        match design.Weights with
        | Some weights -> weights[row]
        | None -> 1.0

    let private diagonal variances (values: float[]) covariance latent = {
        Variances = variances
        Starts = Array.init (values.Length + 1) id
        Columns = Array.init values.Length id
        Values = values
        Covariance = covariance
        Latent = latent
    }

    /// Elements given once for each pair of rows.
    let private ofElements (variances: float[]) covariance (elements: struct (int * int * float)[]) =
        let n = variances.Length
        let starts: int[] = Array.zeroCreate (n + 1)

        for struct (i, j, _) in elements do
            starts[i + 1] <- starts[i + 1] + 1

            if i <> j then
                starts[j + 1] <- starts[j + 1] + 1

        for row in 0 .. n - 1 do
            starts[row + 1] <- starts[row + 1] + starts[row]

        let next = Array.copy starts
        let columns: int[] = Array.zeroCreate starts[n]
        let values: float[] = Array.zeroCreate starts[n]

        let add row column value =
            columns[next[row]] <- column
            values[next[row]] <- value
            next[row] <- next[row] + 1

        for struct (i, j, value) in elements do
            add i j value

            if i <> j then
                add j i value

        {
            Variances = variances
            Starts = starts
            Columns = columns
            Values = values
            Covariance = covariance
            Latent = None
        }

    let private elementOf (struct (along: float[], across: float[])) (element: GridElement) =
        along[element.Along] * across[element.Across]

    let private ofField (design: Design) (model: SeparableModel) theta =
        let point = SeparablePoint.create model (SingularResiduals.ofFields model theta)
        let tables = SeparablePoint.tables AutoregressiveLine.precision point
        let variances = Array.init model.Rows (fun row -> 1.0 / weightOf design row)
        let loadings = variances |> Array.map (fun variance -> sqrt (point.Rest * variance))
        let rest = variances |> Array.map (fun variance -> point.Nugget * variance)

        let covariance =
            ResidualProducts.Field {
                Grid = model.Grid
                Processes = point.Processes
                Loadings = loadings
                Rest = rest
            }

        if model.HasNugget then
            Some {
                Cells = model.Grid.Cells
                CellOfRow = model.Grid.CellOfRow
                Share = point.Rest
                Loadings = loadings
                Precision =
                    model.Grid.Elements
                    |> Array.map (fun element -> struct (element.First, element.Second, elementOf tables element))
            }
            |> diagonal variances (rest |> Array.map (fun value -> 1.0 / value)) covariance
        else
            model.Links
            |> Array.map (fun link ->
                let root = sqrt (variances[link.First] * variances[link.Second])
                struct (link.First, link.Second, elementOf tables link / root))
            |> ofElements variances covariance

    let private ofBlocks (fit: Fit) (model: MarginalModel) theta =
        let rows = WhitenedRows.create fit.Design fit.Model.Standard
        let patterns = rows.Residual.Patterns

        let matrices =
            let matrixOf =
                MarginalModel.residualParameters model theta
                |> ImmutableArray.CreateRange
                |> MarginalModel.matrix rows.Residual

            patterns
            |> Array.mapi (fun index pattern -> struct (pattern.Size, matrixOf index))
            |> SingularResiduals.invertible

        let variances: float[] = Array.zeroCreate rows.Count
        let sizes: int[] = Array.zeroCreate rows.Count

        for pattern in patterns do
            for row in pattern.Members do
                sizes[row] <- pattern.Size

        let starts = Array.scan (+) 0 sizes
        let columns: int[] = Array.zeroCreate (Array.last starts)
        let values: float[] = Array.zeroCreate columns.Length
        let covariances: float[] = Array.zeroCreate columns.Length

        for index in 0 .. patterns.Length - 1 do
            let m = patterns[index].Size
            let r = matrices[index].Elements
            let inverse = Dense.Inverse(m, matrices[index].Factor)

            for block in 0 .. patterns[index].Count - 1 do
                for i in 0 .. m - 1 do
                    let row = patterns[index].Members[block * m + i]
                    variances[row] <- r[i + i * m]

                    for j in 0 .. m - 1 do
                        columns[starts[row] + j] <- patterns[index].Members[block * m + j]
                        values[starts[row] + j] <- inverse[i + j * m]
                        covariances[starts[row] + j] <- r[i + j * m]

        {
            Variances = variances
            Starts = starts
            Columns = columns
            Values = values
            Covariance = ResidualProducts.Elements covariances
            Latent = None
        }

    /// <summary>R⁻¹ of the model of a fit at a θ on the inner scale; cost O(Σ m³) over the different blocks of m rows.</summary>
    let at (fit: Fit) (theta: ImmutableArray<float>) : ResidualPrecision =
        match RowDependence.ofLikelihood fit.Model with
        | RowDependence.Fields fields -> ofField fit.Design fields theta
        | RowDependence.Blocks model
        | RowDependence.ResidualBlocks(_, model) when fit.Design.Residual.IsSome -> ofBlocks fit model theta
        | _ ->
            let weights = Array.init fit.Design.Response.Length (weightOf fit.Design)
            let variances = weights |> Array.map (fun weight -> 1.0 / weight)
            diagonal variances weights (ResidualProducts.Elements variances) None

    /// Elements on the pattern of R⁻¹ times k columns W of n rows.
    let private timesElements (precision: ResidualPrecision) (elements: float[]) (k: int) (w: float[]) : float[] =
        let n = precision.Rows
        let result: float[] = Array.zeroCreate (n * k)

        for c in 0 .. k - 1 do
            let first = c * n

            for row in 0 .. n - 1 do
                let mutable sum = 0.0

                for at in precision.Starts[row] .. precision.Starts[row + 1] - 1 do
                    sum <- sum + elements[at] * w[first + precision.Columns[at]]

                result[first + row] <- sum

        result

    /// R⁻¹W for k columns W of n rows.
    let multiply (precision: ResidualPrecision) (k: int) (w: float[]) : float[] =
        timesElements precision precision.Values k w

    let private timesField (field: FieldCovariance) k (w: float[]) (cells: int -> struct (int * float) list) =
        let n = field.Loadings.Length
        let result: float[] = Array.zeroCreate (n * k)

        for c in 0 .. k - 1 do
            let own: float[] = Array.zeroCreate field.Grid.Cells

            for row in 0 .. n - 1 do
                let cell = field.Grid.CellOfRow[row]
                own[cell] <- own[cell] + field.Loadings[row] * w[c * n + row]

            for struct (cell, loading) in cells c do
                own[cell] <- own[cell] + loading

            FieldGrid.multiply field.Grid field.Processes None own

            for row in 0 .. n - 1 do
                result[c * n + row] <-
                    field.Loadings[row] * own[field.Grid.CellOfRow[row]]
                    + field.Rest[row] * w[c * n + row]

        result

    /// <summary>The covariances of the residuals with combinations of them, n×k.</summary>
    /// <param name="precision">R⁻¹ and R.</param>
    /// <param name="k">The number of combinations.</param>
    /// <param name="w">The weights of the rows in each, n×k by columns.</param>
    /// <param name="cells">Of each the cells of a field of residuals with their loadings.</param>
    let multiplyCovariance precision (k: int) (w: float[]) (cells: int -> struct (int * float) list) : float[] =
        match precision.Covariance with
        | ResidualProducts.Elements elements -> timesElements precision elements k w
        | ResidualProducts.Field field -> timesField field k w cells

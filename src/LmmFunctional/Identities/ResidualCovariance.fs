namespace LmmFunctional.Verification

open System
open MathNet.Numerics.LinearAlgebra
open LmmFunctional.Estimation

/// <summary>R of a model: element by element from the structure that the user wrote, block by block where it is applied.
/// </summary>
[<NoComparison; ReferenceEquality>]
type internal ResidualCovariance = {
    /// The diagonal of R.
    Variances: float[]
    /// Sets of correlated rows; all other rows stand alone.
    Blocks: ResidualBlock[]
    /// The rows that stand alone.
    Single: int[]
    /// At most the smallest eigenvalue of R; zero where R is singular.
    Smallest: float
}

[<RequireQualifiedAccess>]
module internal ResidualCovariance =

    // Construction

    /// More correlated rows are not worth a dense matrix.
    let mostRows = 1000

    /// The sets of rows with correlated residuals: those of one subject.
    let correlated (design: Design) : int[] list =
        match design.Residual with
        | Some residual when not residual.Factors.IsEmpty ->
            [ 0 .. design.Response.Length - 1 ]
            |> List.groupBy (fun row -> residual.SubjectCodes[row])
            |> List.map (snd >> Array.ofList)
            |> List.filter (fun rows -> rows.Length > 1)
        | _ -> []

    let private smallest (variances: float[]) blocks single =
        Seq.append (single |> Seq.map (fun row -> variances[row])) (Seq.map ResidualBlock.smallest blocks)
        |> Seq.min

    let private ofBlocks (variances: float[]) (blocks: ResidualBlock[]) =
        let isCorrelated = Array.create variances.Length false

        for block in blocks do
            for row in block.Rows do
                isCorrelated[row] <- true

        let single =
            [| 0 .. variances.Length - 1 |]
            |> Array.filter (fun row -> not isCorrelated[row])

        {
            Variances = variances
            Blocks = blocks
            Single = single
            Smallest = smallest variances blocks single
        }

    /// What the elements of R need to know of all rows.
    let private rowsOf (design: Design) (residual: ResidualDesign) : ResidualRows =
        let n = design.Response.Length

        {
            Subjects =
                if residual.Factors.IsEmpty then
                    Array.init n id
                else
                    residual.SubjectCodes
            Levels =
                match residual.Levels with
                | Some(_, _, codes) -> codes
                | None -> Array.zeroCreate n
            Positions =
                (residual.Factors, Array.zeroCreate<int> n)
                ||> List.foldBack (fun axis codes ->
                    Array.map2 (fun own others -> own + axis.Labels.Length * others) axis.Position codes)
            Covariates = [|
                for _, values in residual.Variances ->
                    match values with
                    | VarianceValues.Groups(_, codes) -> Array.map float codes
                    | VarianceValues.Covariate values -> values
                    // One until there is a fit to take them from.
                    | VarianceValues.FittedValues -> Array.create n 1.0
            |]
            RootVariances =
                match design.Weights with
                | Some weights -> weights |> Array.map (fun w -> 1.0 / sqrt w)
                | None -> Array.create n 1.0
        }

    let private elementOf (design: Design) (residual: ResidualDesign) (tau: Jet[]) =
        (ResidualModel.create design.Residual).Element tau (rowsOf design residual)

    /// <summary>R of a design at a σ and the parameters τ of its structure.</summary>
    let create (design: Design) (sigma: float) (tau: float[]) : ResidualCovariance =
        let variance = sigma * sigma

        match design.Residual with
        | None ->
            ofBlocks
                (match design.Weights with
                 | Some weights -> weights |> Array.map (fun w -> variance / w)
                 | None -> Array.create design.Response.Length variance)
                [||]
        | Some residual ->
            let element = elementOf design residual (Jet.constants tau)

            let blocks =
                correlated design
                |> List.map (fun rows ->
                    Matrix<float>
                        .Build.Dense(
                            rows.Length,
                            rows.Length,
                            fun i j -> variance * (element rows[max i j] rows[min i j]).Value
                        )
                    |> ResidualBlock.create rows)
                |> Array.ofList

            ofBlocks (Array.init design.Response.Length (fun row -> variance * (element row row).Value)) blocks

    /// <summary>The elements of R on and below the diagonal that a structure's parameters change, with their derivatives.
    /// </summary>
    let elements (design: Design) (sigma: float) (tau: float[]) : struct (int * int * Jet)[] =
        match design.Residual with
        | None -> [||]
        | Some residual ->
            let element = elementOf design residual (Jet.variables tau)

            let at row column =
                struct (row, column, Jet.scale (sigma * sigma) (element row column))

            [|
                for row in 0 .. design.Response.Length - 1 do
                    at row row

                for rows in correlated design do
                    for i in 1 .. rows.Length - 1 do
                        for j in 0 .. i - 1 do
                            at rows[i] rows[j]
            |]

    // Use

    /// Applies a scale to the rows that stand alone, and a matrix to those of each block; n×k to n×k.
    let private map
        (scale: float -> float)
        (matrixOf: ResidualBlock -> Matrix<float>)
        (residual: ResidualCovariance)
        (b: Matrix<float>)
        =
        let result = Matrix<float>.Build.Dense(b.RowCount, b.ColumnCount)

        for j in 0 .. b.ColumnCount - 1 do
            for row in residual.Single do
                result[row, j] <- scale residual.Variances[row] * b[row, j]

        for block in residual.Blocks do
            let own =
                Matrix<float>.Build.Dense(block.Rows.Length, b.ColumnCount, fun i j -> b[block.Rows[i], j])

            let image = matrixOf block * own

            for j in 0 .. b.ColumnCount - 1 do
                for i in 0 .. block.Rows.Length - 1 do
                    result[block.Rows[i], j] <- image[i, j]

        result

    /// R b.
    let times residual b = map id _.Covariance residual b

    /// R⁻¹ b.
    let solve residual b =
        map (fun variance -> 1.0 / variance) _.Precision residual b

    /// A square root of R times b.
    let timesRoot residual b = map sqrt _.Root residual b

    /// log|R|.
    let logDeterminant (residual: ResidualCovariance) =
        Array.sumBy (fun row -> log residual.Variances[row]) residual.Single
        + (residual.Blocks |> Array.sumBy _.LogDeterminant)

    /// The same with absolute values of R and R⁻¹.
    let absolute (residual: ResidualCovariance) = {
        residual with
            Blocks = residual.Blocks |> Array.map ResidualBlock.absolute
    }

    /// R of some rows, of every block all or none.
    let restrict (chosen: int[]) (residual: ResidualCovariance) =
        let place = Collections.Generic.Dictionary<int, int>()
        chosen |> Array.iteri (fun index row -> place[row] <- index)

        residual.Blocks
        |> Array.filter (fun block -> place.ContainsKey block.Rows[0])
        |> Array.map (fun block -> {
            block with
                Rows = block.Rows |> Array.map (fun row -> place[row])
        })
        |> ofBlocks (chosen |> Array.map (fun row -> residual.Variances[row]))

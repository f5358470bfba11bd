namespace LmmFunctional

open System
open MathNet.Numerics.LinearAlgebra

/// <summary>One random term of the marginal model, on the user's scale.</summary>
[<NoComparison; ReferenceEquality>]
type internal MarginalTerm = {
    Group: string
    Levels: int
    Codes: int[]
    /// The S columns of Z, n each.
    Columns: float[][]
    /// Λ, S×S: the covariance of one level's effects is ΛΛᵀ, in squared units of the response.
    Factor: Matrix<float>
}

/// <summary>y ~ N(Xβ, V), V = ZGZᵀ + R: the one place that says what X, Z, G and R of a model are.</summary>
/// <remarks>Made from the user's columns alone, so that nothing the engines compute with comes into it. Blocks of k
/// columns are n×k or q×k; Z, G and V are applied, never formed.</remarks>
[<NoComparison; ReferenceEquality>]
type internal Marginal = {
    /// The response less the offset.
    Response: Vector<float>
    /// X, n×p of full column rank.
    Fixed: Matrix<float>
    Terms: MarginalTerm list
    /// The diagonal of R.
    ResidualVariances: float[]
}

[<RequireQualifiedAccess>]
module internal Marginal =

    // Construction

    /// <summary>The model of a design with the given factors Λ per term and residual standard deviation.</summary>
    let create (design: Design) (factors: Matrix<float> list) (sigma: float) : Marginal = {
        Response =
            match design.Offset with
            | Some offset -> Vector<float>.Build.Dense(Array.map2 (-) design.Response offset)
            | None -> Vector<float>.Build.Dense(Array.copy design.Response)
        Fixed =
            Matrix<float>.Build.DenseOfColumnArrays(Array.init design.Fixed.Matrix.Columns design.Fixed.Matrix.Column)
        Terms = [
            for term, factor in Seq.zip design.Random factors ->
                {
                    Group = term.Group
                    Levels = term.Levels.Length
                    Codes = term.Codes
                    Columns = term.Columns
                    Factor = factor
                }
        ]
        ResidualVariances =
            match design.Weights with
            | Some weights -> weights |> Array.map (fun w -> sigma * sigma / w)
            | None -> Array.create design.Response.Length (sigma * sigma)
    }

    // Sizes

    let rows (model: Marginal) = model.Response.Count

    let private effectsOf term = term.Levels * term.Columns.Length

    /// q.
    let effects (model: Marginal) = List.sumBy effectsOf model.Terms

    /// The terms with the place of their first effect.
    let private placed model =
        let starts = model.Terms |> List.scan (fun start term -> start + effectsOf term) 0
        List.zip model.Terms (List.truncate model.Terms.Length starts)

    // Products

    /// A block made column by column: f reads one column of the source and adds to one of the target, each from its start.
    let private mapColumns rows (f: float[] -> int -> float[] -> int -> unit) (block: Matrix<float>) : Matrix<float> =
        let source =
            block.AsColumnMajorArray()
            |> Option.ofObj
            |> Option.defaultWith block.ToColumnMajorArray

        let target: float[] = Array.zeroCreate (rows * block.ColumnCount)

        for j in 0 .. block.ColumnCount - 1 do
            f source (j * block.RowCount) target (j * rows)

        Matrix<float>.Build.Dense(rows, block.ColumnCount, target)

    /// Z u, n×k.
    let timesZ model (u: Matrix<float>) =
        let terms = placed model

        u
        |> mapColumns (rows model) (fun u from result into ->
            for term, start in terms do
                let s = term.Columns.Length

                for k in 0 .. s - 1 do
                    let column = term.Columns[k]
                    let first = from + start + k

                    for row in 0 .. column.Length - 1 do
                        result[into + row] <- result[into + row] + column[row] * u[first + term.Codes[row] * s])

    /// Zᵀ b, q×k.
    let timesTransposedZ model (b: Matrix<float>) =
        let terms = placed model

        b
        |> mapColumns (effects model) (fun b from result into ->
            for term, start in terms do
                let s = term.Columns.Length

                for k in 0 .. s - 1 do
                    let column = term.Columns[k]
                    let first = into + start + k

                    for row in 0 .. column.Length - 1 do
                        let at = first + term.Codes[row] * s
                        result[at] <- result[at] + column[row] * b[from + row])

    /// Level by level the S×S matrix of a term times its effects.
    let private eachLevel model (matrixOf: MarginalTerm -> Matrix<float>) (u: Matrix<float>) =
        let terms =
            placed model |> List.map (fun (term, start) -> term, start, matrixOf term)

        u
        |> mapColumns (effects model) (fun u from result into ->
            for term, start, a in terms do
                let s = a.RowCount

                for first in start..s .. start + effectsOf term - 1 do
                    for i in 0 .. s - 1 do
                        for k in 0 .. s - 1 do
                            let at = into + first + i
                            result[at] <- result[at] + a[i, k] * u[from + first + k])

    /// Λ v.
    let timesFactor model v = eachLevel model _.Factor v

    /// Λᵀ u.
    let timesTransposedFactor model u = eachLevel model _.Factor.Transpose() u

    /// G u.
    let timesG model u =
        eachLevel model (fun term -> term.Factor * term.Factor.Transpose()) u

    let private scaleRows (scale: float -> float) model (b: Matrix<float>) =
        let factors = model.ResidualVariances |> Array.map scale

        b
        |> mapColumns (rows model) (fun b from result into ->
            for row in 0 .. factors.Length - 1 do
                result[into + row] <- factors[row] * b[from + row])

    /// R b.
    let timesR model b = scaleRows id model b

    /// R⁻¹ b.
    let solveR model b =
        scaleRows (fun variance -> 1.0 / variance) model b

    /// A square root of R times b.
    let timesRootR model b = scaleRows sqrt model b

    /// The derivatives of R by its parameters, applied: here by σ² alone, R/σ².
    let residualDerivatives model : (Matrix<float> -> Matrix<float>) list =
        let smallest = Array.min model.ResidualVariances
        [ fun b -> timesR model b / smallest ]

    /// log|R|.
    let logDeterminantR model = Array.sumBy log model.ResidualVariances

    /// V b = Z G Zᵀ b + R b.
    let timesV model b =
        timesZ model (timesG model (timesTransposedZ model b)) + timesR model b

    // Dense, for few rows

    /// Zₜ(I ⊗ g)Zₜᵀ of one term, n×n: V where g is its G, a derivative of V where g is one of G.
    let spread model t (g: Matrix<float>) : Matrix<float> =
        let term = model.Terms[t]
        let s = term.Columns.Length
        let n = rows model

        Matrix<float>
            .Build.Dense(
                n,
                n,
                fun i j ->
                    if term.Codes[i] <> term.Codes[j] then
                        0.0
                    else
                        let mutable sum = 0.0

                        for k in 0 .. s - 1 do
                            for l in 0 .. s - 1 do
                                sum <- sum + term.Columns[k][i] * g[k, l] * term.Columns[l][j]

                        sum
            )

    /// V, n×n.
    let covariance model : Matrix<float> =
        model.Terms
        |> List.indexed
        |> List.fold
            (fun v (t, term) -> v + spread model t (term.Factor * term.Factor.Transpose()))
            (timesR model (Matrix<float>.Build.DenseIdentity(rows model)))

    // Conditioning

    /// The model of absolute values: with it products bound what rounding does to those of the model.
    let absolute (model: Marginal) : Marginal = {
        model with
            Response = model.Response.PointwiseAbs()
            Fixed = model.Fixed.PointwiseAbs()
            Terms =
                model.Terms
                |> List.map (fun term -> {
                    term with
                        Columns = term.Columns |> Array.map (Array.map abs)
                        Factor = term.Factor.PointwiseAbs()
                })
    }

    /// <summary>A bound on the condition of V: its largest absolute row sum over the smallest variance of R.</summary>
    let condition model : float =
        let sums = Array.copy model.ResidualVariances

        for term in model.Terms do
            let s = term.Columns.Length
            let g = (term.Factor * term.Factor.Transpose()).PointwiseAbs()
            let totals: float[] = Array.zeroCreate (effectsOf term)

            for k in 0 .. s - 1 do
                for row in 0 .. sums.Length - 1 do
                    let at = term.Codes[row] * s + k
                    totals[at] <- totals[at] + abs (term.Columns[k][row])

            for row in 0 .. sums.Length - 1 do
                for k in 0 .. s - 1 do
                    for l in 0 .. s - 1 do
                        sums[row] <-
                            sums[row]
                            + abs (term.Columns[k][row]) * g[k, l] * totals[term.Codes[row] * s + l]

        Array.max sums / max Double.Epsilon (Array.min model.ResidualVariances)

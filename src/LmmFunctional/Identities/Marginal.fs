namespace LmmFunctional.Verification

open System
open MathNet.Numerics.LinearAlgebra
open LmmFunctional.Estimation

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
    /// What relates the levels; None when they are independent.
    Relation: LevelRelation option
} with

    /// S.
    member term.Order = term.Columns.Length

    /// The number of effects of one kind that all others are made of: the rank of what relates the levels.
    member term.Rank =
        match term.Relation with
        | Some relation -> relation.Root.ColumnCount
        | None -> term.Levels

    /// ΛΛᵀ.
    member term.Covariance = term.Factor * term.Factor.Transpose()

    /// A_ij.
    member term.Related i j =
        match term.Relation with
        | Some relation -> relation.Covariance[i, j]
        | None when i = j -> 1.0
        | None -> 0.0

/// <summary>y ~ N(Xβ, V), V = ZGZᵀ + R: the one place that says what X, Z, G and R of a model are.</summary>
/// <remarks>Made from the user's columns alone, so that nothing the engines compute with comes into it. Blocks of k
/// columns are n×k or q×k; Z, G and V are applied, never formed. u = (T ⊗ Λ)v for spherical v, T being the identity where
/// levels are independent.</remarks>
[<NoComparison; ReferenceEquality>]
type internal Marginal = {
    /// The response less the offset.
    Response: Vector<float>
    /// X, n×p of full column rank.
    Fixed: Matrix<float>
    Terms: MarginalTerm list
    /// R.
    Residual: ResidualCovariance
}

[<RequireQualifiedAccess>]
module internal Marginal =

    // Construction

    /// <summary>The model of a design with the given factors Λ per term, residual standard deviation, and parameters τ of
    /// the residual structure.</summary>
    let create (design: Design) (factors: Matrix<float> list) (sigma: float) (tau: float[]) : Marginal = {
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
                    Relation = term.Relationship |> Option.map LevelRelation.create
                }
        ]
        Residual = ResidualCovariance.create design sigma tau
    }

    // Sizes

    let rows (model: Marginal) = model.Response.Count

    let private effectsOf (term: MarginalTerm) = term.Levels * term.Order

    let private spheresOf (term: MarginalTerm) = term.Rank * term.Order

    /// Where the u of each term start; the last is q.
    let effectStarts (model: Marginal) =
        model.Terms |> List.scan (fun start term -> start + effectsOf term) 0

    /// Where the v of each term start; the last is their number.
    let sphereStarts (model: Marginal) =
        model.Terms |> List.scan (fun start term -> start + spheresOf term) 0

    /// q.
    let effects (model: Marginal) = List.last (effectStarts model)

    /// The number of spherical effects v.
    let spheres (model: Marginal) = List.last (sphereStarts model)

    /// The terms with the place of their first effect.
    let private placed model =
        List.zip model.Terms (List.truncate model.Terms.Length (effectStarts model))

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
                let s = term.Order

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
                let s = term.Order

                for k in 0 .. s - 1 do
                    let column = term.Columns[k]
                    let first = into + start + k

                    for row in 0 .. column.Length - 1 do
                        let at = first + term.Codes[row] * s
                        result[at] <- result[at] + column[row] * b[from + row])

    /// Level by level the S×S matrix of a term times its effects, then what relates the levels: (related ⊗ matrix).
    let eachLevel
        model
        targets
        sources
        (matrixOf: MarginalTerm -> Matrix<float>)
        (relate: LevelRelation -> Matrix<float>)
        (u: Matrix<float>)
        =
        let starts: int list = targets model

        let terms =
            List.zip3 model.Terms (List.pairwise (sources model)) (List.pairwise starts)
            |> List.map (fun (term, from, into) -> term, from, into, matrixOf term)

        u
        |> mapColumns (List.last starts) (fun u from result into ->
            for term, (first, last), (target, _), a in terms do
                let s = a.RowCount
                let images: float[] = Array.zeroCreate (last - first)

                for level in 0..s .. last - first - 1 do
                    for i in 0 .. s - 1 do
                        for k in 0 .. s - 1 do
                            images[level + i] <- images[level + i] + a[i, k] * u[from + first + level + k]

                let related =
                    match term.Relation with
                    | None -> images
                    | Some relation ->
                        let byLevels = Matrix<float>.Build.Dense(s, images.Length / s, images)
                        (byLevels * (relate relation).Transpose()).ToColumnMajorArray()

                Array.blit related 0 result (into + target) related.Length)

    /// u = (T ⊗ Λ) v.
    let timesFactor model v =
        eachLevel model effectStarts sphereStarts _.Factor _.Root v

    /// (T ⊗ Λ)ᵀ u.
    let timesTransposedFactor model u =
        eachLevel model sphereStarts effectStarts _.Factor.Transpose() _.Root.Transpose() u

    /// G u.
    let timesG model u =
        eachLevel model effectStarts effectStarts _.Covariance _.Covariance u

    /// (T⁺ ⊗ I) u: with independent levels u itself.
    let unrelated model u =
        eachLevel
            model
            sphereStarts
            effectStarts
            (fun term -> Matrix<float>.Build.DenseIdentity term.Order)
            (fun relation ->
                LevelRelation.solveRoot relation (Matrix<float>.Build.DenseIdentity relation.Root.RowCount))
            u

    /// R b.
    let timesR model b =
        ResidualCovariance.times model.Residual b

    /// R⁻¹ b.
    let solveR model b =
        ResidualCovariance.solve model.Residual b

    /// A square root of R times b.
    let timesRootR model b =
        ResidualCovariance.timesRoot model.Residual b

    /// log|R|.
    let logDeterminantR model =
        ResidualCovariance.logDeterminant model.Residual

    /// V b = Z G Zᵀ b + R b.
    let timesV model b =
        timesZ model (timesG model (timesTransposedZ model b)) + timesR model b

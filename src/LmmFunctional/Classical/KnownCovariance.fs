namespace LmmFunctional.Classical

open LmmFunctional.Numerics
open LmmFunctional
open LmmFunctional.Model

/// <summary>A covariance matrix that is known, up to a factor σ² where a model says so.</summary>
[<RequireQualifiedAccess>]
type KnownCovariance =
    /// An n×n matrix, for problems small enough to write it down.
    | Dense of Matrix
    /// Independent groups of rows, each with its own matrix.
    | Blocks of Matrix list
    /// A ⊗ B: rows in the order of the blocks of A.
    | Kronecker of a: Matrix * b: Matrix
    /// Uncorrelated rows with these variances.
    | Diagonal of float list

/// <summary>Products with a known covariance and with the inverse of its root, never by its inverse.</summary>
[<RequireQualifiedAccess>]
module KnownCovariance =

    /// Number of rows n.
    let order covariance =
        match covariance with
        | KnownCovariance.Dense v -> v.Rows
        | KnownCovariance.Blocks blocks -> blocks |> List.sumBy _.Rows
        | KnownCovariance.Kronecker(a, b) -> a.Rows * b.Rows
        | KnownCovariance.Diagonal variances -> variances.Length

    /// <summary>The matrix written out, n×n.</summary>
    let toMatrix covariance : Matrix =
        match covariance with
        | KnownCovariance.Dense v -> v
        | KnownCovariance.Blocks blocks -> Matrices.blockDiagonal blocks
        | KnownCovariance.Kronecker(a, b) -> Matrices.kronecker a b
        | KnownCovariance.Diagonal variances -> Matrices.diagonal variances

    let private isSymmetric (v: Matrix) =
        let largest = v.Values |> Array.fold (fun most x -> max most (abs x)) 0.0

        v.Rows = v.Columns
        && Seq.forall
            (fun i -> Seq.forall (fun j -> abs (v[i, j] - v[j, i]) <= 1e-12 * largest) (seq { 0 .. i - 1 }))
            (seq { 0 .. v.Rows - 1 })

    // L with L Lᵀ = V, or None.
    let private root (v: Matrix) =
        let l = Array.copy v.Values

        if isSymmetric v && Small.Cholesky(v.Rows, l, 0) then
            Some l
        else
            None

    // Reorders the rows (i, k) of a Kronecker product as (k, i): what B did to the inner index A can then do.
    let private transposeIndex outer inner (columns: float[]) count =
        let result = Array.zeroCreate columns.Length

        for j in 0 .. count - 1 do
            for i in 0 .. outer - 1 do
                for k in 0 .. inner - 1 do
                    result[j * outer * inner + k * outer + i] <- columns[j * outer * inner + i * inner + k]

        result

    let private solveBlocks (roots: (int * float[]) list) (x: Matrix) =
        let values = Array.copy x.Values

        for j in 0 .. x.Columns - 1 do
            (j * x.Rows, roots)
            ||> List.fold (fun start (n, l) ->
                Small.SolveLower(n, l, 0, 1, values, start)
                start + n)
            |> ignore

        Matrix(x.Rows, x.Columns, values)

    // (L_A ⊗ L_B)⁻¹ X: first every block by L_B, then every inner index by L_A.
    let private solveKronecker (a: int, rootA: float[]) (b: int, rootB: float[]) (x: Matrix) =
        let values = Array.copy x.Values
        Small.SolveLower(b, rootB, 0, a * x.Columns, values, 0)
        let turned = transposeIndex a b values x.Columns
        Small.SolveLower(a, rootA, 0, b * x.Columns, turned, 0)
        Matrix(x.Rows, x.Columns, transposeIndex b a turned x.Columns)

    /// <summary>A function X ↦ L⁻¹X with LLᵀ = V, under which rows become uncorrelated with equal variances.</summary>
    /// <returns>The function, or the blocks that are not symmetric and positive definite.</returns>
    /// <remarks>Cost of the factor n³/3 for a dense matrix, the sum of cubes for blocks and for both parts of a
    /// Kronecker product.</remarks>
    let whitener covariance : Result<Matrix -> Matrix, LmmError list> =
        let rooted named =
            let roots = named |> List.map (fun (name, v: Matrix) -> name, v.Rows, root v)

            match roots |> List.filter (fun (_, _, l) -> l.IsNone) with
            | [] -> Ok(roots |> List.map (fun (_, n, l) -> n, Option.get l))
            | bad ->
                Error(
                    bad
                    |> List.map (fun (name, _, _) -> LmmError.CovarianceNotPositiveDefinite name)
                )

        match covariance with
        | KnownCovariance.Dense v -> rooted [ "The covariance matrix", v ] |> Result.map solveBlocks
        | KnownCovariance.Blocks blocks ->
            blocks
            |> List.mapi (fun i v -> $"Block {i + 1} of the covariance matrix", v)
            |> rooted
            |> Result.map solveBlocks
        | KnownCovariance.Kronecker(a, b) ->
            rooted [
                "The left factor of the covariance", a
                "The right factor of the covariance", b
            ]
            |> Result.map (fun roots -> solveKronecker roots[0] roots[1])
        | KnownCovariance.Diagonal variances ->
            variances
            |> List.mapi (fun i v -> $"Variance {i + 1}", Matrices.diagonal [ v ])
            |> rooted
            |> Result.map solveBlocks

    /// <summary>V X, without writing V out.</summary>
    let multiply covariance (x: Matrix) : Matrix =
        let blockwise (blocks: Matrix list) =
            let parts =
                (0, blocks)
                ||> List.mapFold (fun start block ->
                    let rows = Matrix.init block.Rows x.Columns (fun i j -> x[start + i, j])
                    Matrix.multiply block rows, start + block.Rows)
                |> fst

            let rows =
                parts
                |> List.collect (fun part -> List.init part.Rows (fun i -> part, i))
                |> Array.ofList

            Matrix.init x.Rows x.Columns (fun i j -> let part, at = rows[i] in part[at, j])

        match covariance with
        | KnownCovariance.Dense v -> Matrix.multiply v x
        | KnownCovariance.Blocks blocks -> blockwise blocks
        | KnownCovariance.Kronecker(a, b) ->
            let inner = blockwise (List.replicate a.Rows b)

            let turned =
                Matrix(x.Rows, x.Columns, transposeIndex a.Rows b.Rows inner.Values x.Columns)

            let outer = Matrix.multiply a (Matrix(a.Rows, b.Rows * x.Columns, turned.Values))

            Matrix(x.Rows, x.Columns, transposeIndex b.Rows a.Rows outer.Values x.Columns)
        | KnownCovariance.Diagonal variances ->
            let variances = Array.ofList variances
            Matrix.init x.Rows x.Columns (fun i j -> variances[i] * x[i, j])

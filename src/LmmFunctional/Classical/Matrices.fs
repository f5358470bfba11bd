namespace LmmFunctional.Classical

open LmmFunctional
open LmmFunctional.Model

/// <summary>The matrix forms in which textbooks write designs and covariances.</summary>
/// <remarks>Dense, for problems small enough to be written down; the engines of <c>Lmm.fit</c> never form
/// them.</remarks>
[<RequireQualifiedAccess>]
module Matrices =

    /// <summary>A matrix of ones.</summary>
    let ones rows columns : Matrix =
        Matrix.init rows columns (fun _ _ -> 1.0)

    /// <summary>A matrix of one column.</summary>
    let column (values: float seq) : Matrix =
        let values = Array.ofSeq values
        Matrix.init values.Length 1 (fun i _ -> values[i])

    /// <summary>A matrix of one row.</summary>
    let row (values: float seq) : Matrix =
        let values = Array.ofSeq values
        Matrix.init 1 values.Length (fun _ j -> values[j])

    /// <summary>A diagonal matrix.</summary>
    let diagonal (values: float seq) : Matrix =
        let values = Array.ofSeq values
        Matrix.init values.Length values.Length (fun i j -> if i = j then values[i] else 0.0)

    /// <summary>Every element times a number.</summary>
    let scale (factor: float) (a: Matrix) : Matrix =
        Matrix.init a.Rows a.Columns (fun i j -> factor * a[i, j])

    /// <summary>The sum of two matrices.</summary>
    /// <exception cref="T:System.ArgumentException">Their sizes differ.</exception>
    let add (a: Matrix) (b: Matrix) : Matrix =
        if a.Rows <> b.Rows || a.Columns <> b.Columns then
            invalidArg (nameof b) $"A {b.Rows} by {b.Columns} matrix cannot be added to a {a.Rows} by {a.Columns} one."

        Matrix.init a.Rows a.Columns (fun i j -> a[i, j] + b[i, j])

    /// <summary>Matrices side by side: [A, B, ...].</summary>
    /// <exception cref="T:System.ArgumentException">Their numbers of rows differ.</exception>
    let beside (parts: Matrix list) : Matrix =
        let rows = parts |> List.tryHead |> Option.map _.Rows |> Option.defaultValue 0

        if parts |> List.exists (fun part -> part.Rows <> rows) then
            invalidArg (nameof parts) "Matrices side by side must have the same number of rows."

        let columns = parts |> List.collect (fun part -> List.init part.Columns part.Column)
        let columns = Array.ofList columns
        Matrix.init rows columns.Length (fun i j -> columns[j][i])

    /// <summary>The Kronecker product A ⊗ B: blocks of B, each times an element of A.</summary>
    let kronecker (a: Matrix) (b: Matrix) : Matrix =
        Matrix.init (a.Rows * b.Rows) (a.Columns * b.Columns) (fun i j ->
            a[i / b.Rows, j / b.Columns] * b[i % b.Rows, j % b.Columns])

    /// <summary>Blocks along the diagonal, zero elsewhere.</summary>
    let blockDiagonal (blocks: Matrix list) : Matrix =
        let rows = blocks |> List.sumBy _.Rows
        let columns = blocks |> List.sumBy _.Columns
        let values = Array2D.zeroCreate rows columns

        (struct (0, 0), blocks)
        ||> List.fold (fun (struct (top, left)) block ->
            for i in 0 .. block.Rows - 1 do
                for j in 0 .. block.Columns - 1 do
                    values[top + i, left + j] <- block[i, j]

            struct (top + block.Rows, left + block.Columns))
        |> ignore

        Matrix.ofArray2D values

    /// <summary>First-order autoregressive correlations φ^|i − j| of n equally spaced times.</summary>
    let autoregressive n (phi: float) : Matrix =
        Matrix.init n n (fun i j -> phi ** float (abs (i - j)))

    /// <summary>The product A B C ... of matrices.</summary>
    /// <exception cref="T:System.ArgumentException">Inner dimensions differ, or there is no matrix.</exception>
    let product (factors: Matrix list) : Matrix =
        match factors with
        | [] -> invalidArg (nameof factors) "A product needs a matrix."
        | first :: rest -> rest |> List.fold Matrix.multiply first

    /// <summary>The largest difference between elements of two matrices of the same size; infinite otherwise.</summary>
    let distance (a: Matrix) (b: Matrix) : float =
        if a.Rows <> b.Rows || a.Columns <> b.Columns then
            infinity
        else
            Array.fold2 (fun largest x y -> max largest (abs (x - y))) 0.0 a.Values b.Values

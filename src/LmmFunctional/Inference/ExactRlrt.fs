namespace LmmFunctional.Analysis

open System
open MathNet.Numerics.Distributions
open MathNet.Numerics.LinearAlgebra
open LmmFunctional
open LmmFunctional.Estimation

/// <summary>The exact null distribution of the likelihood ratio statistic of one variance, through eigenvalues of q×q matrices.</summary>
/// <remarks>With μ the eigenvalues of Z'P₀Z, ξ those of Z'Z and w independent standard normal, the statistic is distributed as
/// sup over λ ≥ 0 of d log(1 + N/D) − Σ log(1 + λκ), N = Σ λμw²/(1 + λμ), D = Σ w²/(1 + λμ) + χ²(n − p − q), with d = n − p and
/// κ = μ under REML, d = n and κ = ξ under ML (Crainiceanu and Ruppert 2004).</remarks>
[<NoComparison; ReferenceEquality>]
type internal ExactRlrt = {
    /// d of the logarithm.
    Df: float
    /// Distinct μ with how often each occurs.
    Projected: (float * int)[]
    /// Distinct κ with how often each occurs.
    Determinant: (float * int)[]
    /// n − p − q: the part of the residual that Z has no hand in.
    RestDf: int
}

[<RequireQualifiedAccess>]
module internal ExactRlrt =

    /// Up to this many levels with unequal information, whose q×q matrix is decomposed.
    let private largest = 1500

    // Eigenvalues closer than this, relative to the largest, are one.
    let private same = 1e-9

    let private distinct (values: float[]) =
        let sorted = Array.sort values

        let size =
            if sorted.Length = 0 then
                1.0
            else
                max 1e-300 (Array.last sorted)

        let folder groups value =
            match groups with
            | (first, count) :: rest when value - first <= same * size -> (first, count + 1) :: rest
            | _ -> (value, 1) :: groups

        sorted |> Array.fold folder [] |> Array.ofList

    /// X'X, Z'X (q×p) and the diagonal of Z'Z of one random effect, rows weighted.
    let private products (design: Design) (term: RandomDesign) =
        let x = design.Fixed.Matrix
        let p, q = x.Columns, term.Levels.Length
        let gram = Matrix<float>.Build.Dense(p, p)
        let cross = Matrix<float>.Build.Dense(q, p)
        let squares: float[] = Array.zeroCreate q

        for row in 0 .. x.Rows - 1 do
            let weight =
                match design.Weights with
                | Some weights -> weights[row]
                | None -> 1.0

            let z, code = term.Columns[0][row], term.Codes[row]
            squares[code] <- squares[code] + weight * z * z

            for j in 0 .. p - 1 do
                let own = weight * x.Values[row + j * x.Rows]
                cross[code, j] <- cross[code, j] + z * own

                for k in 0..j do
                    gram[j, k] <- gram[j, k] + own * x.Values[row + k * x.Rows]

        for j in 0 .. p - 1 do
            for k in 0 .. j - 1 do
                gram[k, j] <- gram[j, k]

        gram, cross, squares

    /// Eigenvalues of Z'P₀Z = diag(d) − A (X'X)⁻¹ Aᵀ; None when the matrix is too large.
    let private projected (gram: Matrix<float>) (cross: Matrix<float>) (squares: float[]) : float[] option =
        let q = squares.Length

        // A = C L⁻ᵀ with L Lᵀ = X'X, so that what is taken away is A Aᵀ.
        let scaled =
            if gram.RowCount = 0 then
                cross
            else
                gram.Cholesky().Factor.Solve(cross.Transpose()).Transpose()

        let isEqual =
            squares |> Array.forall (fun d -> abs (d - squares[0]) <= same * squares[0])

        if isEqual then
            // All but p of them are d itself.
            let taken =
                if gram.RowCount = 0 then
                    [||]
                else
                    (scaled.Transpose() * scaled).Evd(Symmetricity.Symmetric).EigenValues.Real().ToArray()
                    |> Array.sortDescending
                    |> Array.truncate q

            Some(
                Array.init q (fun s ->
                    if s < taken.Length then
                        squares[0] - taken[s]
                    else
                        squares[0])
            )
        elif q <= largest then
            let full = scaled * scaled.Transpose()

            let struct (values, _) =
                Semidefinite.eigen
                    q
                    (Array.init (q * q) (fun k -> (if k % q = k / q then squares[k % q] else 0.0) - full[k % q, k / q]))

            Some values
        else
            None

    /// <summary>The distribution for a model with one random term of one effect; None when its q×q matrix is too large.</summary>
    let create criterion (design: Design) (term: RandomDesign) : ExactRlrt option =
        let gram, cross, squares = products design term
        let n, p = design.Response.Length, gram.RowCount

        projected gram cross squares
        |> Option.map (fun values ->
            let mu =
                values |> Array.map (fun v -> if v > same * Array.max squares then v else 0.0)
            // No more than n − p of them can be positive, and zeros have no part in the supremum.
            let positive = mu |> Array.filter (fun v -> v > 0.0)

            {
                Df =
                    match criterion with
                    | Criterion.Ml -> float n
                    | Criterion.Reml -> float (n - p)
                Projected = distinct positive
                Determinant =
                    match criterion with
                    | Criterion.Ml -> distinct squares
                    | Criterion.Reml -> distinct positive
                RestDf = n - p - positive.Length
            })

    // Beyond so many, squares are not drawn one by one.
    let private fewSquares = 8

    let private chiSquared (stream: RandomStream) df =
        if df <= 0 then
            0.0
        elif df <= fewSquares then
            Seq.init df (fun _ -> let z = stream.NextNormal() in z * z) |> Seq.sum
        else
            Gamma.InvCDF(0.5 * float df, 0.5, stream.NextUniform())

    // λ κ from 1e-5 to 1e7: beyond, the function is straight in log λ.
    let private gridPoints = 60

    let private grid (distribution: ExactRlrt) =
        let scale = distribution.Projected |> Array.map fst |> Array.max
        Array.init gridPoints (fun k -> 10.0 ** (-5.0 + 12.0 * float k / float (gridPoints - 1)) / scale)

    /// What is maximised, at one λ and with the squares w² of each distinct μ.
    let private heightAt (distribution: ExactRlrt) (squares: float[]) rest lambda =
        let mutable above = 0.0
        let mutable below = rest

        for s in 0 .. squares.Length - 1 do
            let growth = lambda * fst distribution.Projected[s]
            let part = squares[s] / (1.0 + growth)
            above <- above + growth * part
            below <- below + part

        let mutable determinant = 0.0

        for value, count in distribution.Determinant do
            determinant <- determinant + float count * Math.Log(1.0 + lambda * value)

        distribution.Df * Math.Log(1.0 + above / below) - determinant

    /// The maximum by golden sections of log λ around the best point of the grid; zero where nothing is above zero.
    let private supremum height (grid: float[]) =
        let values = grid |> Array.map height
        let best = Seq.init grid.Length id |> Seq.maxBy (fun k -> values[k])
        let ratio = 0.5 * (sqrt 5.0 - 1.0)
        let at x = height (exp x)

        let rec shrink low high steps =
            if steps = 0 then
                at (0.5 * (low + high))
            else
                let a, b = high - ratio * (high - low), low + ratio * (high - low)

                if at a > at b then
                    shrink low b (steps - 1)
                else
                    shrink a high (steps - 1)

        if values[best] <= 0.0 && best = 0 then
            0.0
        else
            let low = log grid[max 0 (best - 1)]
            let high = log grid[min (grid.Length - 1) (best + 1)]
            max 0.0 (max values[best] (shrink low high 20))

    /// <summary>Draws of the statistic, each from a stream of its own.</summary>
    let simulate (options: BootstrapOptions) (distribution: ExactRlrt) : float[] =
        if distribution.Projected.Length = 0 then
            Array.zeroCreate options.Replicates
        else
            let grid = grid distribution

            Replicates.run options (fun index ->
                let stream = RandomStream(uint64 options.Seed, index)

                let squares =
                    distribution.Projected |> Array.map (fun (_, count) -> chiSquared stream count)

                let rest = chiSquared stream distribution.RestDf
                supremum (heightAt distribution squares rest) grid)

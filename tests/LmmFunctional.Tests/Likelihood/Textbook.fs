namespace LmmFunctional.Tests

open System
open System.Collections.Immutable
open MathNet.Numerics.LinearAlgebra
open LmmFunctional
open LmmFunctional.Estimation

/// <summary>A mixed model as the textbook has it: y ~ N(Xβ, σ²V), V = ZGZ' + R, everything n×n and dense.</summary>
type Textbook = {
    Y: Vector<float>
    X: Matrix<float>
    /// Z of each term, n × (levels S), level after level.
    Z: Matrix<float> list
    /// G of one level of each term, divided by σ².
    Covariances: Matrix<float> list
    /// The diagonal of R divided by σ².
    Residual: Vector<float>
    IsRestricted: bool
}

/// <summary>What follows from a model and its data.</summary>
type TextbookSolution = {
    /// V⁻¹.
    Precision: Matrix<float>
    /// V⁻¹ − V⁻¹X(X'V⁻¹X)⁻¹X'V⁻¹.
    Projection: Matrix<float>
    Beta: Vector<float>
    /// (X'V⁻¹X)⁻¹.
    BetaCovariance: Matrix<float>
    /// (y − Xβ)'V⁻¹(y − Xβ).
    ResidualSquare: float
    /// Degrees of freedom of σ².
    Df: float
    /// −2 log likelihood with β and σ² profiled out.
    Criterion: float
}

[<RequireQualifiedAccess>]
module Textbook =

    let private ofColumns rows columns (values: float[]) =
        Matrix<float>.Build.Dense(rows, columns, Array.copy values)

    /// Z (L ⊗ I), whose effects are independent: A = LLᵀ by its spectral decomposition.
    let private relate s (relationship: Relationship option) (z: Matrix<float>) =
        match relationship with
        | None -> z
        | Some relationship ->
            let a = DenseRelationship.create relationship
            let eigen = a.Evd(Symmetricity.Symmetric)
            let roots = eigen.EigenValues.Real().PointwiseMaximum(0.0).PointwiseSqrt()
            let l = eigen.EigenVectors * Matrix<float>.Build.DenseOfDiagonalVector roots
            z * l.KroneckerProduct(Matrix<float>.Build.DenseIdentity s)

    let private designOf levels (codes: int[]) (columns: float[][]) =
        let s = columns.Length
        let z = Matrix<float>.Build.Dense(codes.Length, levels * s)

        for i in 0 .. codes.Length - 1 do
            for k in 0 .. s - 1 do
                z[i, codes[i] * s + k] <- columns[k].[i]

        z

    /// <summary>The model on the user's scale, with covariances G/σ², S×S by columns, per term.</summary>
    let ofDesign (design: Design) kind (covariances: float[][]) = {
        Y =
            match design.Offset with
            | Some offset -> Vector<float>.Build.DenseOfArray(Array.map2 (-) design.Response offset)
            | None -> Vector<float>.Build.DenseOfArray design.Response
        X = Matrix<float>.Build.DenseOfArray(design.Fixed.Matrix.ToArray2D())
        Z = [
            for term in design.Random ->
                designOf term.Levels.Length term.Codes term.Columns
                |> relate term.Columns.Length term.Relationship
        ]
        Covariances = [
            for term, g in Seq.zip design.Random covariances -> ofColumns term.Names.Length term.Names.Length g
        ]
        Residual =
            match design.Weights with
            | Some weights -> Vector<float>.Build.DenseOfArray(weights |> Array.map (fun w -> 1.0 / w))
            | None -> Vector<float>.Build.Dense(design.Response.Length, 1.0)
        IsRestricted = (kind = Criterion.Reml)
    }

    /// G/σ² of every term on the user's scale, for a θ on the inner scale: effects(user) = T effects(inner).
    let internal covariances (likelihood: LogLikelihood) (theta: ImmutableArray<float>) =
        let lambdas = ThetaLayout.matrices likelihood.Layout theta

        [|
            for term, lambda in Seq.zip likelihood.Standard.Terms lambdas do
                let s = term.Factor.Order
                let t = ofColumns s s term.Transform * ofColumns s s lambda
                (t * t.Transpose()).ToColumnMajorArray()
        |]

    /// The model of a likelihood at a θ.
    let internal at (likelihood: LogLikelihood) theta =
        ofDesign likelihood.Design likelihood.Criterion (covariances likelihood theta)

    let private spread (g: Matrix<float>) levels =
        Matrix<float>.Build.DiagonalIdentity(levels).KroneckerProduct g

    let covariance (model: Textbook) =
        Seq.zip model.Z model.Covariances
        |> Seq.fold
            (fun (v: Matrix<float>) (z, g) -> v + z * (spread g (z.ColumnCount / g.RowCount)) * z.Transpose())
            (Matrix<float>.Build.DenseOfDiagonalVector model.Residual)

    let private logDeterminant (a: Matrix<float>) = (a.Cholesky()).DeterminantLn

    /// Everything at once; cost O(n³).
    let solve (model: Textbook) : TextbookSolution =
        let v = covariance model
        let precision = v.Cholesky().Solve(Matrix<float>.Build.DenseIdentity v.RowCount)
        let information = model.X.Transpose() * precision * model.X

        let phi =
            information.Cholesky().Solve(Matrix<float>.Build.DenseIdentity information.RowCount)

        let beta = phi * (model.X.Transpose() * (precision * model.Y))
        let residual = model.Y - model.X * beta
        let square = residual * (precision * residual)
        let n, p = float model.Y.Count, float model.X.ColumnCount
        let df = if model.IsRestricted then n - p else n

        let fixedPart =
            if model.IsRestricted then
                logDeterminant information
            else
                0.0

        {
            Precision = precision
            Projection = precision - precision * model.X * phi * model.X.Transpose() * precision
            Beta = beta
            BetaCovariance = phi
            ResidualSquare = square
            Df = df
            Criterion = df * log (2.0 * Math.PI * square / df) + df + logDeterminant v + fixedPart
        }

    /// Conditional modes G Z'V⁻¹(y − Xβ) of each term, S × levels by columns.
    let modes (model: Textbook) (solution: TextbookSolution) =
        let weighted = solution.Precision * (model.Y - model.X * solution.Beta)

        [
            for z, g in Seq.zip model.Z model.Covariances do
                (spread g (z.ColumnCount / g.RowCount) * (z.Transpose() * weighted)).ToArray()
        ]

    /// Variances of the effects given the data and β, divided by σ²: the diagonal of G − GZ'V⁻¹ZG, per term.
    let conditionalVariances (model: Textbook) (solution: TextbookSolution) = [
        for z, g in Seq.zip model.Z model.Covariances do
            let g = spread g (z.ColumnCount / g.RowCount)
            (g - g * z.Transpose() * solution.Precision * z * g).Diagonal().ToArray()
    ]

    /// Variances of û − u with β estimated, divided by σ²: the diagonal of G − GZ'PZG, per term.
    let predictionVariances (model: Textbook) (solution: TextbookSolution) =
        conditionalVariances model {
            solution with
                Precision = solution.Projection
        }

    /// <summary>The model on the inner scale of the engines, weights taken into the rows, so that R is the identity.</summary>
    let internal inner (likelihood: LogLikelihood) theta =
        let standard = likelihood.Standard

        let weigh (column: float[]) =
            match standard.RootWeights with
            | Some roots -> Array.map2 (*) roots column
            | None -> column

        {
            Y = Vector<float>.Build.DenseOfArray(weigh standard.Response)
            X = Matrix<float>.Build.DenseOfColumnArrays(standard.Fixed |> Array.map weigh)
            Z = [
                for term in standard.Terms ->
                    designOf term.Levels term.Codes (term.Columns |> Array.map weigh)
                    |> relate term.Columns.Length term.Relationship
            ]
            Covariances = [
                for term, lambda in Seq.zip standard.Terms (ThetaLayout.matrices likelihood.Layout theta) do
                    let lambda = ofColumns term.Factor.Order term.Factor.Order lambda
                    lambda * lambda.Transpose()
            ]
            Residual = Vector<float>.Build.Dense(standard.Rows, 1.0)
            IsRestricted = (likelihood.Criterion = Criterion.Reml)
        }

namespace LmmFunctional.Estimation

open System.Collections.Immutable
open MathNet.Numerics.LinearAlgebra
open LmmFunctional
open LmmFunctional.Model

/// <summary>What moments are made of, in θ: U = V⁻¹XL⁻ᵀ with LLᵀ = X'V⁻¹X, V relative to σ².</summary>
[<NoComparison; NoEquality>]
type internal MomentParts = {
    /// The lower Cholesky factor of [X y]'V⁻¹[X y], P×P by columns.
    FixedFactor: float[]
    Parts: CriterionParts
    /// U'V̇_kU, p×p.
    First: float[][]
    /// The symmetric parts of U'V̇_kV⁻¹V̇_lU, pair by pair.
    Products: Lazy<float[][]>
    /// U'V̈_klU, pair by pair.
    Seconds: Lazy<float[][]>
}

/// <summary>Moments from what they are made of, by whichever method V is computed.</summary>
/// <remarks>First in θ and log σ², where V = σ²V(θ) has simple derivatives, then by the chain rule in the parameters of
/// <see cref="T:LmmFunctional.Estimation.NaturalScale"/>.</remarks>
[<RequireQualifiedAccess>]
module internal MomentParts =

    /// Moments in θ and log σ², all in the frame in which Cov(β̂) is the identity.
    let private inner
        reml
        (standard: Standardised)
        (model: MarginalModel)
        (theta: ImmutableArray<float>)
        own
        weight
        variance
        =
        let p = model.FixedCount
        let k = model.Parameters
        let df = CriterionFunction.residualDf reml model.Rows model.FixedCount
        let parts, first, quadratic = own.Parts, own.First, own.Products
        let identity = Array.init (p * p) (fun at -> if at % p = at / p then 1.0 else 0.0)

        // Derivatives by log σ² are V itself: along it everything repeats what is there without it.
        let bordered (inner: Lazy<float[][]>) =
            lazy
                (CovarianceMoments.pairs (k + 1) (fun i j ->
                    if i < k then inner.Value[CovarianceMoments.pair i j]
                    elif j < k then first[j]
                    else identity))

        let information kind =
            let own =
                match kind with
                | Information.Observed -> parts.Combined (2.0 * weight) -1.0
                | Information.Average -> parts.Combined weight 0.0
                | Information.Expected -> parts.Combined 0.0 1.0

            Matrix.init (k + 1) (k + 1) (fun i j ->
                let i, j = max i j, min i j

                match kind with
                | _ when i < k -> own[i, j]
                | Information.Expected when j < k -> parts.Traces[j]
                | _ when j < k -> weight * parts.Squares[j]
                | Information.Expected -> df
                | _ -> weight)

        let second = lazy (parts.Curvature weight)

        let root =
            let map = Matrix(p, p, Standardised.coefficientMap standard)
            let inverse = MarginalSweep.inverseFactor p own.FixedFactor
            Matrix.multiply map (Matrix.init p p (fun i j -> sqrt variance * inverse[j + i * p]))

        {
            Names = Array.create (k + 1) ""
            Values = Array.append (Seq.toArray theta) [| log variance |]
            AtBound = Array.create (k + 1) false
            Root = root
            First = Array.append first [| identity |]
            Products = bordered quadratic
            Seconds = Some(bordered own.Seconds)
            Gradient =
                lazy
                    (Array.append (Array.map2 (fun t s -> t - weight * s) parts.Traces parts.Squares) [| df - weight |])
            Information =
                fun kind ->
                    let plain = information kind

                    if kind = Information.Observed then
                        Matrix.init (k + 1) (k + 1) (fun i j ->
                            if i < k && j < k then
                                plain[i, j] + second.Value[i, j]
                            else
                                plain[i, j])
                    else
                        plain
        }

    /// The parameters of structures that are at an end of their range, or do not matter: nothing moves along them. The
    /// factors of other terms at a bound are told by NaturalScale.
    let private stuckAt (layout: ThetaLayout) (isFixed: bool[]) = [|
        for t in 0 .. layout.Forms.Length - 1 do
            if layout.Forms[t].IsSome then
                yield! [| layout.ParameterStarts[t] .. layout.ParameterStarts[t + 1] - 1 |]

        yield! [| layout.Parameters .. isFixed.Length - 1 |]
    |]


    /// The derivatives with something in place of those that vanish, so that there is an inverse: nothing that is kept
    /// depends on what that is.
    let private completed (stuck: int[]) (derivatives: Matrix<float>) =
        let moving =
            [| 0 .. derivatives.ColumnCount - 1 |]
            |> Array.filter (fun k -> not (Array.contains k stuck))

        let result = derivatives.Clone()

        if stuck.Length > 0 then
            let independent =
                Matrix<float>.Build.DenseOfColumnVectors(moving |> Array.map derivatives.Column)
                |> HeldMoments.independentRows

            Seq.except independent (seq { 0 .. derivatives.RowCount - 1 })
            |> Seq.zip stuck
            |> Seq.iter (fun (k, row) ->
                result.ClearColumn k
                result[row, k] <- 1.0)

        result

    /// What is known, with what is at an end of its range.
    let private holding (theta: ImmutableArray<float>) stuck (held: HeldParameters) = {
        held with
            Entries =
                (held.Entries, stuck)
                ||> Array.fold (fun entries k ->
                    if entries.ContainsKey k then
                        entries
                    else
                        entries.Add(k, { Value = theta[k]; IsScaled = false }))
    }

    /// <summary>The moments at a θ that can be evaluated, in SAS's parameters, from what a method of computing knows.
    /// </summary>
    let moments
        reml
        parametrisation
        (design: Design)
        (standard: Standardised)
        (model: MarginalModel)
        (isFixed: bool[])
        (held: HeldParameters)
        (point: ParameterPoint)
        (own: MomentParts)
        : CovarianceMoments =
        let theta = point.Theta
        let residual = Array.last own.FixedFactor
        let square = residual * residual

        let df = CriterionFunction.residualDf reml model.Rows model.FixedCount
        let weight = CriterionFunction.weightOf point.Variance df square

        let variance =
            standard.ResponseScale
            * standard.ResponseScale
            * Option.defaultValue (square / df) point.Variance

        let scale =
            NaturalScale.create
                design
                standard
                model
                (parametrisation = Parametrisation.FactorScale)
                isFixed
                (log variance)
                (Seq.toArray theta)

        let size = scale.Values.Length

        let derivatives =
            Matrix<float>.Build.Dense(size, size, fun i j -> Jet.derivative j scale.Values[i])

        let stuck = stuckAt model.Layout isFixed |> Array.filter (fun k -> isFixed[k])
        let forward = completed stuck derivatives
        // ∂(θ, log σ²)/∂η.
        let back = forward.Inverse()

        let curvatures =
            let ofValues =
                scale.Values
                |> Array.map (fun jet ->
                    let second =
                        Matrix<float>.Build.Dense(size, size, fun i j -> Jet.secondDerivative i j jet)

                    back.Transpose() * second * back)

            Array.init size (fun a ->
                SquareBlock.init size (fun i j ->
                    -(Seq.init size (fun m -> back[a, m] * ofValues[m].[i, j]) |> Seq.sum)))

        inner reml standard model theta own weight variance
        |> CovarianceMoments.reparametrise
            scale.Names
            (scale.Values |> Array.map _.Value)
            scale.AtBound
            (Matrix.init size size (fun i j -> back[i, j]))
            (Some curvatures)
        |> HeldMoments.along (holding theta stuck held) theta forward

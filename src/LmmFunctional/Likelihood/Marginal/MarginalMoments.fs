namespace LmmFunctional

open System.Collections.Immutable
open MathNet.Numerics.LinearAlgebra
open LmmFunctional.Numerics

/// <summary>What moments are made of, in θ: U = V⁻¹XL⁻ᵀ with LLᵀ = X'V⁻¹X, V relative to σ².</summary>
[<NoComparison; NoEquality>]
type internal MomentParts = {
    /// The lower Cholesky factor of [X y]'V⁻¹[X y], P×P by columns.
    FixedFactor: float[]
    Parts: MarginalParts
    /// U'V̇_kU, p×p.
    First: float[][]
    /// The symmetric parts of U'V̇_kV⁻¹V̇_lU, pair by pair.
    Products: Lazy<float[][]>
    /// U'V̈_klU, pair by pair.
    Seconds: Lazy<float[][]>
}

/// <summary>What inference about β needs of the covariance parameters of a marginal model.</summary>
/// <remarks>First in θ and log σ², where V = σ²V(θ) has simple derivatives, then by the chain rule in the parameters of
/// <see cref="T:LmmFunctional.NaturalScale"/>.</remarks>
[<RequireQualifiedAccess>]
module internal MarginalMoments =

    /// U L⁻ᵀ of every pattern, columns of all vectors: U = V⁻¹X, LLᵀ = X'V⁻¹X.
    let private framed p (patterns: MarginalPattern[]) (factor: MarginalFactor) (sums: MarginalSums[]) =
        let inverse = MarginalSweep.inverseFactor p factor.FixedFactor

        Array.map2
            (fun (pattern: MarginalPattern) (own: MarginalSums) ->
                Dense.Multiply(pattern.Size * pattern.Vectors, p, p, own.Effects, false, inverse, true))
            patterns
            sums

    let private symmetric p (a: float[]) =
        Array.init (p * p) (fun k -> 0.5 * (a[k] + a[k / p + k % p * p]))

    /// P_k = U'V̇_kU in the frame, and the symmetric parts of Q_kl = U'V̇_kV⁻¹V̇_lU.
    let private products p (patterns: MarginalPattern[]) (factor: MarginalFactor) (frames: float[][]) first k =
        let applied index =
            let pattern = patterns[index]
            let m, columns = pattern.Size, pattern.Vectors * p

            first index
            |> Array.map (fun (derivative: float[]) ->
                if derivative.Length = 0 then
                    [||]
                else
                    Dense.Multiply(m, columns, m, derivative, false, frames[index], false))

        let add (total: float[]) at (own: float[]) =
            for i in 0 .. own.Length - 1 do
                total[at + i] <- total[at + i] + own[i]

        let size = p * p

        let linear () =
            MarginalSweep.sum 1e6 patterns (k * size) (fun index total ->
                let length = patterns[index].Size * patterns[index].Vectors

                applied index
                |> Array.iteri (fun i own ->
                    if own.Length > 0 then
                        add total (i * size) (Dense.Multiply(p, p, length, frames[index], true, own, false))))

        let quadratic () =
            MarginalSweep.sum 1e6 patterns (k * (k + 1) / 2 * size) (fun index total ->
                let pattern = patterns[index]
                let length = pattern.Size * pattern.Vectors

                let solved =
                    applied index
                    |> Array.map (fun own ->
                        if own.Length > 0 then
                            Dense.Solve(pattern.Size, pattern.Vectors * p, factor.Factors[index], false, own)

                        own)

                for i in 0 .. k - 1 do
                    for j in 0..i do
                        if solved[i].Length > 0 && solved[j].Length > 0 then
                            let at = CovarianceMoments.pair i j * size
                            add total at (Dense.Multiply(p, p, length, solved[i], true, solved[j], false)))

        let parts count (all: float[]) =
            Array.init count (fun i -> symmetric p (Array.sub all (i * size) size))

        parts k (linear ()), lazy (parts (k * (k + 1) / 2) (quadratic ()))

    /// U'V̈_klU in the frame, pair by pair: a weight u_c u_dᵀ for each of their elements.
    let private seconds p (patterns: MarginalPattern[]) (covariance: MarginalCovariance) (frames: float[][]) k =
        let size = p * p

        let total =
            MarginalSweep.sum 1e6 patterns (k * (k + 1) / 2 * size) (fun index total ->
                let pattern = patterns[index]
                let m, r = pattern.Size, pattern.Vectors

                let column c =
                    Array.sub frames[index] (c * r * m) (r * m)

                for d in 0 .. p - 1 do
                    for c in d .. p - 1 do
                        let product = Dense.Multiply(m, m, r, column c, false, column d, true)

                        let weights =
                            Array.init (m * m) (fun at -> 0.5 * (product[at] + product[at / m + at % m * m]))

                        let second = Array2D.zeroCreate k k
                        covariance.AddSecond index weights second

                        for i in 0 .. k - 1 do
                            for j in 0..i do
                                let at = CovarianceMoments.pair i j * size
                                total[at + c + d * p] <- total[at + c + d * p] + second[i, j]

                                if c <> d then
                                    total[at + d + c * p] <- total[at + d + c * p] + second[i, j])

        Array.init (k * (k + 1) / 2) (fun pair -> Array.sub total (pair * size) size)

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
        let df = MarginalObjective.residualDf reml model
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

    /// <summary>The moments at a θ that can be evaluated, in SAS's parameters, from what a method of computing knows.
    /// </summary>
    let ofParts
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

        let df = MarginalObjective.residualDf reml model
        let weight = MarginalObjective.weightOf point.Variance df square

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

        let forward =
            Matrix<float>.Build.Dense(size, size, fun i j -> Jet.derivative j scale.Values[i])
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
                Array2D.init size size (fun i j ->
                    -(Seq.init size (fun m -> back[a, m] * ofValues[m].[i, j]) |> Seq.sum)))

        inner reml standard model theta own weight variance
        |> CovarianceMoments.reparametrise
            scale.Names
            (scale.Values |> Array.map _.Value)
            scale.AtBound
            (Array2D.init size size (fun i j -> back[i, j]))
            (Some curvatures)
        |> HeldMoments.along held theta forward

    /// What the moments of a model are made of, at a θ; nothing is known where V is not positive definite.
    let partsAt reml (model: MarginalModel) theta : MomentParts =
        let factor =
            MarginalObjective.factor model theta
            |> Option.defaultWith (fun () -> MarginalFactor.undefined model.FixedCount model.Patterns)

        let p, k = model.FixedCount, model.Parameters
        let sums, parts = MarginalObjective.parts reml model theta factor
        let covariance = MarginalModel.covariance model theta
        let frames = framed p model.Patterns factor sums
        let first, quadratic = products p model.Patterns factor frames covariance.First k

        {
            FixedFactor = factor.FixedFactor
            Parts = parts
            First = first
            Products = quadratic
            Seconds = lazy (seconds p model.Patterns covariance frames k)
        }

    /// <summary>The moments at a θ that can be evaluated, in SAS's parameters.</summary>
    /// <param name="reml">Whether the criterion is REML.</param>
    /// <param name="parametrisation">Elements of G, or of its factors.</param>
    /// <param name="design">The design.</param>
    /// <param name="standard">The same on the inner scale.</param>
    /// <param name="model">The marginal model.</param>
    /// <param name="isFixed">Parameters of θ that are held by a bound.</param>
    /// <param name="held">What is known.</param>
    /// <param name="point">The inner parameters.</param>
    let create reml parametrisation design standard (model: MarginalModel) isFixed held (point: ParameterPoint) =
        partsAt reml model point.Theta
        |> ofParts reml parametrisation design standard model isFixed held point

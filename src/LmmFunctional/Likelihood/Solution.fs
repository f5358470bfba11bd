namespace LmmFunctional

open System.Collections.Immutable
open LmmFunctional.Numerics

/// <summary>The estimates that belong to one θ.</summary>
[<NoComparison; ReferenceEquality>]
type internal Solution = {
    /// Fixed effects on the user's scale.
    Beta: float[]
    /// Cov(β̂)/σ² on the user's scale, p×p.
    BetaCovariance: Matrix
    /// The residual standard deviation.
    Sigma: float
    /// Per term the covariance of its effects divided by σ², S×S by columns, on the user's scale.
    Covariances: float[][]
    /// Per term S effects, level after level, on the user's scale; computed when first asked for.
    Effects: Lazy<float[][]>
    /// Per term the covariance of each level's effects given the data and β, divided by σ²: S×S by columns, level after level;
    /// computed when first asked for.
    ConditionalCovariances: Lazy<float[][]>
    /// The same with β estimated: the covariance of estimated less true effects, divided by σ²; when first asked for.
    PredictionCovariances: Lazy<float[][]>
    /// r² relative to the variation of the response about its mean: zero when the random effects fit it exactly.
    ResidualShare: float
    /// −2 log likelihood (ML) at this θ, β and σ² profiled.
    Deviance: float
}

[<RequireQualifiedAccess>]
module internal Solution =

    /// Φ = (LLᵀ)⁻¹ of the leading p×p part of a P×P factor, and β = L⁻ᵀ l_y.
    let private fixedEffects p (l: float[]) =
        let size = p + 1
        // X = L⁻¹ by columns.
        let inverse: float[] = Array.zeroCreate (p * p)

        for j in 0 .. p - 1 do
            for i in j .. p - 1 do
                let mutable sum = if i = j then 1.0 else 0.0

                for k in j .. i - 1 do
                    sum <- sum - l[i + k * size] * inverse[k + j * p]

                inverse[i + j * p] <- sum / l[i + i * size]

        let product f =
            Array.init p (fun i -> Seq.init (p - i) (fun k -> inverse[i + k + i * p] * f (i + k)) |> Seq.sum)

        let beta = product (fun k -> l[p + k * size])

        let phi =
            Array.init (p * p) (fun index ->
                let i, j = index % p, index / p
                let mutable sum = 0.0

                for k in max i j .. p - 1 do
                    sum <- sum + inverse[k + i * p] * inverse[k + j * p]

                sum)

        beta, phi

    /// Effects of all levels of a term: T G v, v their scores in units of the response.
    let private effects (engine: Engine) t (term: StandardisedTerm) (lambda: float[]) scale =
        let n = term.Factor.Order
        let g = Semidefinite.square n lambda
        let map: float[] = Array.zeroCreate (n * n)
        Small.Multiply(n, term.Transform, 0, false, g, 0, map, 0)
        let result: float[] = Array.zeroCreate (term.Levels * n)

        for level in 0 .. term.Levels - 1 do
            for k in 0 .. n - 1 do
                let score = scale * engine.Score(t, level, k)

                for i in 0 .. n - 1 do
                    result[level * n + i] <- result[level * n + i] + map[i + k * n] * score

        result

    /// Conditional covariances of all levels of a term, on the user's scale.
    let private conditional (engine: Engine) t (term: StandardisedTerm) =
        let n = term.Factor.Order
        let result: float[] = Array.zeroCreate (term.Levels * n * n)

        for level in 0 .. term.Levels - 1 do
            let own =
                Semidefinite.congruence n term.Transform (engine.ConditionalCovariance(t, level))

            Array.blit own 0 result (level * n * n) (n * n)

        result

    /// Covariances of û − u with β estimated: C + (T G e)(T G e)ᵀ for the columns e of E.
    let private prediction (engine: Engine) t (term: StandardisedTerm) (lambda: float[]) =
        let n = term.Factor.Order
        let map: float[] = Array.zeroCreate (n * n)
        Small.Multiply(n, term.Transform, 0, false, Semidefinite.square n lambda, 0, map, 0)
        let result = conditional engine t term

        for level in 0 .. term.Levels - 1 do
            let scores = engine.FixedScores(t, level)
            let at = level * n * n

            for c in 0 .. engine.P - 2 do
                let image =
                    Array.init n (fun i -> Seq.init n (fun k -> map[i + k * n] * scores[k + c * n]) |> Seq.sum)

                for j in 0 .. n - 1 do
                    for i in 0 .. n - 1 do
                        result[at + i + j * n] <- result[at + i + j * n] + image[i] * image[j]

        result

    /// The estimates of a likelihood at its inner θ, without the entries that are held.
    let at (likelihood: LogLikelihood) (theta: ImmutableArray<float>) : Solution =
        let theta = HeldVariances.embed likelihood.Layout likelihood.Held theta
        let standard = likelihood.Standard
        let terms = Array.ofList standard.Terms
        let lambdas = ThetaLayout.matrices likelihood.Layout theta

        // What has the size of the data waits until it is asked for.
        let later (compute: Engine -> int -> StandardisedTerm -> float[]) =
            lazy
                (LogLikelihood.withEngine likelihood lambdas (fun engine ->
                    engine.Solve()
                    terms |> Array.mapi (compute engine)))

        LogLikelihood.withEngine likelihood lambdas (fun engine ->
            let p = engine.P - 1
            let df = LogLikelihood.residualDf likelihood.Kind engine
            let rows = float engine.Rows
            let residual = sqrt engine.ResidualSquare
            let beta, phi = fixedEffects p engine.FixedFactor
            let scale = residual * standard.ResponseScale

            {
                Beta = Standardised.coefficients beta standard
                BetaCovariance = Matrix(p, p, Semidefinite.congruence p (Standardised.coefficientMap standard) phi)
                Sigma =
                    standard.ResponseScale
                    * (match likelihood.Held.Residual with
                       | Some variance -> sqrt variance
                       | None -> residual / sqrt df)
                Covariances =
                    Array.map2
                        (fun (term: StandardisedTerm) lambda ->
                            Semidefinite.congruence
                                term.Factor.Order
                                term.Transform
                                (Semidefinite.square term.Factor.Order lambda))
                        terms
                        lambdas
                Effects = later (fun engine t term -> effects engine t term lambdas[t] scale)
                ConditionalCovariances = later conditional
                PredictionCovariances = later (fun engine t term -> prediction engine t term lambdas[t])
                ResidualShare = engine.ResidualSquare / engine.FixedFixed[engine.P * engine.P - 1]
                Deviance =
                    engine.LogDeterminant
                    + LogLikelihood.residualPart likelihood.Held rows engine
                    + 2.0 * rows * log standard.ResponseScale
                    - LogLikelihood.sumOfLogWeights likelihood.Model
            })

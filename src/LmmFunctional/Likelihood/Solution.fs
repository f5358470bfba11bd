namespace LmmFunctional.Estimation

open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Model

/// <summary>The estimates that belong to one θ.</summary>
[<NoComparison; ReferenceEquality>]
type internal Solution = {
    /// All of θ on the inner scale, what is held among it.
    Theta: ImmutableArray<float>
    /// Fixed effects on the user's scale.
    Beta: float[]
    /// Cov(β̂)/σ² on the user's scale, p×p.
    BetaCovariance: Matrix
    /// σ, the unit of all that is relative: the residual standard deviation, but in the limit of none that of the response.
    Sigma: float
    /// The factor of [X y]'V⁻¹[X y] on the inner scale, P×P by columns, lower.
    FixedFactor: float[]
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
    /// −2 log likelihood (ML) at this θ, β and σ² profiled; −∞ in the limit of no residual variance.
    Deviance: float
}

[<RequireQualifiedAccess>]
module internal Solution =

    // In the limit of no residual variance: what residuals alone add to a variance is below this share.
    let private ofResiduals = System.Math.ScaleB(1.0, -40)

    /// Cov(β̂)/σ² on the user's scale; what residuals alone make uncertain is certain where there are none.
    let private betaCovariance p (phi: float[]) (standard: Standardised) =
        let map = Standardised.coefficientMap standard
        let covariance = Semidefinite.congruence p map phi

        if standard.Precision > 1.0 then
            for i in 0 .. p - 1 do
                let whole = Seq.init p (fun j -> map[i + j * p] * map[i + j * p]) |> Seq.sum

                if covariance[i + i * p] < ofResiduals * whole then
                    for j in 0 .. p - 1 do
                        covariance[i + j * p] <- 0.0
                        covariance[j + i * p] <- 0.0

        Matrix(p, p, covariance)

    /// The estimates once V is factored; what has the size of the random effects comes later.
    let private assemble (likelihood: LogLikelihood) (point: ParameterPoint) lambdas fixedFactor logDeterminant later =
        let standard = likelihood.Standard
        let terms = Array.ofList standard.Terms
        let p = standard.Fixed.Length
        let rows = float standard.Observations
        let residual: float = Array.last fixedFactor
        let square = residual * residual

        let df =
            match likelihood.Kind with
            | Criterion.Ml -> rows
            | Criterion.Reml -> rows - float p

        let beta, phi = UserScale.fixedEffects p fixedFactor
        let scale = residual * standard.ResponseScale
        let effects, conditional, prediction = later scale

        {
            Theta = point.Theta
            Beta = Standardised.coefficients beta standard
            BetaCovariance = betaCovariance p phi standard
            FixedFactor = Array.copy fixedFactor
            Sigma =
                standard.ResponseScale
                * (match point.Variance with
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
            Effects = effects
            ConditionalCovariances = conditional
            PredictionCovariances = prediction
            ResidualShare = square / UserScale.totalSquare standard
            Deviance =
                if standard.Precision > 1.0 then
                    -infinity
                else
                    logDeterminant
                    + CriterionFunction.residualPart point.Variance rows square
                    + 2.0 * rows * log standard.ResponseScale
        }

    /// The estimates of a likelihood at coordinates of its function. Where V is not positive definite nothing is known, and the
    /// certificate says so.
    let at (likelihood: LogLikelihood) (estimated: ImmutableArray<float>) : Solution =
        let point = LogLikelihood.pointAt likelihood estimated
        let lambdas = ThetaLayout.matrices likelihood.Layout point.Theta
        let terms = Array.ofList likelihood.Standard.Terms
        let columns = likelihood.Standard.Fixed.Length + 1

        let fixedFactor, logDeterminant =
            likelihood.Variance.At(
                point.Theta,
                fun factored -> Array.copy factored.FixedFactor, factored.LogDeterminant
            )
            |> Option.defaultWith (fun () -> Array.create (columns * columns) nan, nan)

        let covariances =
            Array.map2
                (fun (term: StandardisedTerm) lambda -> Semidefinite.square term.Factor.Order lambda)
                terms
                lambdas

        // What has the size of the data waits until it is asked for, so many numbers for each level.
        let later perLevel (compute: IFactoredVariance -> int -> StandardisedTerm -> float[]) =
            lazy
                (likelihood.Variance.At(point.Theta, (fun factored -> terms |> Array.mapi (compute factored)))
                 |> Option.defaultWith (fun () ->
                     terms
                     |> Array.map (fun term -> Array.create (term.Levels * pown term.Factor.Order perLevel) nan)))

        let conditional (factored: IFactoredVariance) t (term: StandardisedTerm) =
            UserScale.conditional term (factored.ConditionalCovariance t)

        assemble likelihood point lambdas fixedFactor logDeterminant (fun scale ->
            later 1 (fun factored t term -> UserScale.effects term covariances[t] scale (factored.EffectResiduals t)),
            later 2 conditional,
            later 2 (fun factored t term ->
                UserScale.prediction
                    term
                    covariances[t]
                    (columns - 1)
                    (conditional factored t term)
                    (factored.FixedScores t)))

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

    /// What all methods have in common once V is factored.
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
                    + MarginalObjective.residualPart point.Variance rows square
                    + 2.0 * rows * log standard.ResponseScale
        }

    /// From the equations of the random effects, factored for whoever asks; log|V| lacks what is given.
    let private engineAt (likelihood: LogLikelihood) point lambdas (factored: IFactored) logDeterminantRest =
        let terms = Array.ofList likelihood.Standard.Terms

        // What has the size of the data waits until it is asked for.
        let solved compute =
            lazy
                (factored.Run(fun engine ->
                    engine.Solve()
                    terms |> Array.mapi (compute engine)))

        let scoresOf (engine: Engine) t (term: StandardisedTerm) =
            let n = term.Factor.Order
            Array.init (term.Levels * n) (fun at -> engine.Score(t, at / n, at % n))

        let covariances =
            Array.map2
                (fun (term: StandardisedTerm) lambda -> Semidefinite.square term.Factor.Order lambda)
                terms
                lambdas

        let left (engine: Engine) t (term: StandardisedTerm) =
            UserScale.conditional term (fun level -> engine.ConditionalCovariance(t, level))

        factored.Run(fun engine ->
            assemble
                likelihood
                point
                lambdas
                engine.FixedFactor
                (engine.LogDeterminant + logDeterminantRest)
                (fun scale ->
                    solved (fun engine t term -> UserScale.effects term covariances[t] scale (scoresOf engine t term)),
                    solved left,
                    solved (fun engine t term ->
                        let own = left engine t term

                        UserScale.prediction term covariances[t] (engine.P - 1) own (fun level ->
                            engine.FixedScores(t, level)))))

    let private conditionalAt (likelihood: LogLikelihood) point lambdas =
        let factored = {
            new IFactored with
                member _.Run action =
                    LogLikelihood.withEngine likelihood lambdas action
        }

        engineAt likelihood point lambdas factored -(IndependentResidualsObjective.sumOfLogWeights likelihood.Model)

    /// What stands where V is not positive definite: nothing is known; the certificate says so.
    let private undefinedAt (likelihood: LogLikelihood) point lambdas =
        let columns = likelihood.Standard.Fixed.Length + 1
        let terms = Array.ofList likelihood.Standard.Terms

        let nothing power =
            lazy
                (terms
                 |> Array.map (fun term -> Array.create (term.Levels * pown term.Factor.Order power) nan))

        assemble likelihood point lambdas (Array.create (columns * columns) nan) nan (fun _ ->
            nothing 1, nothing 2, nothing 2)

    let private whitenedAt (likelihood: LogLikelihood) (engine: WhitenedEngine) (point: ParameterPoint) lambdas =
        let factored = {
            new IFactored with
                member _.Run action =
                    WhitenedObjective.withFactor engine point.Theta (fun factor -> action factor.Engine)
                    // It has been factored here before.
                    |> Option.defaultWith (fun () -> invalidOp "The covariance of the rows is not positive definite.")
        }

        match WhitenedObjective.withFactor engine point.Theta _.Residual.LogDeterminant with
        | Some ofResiduals -> engineAt likelihood point lambdas factored ofResiduals
        | None -> undefinedAt likelihood point lambdas

    let private marginalAt (likelihood: LogLikelihood) (model: MarginalModel) (point: ParameterPoint) lambdas =
        let standard = likelihood.Standard
        let terms = Array.ofList standard.Terms

        let covariances =
            Array.map2
                (fun (term: StandardisedTerm) lambda -> Semidefinite.square term.Factor.Order lambda)
                terms
                lambdas

        // Where V is not positive definite nothing is known; the certificate says so.
        let factor =
            MarginalObjective.factor model point.Theta
            |> Option.defaultWith (fun () -> MarginalFactor.undefined standard.Fixed.Length model.Patterns)

        let scores = lazy (MarginalEffects.scores standard model factor)

        let ofScores t term scale =
            MarginalEffects.scoresOfTerm term scores.Value
            |> UserScale.effects term covariances[t] scale

        let left t (term: StandardisedTerm) =
            let size = term.Factor.Order * term.Factor.Order
            let all = MarginalEffects.conditional model factor t term covariances[t]
            UserScale.conditional term (fun level -> Array.sub all (level * size) size)

        let predicted t (term: StandardisedTerm) =
            let size = term.Factor.Order * standard.Fixed.Length
            let scores = MarginalEffects.fixedScores standard model factor t term

            UserScale.prediction term covariances[t] standard.Fixed.Length (left t term) (fun level ->
                Array.sub scores (level * size) size)

        // V holds the weights.
        assemble likelihood point lambdas factor.FixedFactor factor.LogDeterminant (fun scale ->
            lazy (terms |> Array.mapi (fun t term -> ofScores t term scale)),
            lazy (terms |> Array.mapi left),
            lazy (terms |> Array.mapi predicted))

    let private separableAt (likelihood: LogLikelihood) (engine: SeparableEngine) (point: ParameterPoint) lambdas =
        let standard = likelihood.Standard
        let terms = Array.ofList standard.Terms
        let model = engine.Model
        let p = standard.Fixed.Length

        let covariances =
            Array.map2
                (fun (term: StandardisedTerm) lambda -> Semidefinite.square term.Factor.Order lambda)
                terms
                lambdas

        // Where V is not positive definite nothing is known; the certificate says so.
        let undefined (term: StandardisedTerm) perLevel =
            Array.create (term.Levels * perLevel term.Factor.Order) nan

        let later perLevel (compute: SeparableFactor -> int -> StandardisedTerm -> float[]) =
            lazy
                (SeparableObjective.withFactor engine point.Theta (fun factor -> terms |> Array.mapi (compute factor))
                 |> Option.defaultWith (fun () -> terms |> Array.map (fun term -> undefined term perLevel)))

        let square order = order * order

        let left (factor: SeparableFactor) t (term: StandardisedTerm) =
            UserScale.conditional term (fun level -> factor.Conditional(t, level))

        let predicted (factor: SeparableFactor) t (term: StandardisedTerm) =
            let size = term.Factor.Order

            let sums =
                Array.init p (fun c -> SeparableProducts.levelSums model t factor.Scores (c * model.Rows))

            UserScale.prediction term covariances[t] p (left factor t term) (fun level ->
                Array.init (size * p) (fun k -> sums[k / size].[level * size + k % size]))

        let fixedFactor, logDeterminant =
            SeparableObjective.withFactor engine point.Theta (fun factor ->
                Array.copy factor.FixedFactor, factor.LogDeterminant)
            |> Option.defaultWith (fun () -> Array.create ((p + 1) * (p + 1)) nan, nan)

        // V holds the weights.
        assemble likelihood point lambdas fixedFactor logDeterminant (fun scale ->
            later id (fun factor t term ->
                SeparableProducts.levelSums model t factor.Scores (p * model.Rows)
                |> UserScale.effects term covariances[t] scale),
            later square left,
            later square predicted)

    /// The estimates of a likelihood at coordinates of its function that can be evaluated.
    let at (likelihood: LogLikelihood) (estimated: ImmutableArray<float>) : Solution =
        let point = LogLikelihood.pointAt likelihood estimated
        let lambdas = ThetaLayout.matrices likelihood.Layout point.Theta

        match likelihood.Method with
        | LikelihoodMethod.Conditional _ -> conditionalAt likelihood point lambdas
        | LikelihoodMethod.Marginal model -> marginalAt likelihood model point lambdas
        | LikelihoodMethod.Separable(_, engine) -> separableAt likelihood engine point lambdas
        | LikelihoodMethod.Whitened(_, engine) -> whitenedAt likelihood engine point lambdas

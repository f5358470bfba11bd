namespace LmmFunctional.Estimation

open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Model

/// <summary>V of a model with independent residuals at the λ of θ for which an engine has been factored.</summary>
[<Sealed>]
type internal FactoredEngine(engine: Engine, sumOfLogWeights, terms, layout: ThetaLayout, theta, lambdas: float[][]) =

    // Of the criterion asked last: none before.
    let mutable derivatives: TermDerivative[] = [||]
    let mutable ofReml = false

    let derivativesBy reml =
        if derivatives.Length = 0 || reml <> ofReml then
            engine.Solve()
            derivatives <- engine.Derivatives reml
            ofReml <- reml

        derivatives

    /// Element (row, column) of W λ.
    let alongFactor (w: float[]) (lambda: float[]) row column =
        let n = Semidefinite.order w
        let mutable sum = 0.0

        for i in 0 .. n - 1 do
            sum <- sum + w[row + i * n] * lambda[i + column * n]

        sum

    /// Σ_ij W_ij ∂G_ij/∂θ_k of every parameter, for a symmetric W of each term.
    let along directions (weights: float[][]) : float[] =
        match directions with
        | Some directions -> CovarianceDirections.along directions weights
        | None ->
            layout.Entries
            |> Array.map (fun entry -> 2.0 * alongFactor weights[entry.Term] lambdas[entry.Term] entry.Row entry.Column)

    let parts reml : CriterionParts =
        let derivatives = derivativesBy reml

        let directions =
            if layout.IsPlain then
                None
            else
                Some(CovarianceDirections.create layout theta lambdas)

        let average () =
            match directions with
            | None -> engine.Average layout.Entries
            | Some directions -> engine.AverageOf directions

        let trace () =
            match directions with
            | None -> engine.Trace(layout.Entries, reml)
            | Some directions -> engine.TraceOf(directions, reml)

        {
            Traces = along directions (derivatives |> Array.map _.Trace)
            Squares = along directions (derivatives |> Array.map _.Square)
            Combined = CriterionParts.combined average trace
            Curvature =
                fun weight ->
                    derivatives
                    |> Array.map (fun own ->
                        Array.map2 (fun trace square -> trace - weight * square) own.Trace own.Square)
                    |> Curvature.whole layout theta
        }

    let effects () = EngineEffects(engine, terms)

    interface IFactoredVariance with
        // An engine's lacks the weights.
        member _.LogDeterminant = engine.LogDeterminant - sumOfLogWeights
        member _.FixedFactor = engine.FixedFactor
        member _.Parts reml = parts reml
        member _.TermDerivatives reml = derivativesBy reml
        member _.EffectResiduals t = effects().Residuals t
        member _.FixedScores t = effects().FixedScores t
        member _.ConditionalCovariance t = effects().ConditionalCovariance t

/// <summary>V of a model with independent residuals, factored by an engine.</summary>
[<RequireQualifiedAccess>]
module internal EngineVariance =

    /// The model as one whose V is factored, with weights whose logarithms have this sum.
    let create sumOfLogWeights (standard: Standardised) (layout: ThetaLayout) (engines: EnginePool) : IVariance =
        let terms = Array.ofList standard.Terms

        {
            new IVariance with
                member _.Rows = standard.Observations
                member _.FixedCount = standard.Fixed.Length
                member _.Layout = layout
                member _.HasExactCurvature = true

                member _.At(theta, action) =
                    let lambdas = ThetaLayout.matrices layout theta

                    engines.Run(fun engine ->
                        if Array.forall Semidefinite.isFinite lambdas && engine.Factor lambdas then
                            Some(action (FactoredEngine(engine, sumOfLogWeights, terms, layout, theta, lambdas)))
                        else
                            None)
        }

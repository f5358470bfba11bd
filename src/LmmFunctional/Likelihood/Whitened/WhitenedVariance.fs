namespace LmmFunctional.Estimation

open System.Collections.Concurrent
open System.Collections.Immutable

/// <summary>A whitened model with the workspaces it is evaluated in.</summary>
[<NoComparison; ReferenceEquality>]
type internal WhitenedEngine = {
    Model: WhitenedModel
    Factors: ConcurrentStack<WhitenedFactor>
}

/// <summary>V of a whitened model, factored through the equations of its random effects.</summary>
[<RequireQualifiedAccess>]
module internal WhitenedVariance =

    /// Workspaces for a model, made when they are needed.
    let engine (model: WhitenedModel) = {
        Model = model
        Factors = ConcurrentStack<WhitenedFactor>()
    }

    /// <summary>Runs an action on a workspace factored at a θ; None where V is not positive definite.</summary>
    let withFactor (engine: WhitenedEngine) (theta: ImmutableArray<float>) (action: WhitenedFactor -> 'result) =
        let factor =
            match engine.Factors.TryPop() with
            | true, factor -> factor
            | false, _ -> WhitenedFactor engine.Model

        try
            if factor.Factor theta then Some(action factor) else None
        finally
            engine.Factors.Push factor

    let private solved (factor: WhitenedFactor) : ISolved =
        let ofMl = lazy (WhitenedDerivatives.parts false factor)
        let ofReml = lazy (WhitenedDerivatives.parts true factor)

        let parts reml =
            if reml then ofReml.Value else ofMl.Value

        let effects = EngineEffects(factor.Engine, factor.Model.Terms)

        {
            new ISolved with
                member _.Scores = factor.Scores
                member _.Solve(m, w) = factor.Solve(m, w)
                member _.Images(m, w) = WhitenedImages.create factor m w
                member _.SecondAlong(c, d) = WhitenedSeconds.along factor c d
            interface IFactoredVariance with
                member _.LogDeterminant = factor.LogDeterminant
                member _.FixedFactor = factor.FixedFactor
                member _.Parts reml = fst (parts reml)
                member _.TermDerivatives reml = snd (parts reml)
                member _.EffectResiduals t = effects.Residuals t
                member _.FixedScores t = effects.FixedScores t
                member _.ConditionalCovariance t = effects.ConditionalCovariance t
        }

    /// The model as one that is solved with.
    let solver (engine: WhitenedEngine) = {
        new ISolvedModel with
            member _.Marginal = engine.Model.Marginal

            member _.At(theta, action) =
                withFactor engine theta (solved >> action)
    }

namespace LmmFunctional.Estimation

open System.Collections.Concurrent
open System.Collections.Immutable

/// <summary>A whitened model with the workspaces it is evaluated in.</summary>
[<NoComparison; ReferenceEquality>]
type internal WhitenedEngine = {
    Model: WhitenedModel
    Factors: ConcurrentStack<WhitenedFactor>
}

/// <summary>−2 log likelihood of a whitened model on the inner scale, β profiled out, with its derivatives. σ² is profiled
/// out too, or known.</summary>
[<RequireQualifiedAccess>]
module internal WhitenedObjective =

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

    let private solved (factor: WhitenedFactor) = {
        new ISolved with
            member _.LogDeterminant = factor.LogDeterminant
            member _.FixedFactor = factor.FixedFactor
            member _.Parts reml = WhitenedDerivatives.parts reml factor
            member _.Scores = factor.Scores
            member _.Solve(m, w) = factor.Solve(m, w)
            member _.Images(m, w) = WhitenedImages.create factor m w
            member _.SecondAlong(c, d) = WhitenedSeconds.along factor c d
    }

    /// The model as one that is solved with.
    let solver (engine: WhitenedEngine) = {
        new ISolvedModel with
            member _.Marginal = engine.Model.Marginal

            member _.At(theta, action) =
                withFactor engine theta (solved >> action)
    }

    /// The function of θ, with σ² profiled out or known; a constant is added to its value.
    let evaluate reml variance constant (engine: WhitenedEngine) theta order : Evaluation =
        SolvedObjective.evaluate reml variance constant (solver engine) theta order

    /// D = ∂f/∂G of each random term with its trace part, at a θ that can be evaluated.
    let covarianceDerivatives reml variance (engine: WhitenedEngine) theta : (float[] * float[])[] =
        SolvedObjective.covarianceDerivatives reml variance (solver engine) theta

    /// −∂ log r²/∂θ at a θ that can be evaluated.
    let squares reml (engine: WhitenedEngine) theta : float[] =
        SolvedObjective.squares reml (solver engine) theta

namespace LmmFunctional.Estimation

open System.Collections.Concurrent
open System.Collections.Immutable

/// <summary>A separable model with the workspaces it is evaluated in.</summary>
[<NoComparison; ReferenceEquality>]
type internal SeparableEngine = {
    Model: SeparableModel
    Factors: ConcurrentStack<SeparableFactor>
    /// The engine of a nugget of zero, where there is one.
    WithoutNugget: System.Lazy<SeparableEngine option>
}

/// <summary>−2 log likelihood of a separable model on the inner scale, β profiled out, with its derivatives. σ² is profiled
/// out too, or known.</summary>
[<RequireQualifiedAccess>]
module internal SeparableObjective =

    /// Workspaces for a model, made when they are needed.
    let rec engine (model: SeparableModel) : SeparableEngine = {
        Model = model
        Factors = ConcurrentStack<SeparableFactor>()
        WithoutNugget = lazy (model.WithoutNugget.Value |> Option.map engine)
    }

    /// The engine and its coordinates for a θ: those without a nugget where that is zero.
    let private engineAt (engine: SeparableEngine) (theta: ImmutableArray<float>) =
        if engine.Model.HasNugget && NuggetAtZero.isReached engine.Model theta then
            match engine.WithoutNugget.Value with
            | Some bare -> bare, theta.RemoveAt(theta.Length - 1)
            | None -> engine, theta
        else
            engine, theta

    /// <summary>Runs an action on a workspace factored at a θ; None where V is not positive definite.</summary>
    let withFactor (engine: SeparableEngine) (theta: ImmutableArray<float>) (action: SeparableFactor -> 'result) =
        let engine, theta = engineAt engine theta

        let factor =
            match engine.Factors.TryPop() with
            | true, factor -> factor
            | false, _ -> SeparableFactor engine.Model

        try
            if factor.Factor theta then Some(action factor) else None
        finally
            engine.Factors.Push factor

    let private solved (factor: SeparableFactor) = {
        new ISolved with
            member _.LogDeterminant = factor.LogDeterminant
            member _.FixedFactor = factor.FixedFactor
            member _.Parts reml = SeparableDerivatives.parts reml factor
            member _.Scores = factor.Scores
            member _.Solve(m, w) = factor.Solve(m, w)
            member _.Images(m, w) = SeparableSeconds.images factor m w
            member _.SecondAlong(c, d) = SeparableSeconds.along factor c d
    }

    /// The model as one that is solved with.
    let solver (engine: SeparableEngine) = {
        new ISolvedModel with
            member _.Marginal = engine.Model.Marginal

            member _.At(theta, action) =
                withFactor engine theta (fun factor ->
                    if factor.Model.HasNugget = engine.Model.HasNugget then
                        action (solved factor)
                    else
                        action (NuggetAtZero.solved factor.Model.Rows (solved factor)))
    }

    /// The function of θ, with σ² profiled out or known; a constant is added to its value.
    let evaluate reml variance constant (engine: SeparableEngine) theta order : Evaluation =
        SolvedObjective.evaluate reml variance constant (solver engine) theta order

    /// D = ∂f/∂G of each random term with its trace part, at a θ that can be evaluated.
    let covarianceDerivatives reml variance (engine: SeparableEngine) theta : (float[] * float[])[] =
        SolvedObjective.covarianceDerivatives reml variance (solver engine) theta

    /// −∂ log r²/∂θ at a θ that can be evaluated.
    let squares reml (engine: SeparableEngine) theta : float[] =
        SolvedObjective.squares reml (solver engine) theta

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

/// <summary>V of a separable model, factored through the sparse inverse of its fields.</summary>
[<RequireQualifiedAccess>]
module internal SeparableVariance =

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

    let private solved (factor: SeparableFactor) : ISolved =
        let model = factor.Model
        let p, n = model.Marginal.FixedCount, model.Rows
        let ofMl = lazy (SeparableDerivatives.parts false factor)
        let ofReml = lazy (SeparableDerivatives.parts true factor)

        let parts reml =
            if reml then ofReml.Value else ofMl.Value

        {
            new ISolved with
                member _.Scores = factor.Scores
                member _.Solve(m, w) = factor.Solve(m, w)
                member _.Images(m, w) = SeparableSeconds.images factor m w
                member _.SecondAlong(c, d) = SeparableSeconds.along factor c d
            interface IFactoredVariance with
                member _.LogDeterminant = factor.LogDeterminant
                member _.FixedFactor = factor.FixedFactor
                member _.Parts reml = fst (parts reml)
                member _.TermDerivatives reml = snd (parts reml)

                member _.EffectResiduals t =
                    SeparableProducts.levelSums model t factor.Scores (p * n)

                member _.FixedScores t =
                    let size = model.Terms[t].Factor.Order

                    let sums =
                        Array.init p (fun c -> SeparableProducts.levelSums model t factor.Scores (c * n))

                    fun level -> Array.init (size * p) (fun k -> sums[k / size].[level * size + k % size])

                member _.ConditionalCovariance t =
                    fun level -> factor.Conditional(t, level)
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

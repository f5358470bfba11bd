namespace LmmFunctional.Estimation

open System
open System.Collections.Immutable
open FSharp.NativeInterop
// Last, so that Buffer is ours and not that of System.
open LmmFunctional.Numerics

#nowarn "9"

/// <summary>The factored system of a whitened model: one workspace, overwritten by every <c>Factor</c>.</summary>
/// <remarks>log|V| = log|R| + log|M| − log|K|, and V⁻¹W = R⁻¹(W − Zu) with u = ΛM⁻¹Λ'Z'R⁻¹W.</remarks>
[<Sealed>]
type internal WhitenedFactor(model: WhitenedModel) =
    let n, columns = model.Rows.Count, model.Rows.DataColumns
    let levels = WhitenedModel.copy model.Levels

    let nodes =
        if model.HasRoots then
            WhitenedModel.copy model.Symbolic.Products
        else
            levels

    let engine = SupernodalEngine { model.Symbolic with Products = nodes }
    let q = model.Symbolic.Analysis.Size
    let mutable factored: ImmutableArray<float> = ImmutableArray.Empty
    let mutable covariances: Lazy<Jet[][]> = lazy [||]
    let mutable tau: float[] option = None
    let mutable residual: WhitenedResidual option = None
    let mutable isFactored = false
    let mutable isAsked = false
    let mutable scores: float[] option = None

    member _.Model = model

    /// The equations of the random effects, which hold what <c>Factor</c> left; ask <c>Solve</c> of them for more.
    member _.Engine = engine

    /// R at the point that was factored last.
    member _.Residual = residual.Value

    /// The θ that was factored last.
    member _.Point = factored

    /// G of every term with its derivatives.
    member _.Covariances = covariances.Value

    /// log|V|, V with the weights.
    member _.LogDeterminant =
        residual.Value.LogDeterminant + (engine: SupernodalEngine).LogDeterminant

    /// The lower Cholesky factor of [X y]'V⁻¹[X y], P×P by columns.
    member _.FixedFactor = engine.FixedFactor

    /// r² = (y − Xβ)'V⁻¹(y − Xβ).
    member _.ResidualSquare = engine.ResidualSquare

    /// <summary>Factors everything at a θ, unless that was the last one.</summary>
    /// <returns>False when a matrix is not positive definite to working precision.</returns>
    member factor.Factor(theta: ImmutableArray<float>) : bool =
        if not isAsked || not (theta.AsSpan().SequenceEqual(factored.AsSpan())) then
            isAsked <- true
            factored <- theta
            scores <- None
            factor.Whiten(MarginalModel.residualParameters model.Marginal theta)

            let ofTerms (map: EffectsForm -> float[] -> 'result[]) =
                model.Marginal.Forms
                |> Array.mapi (fun t form -> map form (ThetaLayout.parametersOf model.Marginal.Layout theta t))

            let lambdas = ofTerms _.Factor
            covariances <- lazy (ofTerms (fun form own -> form.Covariance(Jet.variables own)))

            isFactored <-
                residual.IsSome
                && lambdas |> Array.forall Semidefinite.isFinite
                && engine.Factor lambdas
                && Double.IsFinite factor.LogDeterminant

        isFactored

    /// R⁻¹ and the products with it, unless τ is that of the last point.
    member private _.Whiten(own: float[]) =
        if tau <> Some own then
            tau <- Some own
            engine.Forget()

            residual <-
                if Semidefinite.isFinite own then
                    WhitenedResidual.tryCreate model.Rows (ImmutableArray.CreateRange own)
                else
                    None

            match residual with
            | None -> ()
            | Some known ->
                let solved =
                    WhitenedRows.multiply model.Rows known.Precisions columns model.Rows.Data

                WhitenedProducts.fill model known solved levels

                if model.HasRoots then
                    WhitenedProducts.toNodes levels nodes

    /// V⁻¹W for m columns W of n places, after a <c>Factor</c> that succeeded.
    member _.Solve(m: int, w: float[]) : float[] =
        let precisions = residual.Value.Precisions
        let effects = Workspace.Rent(max 1 (q * m))
        let whitened = WhitenedRows.multiply model.Rows precisions m w
        WhitenedVectors.project model m whitened effects.Pointer
        engine.Equations.Predict(m, effects.Pointer)
        let left = Array.copy w
        WhitenedVectors.addEffects model m -1.0 effects.Pointer left
        Workspace.Return effects
        WhitenedRows.multiply model.Rows precisions m left

    /// [E | ε], n×P by columns: E = V⁻¹XL⁻ᵀ with LLᵀ = X'V⁻¹X, ε = V⁻¹(y − Xβ)/r.
    member factor.Scores: float[] =
        match scores with
        | Some known -> known
        | None ->
            let fixedFactor = engine.FixedFactor
            // Orthogonal columns first: what is left of y needs no subtraction of large numbers afterwards.
            let made = Array.copy model.Rows.Data

            for c in 0 .. columns - 1 do
                for k in 0 .. c - 1 do
                    let weight = fixedFactor[c + k * columns]

                    for place in 0 .. n - 1 do
                        made[place + c * n] <- made[place + c * n] - weight * made[place + k * n]

                let scale = 1.0 / fixedFactor[c + c * columns]

                for place in 0 .. n - 1 do
                    made[place + c * n] <- scale * made[place + c * n]

            let solved = factor.Solve(columns, made)
            scores <- Some solved
            solved

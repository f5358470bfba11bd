namespace LmmFunctional

open System
open System.Collections.Concurrent
open System.Collections.Immutable

/// <summary>A separable model with the workspaces it is evaluated in.</summary>
[<NoComparison; ReferenceEquality>]
type internal SeparableEngine = {
    Model: SeparableModel
    Factors: ConcurrentBag<SeparableFactor>
}

/// <summary>−2 log likelihood of a separable model on the inner scale, β profiled out, with its derivatives. σ² is profiled
/// out too, or known.</summary>
[<RequireQualifiedAccess>]
module internal SeparableObjective =

    // Relative errors of its square over that of a small λ, and of rounding, both stay below 1e-6.
    let private differenceStep = 2e-5

    /// Workspaces for a model, made when they are needed.
    let engine (model: SeparableModel) = {
        Model = model
        Factors = ConcurrentBag<SeparableFactor>()
    }

    /// <summary>Runs an action on a workspace factored at a θ; None where V is not positive definite.</summary>
    let withFactor (engine: SeparableEngine) (theta: ImmutableArray<float>) (action: SeparableFactor -> 'result) =
        let factor =
            match engine.Factors.TryTake() with
            | true, factor -> factor
            | false, _ -> SeparableFactor engine.Model

        try
            if factor.Factor theta then Some(action factor) else None
        finally
            engine.Factors.Add factor

    let private degreesOfFreedom reml (model: SeparableModel) =
        MarginalObjective.residualDf reml model.Marginal

    let private weightOf reml variance (factor: SeparableFactor) =
        MarginalObjective.weightOf variance (degreesOfFreedom reml factor.Model) factor.ResidualSquare

    let private value reml variance (factor: SeparableFactor) =
        let model = factor.Model
        let df = degreesOfFreedom reml model
        let columns = model.DataColumns

        let fixedPart =
            if reml then
                Seq.init (columns - 1) (fun c -> 2.0 * log factor.FixedFactor[c + c * columns])
                |> Seq.sum
            else
                0.0

        factor.LogDeterminant
        + fixedPart
        + MarginalObjective.residualPart variance df factor.ResidualSquare

    let private gradientOf weight (parts: MarginalParts) =
        Array.map2 (fun trace square -> trace - weight * square) parts.Traces parts.Squares

    /// First derivatives at a θ; infinite ones where it cannot be evaluated.
    let private gradientAt reml variance engine theta =
        withFactor engine theta (fun factor ->
            SeparableDerivatives.parts reml factor
            |> fst
            |> gradientOf (weightOf reml variance factor))
        |> Option.defaultWith (fun () -> Array.create theta.Length infinity)

    /// Second derivatives by central differences of exact first derivatives.
    let private observed reml variance engine (theta: ImmutableArray<float>) : Matrix =
        let k = theta.Length

        let columns =
            Array.init k (fun i ->
                let step = differenceStep * max 1.0 (abs theta[i])
                let up = gradientAt reml variance engine (theta.SetItem(i, theta[i] + step))
                let down = gradientAt reml variance engine (theta.SetItem(i, theta[i] - step))
                Array.map2 (fun up down -> (up - down) / (2.0 * step)) up down)

        Matrix.init k k (fun i j -> 0.5 * (columns[i].[j] + columns[j].[i]))

    /// The function of θ, with σ² profiled out or known; a constant is added to its value.
    let evaluate reml variance constant (engine: SeparableEngine) (theta: ImmutableArray<float>) order : Evaluation =
        let nothing = {
            Value = infinity
            Gradient = ImmutableArray.Empty
            Curvature = Matrix(0, 0, [||])
        }

        let atFactor (factor: SeparableFactor) =
            let weight = weightOf reml variance factor

            let valued = {
                nothing with
                    Value = value reml variance factor + constant
            }

            match order with
            | Order.Value -> valued
            | Order.Gradient
            | Order.Curvature Information.Observed -> {
                valued with
                    Gradient =
                        SeparableDerivatives.parts reml factor
                        |> fst
                        |> gradientOf weight
                        |> ImmutableArray.CreateRange
              }
            | Order.Curvature information ->
                let parts = fst (SeparableDerivatives.parts reml factor)

                {
                    valued with
                        Gradient = ImmutableArray.CreateRange(gradientOf weight parts)
                        Curvature =
                            MarginalObjective.curvature information weight variance.IsNone engine.Model.Marginal parts
                }

        match withFactor engine theta atFactor with
        | Some evaluation when Double.IsFinite evaluation.Value ->
            if order = Order.Curvature Information.Observed then
                {
                    evaluation with
                        Curvature = observed reml variance engine theta
                }
            else
                evaluation
        | _ -> nothing

    /// D = ∂f/∂G of each random term with its trace part, at a θ that can be evaluated.
    let covarianceDerivatives reml variance (engine: SeparableEngine) theta : (float[] * float[])[] =
        withFactor engine theta (fun factor ->
            let weight = weightOf reml variance factor

            snd (SeparableDerivatives.parts reml factor)
            |> Array.map (fun own ->
                Array.map2 (fun trace square -> trace - weight * square) own.Trace own.Square, own.Trace))
        |> Option.defaultWith (fun () ->
            engine.Model.Marginal.Forms
            |> Array.map (fun form -> let zero = Array.zeroCreate (form.Order * form.Order) in zero, zero))

    /// −∂ log r²/∂θ at a θ that can be evaluated.
    let squares reml (engine: SeparableEngine) (theta: ImmutableArray<float>) : float[] =
        withFactor engine theta (fun factor -> (fst (SeparableDerivatives.parts reml factor)).Squares)
        |> Option.defaultWith (fun () -> Array.create theta.Length nan)

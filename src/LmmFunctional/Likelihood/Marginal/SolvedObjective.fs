namespace LmmFunctional.Estimation

open System
open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Model

/// <summary>V of a model factored at one θ.</summary>
type internal ISolved =
    /// log|V|, V with the weights.
    abstract LogDeterminant: float
    /// The lower Cholesky factor of [X y]'V⁻¹[X y], P×P by columns.
    abstract FixedFactor: float[]
    /// First derivatives, and lazily the rest, with the parts of ∂f/∂G of every term.
    abstract Parts: reml: bool -> MarginalParts * TermDerivative[]
    /// [E | ε], n×P by columns: E = V⁻¹XL⁻ᵀ with LLᵀ = X'V⁻¹X, ε = V⁻¹(y − Xβ)/r; rows in an order of the model's own.
    abstract Scores: float[]
    /// V⁻¹W for m columns W of n rows.
    abstract Solve: m: int * w: float[] -> float[]
    /// V̇_kW of all parameters for m columns W of n rows: for each parameter the m images side by side.
    abstract Images: m: int * w: float[] -> float[]
    /// w_c'V̈_klw_d for two columns of the scores, k×k.
    abstract SecondAlong: c: int * d: int -> float[,]

/// <summary>A model whose derivatives come from solves with V.</summary>
type internal ISolvedModel =
    /// Parameters and forms.
    abstract Marginal: MarginalModel
    /// Runs an action on V factored at a θ; None where it is not positive definite.
    abstract At: theta: ImmutableArray<float> * action: (ISolved -> 'result) -> 'result option

/// <summary>−2 log likelihood of a model that is solved with on the inner scale, β profiled out, with its derivatives. σ²
/// is profiled out too, or known.</summary>
[<RequireQualifiedAccess>]
module internal SolvedObjective =

    // Relative errors of its square over that of a small λ, and of rounding, both stay below 1e-6.
    let private differenceStep = 2e-5

    let private weightOf reml variance (model: MarginalModel) (solved: ISolved) =
        let residual = Array.last solved.FixedFactor
        MarginalObjective.weightOf variance (MarginalObjective.residualDf reml model) (residual * residual)

    let private value reml variance (model: MarginalModel) (solved: ISolved) =
        let df = MarginalObjective.residualDf reml model
        let columns = model.FixedCount + 1
        let factor = solved.FixedFactor
        let residual = Array.last factor

        let fixedPart =
            if reml then
                Seq.init (columns - 1) (fun c -> 2.0 * log factor[c + c * columns]) |> Seq.sum
            else
                0.0

        solved.LogDeterminant
        + fixedPart
        + MarginalObjective.residualPart variance df (residual * residual)

    let private gradientOf weight (parts: MarginalParts) =
        Array.map2 (fun trace square -> trace - weight * square) parts.Traces parts.Squares

    /// First derivatives at a θ; infinite ones where it cannot be evaluated.
    let private gradientAt reml variance (model: ISolvedModel) (theta: ImmutableArray<float>) =
        model.At(
            theta,
            fun solved ->
                solved.Parts reml
                |> fst
                |> gradientOf (weightOf reml variance model.Marginal solved)
        )
        |> Option.defaultWith (fun () -> Array.create theta.Length infinity)

    /// Second derivatives by central differences of exact first derivatives.
    let private observed reml variance (model: ISolvedModel) (theta: ImmutableArray<float>) : Matrix =
        let k = theta.Length

        let columns =
            Array.init k (fun i ->
                let step = differenceStep * max 1.0 (abs theta[i])
                let up = gradientAt reml variance model (theta.SetItem(i, theta[i] + step))
                let down = gradientAt reml variance model (theta.SetItem(i, theta[i] - step))
                Array.map2 (fun up down -> (up - down) / (2.0 * step)) up down)

        Matrix.init k k (fun i j -> 0.5 * (columns[i].[j] + columns[j].[i]))

    /// The function of θ, with σ² profiled out or known; a constant is added to its value.
    let evaluate reml variance constant (model: ISolvedModel) (theta: ImmutableArray<float>) order : Evaluation =
        let nothing = {
            Value = infinity
            Gradient = ImmutableArray.Empty
            Curvature = Matrix(0, 0, [||])
        }

        let atPoint (solved: ISolved) =
            let weight = weightOf reml variance model.Marginal solved

            let valued = {
                nothing with
                    Value = value reml variance model.Marginal solved + constant
            }

            let withGradient parts = {
                valued with
                    Gradient = ImmutableArray.CreateRange(gradientOf weight parts)
            }

            match order with
            | Order.Value -> valued
            | Order.Gradient
            | Order.Curvature Information.Observed -> withGradient (fst (solved.Parts reml))
            | Order.Curvature information ->
                let parts = fst (solved.Parts reml)

                {
                    withGradient parts with
                        Curvature = MarginalObjective.curvature information weight variance.IsNone model.Marginal parts
                }

        match model.At(theta, atPoint) with
        | Some evaluation when Double.IsFinite evaluation.Value ->
            if order = Order.Curvature Information.Observed then
                {
                    evaluation with
                        Curvature = observed reml variance model theta
                }
            else
                evaluation
        | _ -> nothing

    /// D = ∂f/∂G of each random term with its trace part, at a θ that can be evaluated.
    let covarianceDerivatives reml variance (model: ISolvedModel) theta : (float[] * float[])[] =
        model.At(
            theta,
            fun solved ->
                let weight = weightOf reml variance model.Marginal solved

                snd (solved.Parts reml)
                |> Array.map (fun own ->
                    Array.map2 (fun trace square -> trace - weight * square) own.Trace own.Square, own.Trace)
        )
        |> Option.defaultWith (fun () ->
            model.Marginal.Forms
            |> Array.map (fun form -> let zero = Array.zeroCreate (form.Order * form.Order) in zero, zero))

    /// −∂ log r²/∂θ at a θ that can be evaluated.
    let squares reml (model: ISolvedModel) (theta: ImmutableArray<float>) : float[] =
        model.At(theta, (fun solved -> (fst (solved.Parts reml)).Squares))
        |> Option.defaultWith (fun () -> Array.create theta.Length nan)

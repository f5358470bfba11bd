namespace LmmFunctional.Estimation

open System
open System.Collections.Immutable

/// <summary>What the derivatives of the criterion by θ are made of at one θ, β profiled out.</summary>
/// <remarks>With Q = V⁻¹ for ML and P for REML, f_k = V̇_k P y / r: Harville (1977), Gilmour, Thompson and Cullis (1995).</remarks>
[<NoComparison; NoEquality>]
type internal CriterionParts = {
    /// tr(Q V̇_k).
    Traces: float[]
    /// y'P V̇_k P y / r².
    Squares: float[]
    /// a F + t T for numbers a and t, with F_kl = f_k'P f_l and T_kl = tr(Q V̇_k Q V̇_l).
    Combined: float -> float -> SquareBlock
    /// ⟨∂f/∂V, V̈_kl⟩ for the weight of −log r².
    Curvature: float -> SquareBlock
}

[<RequireQualifiedAccess>]
module internal CriterionParts =

    /// a F + t T of two matrices that are made where their number is not zero, and belong to nobody else.
    let combined (average: unit -> SquareBlock) (trace: unit -> SquareBlock) (ofAverage: float) (ofTrace: float) =
        match ofAverage = 0.0, ofTrace = 0.0 with
        | false, true -> average () |> SquareBlock.scale ofAverage
        | true, false -> trace () |> SquareBlock.scale ofTrace
        | _ -> average () |> SquareBlock.scale ofAverage |> SquareBlock.add ofTrace (trace ())

    /// The same of matrices that are kept.
    let combinedOf (average: Lazy<SquareBlock>) (trace: Lazy<SquareBlock>) =
        combined (fun () -> SquareBlock.copy average.Value) (fun () -> SquareBlock.copy trace.Value)

/// <summary>V(θ) = ZGZᵀ + R relative to σ², factored at one θ: all that the criterion and the estimates ask of it.</summary>
/// <remarks>On the inner scale, with p columns of X and P = p + 1 columns [X y]; matrices by columns. It belongs to one thread,
/// and only until <c>IVariance.At</c> returns.</remarks>
type internal IFactoredVariance =
    /// log|V|, V with the weights.
    abstract LogDeterminant: float

    /// The lower Cholesky factor of [X y]'V⁻¹[X y], P×P.
    abstract FixedFactor: float[]

    /// What the derivatives by θ are made of.
    abstract Parts: reml: bool -> CriterionParts

    /// The parts of ∂f/∂G of every term, S×S.
    abstract TermDerivatives: reml: bool -> TermDerivative[]

    /// v = Z'V⁻¹(y − Xβ)/r of all levels of a term: S values, level after level.
    abstract EffectResiduals: term: int -> float[]

    /// Z'V⁻¹XL⁻ᵀ of a level of a term, with LLᵀ = X'V⁻¹X: S×p.
    abstract FixedScores: term: int -> (int -> float[])

    /// The covariance of the effects of a level of a term given the data and β, divided by σ²: S×S.
    abstract ConditionalCovariance: term: int -> (int -> float[])

/// <summary>A way to factor V at any θ of one model with its data. All ways answer the same to rounding.</summary>
type internal IVariance =
    /// n.
    abstract Rows: int

    /// p, the columns of X.
    abstract FixedCount: int

    /// How θ gives the covariance factors of the random terms; parameters of residuals come after them.
    abstract Layout: ThetaLayout

    /// Whether <c>Parts</c> has all second derivatives of V; else the observed information takes differences of gradients.
    abstract HasExactCurvature: bool

    /// Runs an action on V factored at a θ; None where it is not positive definite to working precision.
    abstract At: theta: ImmutableArray<float> * action: (IFactoredVariance -> 'result) -> 'result option

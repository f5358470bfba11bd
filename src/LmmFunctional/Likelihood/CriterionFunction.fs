namespace LmmFunctional.Estimation

open System
open System.Collections.Immutable
open System.Runtime.InteropServices
open LmmFunctional

/// <summary>−2 log likelihood, ML or REML, with its derivatives, from V factored at a θ by whatever way: on the inner scale, β
/// profiled out, σ² profiled out or known.</summary>
/// <remarks>With V relative to σ², r² = (y − Xβ)'V⁻¹(y − Xβ) and d = n (ML) or n − p (REML):
/// f = log|V| + log|X'V⁻¹X| (REML only) + d(1 + log 2πr²/d), or d log 2πσ² + r²/σ² where σ² is known.
/// References: Lindstrom and Bates (1988), Wolfinger, Tobias and Sall (1994).</remarks>
[<RequireQualifiedAccess>]
module internal CriterionFunction =

    /// d, the degrees of freedom of σ²: n, less p under REML.
    let residualDf reml rows fixedCount =
        float (if reml then rows - fixedCount else rows)

    let private dfOf reml (model: IVariance) =
        residualDf reml model.Rows model.FixedCount

    /// r² of a factorisation.
    let residualSquare (factored: IFactoredVariance) =
        let r = Array.last factored.FixedFactor
        r * r

    /// log|X'V⁻¹X|.
    let private logDeterminantFixed p (factored: IFactoredVariance) =
        let factor = factored.FixedFactor
        let mutable sum = 0.0

        for c in 0 .. p - 1 do
            sum <- sum + 2.0 * log factor[c + c * (p + 1)]

        sum

    /// What the residual adds: σ² profiled out, or known.
    let residualPart (variance: float option) df square =
        match variance with
        | None -> df * (1.0 + log (2.0 * Math.PI * square / df))
        | Some variance -> df * log (2.0 * Math.PI * variance) + square / variance

    /// The weight of −log r² in derivatives: d while σ² is profiled out; r²/σ² where it is known.
    let weightOf (variance: float option) df (square: float) =
        match variance with
        | None -> df
        | Some variance -> square / variance

    let private value reml variance (model: IVariance) (factored: IFactoredVariance) =
        let fixedPart =
            if reml then
                logDeterminantFixed model.FixedCount factored
            else
                0.0

        factored.LogDeterminant
        + fixedPart
        + residualPart variance (dfOf reml model) (residualSquare factored)

    let private gradient weight (parts: CriterionParts) : float[] =
        Array.map2 (fun trace square -> trace - weight * square) parts.Traces parts.Squares

    /// D = ∂f/∂G of each term with its trace part, S×S.
    let private covarianceScore reml weight (factored: IFactoredVariance) : (float[] * float[])[] =
        factored.TermDerivatives reml
        |> Array.map (fun own ->
            Array.map2 (fun trace square -> trace - weight * square) own.Trace own.Square, own.Trace)

    /// Whether a curvature is positive definite by a margin, its diagonal scaled to one.
    let private isWellConditioned k (element: int -> int -> float) =
        let scale = Array.init k (fun i -> 1.0 / sqrt (max 1e-300 (element i i)))

        let scaled =
            Array.init (k * k) (fun index -> let i, j = index % k, index / k in element i j * scale[i] * scale[j])

        k > 0
        && Seq.forall (fun i -> element i i > 1e-4) (seq { 0 .. k - 1 })
        && (let struct (values, _) = Semidefinite.eigen k scaled in values[0] > 1e-4)

    /// <summary>Second derivatives, k×k, from closed forms.</summary>
    /// <remarks>With s the squares, t the traces and w the weight of −log r². Observed: w(2F − ssᵀ) − T + ⟨∂f/∂V, V̈⟩; expected:
    /// T − ttᵀ/w and average: w(F − ssᵀ), each with the part of the last term that is positive semidefinite. The products ssᵀ
    /// and ttᵀ come from σ², where it is profiled out.</remarks>
    let private curvature information reml weight isProfiled (model: IVariance) theta factored (parts: CriterionParts) =
        let k = parts.Squares.Length
        let squares, traces = parts.Squares, parts.Traces

        // One factor after the other, for a ridge may hang by their rounding.
        let ofProfile factor (a: float[]) i j =
            if isProfiled then factor * a[i] * a[j] else 0.0

        let withPositive (plain: int -> int -> float) =
            let own =
                covarianceScore reml weight factored
                |> Array.map fst
                |> Curvature.positive model.Layout theta

            let ofTerms = model.Layout.Parameters
            Matrix.init k k (fun i j -> plain i j + (if i < ofTerms && j < ofTerms then own[i, j] else 0.0))

        match information with
        | Information.Average ->
            let f = parts.Combined weight 0.0
            withPositive (fun i j -> f[i, j] - ofProfile weight squares i j)
        | Information.Expected ->
            let t = parts.Combined 0.0 1.0

            let plain i j =
                t[i, j] - ofProfile 1.0 traces i j / weight

            if isWellConditioned k plain then
                Matrix.init k k plain
            else
                withPositive plain
        | Information.Observed ->
            let both = parts.Combined (2.0 * weight) -1.0
            let second = parts.Curvature weight
            Matrix.init k k (fun i j -> both[i, j] - ofProfile weight squares i j + second[i, j])

    // Relative errors of its square over that of a small λ, and of rounding, both stay below 1e-6.
    let private differenceStep = 2e-5

    /// Second derivatives by central differences of first derivatives.
    let private differences reml variance (model: IVariance) (theta: ImmutableArray<float>) : Matrix =
        let k = theta.Length

        let gradientAt theta =
            model.At(
                theta,
                fun factored ->
                    factored.Parts reml
                    |> gradient (weightOf variance (dfOf reml model) (residualSquare factored))
            )
            |> Option.defaultWith (fun () -> Array.create k infinity)

        let columns =
            Array.init k (fun i ->
                let step = differenceStep * max 1.0 (abs theta[i])
                let up = gradientAt (theta.SetItem(i, theta[i] + step))
                let down = gradientAt (theta.SetItem(i, theta[i] - step))
                Array.map2 (fun up down -> (up - down) / (2.0 * step)) up down)

        Matrix.init k k (fun i j -> 0.5 * (columns[i].[j] + columns[j].[i]))

    // Where the likelihood is not defined.
    let private nowhere = {
        Value = infinity
        Gradient = ImmutableArray.Empty
        Curvature = Matrix(0, 0, [||])
    }

    let private evaluateAt reml variance constant (model: IVariance) theta order (factored: IFactoredVariance) =
        let valued = {
            nowhere with
                Value = value reml variance model factored + constant
        }

        let withParts (ofParts: float -> CriterionParts -> Matrix) =
            let weight = weightOf variance (dfOf reml model) (residualSquare factored)
            let parts = factored.Parts reml

            {
                valued with
                    // Nobody else has the array.
                    Gradient = ImmutableCollectionsMarshal.AsImmutableArray(gradient weight parts)
                    Curvature = ofParts weight parts
            }

        match order with
        | _ when not (Double.IsFinite valued.Value) -> nowhere
        | Order.Value -> valued
        | Order.Curvature information when information <> Information.Observed || model.HasExactCurvature ->
            withParts (fun weight parts -> curvature information reml weight variance.IsNone model theta factored parts)
        | Order.Gradient
        | Order.Curvature _ -> withParts (fun _ _ -> nowhere.Curvature)

    /// The function of θ; a constant is added to its value.
    let evaluate reml variance constant (model: IVariance) (theta: ImmutableArray<float>) order : Evaluation =
        match model.At(theta, evaluateAt reml variance constant model theta order) with
        | Some evaluation when
            order = Order.Curvature Information.Observed
            && not model.HasExactCurvature
            && Double.IsFinite evaluation.Value
              ->
              {
                  evaluation with
                      Curvature = differences reml variance model theta
              }
        | evaluation -> Option.defaultValue nowhere evaluation

    /// D = ∂f/∂G of each random term with its trace part, S×S; zero where V is not positive definite.
    let covarianceScores reml variance (model: IVariance) theta : (float[] * float[])[] =
        model.At(
            theta,
            fun factored ->
                covarianceScore reml (weightOf variance (dfOf reml model) (residualSquare factored)) factored
        )
        |> Option.defaultWith (fun () ->
            model.Layout.Shapes
            |> Array.map (fun shape -> let zero = Array.zeroCreate (shape.Order * shape.Order) in zero, zero))

    /// −∂ log r²/∂θ; NaN where V is not positive definite.
    let squares reml (model: IVariance) (theta: ImmutableArray<float>) : float[] =
        model.At(theta, (fun factored -> (factored.Parts reml).Squares))
        |> Option.defaultWith (fun () -> Array.create theta.Length nan)

    /// r² at a θ; NaN where V is not positive definite.
    let residualSquareAt (model: IVariance) theta : float =
        model.At(theta, residualSquare) |> Option.defaultValue nan

namespace LmmFunctional.Estimation

open System
open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Model

/// <summary>−2 log likelihood of a marginal model on the inner scale, β profiled out, with its derivatives. σ² is profiled out
/// too, or known.</summary>
[<RequireQualifiedAccess>]
module internal MarginalObjective =

    /// dn: n, or n − p under REML.
    let residualDf reml (model: MarginalModel) =
        float (if reml then model.Rows - model.FixedCount else model.Rows)

    /// r² = (y − Xβ)'V⁻¹(y − Xβ).
    let residualSquare (factor: MarginalFactor) =
        let r = factor.FixedFactor[factor.FixedFactor.Length - 1]
        r * r

    let private logDeterminantFixed p (factor: MarginalFactor) =
        Seq.init p (fun c -> 2.0 * log factor.FixedFactor[c + c * (p + 1)]) |> Seq.sum

    /// What the residual adds: σ² profiled out, or known.
    let residualPart (variance: float option) df square =
        match variance with
        | None -> df * (1.0 + log (2.0 * Math.PI * square / df))
        | Some variance -> df * log (2.0 * Math.PI * variance) + square / variance

    /// The weight of −log r² in derivatives: dn while σ² is profiled out; r²/σ² where it is known.
    let weightOf (variance: float option) df (square: float) =
        match variance with
        | None -> df
        | Some variance -> square / variance

    /// The value that a factorisation gives.
    let private value reml variance (model: MarginalModel) (factor: MarginalFactor) =
        let df = residualDf reml model

        let fixedPart =
            if reml then
                logDeterminantFixed model.FixedCount factor
            else
                0.0

        factor.LogDeterminant
        + fixedPart
        + residualPart variance df (residualSquare factor)

    /// The factorisation at a θ, None where V is not positive definite.
    let factor (model: MarginalModel) (theta: ImmutableArray<float>) =
        MarginalSweep.factor model.FixedCount model.Patterns (MarginalModel.matrix model theta)

    /// Curvature by the information asked for; the weight of −log r², and whether σ² is profiled out.
    let curvature information weight isProfiled (model: MarginalModel) (parts: MarginalParts) : Matrix =
        let k = model.Parameters
        let squares, traces = parts.Squares, parts.Traces

        // What keeps steps sound near a variance of zero, as for the other engines.
        let positive =
            lazy
                (let own = parts.Curvature weight
                 let result = Array2D.zeroCreate k k

                 for t in 0 .. model.Forms.Length - 1 do
                     let start = model.Layout.ParameterStarts[t]
                     let count = model.Forms[t].Names.Length

                     let block =
                         Array.init (count * count) (fun at -> own[start + at % count, start + at / count])

                     let kept =
                         if model.Layout.Forms[t].IsSome then
                             CovarianceDirections.positivePart model.Forms[t] block
                         else
                             Semidefinite.positivePart count block

                     kept
                     |> Array.iteri (fun at value -> result[start + at % count, start + at / count] <- value)

                 result)

        let plus (plain: float[,]) =
            if model.Forms.Length = 0 then
                Matrix.init k k (fun i j -> plain[i, j])
            else
                Matrix.init k k (fun i j -> plain[i, j] + positive.Value[i, j])

        // What comes from σ², where it is profiled out: one factor after the other, for a ridge may hang by their rounding.
        let ofProfile factor (a: float[]) i j =
            if isProfiled then factor * a[i] * a[j] else 0.0

        match information with
        | Information.Average ->
            let f = parts.Combined weight 0.0

            Array2D.init k k (fun i j -> f[i, j] - ofProfile weight squares i j) |> plus
        | Information.Expected ->
            let t = parts.Combined 0.0 1.0

            let plain i j =
                t[i, j] - ofProfile 1.0 traces i j / weight

            if Curvature.isWellConditioned k plain then
                Matrix.init k k plain
            else
                Array2D.init k k plain |> plus
        | Information.Observed ->
            let both = parts.Combined (2.0 * weight) -1.0
            let second = parts.Curvature weight
            Matrix.init k k (fun i j -> both[i, j] - ofProfile weight squares i j + second[i, j])

    /// Sums of all patterns and the derivatives at a θ that can be evaluated.
    let parts reml (model: MarginalModel) theta factor =
        let sums = MarginalSweep.sums reml model.FixedCount model.Patterns factor

        sums,
        match model.Grid with
        | Some grid when PositionGrid.isQuicker model.FixedCount model.Parameters grid ->
            PositionDerivatives.parts reml model theta grid factor sums
        | _ ->
            MarginalDerivatives.parts
                reml
                model.FixedCount
                model.Patterns
                (MarginalModel.covariance model theta)
                factor
                sums

    /// The function of θ, with σ² profiled out or known; a constant is added to its value.
    let evaluate reml variance constant (model: MarginalModel) (theta: ImmutableArray<float>) order : Evaluation =
        let nothing = {
            Value = infinity
            Gradient = ImmutableArray.Empty
            Curvature = Matrix(0, 0, [||])
        }

        match factor model theta with
        | None -> nothing
        | Some factor ->
            let valued = {
                nothing with
                    Value = value reml variance model factor + constant
            }

            let weight = weightOf variance (residualDf reml model) (residualSquare factor)

            let gradient (parts: MarginalParts) =
                Array.map2 (fun t s -> t - weight * s) parts.Traces parts.Squares
                |> ImmutableArray.CreateRange

            if not (Double.IsFinite valued.Value) then
                nothing
            else
                match order with
                | Order.Value -> valued
                | Order.Gradient ->
                    let _, parts = parts reml model theta factor

                    {
                        valued with
                            Gradient = gradient parts
                    }
                | Order.Curvature information ->
                    let _, parts = parts reml model theta factor

                    {
                        valued with
                            Gradient = gradient parts
                            Curvature = curvature information weight variance.IsNone model parts
                    }

    /// D = ∂f/∂G of each random term with its trace part, at a θ that can be evaluated.
    let covarianceDerivatives reml variance (model: MarginalModel) theta : (float[] * float[])[] =
        match factor model theta with
        | None ->
            model.Forms
            |> Array.map (fun form -> let zero = Array.zeroCreate (form.Order * form.Order) in zero, zero)
        | Some factor ->
            let sums = MarginalSweep.sums reml model.FixedCount model.Patterns factor
            let weight = weightOf variance (residualDf reml model) (residualSquare factor)

            let trace index =
                let own = sums[index]
                let count = float model.Patterns[index].Count
                Array.map2 (fun inverse leverage -> count * inverse - leverage) own.Inverse own.Leverage

            let all index =
                Array.map2 (fun trace square -> trace - weight * square) (trace index) sums[index].Square

            Array.zip (MarginalModel.projections model all) (MarginalModel.projections model trace)

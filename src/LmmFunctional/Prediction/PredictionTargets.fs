namespace LmmFunctional.Analysis

open LmmFunctional
open LmmFunctional.Estimation

/// <summary>What several predictions are of: functions of the effects, and residuals where observations are predicted.</summary>
[<NoComparison; NoEquality>]
type internal PredictionTargets = {
    Fit: Fit
    Rows: PredictionRow[]
    /// What the residuals add at given equations; None where no observation is predicted.
    Residuals: (MixedModelEquations -> ResidualParts) option
}

/// <summary>Making what predictions are of.</summary>
[<RequireQualifiedAccess>]
module internal PredictionTargets =

    /// The rows of the fit as targets; a future observation is a new one beside that of its row.
    let ofFit (options: PredictionOptions) (fit: Fit) : Result<PredictionTargets, LmmError list> =
        match PredictionRow.problems options.Effects fit.Design with
        | [] ->
            Ok {
                Fit = fit
                Rows = PredictionRow.ofFit options.Effects fit
                Residuals =
                    match options.Interval with
                    | PredictionInterval.Confidence -> None
                    | PredictionInterval.Prediction ->
                        Some(fun equations -> ResidualParts.alone equations.Residual.Variances)
            }
        | problems -> Error problems

    /// The rows of new data as targets.
    let ofFrame (options: PredictionOptions) (frame: Frame) (fit: Fit) : Result<PredictionTargets, LmmError list> =
        match PredictionRow.problems options.Effects fit.Design with
        | [] ->
            NewRows.create options fit frame
            |> Result.bind (fun (rows, aligned) ->
                let targets residuals = {
                    Fit = fit
                    Rows = rows
                    Residuals = residuals
                }

                let weights = rows |> Array.map _.Weight

                match options.Interval, fit.Design.Residual with
                | PredictionInterval.Confidence, _ -> Ok(targets None)
                | PredictionInterval.Prediction, None ->
                    let variances = weights |> Array.map (fun weight -> 1.0 / weight)
                    Ok(targets (Some(fun _ -> ResidualParts.alone variances)))
                | PredictionInterval.Prediction, Some _ ->
                    let isConditional = options.Effects <> PredictedEffects.None

                    rows
                    |> Array.map (PredictionRow.estimate fit)
                    |> ResidualPrediction.places isConditional fit aligned
                    |> Result.map (fun residuals -> targets (Some(ResidualPrediction.parts residuals weights))))
        | problems -> Error problems

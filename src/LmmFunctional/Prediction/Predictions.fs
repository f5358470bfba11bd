namespace LmmFunctional

/// <summary>Predictions of means and of future observations, for the rows of a fit and for new data.</summary>
/// <remarks>Standard errors are those of x'β̂ + z'ũ less what it predicts, from the inverse of the mixed model equations, as SAS
/// PROC MIXED has them (OUTP, OUTPM); a new level adds z'Gz, a future observation what is left of its residual variance.
/// Henderson (1975), Goldberger (1962).</remarks>
[<RequireQualifiedAccess>]
module Predictions =

    let private noShares count : PredictionVariance.Shares = fun _ -> Array.create count None

    /// Residuals of new observations that nothing in the data is correlated with.
    let private alone count (variance: MixedModelEquations -> int -> float) : PredictionVariance.Shares =
        fun equations ->
            Array.init count (fun k ->
                Some {
                    Weights = [||]
                    Cell = ValueNone
                    Variance = variance equations k
                })

    let private freedom (options: PredictionOptions) (fit: Fit) rows shares variances : Result<float[], LmmError list> =
        match options.Method with
        | DegreesOfFreedomMethod.Asymptotic -> Ok(Array.create (Array.length rows) infinity)
        | DegreesOfFreedomMethod.Residual ->
            Ok(Array.create (Array.length rows) (float (fit.Observations - fit.FixedCount)))
        | DegreesOfFreedomMethod.Satterthwaite _ -> Ok(PredictionVariance.degrees fit rows shares variances)
        | DegreesOfFreedomMethod.KenwardRoger _
        | DegreesOfFreedomMethod.Containment
        | DegreesOfFreedomMethod.BetweenWithin ->
            Error [
                LmmError.UnknownChoice(
                    "method for the degrees of freedom of predictions",
                    DegreesOfFreedomMethod.describe options.Method,
                    [ "asymptotic"; "residual"; "satterthwaite" ]
                )
            ]

    let private scaleOf (options: PredictionOptions) (fit: Fit) =
        if options.OnResponse then
            ResponseScale.ofDesign fit.Design |> Result.map ResponseScale.apply
        else
            Ok id

    let private complete (options: PredictionOptions) (fit: Fit) (rows: PredictionRow[]) shares =
        let equations = MixedModelEquations fit
        let variance = fit.Sigma * fit.Sigma

        let variances =
            PredictionVariance.relative equations rows shares |> Array.map ((*) variance)

        let residualOf (share: ResidualShare option) =
            match share with
            | Some {
                       Cell = ValueSome(struct (cell, loading))
                   } -> loading * equations.CellEffect cell
            | Some share ->
                share.Weights
                |> Array.sumBy (fun (struct (row, weight)) -> weight * equations.Residuals[row])
            | None -> 0.0

        let estimates =
            Array.map2 (fun row share -> PredictionRow.estimate fit row + residualOf share) rows (shares equations)

        Problems.both (freedom options fit rows shares variances) (scaleOf options fit)
        |> Result.map (fun (degrees, toScale) -> [
            for k in 0 .. rows.Length - 1 do
                let error = sqrt (max 0.0 variances[k])

                let own =
                    toScale {
                        Name = ""
                        Estimate = estimates[k]
                        StandardError = error
                        Df = degrees[k]
                        Statistic = estimates[k] / error
                        P = nan
                        NotTestable = None
                        Lower = estimates[k] - Probability.quantile degrees[k] options.Level * error
                        Upper = estimates[k] + Probability.quantile degrees[k] options.Level * error
                    }

                {
                    Row = rows[k].Row + 1
                    Estimate = own.Estimate
                    StandardError = own.StandardError
                    Df = degrees[k]
                    Lower = own.Lower
                    Upper = own.Upper
                    NewLevels = rows[k].NewLevels
                }
        ])

    let private check (options: PredictionOptions) =
        if not (options.Level > 0.0 && options.Level < 1.0) then
            invalidArg (nameof options) $"The level must be between 0 and 1, such as 0.95, not {options.Level}."

    /// <summary>Predictions for the rows of the fit; with all effects their estimates are the fitted values.</summary>
    /// <param name="options">What is predicted, and how. A future observation is a new one beside that of its row.</param>
    /// <param name="fit">The fit.</param>
    /// <returns>One prediction for each row used, or: no such random term, no such degrees of freedom.</returns>
    /// <exception cref="T:System.ArgumentException">The level is not between 0 and 1.</exception>
    let ofFit (options: PredictionOptions) (fit: Fit) : Result<Prediction list, LmmError list> =
        check options

        match PredictionRow.problems options.Effects fit.Design with
        | [] ->
            let rows = PredictionRow.ofFit options.Effects fit

            match options.Interval with
            | PredictionInterval.Confidence -> complete options fit rows (noShares rows.Length)
            | PredictionInterval.Prediction ->
                alone rows.Length (fun equations k -> equations.Residual.Variances[k])
                |> complete options fit rows
        | problems -> Error problems

    /// <summary>Predictions for new data.</summary>
    /// <param name="options">What is predicted, and how.</param>
    /// <param name="frame">The new data: the columns of the model, those of random terms only where their effects are included.
    /// </param>
    /// <param name="fit">The fit.</param>
    /// <returns>One prediction for each row, or every problem: columns that are not there or have missing values, levels that the fit
    /// has not seen, places of the residual structure that it does not know.</returns>
    /// <exception cref="T:System.ArgumentException">The level is not between 0 and 1.</exception>
    let ofFrame (options: PredictionOptions) (frame: Frame) (fit: Fit) : Result<Prediction list, LmmError list> =
        check options

        match PredictionRow.problems options.Effects fit.Design with
        | [] ->
            NewRows.create options fit frame
            |> Result.bind (fun (rows, aligned) ->
                match options.Interval, fit.Design.Residual with
                | PredictionInterval.Confidence, _ -> complete options fit rows (noShares rows.Length)
                | PredictionInterval.Prediction, None ->
                    alone rows.Length (fun _ k -> 1.0 / rows[k].Weight) |> complete options fit rows
                | PredictionInterval.Prediction, Some _ ->
                    let isConditional = options.Effects <> PredictedEffects.None
                    let weights = rows |> Array.map _.Weight

                    rows
                    |> Array.map (PredictionRow.estimate fit)
                    |> ResidualPrediction.places isConditional fit aligned
                    |> Result.bind (fun residuals ->
                        ResidualPrediction.shares residuals weights
                        >> Array.map Some
                        |> complete options fit rows))
        | problems -> Error problems

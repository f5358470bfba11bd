namespace LmmFunctional.Analysis

open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>Predictions of means and of future observations, for the rows of a fit and for new data, and of any linear function
/// of fixed and random effects.</summary>
/// <remarks>Standard errors are those of x'β̂ + z'ũ less what it predicts, from the inverse of the mixed model equations, as SAS
/// PROC MIXED has them (OUTP, OUTPM); a new level adds z'Gz, a future observation what is left of its residual variance.
/// Henderson (1975), Goldberger (1962).</remarks>
[<RequireQualifiedAccess>]
module Predictions =

    let private freedom (options: PredictionOptions) (targets: PredictionTargets) (known: float[]) =
        let fit = targets.Fit

        match options.Method with
        | DegreesOfFreedomMethod.Asymptotic -> Ok(Array.create known.Length infinity)
        | DegreesOfFreedomMethod.Residual -> Ok(Array.create known.Length (float (fit.Observations - fit.FixedCount)))
        | DegreesOfFreedomMethod.Satterthwaite convention ->
            Ok(PredictionVariance.degrees convention.Information targets known)
        | DegreesOfFreedomMethod.KenwardRoger _ when fit.Criterion <> Criterion.Reml ->
            Error [ LmmError.KenwardRogerNeedsReml ]
        | DegreesOfFreedomMethod.KenwardRoger convention ->
            Ok(PredictionVariance.degrees convention.Information targets known)
        | DegreesOfFreedomMethod.Containment
        | DegreesOfFreedomMethod.BetweenWithin ->
            Error [
                LmmError.UnknownChoice(
                    "method for the degrees of freedom of predictions",
                    DegreesOfFreedomMethod.describe options.Method,
                    [ "asymptotic"; "residual"; "satterthwaite"; "kenward-roger" ]
                )
            ]

    /// The information by which Kenward and Roger's uncertainty is told.
    let private informationOf (options: PredictionOptions) =
        match options.Method with
        | DegreesOfFreedomMethod.KenwardRoger convention -> convention.Information
        | _ -> Convention.pbkrtest.Information

    let private inflated (options: PredictionOptions) (targets: PredictionTargets) equations known inflation =
        match ParameterInflation.problems targets.Fit with
        | [] ->
            inflation (informationOf options) targets equations
            |> Array.map2 (fun known more -> known + 2.0 * more) known
            |> Ok
        | problems -> Error problems

    /// Error variances as the options want them, from those with known covariance parameters.
    let private uncertain (options: PredictionOptions) targets equations (known: float[]) =
        match options.Uncertainty with
        | ParameterUncertainty.None -> Ok known
        | ParameterUncertainty.KenwardRoger -> inflated options targets equations known ParameterInflation.variances
        | ParameterUncertainty.Bootstrap bootstrap ->
            Design.needRows "A bootstrap" targets.Fit.Design
            |> Result.bind (fun () -> PredictionBootstrap.variances bootstrap targets equations known)

    /// The same for the matrix of all error covariances.
    let private uncertainMatrix (options: PredictionOptions) targets equations (known: float[]) =
        match options.Uncertainty with
        | ParameterUncertainty.None -> Ok known
        | ParameterUncertainty.KenwardRoger -> inflated options targets equations known ParameterInflation.matrix
        | ParameterUncertainty.Bootstrap bootstrap ->
            Design.needRows "A bootstrap" targets.Fit.Design
            |> Result.bind (fun () -> PredictionBootstrap.matrix bootstrap targets equations known)

    /// The way to the scale of the predictions: an estimate with its interval, and the variance on the model's scale.
    let private scaleOf (options: PredictionOptions) (fit: Fit) : Result<float -> Estimate -> Estimate, LmmError list> =
        if options.OnResponse then
            ResponseScale.ofDesign fit.Design
            |> Result.map (fun scale variance own ->
                let back = ResponseScale.apply scale own

                if options.MeanCorrection then
                    {
                        back with
                            Estimate = ResponseMean.ofScale scale own.Estimate variance
                    }
                else
                    back)
        else
            Ok(fun _ own -> own)

    let private estimatesOf (targets: PredictionTargets) (equations: MixedModelEquations) =
        let residualOf (share: ResidualShare) =
            let ofCells =
                share.Cells
                |> List.sumBy (fun (struct (cell, loading)) -> loading * equations.CellEffect cell)

            ofCells
            + Array.sumBy (fun (struct (row, weight)) -> weight * equations.Residuals[row]) share.Weights

        match targets.Residuals with
        | None -> targets.Rows |> Array.map (PredictionRow.estimate targets.Fit)
        | Some residuals ->
            let parts = residuals equations

            Array.map2
                (fun row share -> PredictionRow.estimate targets.Fit row + residualOf share)
                targets.Rows
                parts.Shares

    /// Predictions from their estimates and error variances.
    let private written (options: PredictionOptions) (targets: PredictionTargets) equations known variances =
        let estimates = estimatesOf targets equations

        Problems.both (freedom options targets known) (scaleOf options targets.Fit)
        |> Result.map (fun (degrees, toScale) -> [
            for k in 0 .. targets.Rows.Length - 1 do
                let error = sqrt (max 0.0 (Array.get variances k))
                let margin = Probability.quantile degrees[k] options.Level * error

                let own =
                    toScale variances[k] {
                        Name = ""
                        Estimate = estimates[k]
                        StandardError = error
                        Df = degrees[k]
                        Statistic = estimates[k] / error
                        P = nan
                        NotTestable = None
                        Lower = estimates[k] - margin
                        Upper = estimates[k] + margin
                    }

                {
                    Row = targets.Rows[k].Row + 1
                    Estimate = own.Estimate
                    StandardError = own.StandardError
                    Df = degrees[k]
                    Lower = own.Lower
                    Upper = own.Upper
                    NewLevels = targets.Rows[k].NewLevels
                }
        ])

    let private equationsOf (targets: PredictionTargets) =
        SampledError.factorable targets.Fit
        |> Result.map (fun () -> MixedModelEquations targets.Fit)

    let private complete (options: PredictionOptions) (targets: PredictionTargets) =
        equationsOf targets
        |> Result.bind (fun equations ->
            let variance = targets.Fit.Sigma * targets.Fit.Sigma

            let known =
                PredictionVariance.relative targets equations |> Array.map ((*) variance)

            uncertain options targets equations known
            |> Result.bind (written options targets equations known))

    let private jointlyBy (options: PredictionOptions) (targets: PredictionTargets) equations =
        let variance = targets.Fit.Sigma * targets.Fit.Sigma
        let k = targets.Rows.Length
        let diagonal (m: float[]) = Array.init k (fun i -> m[i * (k + 1)])

        let known =
            PredictionVariance.relativeMatrix targets equations |> Array.map ((*) variance)

        uncertainMatrix options targets equations known
        |> Result.bind (fun errors ->
            written options targets equations (diagonal known) (diagonal errors)
            |> Result.map (fun predictions -> {
                Predictions = predictions
                Covariance = Matrix.init k k (fun i j -> 0.5 * (errors[i + j * k] + errors[j + i * k]))
            }))

    let private completeJointly (options: PredictionOptions) (targets: PredictionTargets) =
        equationsOf targets |> Result.bind (jointlyBy options targets)

    let private check (options: PredictionOptions) =
        if not (options.Level > 0.0 && options.Level < 1.0) then
            invalidArg (nameof options) $"The level must be between 0 and 1, such as 0.95, not {options.Level}."

        match options.Uncertainty with
        | ParameterUncertainty.Bootstrap bootstrap -> BootstrapOptions.check bootstrap
        | _ -> ()

    /// <summary>Predictions for the rows of the fit; with all effects their estimates are the fitted values.</summary>
    /// <param name="options">What is predicted, and how. A future observation is a new one beside that of its row.</param>
    /// <param name="fit">The fit.</param>
    /// <returns>One prediction for each row used, or: no such random term, no such degrees of freedom or uncertainty.</returns>
    /// <exception cref="T:System.ArgumentException">The level is not between 0 and 1.</exception>
    let ofFit (options: PredictionOptions) (fit: Fit) : Result<Prediction list, LmmError list> =
        check options

        Design.needRows "Predictions of the rows" fit.Design
        |> Result.bind (fun () -> PredictionTargets.ofFit options fit)
        |> Result.bind (complete options)

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
        PredictionTargets.ofFrame options frame fit |> Result.bind (complete options)

    /// <summary>Predictions for new data with the covariance matrix of their errors: rows of one subject share its effects, new
    /// levels too.</summary>
    /// <returns>As <c>ofFrame</c>, with the matrix; cost k solves and k² numbers for k rows.</returns>
    /// <exception cref="T:System.ArgumentException">The level is not between 0 and 1.</exception>
    let jointly (options: PredictionOptions) (frame: Frame) (fit: Fit) : Result<JointPredictions, LmmError list> =
        check options

        PredictionTargets.ofFrame options frame fit
        |> Result.bind (completeJointly options)

    /// <summary>Linear combinations of the predictions for new data, such as the difference of two: on the model's scale.</summary>
    /// <param name="options">What is predicted, and how; without a way back to the units of the response.</param>
    /// <param name="combinations">For each combination the weights of the rows.</param>
    /// <param name="frame">The new data, as for <c>ofFrame</c>.</param>
    /// <param name="fit">The fit.</param>
    /// <returns>Estimate, standard error, df and interval of each combination, in their order; or every problem.</returns>
    /// <exception cref="T:System.ArgumentException">A combination has not one finite weight for each row; the level is not between 0
    /// and 1; predictions are wanted in the units of the response.</exception>
    let combinations (options: PredictionOptions) (combinations: float list list) (frame: Frame) (fit: Fit) =
        check options

        if options.OnResponse then
            invalidArg (nameof options) "Combinations of predictions are on the model's scale."

        for weights in combinations do
            if weights.Length <> frame.Rows then
                invalidArg
                    (nameof combinations)
                    $"A combination has one weight for each of the {frame.Rows} rows, not {weights.Length}."

            Guard.finite (nameof combinations) "A weight" weights

        let weights = combinations |> List.map Array.ofList |> Array.ofList

        PredictionTargets.ofFrame options frame fit
        |> Result.bind (fun targets ->
            complete options {
                targets with
                    Rows =
                        weights
                        |> Array.mapi (fun number own ->
                            Seq.zip own targets.Rows |> List.ofSeq |> PredictionRow.combine number)
                    Residuals =
                        targets.Residuals
                        |> Option.map (fun residuals -> residuals >> ResidualParts.combine weights)
            })

    /// <summary>The same from text, rows of the new data by the names row1, row2, …: <c>"change: row2 - row1"</c>.</summary>
    /// <returns>Each combination with its name; or what cannot be read, or every problem of the data.</returns>
    /// <exception cref="T:System.ArgumentException">The level is not between 0 and 1; predictions are wanted in the units of the
    /// response.</exception>
    let combinationsOfText (options: PredictionOptions) (text: string) (frame: Frame) (fit: Fit) =
        HypothesisText.parseFunctions "row of the new data" (Array.init frame.Rows (fun row -> $"row{row + 1}")) text
        |> Result.bind (fun rows ->
            combinations options (rows |> List.map (fun row -> List.ofArray row.Weights)) frame fit
            |> Result.map (List.zip (rows |> List.map _.Label)))

    /// <summary>Estimates of linear functions λ₁ᵀβ + λ₂ᵀu with the covariance matrix of their errors, of which the interval and
    /// the uncertainty are those of the options.</summary>
    /// <param name="options">Level, degrees of freedom and uncertainty; all else does not matter.</param>
    /// <param name="combinations">The functions, by the names of their effects.</param>
    /// <param name="fit">The fit.</param>
    /// <returns>One prediction for each, in their order; or: effects and levels that the fit does not have, functions that are not
    /// estimable.</returns>
    /// <exception cref="T:System.ArgumentException">A coefficient is not finite; the level is not between 0 and 1.</exception>
    let ofCombinations (options: PredictionOptions) (combinations: LinearCombination list) (fit: Fit) =
        check options

        LinearCombination.toRows fit combinations
        |> Result.bind (fun rows ->
            completeJointly
                {
                    options with
                        OnResponse = false
                        Interval = PredictionInterval.Confidence
                }
                {
                    Fit = fit
                    Rows = rows
                    Residuals = None
                })

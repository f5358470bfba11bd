namespace LmmFunctional.Analysis

open LmmFunctional
open LmmFunctional.Estimation

/// <summary>Error variances of predictions with the covariance parameters estimated, by a parametric bootstrap.</summary>
/// <remarks>Twice the variance with known parameters less its mean at parameters refitted to responses drawn from the fit, plus the
/// mean square by which predictions from the data move at these parameters: Butar and Lahiri (2003), J. Statist. Plann.
/// Inference 112, 63–76. A bias that would leave nothing is left in.</remarks>
[<RequireQualifiedAccess>]
module internal PredictionBootstrap =

    /// The equations and σ² of every refit.
    let private refits (options: BootstrapOptions) (fit: Fit) (ofRefit: MixedModelEquations -> float -> 'result) =
        let draw = Simulation.sampler options.Seed fit

        Replicates.run options (fun index ->
            match Refit.withResponse (draw index) fit with
            | Ok refit when not refit.HasNoResidual ->
                let equations = MixedModelEquations(fit, refit.Inner.Theta)

                if equations.IsPositive then
                    Some(ofRefit equations (refit.Sigma * refit.Sigma))
                else
                    None
            | _ -> None)
        |> Array.choose id

    let private enough (options: BootstrapOptions) (found: 'result[]) =
        if found.Length < 2 then
            Error [ LmmError.TooFewRefits(found.Length, options.Replicates) ]
        else
            Ok found

    let private run (options: BootstrapOptions) (targets: PredictionTargets) ofRefit =
        refits options targets.Fit ofRefit |> enough options

    /// What is left of a variance once its bias is taken out; all of it where that is nothing.
    let private corrected (known: float) (mean: float) (moved: float) =
        let unbiased = 2.0 * known - mean + moved
        if unbiased > 0.0 then unbiased else known + moved

    /// <summary>The error variance of each prediction, in squared units of the response.</summary>
    /// <param name="options">Replicates, seed and progress.</param>
    /// <param name="targets">What is predicted.</param>
    /// <param name="equations">The equations of the fit.</param>
    /// <param name="known">The error variances with the parameters known.</param>
    /// <returns>The variances; or that fewer than two refits succeeded.</returns>
    let variances options (targets: PredictionTargets) (equations: MixedModelEquations) (known: float[]) =
        let estimates = PredictionVariance.estimates targets equations

        run options targets (fun equations variance ->
            PredictionVariance.relative targets equations |> Array.map ((*) variance),
            PredictionVariance.estimates targets equations)
        |> Result.map (fun found ->
            Array.init known.Length (fun k ->
                corrected
                    known[k]
                    (found |> Array.averageBy (fun (variances, _) -> variances[k]))
                    (found |> Array.averageBy (fun (_, moved) -> (moved[k] - estimates[k]) ** 2.0))))

    /// <summary>The error covariances of all predictions, k×k by columns.</summary>
    let matrix options (targets: PredictionTargets) (equations: MixedModelEquations) (known: float[]) =
        let estimates = PredictionVariance.estimates targets equations
        let k = estimates.Length

        run options targets (fun equations variance ->
            PredictionVariance.relativeMatrix targets equations |> Array.map ((*) variance),
            PredictionVariance.estimates targets equations)
        |> Result.map (fun found ->
            let moved at =
                found
                |> Array.averageBy (fun (_, moved) ->
                    (moved[at % k] - estimates[at % k]) * (moved[at / k] - estimates[at / k]))

            let unbiased =
                Array.init (k * k) (fun at ->
                    2.0 * known[at] - Array.averageBy (fun (own: float[], _) -> own[at]) found
                    + moved at)

            // One rule for all of the matrix, so that it stays one.
            if Seq.forall (fun i -> unbiased[i * (k + 1)] > 0.0) (seq { 0 .. k - 1 }) then
                unbiased
            else
                Array.init (k * k) (fun at -> known[at] + moved at))

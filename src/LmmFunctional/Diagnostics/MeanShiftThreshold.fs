namespace LmmFunctional.Analysis

open System
open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Model

/// <summary>The distribution of the largest |t| of a scan for mean shifts where there is none, by a parametric bootstrap.</summary>
/// <remarks>Unlike adjusted p-values it allows for the estimation of the covariance parameters: with few levels of a random effect
/// their variance is estimated from the very effects that the scan looks at, and |t| stays small.</remarks>
[<ReferenceEquality>]
type MeanShiftThreshold = {
    /// The largest |t| of each response drawn from the fit and fitted again, ascending.
    Maxima: ImmutableArray<float>
    /// Responses that could not be fitted, left out.
    Failed: int
}

/// <summary>Thresholds of scans for mean shifts.</summary>
[<RequireQualifiedAccess>]
module MeanShiftThreshold =

    let private largest (units: DiagnosticUnit list) (refit: Fit) =
        if refit.HasNoResidual then
            None
        else
            let equations = MixedModelEquations refit

            if equations.IsPositive then
                MeanShift.ofEquations Adjustment.None units equations
                |> List.tryHead
                |> Option.map (fun shift -> abs shift.T)
            else
                None

    let private drawn (options: BootstrapOptions) (fit: Fit) units =
        let draw = Simulation.sampler options.Seed fit

        let found =
            Replicates.run options (fun index ->
                match Refit.withResponse (draw index) fit with
                | Ok refit -> largest units refit
                | Error _ -> None)

        let maxima = found |> Array.choose id |> Array.sort

        if maxima.Length < 2 then
            Error [ LmmError.TooFewRefits(maxima.Length, options.Replicates) ]
        else
            Ok {
                Maxima = ImmutableArray.CreateRange maxima
                Failed = found.Length - maxima.Length
            }

    /// <summary>Draws responses from a fit, fits each again, and scans it.</summary>
    /// <param name="options">Replicates, seed and progress.</param>
    /// <param name="units">Rows, or the levels of a factor.</param>
    /// <param name="fit">The fit.</param>
    /// <returns>The distribution; or: no such factor, fewer than two refits.</returns>
    /// <exception cref="T:System.ArgumentException">There are fewer than two replicates.</exception>
    let create
        (options: BootstrapOptions)
        (units: DiagnosticUnits)
        (fit: Fit)
        : Result<MeanShiftThreshold, LmmError list> =
        BootstrapOptions.check options

        DiagnosticUnits.find units fit |> Result.bind (drawn options fit)

    /// <summary>The adjusted p-value of a t, (1 + number of maxima as large)/(1 + number of maxima), with its Monte-Carlo standard
    /// error.</summary>
    let pValue (t: float) (threshold: MeanShiftThreshold) : float * float =
        let count = threshold.Maxima.Length

        let beyond =
            threshold.Maxima |> Seq.filter (fun maximum -> maximum >= abs t) |> Seq.length

        let p = float (1 + beyond) / float (1 + count)
        p, sqrt (p * (1.0 - p) / float count)

    /// <summary>The |t| that the largest passes with a probability, such as 0.05, where there is no outlier, with its Monte-Carlo
    /// standard error.</summary>
    /// <exception cref="T:System.ArgumentException">The probability is not between 0 and 1.</exception>
    let value (probability: float) (threshold: MeanShiftThreshold) : float * float =
        Guard.level (nameof probability) probability
        let count = threshold.Maxima.Length

        let at p =
            threshold.Maxima[Math.Clamp(int (ceil (p * float (count + 1))) - 1, 0, count - 1)]

        let p = 1.0 - probability
        let error = sqrt (p * (1.0 - p) / float count)
        at p, 0.5 * (at (p + error) - at (p - error))

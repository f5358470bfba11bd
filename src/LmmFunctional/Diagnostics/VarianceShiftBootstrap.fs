namespace LmmFunctional.Analysis

open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>Likelihood ratios of shifts in responses that have none.</summary>
[<RequireQualifiedAccess>]
module internal VarianceShiftBootstrap =

    /// Likelihood ratios of all units in each simulated response, None where it could not be fitted.
    let private simulated (options: BootstrapOptions) (restricted: Fit) (units: ShiftedUnit[]) : float[] option[] =
        let draw = Simulation.sampler options.Seed restricted

        Replicates.run options (fun index ->
            match Refit.withResponse (draw index) restricted with
            | Error _ -> None
            | Ok refit ->
                FixedRatioShift.all (MixedModelEquations refit) units
                |> Array.map _.LikelihoodRatio
                |> Some)

    /// The quantile that a share lies above, with half the width of those one standard error of the share to either side.
    let threshold (largest: float[]) level =
        let sorted = Array.sort largest
        let error = sqrt (level * (1.0 - level) / float sorted.Length)

        let at share =
            Bootstrap.quantile sorted (1.0 - max 0.0 (min 1.0 share))

        {
            Level = level
            Threshold = at level
            MonteCarloError = 0.5 * (at (level - error) - at (level + error))
        }

    /// P-values of all units by name, the largest likelihood ratio of each response, and how many could not be fitted.
    let pValues options (restricted: Fit) (units: ShiftedUnit[]) (ratios: float[]) =
        let all = simulated options restricted units
        let kept = Array.choose id all

        if kept.Length < 2 then
            Error [ LmmError.TooFewRefits(kept.Length, options.Replicates) ]
        else
            let largest = kept |> Array.map Array.max

            let ofUnit index =
                let own, _ =
                    BootstrapTest.pValue ratios[index] (kept |> Array.map (fun ratios -> ratios[index]))

                let adjusted, error = BootstrapTest.pValue ratios[index] largest

                units[index].Unit.Name,
                {
                    P = own
                    AdjustedP = adjusted
                    MonteCarloError = error
                }

            Ok(Map.ofSeq (Seq.init units.Length ofUnit), largest, all.Length - kept.Length)

namespace LmmFunctional.Analysis

open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>The scan of all units for a shift of their variance.</summary>
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module VarianceShift =

    /// <summary>Looks at units for a shift of their variance.</summary>
    /// <param name="options">The units, how many are fitted again, and whether thresholds are simulated.</param>
    /// <param name="fit">The fit; a fit by ML is compared by REML.</param>
    /// <returns>All units, the largest likelihood ratio first; or that there is no such factor or effect; or for a bootstrap
    /// fewer than two replicates that could be fitted.</returns>
    /// <exception cref="T:System.ArgumentException">The number of refits is negative; there are fewer than two replicates.
    /// </exception>
    let create (options: VarianceShiftOptions) (fit: Fit) : Result<VarianceShiftTable, LmmError list> =
        Guard.atLeast "Refits" "The number of refits" 0 options.Refits

        ShiftedUnits.ofTarget options.Target fit
        |> Result.bind (fun units ->
            Refit.withCriterion Criterion.Reml fit
            |> Result.bind (fun restricted ->
                let units = Array.ofList units
                let scanned = FixedRatioShift.all (MixedModelEquations restricted) units

                let order =
                    Array.init units.Length id
                    |> Array.sortByDescending (fun k -> scanned[k].LikelihoodRatio)

                let refits =
                    order
                    |> List.ofArray
                    |> List.truncate options.Refits
                    |> List.map (fun k -> ShiftedUnits.refitted fit restricted units[k] scanned[k])
                    |> Problems.all

                let nulls =
                    match options.Bootstrap with
                    | None -> Ok(Map.empty, [||], 0)
                    | Some bootstrap ->
                        VarianceShiftBootstrap.pValues
                            bootstrap
                            restricted
                            units
                            (scanned |> Array.map _.LikelihoodRatio)

                Problems.both refits nulls
                |> Result.map (fun (refitted, (ofUnits, largest, failed)) -> {
                    Target = options.Target
                    Shifts =
                        List.sortByDescending _.LikelihoodRatio refitted
                        @ [ for k in Array.skip (min options.Refits order.Length) order -> scanned[k] ]
                    Bootstrapped = ofUnits
                    Thresholds = [
                        if largest.Length > 0 then
                            for level in options.ThresholdLevels -> VarianceShiftBootstrap.threshold largest level
                    ]
                    Failed = failed
                })))

    /// <summary>Scans rows or groups for a shift of their variance, the largest likelihood ratio first.</summary>
    /// <param name="candidates">How many of the first units are fitted again with their shift.</param>
    /// <param name="units">Rows, or the levels of a factor.</param>
    /// <param name="fit">The fit; a fit by ML is compared by REML.</param>
    /// <returns>All units; or that there is no such factor.</returns>
    /// <exception cref="T:System.ArgumentException">The number of candidates is negative.</exception>
    let scan (candidates: int) (units: DiagnosticUnits) (fit: Fit) : Result<VarianceShift list, LmmError list> =
        create
            {
                VarianceShiftOptions.defaults with
                    Target = VarianceShiftTarget.Rows units
                    Refits = candidates
            }
            fit
        |> Result.map _.Shifts

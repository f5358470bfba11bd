namespace LmmFunctional.Analysis

open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>What is looked at for a shift of its variance.</summary>
[<RequireQualifiedAccess>]
type VarianceShiftTarget =
    /// Independent extra variance in every row of a unit: of single rows, or of whole groups.
    | Rows of DiagnosticUnits
    /// <summary>Extra variance of one random effect of each level: <c>Effect ("Subject", "(Intercept)")</c>.</summary>
    | Effect of group: string * effect: string

/// <summary>How variance shifts are looked for.</summary>
[<NoComparison; NoEquality>]
type VarianceShiftOptions = {
    Target: VarianceShiftTarget
    /// How many of the first units are fitted again with their shift.
    Refits: int
    /// Responses from the fit, whose scans tell how large likelihood ratios are without any shift; None for none.
    Bootstrap: BootstrapOptions option
    /// The shares of data sets without a shift that may pass a threshold.
    ThresholdLevels: float list
}

/// <summary>Options of variance shifts.</summary>
[<RequireQualifiedAccess>]
module VarianceShiftOptions =

    /// Rows, five refits, no bootstrap; thresholds at 5 % and 1 %.
    let defaults = {
        Target = VarianceShiftTarget.Rows DiagnosticUnits.Rows
        Refits = 5
        Bootstrap = None
        ThresholdLevels = [ 0.05; 0.01 ]
    }

/// <summary>What the largest likelihood ratio of all units passes by chance.</summary>
type VarianceShiftThreshold = {
    /// The share of data sets without a shift whose largest likelihood ratio is above the threshold.
    Level: float
    Threshold: float
    /// Its Monte Carlo standard error.
    MonteCarloError: float
}

/// <summary>P-values of a unit's likelihood ratio (with the fit's ratios of covariance parameters) among those of simulated data
/// without a shift.</summary>
type BootstrappedShift = {
    /// Among those of the same unit.
    P: float
    /// Among the largest of all units.
    AdjustedP: float
    /// The Monte Carlo standard error of AdjustedP.
    MonteCarloError: float
}

/// <summary>All units with their shifts, the largest likelihood ratio first.</summary>
[<ReferenceEquality; StructuredFormatDisplay("{Display}")>]
type VarianceShiftTable = {
    Target: VarianceShiftTarget
    Shifts: VarianceShift list
    /// By the names of units; empty without a bootstrap.
    Bootstrapped: Map<string, BootstrappedShift>
    Thresholds: VarianceShiftThreshold list
    /// Simulated responses that could not be fitted.
    Failed: int
} with

    member private this.Display =
        let rows =
            this.Shifts
            |> Seq.map (fun own ->
                string own.Unit
                :: ([ own.Variance; own.StandardisedScore; own.LikelihoodRatio; own.P ]
                    |> List.map Display.number))

        Display.table
            $"Shifts of the variance of {this.Shifts.Length} units, the largest likelihood ratio first"
            [ "unit"; "variance"; "score"; "likelihood ratio"; "p" ]
            this.Shifts.Length
            rows

    /// The units with the largest likelihood ratios.
    override this.ToString() = this.Display

/// <summary>The scan of all units for a shift of their variance.</summary>
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module VarianceShift =

    /// The model with independent extra variance in the rows of a unit, or with an effect that they share.
    let private extended (shifted: ShiftedUnit) (design: Design) : Design =
        let rows = Seq.toArray shifted.Unit.Rows
        let codes: int[] = Array.zeroCreate design.Response.Length
        let column: float[] = Array.zeroCreate design.Response.Length

        rows
        |> Array.iteri (fun k row ->
            match shifted.Shared with
            | None ->
                codes[row] <- k
                column[row] <- 1.0
            | Some shared -> column[row] <- shared[k])

        let levels =
            match shifted.Shared with
            | None -> rows |> Seq.map string |> ImmutableArray.CreateRange
            | Some _ -> ImmutableArray.Create "shift"

        let name = "(variance shift)"

        let term: RandomDesign = {
            Term = {
                Effects = Terms.ofList [ Term.intercept ]
                Group = { Factors = [ Expr.Column name ] }
                Structure = Structure.Diagonal
                Relationship = None
                PerLevelOf = None
            }
            Group = name
            Levels = levels
            Relationship = None
            Codes = codes
            Names = ImmutableArray.Create "shift"
            Columns = [| column |]
            InterceptAt = None
            Axes = []
            Places = None
            Notes = []
            PerLevel = None
        }

        {
            design with
                Random = design.Random @ [ term ]
        }

    /// <summary>A unit's shift with all covariance parameters estimated again.</summary>
    let private refitted (fit: Fit) (restricted: Fit) (shifted: ShiftedUnit) (shift: VarianceShift) =
        extended shifted fit.Design
        |> Refit.ofDesign Criterion.Reml
        |> Result.map (fun wider ->
            let _, covariance = List.last wider.RandomCovariances
            let ratio = max 0.0 (restricted.CriterionValue - wider.CriterionValue)
            let effects = List.last (Fit.randomEffects wider)

            {
                shift with
                    Variance = covariance[0, 0]
                    LikelihoodRatio = ratio
                    P = FixedRatioShift.upper ratio
                    IsRefitted = true
                    Shifts = [
                        for level in 0 .. effects.Levels.Length - 1 do
                            effects.Modes[level, 0]
                    ]
            })

    /// The units of a target.
    let private unitsOf (target: VarianceShiftTarget) (fit: Fit) : Result<ShiftedUnit list, LmmError list> =
        match target with
        | VarianceShiftTarget.Rows units ->
            DiagnosticUnits.find units fit
            |> Result.map (List.map (fun unit -> { Unit = unit; Shared = None }))
        | VarianceShiftTarget.Effect(group, effect) ->
            let ofGroup = fit.Design.Random |> List.filter (fun term -> term.Group = group)

            match ofGroup |> List.tryFind (fun term -> term.Names.Contains effect) with
            | None when ofGroup.IsEmpty ->
                let known = fit.Design.Random |> List.map _.Group |> List.distinct
                Error [ LmmError.UnknownChoice("grouping factor", group, known) ]
            | None ->
                let known =
                    ofGroup |> List.collect (fun term -> List.ofSeq term.Names) |> List.distinct

                Error [ LmmError.UnknownChoice($"random effect of '{group}'", effect, known) ]
            | Some term ->
                let column = term.Columns[term.Names.IndexOf effect]

                Ok [
                    for level, rows in
                        term.Codes
                        |> Array.indexed
                        |> Array.filter (fun (row, _) -> column[row] <> 0.0)
                        |> Array.groupBy snd
                        |> Array.sortBy fst do
                        let rows = rows |> Array.map fst

                        {
                            Unit = {
                                Name = term.Levels[level]
                                Rows = ImmutableArray.CreateRange rows
                            }
                            Shared = Some(rows |> Array.map (fun row -> column[row]))
                        }
                ]

    // Bootstrap

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
    let private threshold (largest: float[]) level =
        let sorted = Array.sort largest
        let error = sqrt (level * (1.0 - level) / float sorted.Length)

        let at share =
            Bootstrap.quantile sorted (1.0 - max 0.0 (min 1.0 share))

        {
            Level = level
            Threshold = at level
            MonteCarloError = 0.5 * (at (level - error) - at (level + error))
        }

    let private bootstrapped options (restricted: Fit) (units: ShiftedUnit[]) (ratios: float[]) =
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

    /// <summary>Looks at units for a shift of their variance.</summary>
    /// <param name="options">The units, how many are fitted again, and whether thresholds are simulated.</param>
    /// <param name="fit">The fit; a fit by ML is compared by REML.</param>
    /// <returns>All units, the largest likelihood ratio first; or that there is no such factor or effect; or for a bootstrap
    /// fewer than two replicates that could be fitted.</returns>
    /// <exception cref="T:System.ArgumentException">The number of refits is negative; there are fewer than two replicates.
    /// </exception>
    let create (options: VarianceShiftOptions) (fit: Fit) : Result<VarianceShiftTable, LmmError list> =
        Guard.atLeast "Refits" "The number of refits" 0 options.Refits

        unitsOf options.Target fit
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
                    |> List.map (fun k -> refitted fit restricted units[k] scanned[k])
                    |> Problems.all

                let nulls =
                    match options.Bootstrap with
                    | None -> Ok(Map.empty, [||], 0)
                    | Some bootstrap ->
                        bootstrapped bootstrap restricted units (scanned |> Array.map _.LikelihoodRatio)

                Problems.both refits nulls
                |> Result.map (fun (refitted, (ofUnits, largest, failed)) -> {
                    Target = options.Target
                    Shifts =
                        List.sortByDescending _.LikelihoodRatio refitted
                        @ [ for k in Array.skip (min options.Refits order.Length) order -> scanned[k] ]
                    Bootstrapped = ofUnits
                    Thresholds = [
                        if largest.Length > 0 then
                            for level in options.ThresholdLevels -> threshold largest level
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

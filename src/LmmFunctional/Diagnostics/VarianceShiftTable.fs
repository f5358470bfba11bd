namespace LmmFunctional.Analysis

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

namespace LmmFunctional.Analysis

open LmmFunctional
open LmmFunctional.Model

/// <summary>The power of a test, with its Monte Carlo error.</summary>
[<StructuredFormatDisplay("{Display}")>]
type PowerEstimate = {
    /// The size of the design; None where it did not grow.
    Size: int option
    /// Rows of the design.
    Rows: int
    /// The share of simulations in which the test rejects.
    Power: float
    /// Monte Carlo standard error of the power.
    StandardError: float
    /// Ends of its exact 95 % interval (Clopper and Pearson 1934).
    Lower: float
    Upper: float
    /// Simulations made.
    Simulations: int
    /// Those in which the test rejects.
    Rejected: int
    /// Those that could not be fitted or tested; they do not reject.
    Failed: int
} with

    member private this.Display =
        let size =
            match this.Size with
            | Some size -> $"size {size}: "
            | None -> ""

        let interval = $"{Display.number this.Lower} to {Display.number this.Upper}"
        $"{size}power {Display.number this.Power}, {interval}, {this.Simulations} simulations of {this.Rows} rows"

    /// The size, the power with its interval, and the number of simulations.
    override this.ToString() = this.Display

namespace LmmFunctional.Analysis

open System
open LmmFunctional
open LmmFunctional.Model

/// <summary>The mean shift of one unit: y = Xβ + Zu + δφ + e, δ one in the rows of the unit and zero elsewhere.</summary>
[<ReferenceEquality; StructuredFormatDisplay("{Display}")>]
type MeanShift = {
    Unit: DiagnosticUnit
    /// φ̂ = (δ'Pδ)⁻¹δ'Py, in units of the response.
    Shift: float
    /// (δ'Pδ)^−½, θ taken as known.
    StandardError: float
    /// Shift over its standard error, σ² that of the fit.
    T: float
    /// The same with σ² from all other rows; infinite where those are fitted exactly.
    ExternalT: float
    /// Two-sided, of ExternalT on n − rank X − 1 degrees of freedom: exact when V is known up to σ².
    P: float
    /// The same for the largest of all units.
    AdjustedP: float
} with

    member private this.Display =
        let shift, error = Display.number this.Shift, Display.number this.StandardError
        let t, p = Display.number this.T, Display.number this.AdjustedP
        $"{this.Unit}: shift {shift}, se {error}, t {t}, adjusted p {p}"

    /// The unit with its shift, t and adjusted p.
    override this.ToString() = this.Display

/// <summary>The scan of all units for a shift of their mean.</summary>
[<RequireQualifiedAccess>]
module MeanShift =

    // A unit whose P has no more than rounding of what V⁻¹ has is determined by the fixed effects.
    let private determined = 1e-10

    /// <summary>The scan for units given, the largest |t| first.</summary>
    let internal ofEquations (adjustment: Adjustment) (units: DiagnosticUnit list) (equations: MixedModelEquations) =
        let fit = equations.Fit
        let projected = ResidualPrecision.multiply equations.Residual 1 equations.Residuals
        let diagonal = lazy (RowDiagonals.create equations).Projection
        let freedom = float (fit.Observations - fit.FixedCount)

        let units = units |> List.map (fun unit -> unit, Seq.toArray unit.Rows)

        // δ'V⁻¹δ of units of several rows, in their order.
        let sums =
            units
            |> Seq.map snd
            |> Seq.filter (fun rows -> rows.Length > 1)
            |> Array.ofSeq
            |> equations.PrecisionSums

        let mutable nextSum = 0

        let found = [
            for unit, rows in units do
                let taken = equations.FixedShare rows

                // δ'Pδ relative to σ².
                let square =
                    if rows.Length = 1 then
                        diagonal.Value[rows[0]]
                    else
                        nextSum <- nextSum + 1
                        sums[nextSum - 1] - taken

                if square > determined * (square + taken) then
                    let shift = (rows |> Array.sumBy (fun row -> projected[row])) / square
                    struct (unit, shift, fit.Sigma / sqrt square)
        ]

        let tests = [|
            for struct (_, shift, error) in found do
                let external = ResidualTable.external freedom (shift / error)
                freedom - 1.0, (if Double.IsNaN external then infinity else external)
        |]

        let family =
            ComparisonFamily.create found.Length found.Length (lazy found.Length) (lazy [||])

        let adjusted = Adjustment.pValues adjustment family tests

        found
        |> List.mapi (fun index (struct (unit, shift, error)) -> {
            Unit = unit
            Shift = shift
            StandardError = error
            T = shift / error
            ExternalT = snd tests[index]
            P = Probability.twoSided (fst tests[index]) (snd tests[index])
            AdjustedP = adjusted[index]
        })
        |> List.sortByDescending (fun found -> abs found.T)

    /// <summary>Scans units for a shift of their mean, the largest |t| first.</summary>
    /// <param name="adjustment">For several units: Bonferroni, Holm, Šidák, the false discovery rate, or none.</param>
    /// <param name="units">Rows, or the levels of a factor.</param>
    /// <param name="fit">The fit.</param>
    /// <returns>The units whose shift can be told from the fixed effects; or that there is no such factor.</returns>
    /// <exception cref="T:System.ArgumentException">The adjustment is one of means.</exception>
    let scan (adjustment: Adjustment) (units: DiagnosticUnits) (fit: Fit) : Result<MeanShift list, LmmError list> =
        match adjustment with
        | Adjustment.Tukey
        | Adjustment.Dunnett
        | Adjustment.Scheffe ->
            invalidArg (nameof adjustment) "A scan takes Bonferroni, Holm, Šidák, the false discovery rate, or none."
        | _ -> ()

        DiagnosticUnits.find units fit
        |> Result.map (fun units -> ofEquations adjustment units (MixedModelEquations fit))

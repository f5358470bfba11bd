namespace LmmFunctional.Analysis

open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Model

/// <summary>How shifts of the mean are looked for.</summary>
[<NoComparison; NoEquality>]
type MeanShiftOptions = {
    Units: DiagnosticUnits
    /// Of the p-values for the number of units: Bonferroni, Holm, Šidák, the false discovery rate, or none.
    Adjustment: Adjustment
    /// Responses from the fit, whose scans tell how large |t| gets without any shift; None for none.
    Bootstrap: BootstrapOptions option
}

/// <summary>Options of mean shifts.</summary>
[<RequireQualifiedAccess>]
module MeanShiftOptions =

    /// Rows, Bonferroni, no bootstrap.
    let defaults = {
        Units = DiagnosticUnits.Rows
        Adjustment = Adjustment.Bonferroni
        Bootstrap = None
    }

/// <summary>All units with their shifts of the mean, the largest |t| first.</summary>
[<ReferenceEquality; StructuredFormatDisplay("{Display}")>]
type MeanShiftTable = {
    Units: DiagnosticUnits
    Shifts: MeanShift list
    /// How large |t| gets without any shift; None without a bootstrap.
    Threshold: MeanShiftThreshold option
} with

    member private this.Display =
        let rows =
            this.Shifts
            |> Seq.map (fun own ->
                string own.Unit
                :: ([ own.Shift; own.StandardError; own.T; own.ExternalT; own.P; own.AdjustedP ]
                    |> List.map Display.number))

        Display.table
            $"Shifts of the mean of {this.Shifts.Length} units, the largest |t| first"
            [ "unit"; "shift"; "se"; "t"; "external t"; "p"; "adjusted p" ]
            this.Shifts.Length
            rows

    /// The units with the largest |t|.
    override this.ToString() = this.Display

/// <summary>What an outlier is taken to be.</summary>
[<RequireQualifiedAccess; NoComparison; NoEquality>]
type OutlierModel =
    /// The mean of a row or level is shifted.
    | MeanShift of MeanShiftOptions
    /// A row, a level, or an effect of a level has extra variance.
    | VarianceShift of VarianceShiftOptions

/// <summary>What a scan for outliers has found, the most conspicuous unit first.</summary>
[<RequireQualifiedAccess; ReferenceEquality>]
type OutlierScan =
    | MeanShifts of MeanShiftTable
    | VarianceShifts of VarianceShiftTable

/// <summary>Scans for outliers.</summary>
[<RequireQualifiedAccess>]
module Outliers =

    let private meanShifts (options: MeanShiftOptions) (fit: Fit) =
        let threshold =
            match options.Bootstrap with
            | None -> Ok None
            | Some bootstrap -> MeanShiftThreshold.create bootstrap options.Units fit |> Result.map Some

        MeanShift.scan options.Adjustment options.Units fit
        |> Result.bind (fun shifts ->
            threshold
            |> Result.map (fun threshold -> {
                Units = options.Units
                Shifts = shifts
                Threshold = threshold
            }))

    /// <summary>Scans a fit for outliers.</summary>
    /// <returns>All units, the most conspicuous first; or what is wrong: no such factor or effect, no bootstrap for this
    /// model.</returns>
    /// <exception cref="T:System.ArgumentException">The adjustment is one of means, the number of refits is negative, or there are
    /// fewer than two replicates.</exception>
    let scan (model: OutlierModel) (fit: Fit) : Result<OutlierScan, LmmError list> =
        match model with
        | _ when fit.Design.Sums.IsSome -> Error [ LmmError.FitOfSums "Influence and outliers" ]
        | OutlierModel.MeanShift options ->
            SampledError.factorable fit
            |> Result.bind (fun () -> meanShifts options fit)
            |> Result.map OutlierScan.MeanShifts
        | OutlierModel.VarianceShift options ->
            SampledError.factorable fit
            |> Result.bind (fun () -> VarianceShift.create options fit)
            |> Result.map OutlierScan.VarianceShifts

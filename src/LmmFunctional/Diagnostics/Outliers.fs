namespace LmmFunctional

/// <summary>What an outlier is taken to be.</summary>
[<RequireQualifiedAccess>]
type OutlierModel =
    /// The mean of the unit is shifted; p-values are adjusted for the number of units.
    | MeanShift of Adjustment
    /// The unit has extra variance; so many of the first units are fitted again with it.
    | VarianceShift of refits: int

/// <summary>Options of a scan for outliers.</summary>
type OutlierOptions = {
    By: DiagnosticUnits
    Model: OutlierModel
}

/// <summary>Options of a scan for outliers.</summary>
[<RequireQualifiedAccess>]
module OutlierOptions =

    /// Every row, for a shift of its mean, p-values by Bonferroni.
    let defaults = {
        By = DiagnosticUnits.Rows
        Model = OutlierModel.MeanShift Adjustment.Bonferroni
    }

/// <summary>What a scan for outliers has found, the most conspicuous unit first.</summary>
[<RequireQualifiedAccess>]
type OutlierScan =
    | MeanShifts of MeanShift list
    | VarianceShifts of VarianceShift list

/// <summary>Scans for outliers.</summary>
[<RequireQualifiedAccess>]
module Outliers =

    /// <summary>Scans the units of a fit by either model.</summary>
    /// <returns>All units, the most conspicuous first; or that there is no such factor.</returns>
    /// <exception cref="T:System.ArgumentException">The adjustment is one of means, or the number of refits is negative.</exception>
    let scan (options: OutlierOptions) (fit: Fit) : Result<OutlierScan, LmmError list> =
        match options.Model with
        | OutlierModel.MeanShift adjustment ->
            MeanShift.scan adjustment options.By fit |> Result.map OutlierScan.MeanShifts
        | OutlierModel.VarianceShift refits ->
            VarianceShift.scan refits options.By fit
            |> Result.map OutlierScan.VarianceShifts

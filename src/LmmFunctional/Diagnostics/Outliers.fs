namespace LmmFunctional

/// <summary>What an outlier is taken to be.</summary>
[<RequireQualifiedAccess; NoComparison; NoEquality>]
type OutlierModel =
    /// The mean of a row or level is shifted; p-values are adjusted for their number.
    | MeanShift of units: DiagnosticUnits * adjustment: Adjustment
    /// A row, a level, or an effect of a level has extra variance.
    | VarianceShift of VarianceShiftOptions

/// <summary>What a scan for outliers has found, the most conspicuous unit first.</summary>
[<RequireQualifiedAccess; ReferenceEquality>]
type OutlierScan =
    | MeanShifts of MeanShift list
    | VarianceShifts of VarianceShiftTable

/// <summary>Scans for outliers.</summary>
[<RequireQualifiedAccess>]
module Outliers =

    /// <summary>Scans a fit for outliers.</summary>
    /// <returns>All units, the most conspicuous first; or what is wrong: no such factor or effect, no bootstrap for this
    /// model.</returns>
    /// <exception cref="T:System.ArgumentException">The adjustment is one of means, or the number of refits is negative.</exception>
    let scan (model: OutlierModel) (fit: Fit) : Result<OutlierScan, LmmError list> =
        match model with
        | OutlierModel.MeanShift(units, adjustment) ->
            MeanShift.scan adjustment units fit |> Result.map OutlierScan.MeanShifts
        | OutlierModel.VarianceShift options ->
            VarianceShift.create options fit |> Result.map OutlierScan.VarianceShifts

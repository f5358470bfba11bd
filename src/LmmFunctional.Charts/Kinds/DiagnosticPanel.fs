namespace LmmFunctional.Charts

open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis

/// <summary>The charts to look at first.</summary>
[<RequireQualifiedAccess>]
module internal DiagnosticPanel =

    /// The units whose influence is shown: levels of the random term with the most rows each, else rows.
    let private unitsOf (fit: Fit) =
        fit.Design.Random
        |> List.filter (fun term -> term.Relationship.IsNone && 2 * term.Levels.Length <= fit.Observations)
        |> List.sortBy _.Levels.Length
        |> List.tryHead
        |> Option.map (fun term -> DiagnosticUnits.Levels term.Group)
        |> Option.defaultValue DiagnosticUnits.Rows

    // Leaving out each level costs the square of its rows, and more.
    let private mostRows = 20000

    let private influence (fit: Fit) =
        if Drawing.isOfSums fit then
            Drawing.nothing "influence" Drawing.noRows
        elif fit.FixedCount = 0 then
            Drawing.nothing "influence" "the model has no fixed effects."
        elif fit.HasNoResidual then
            Drawing.nothing "influence" "the residual variance is zero."
        elif fit.Observations > mostRows then
            Drawing.nothing "influence" $"with more than {mostRows:N0} rows it takes long; Chart.influence draws it."
        else
            let units = unitsOf fit

            Lmm.influence
                {
                    InfluenceOptions.defaults with
                        Units = units
                }
                fit
            |> Result.bind (UnitCharts.influence units fit)

    let private outliers (fit: Fit) =
        if Drawing.isOfSums fit then
            Drawing.nothing "outliers" Drawing.noRows
        elif fit.HasNoResidual then
            Drawing.nothing "outliers" "the residual variance is zero."
        else
            MeanShift.scan Adjustment.Holm DiagnosticUnits.Rows fit
            |> Result.bind (UnitCharts.meanShifts DiagnosticUnits.Rows fit)

    /// <summary>The charts of a fit that there are, and why others are not.</summary>
    let charts (fit: Fit) : ChartSpec list * string list =
        let source = ResidualSource.create fit

        let all = [
            ResidualCharts.againstFit source
            ResidualCharts.scaleLocation source
            QuantileChart.create source
            if not fit.Design.Random.IsEmpty then
                EffectCharts.quantiles fit
            CorrelationCharts.lags source
            influence fit
            outliers fit
        ]

        let chosen =
            all
            |> List.choose (fun found ->
                match found with
                | Ok chart -> Some chart
                | Error _ -> None)

        let reasons =
            all
            |> List.collect (fun found ->
                match found with
                | Ok _ -> []
                | Error problems -> problems |> List.map LmmError.describe)

        chosen, reasons

    /// <summary>The charts as a panel.</summary>
    /// <returns>The panel, or why there is no chart at all.</returns>
    let create (fit: Fit) : Result<ChartSpec, LmmError list> =
        match charts fit with
        | [], reasons -> Drawing.nothing "panel" (String.concat " " reasons)
        | charts, reasons ->
            Ok(
                Drawing.chart
                    "panel"
                    $"Diagnostics of the model for {Drawing.response fit}"
                    (Drawing.formula fit :: reasons)
                    (charts |> List.map _.Description |> String.concat " ")
                    (charts |> List.collect _.Tables)
                    // The panel says the model once.
                    (charts
                     |> List.map (fun chart -> {
                         chart with
                             Subtitle = chart.Subtitle |> List.filter ((<>) (Drawing.formula fit))
                     })
                     |> View.Panel)
            )

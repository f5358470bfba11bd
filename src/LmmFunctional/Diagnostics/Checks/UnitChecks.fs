namespace LmmFunctional.Analysis

open System
open MathNet.Numerics.Distributions
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>Influential units and outliers: rows, and the levels of every grouping factor.</summary>
[<RequireQualifiedAccess>]
module internal UnitChecks =

    /// Rows, and the grouping factors of the model.
    let kinds (fit: Fit) : (string * DiagnosticUnits) list = [
        "rows", DiagnosticUnits.Rows

        for group in fit.Design.Random |> List.map _.Group |> List.distinct do
            $"levels of {group}", DiagnosticUnits.Levels group
    ]

    let private names (units: DiagnosticUnit list) =
        units |> Seq.map _.Name |> Column.ofStrings

    // The deletion of a unit costs the cube of its rows.
    let private mostRows = 1500

    /// <summary>Cook's distances, θ fixed.</summary>
    /// <remarks>Cook (1977): a unit without which the estimates move to the edge of their 50 % confidence region or beyond is
    /// influential.</remarks>
    let influence (options: CheckOptions) (equations: MixedModelEquations) subject (units: DiagnosticUnit list) =
        let name = "influence"
        let fit = equations.Fit

        if fit.FixedCount = 0 then
            ModelCheck.without name subject "The model has no fixed effects."
        elif units |> List.exists (fun unit -> unit.Rows.Length > mostRows) then
            ModelCheck.without
                name
                subject
                $"Some units have more than {mostRows} rows; their deletion takes long, and is left to the table of influence."
        else
            let table = FixedInfluence.table equations (Array.ofList units)

            match table.Units |> List.sortByDescending _.CookD with
            | [] ->
                ModelCheck.without
                    name
                    subject
                    "No unit can be left out: the others do not determine all fixed effects."
            | largest :: _ as sorted ->
                let p = float fit.FixedCount
                let edge = FisherSnedecor.CDF(p, float fit.Observations - p, largest.CookD)
                let isNotable = edge > 0.5 || not table.Impossible.IsEmpty
                let usual = 4.0 / float units.Length
                let above = sorted |> List.filter (fun unit -> unit.CookD > usual) |> List.length

                let share =
                    (100.0 * edge).ToString("F0", Globalization.CultureInfo.InvariantCulture)

                let words =
                    $"the largest Cook's distance, {ModelCheck.number largest.CookD} of {largest.Unit.Name}, moves the estimates to the edge of their {share} %% confidence region; {above} of {units.Length} are above 4/{units.Length}"

                let rest =
                    match table.Impossible.Length with
                    | 0 -> "."
                    | count ->
                        let one = Plural.verb count "is needed" "are needed"
                        $"; {count} {one} to determine the fixed effects."

                let listed = sorted |> List.truncate options.Listed

                ModelCheck.judged
                    name
                    subject
                    isNotable
                    "Cook's distance, covariance parameters fixed (Cook 1977)"
                    [
                        "units", float units.Length
                        "largest", largest.CookD
                        "confidenceRegion", edge
                        "above", float above
                        "impossible", float table.Impossible.Length
                    ]
                    (if isNotable then
                         $"Some units matter much: {words}{rest}"
                     else
                         $"No unit matters much: {words}{rest}")
                    "Look at these units, fit without them, and report both; the influence with refits shows what the variances do."
                    [
                        "unit", names (listed |> List.map _.Unit)
                        "cookD", Column.ofFloats (listed |> Seq.map _.CookD)
                        "mdffits", Column.ofFloats (listed |> Seq.map _.Mdffits)
                        "covratio", Column.ofFloats (listed |> Seq.map _.CovRatio)
                    ]

    /// <summary>Shifts of the mean of each unit.</summary>
    let outliers (options: CheckOptions) (equations: MixedModelEquations) subject (units: DiagnosticUnit list) =
        let name = "outliers"

        match MeanShift.ofEquations options.Adjustment units equations with
        | [] -> ModelCheck.without name subject "The fixed effects leave no unit a shift of its own."
        | largest :: _ as found ->
            let beyond =
                found
                |> List.filter (fun shift -> shift.AdjustedP < options.Significance)
                |> List.length

            let isNotable = beyond > 0
            let listed = found |> List.truncate options.Listed
            let adjustment = Adjustment.name options.Adjustment

            let words =
                $"the largest shift is that of {largest.Unit.Name}, {ModelCheck.number largest.Shift}, t = {ModelCheck.number largest.T}, {ModelCheck.p largest.AdjustedP} ({adjustment} over {found.Length})."

            ModelCheck.judged
                name
                subject
                isNotable
                "mean shifts, covariance parameters fixed, externally studentised"
                [
                    "units", float found.Length
                    "outliers", float beyond
                    "largestT", largest.T
                    "p", largest.P
                    "pAdjusted", largest.AdjustedP
                ]
                (if isNotable then
                     let are = Plural.verb beyond "is an outlier" "are outliers"
                     $"{beyond} of {found.Length} {are}: {words}"
                 else
                     $"There is no outlier: {words}")
                "Look for an error in the data; else fit with and without, or with a variance of its own for the unit."
                [
                    "unit", names (listed |> List.map _.Unit)
                    "shift", Column.ofFloats (listed |> Seq.map _.Shift)
                    "se", Column.ofFloats (listed |> Seq.map _.StandardError)
                    "t", Column.ofFloats (listed |> Seq.map _.T)
                    "p", Column.ofFloats (listed |> Seq.map _.P)
                    "pAdjusted", Column.ofFloats (listed |> Seq.map _.AdjustedP)
                ]

namespace LmmFunctional.Analysis

open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Estimation

/// <summary>Random effects and diagnostics as frames, for files, tables and charts. Column names are those of JSON.</summary>
[<RequireQualifiedAccess>]
module DiagnosticFrames =

    let private frame (columns: (string * Column) list) : Frame =
        let rows =
            match columns with
            | (_, first) :: _ -> first.Length
            | [] -> 0

        Frame(
            columns |> Seq.map fst |> ImmutableArray.CreateRange,
            columns |> Seq.map snd |> ImmutableArray.CreateRange,
            rows
        )

    let private texts (values: string seq) = Column.ofStrings values

    /// The names of units: numbers of rows are numbers.
    let private unitColumn (units: DiagnosticUnits) (found: DiagnosticUnit list) =
        match units with
        | DiagnosticUnits.Rows -> found |> List.map (fun unit -> float unit.Name) |> Column.ofFloats
        | DiagnosticUnits.Levels _ -> found |> List.map _.Name |> texts

    /// <summary>Every effect of every level: group, level, effect, mode, sd (given the data and β), pev (of the estimated less the
    /// true effect), reliability.</summary>
    let randomEffects (terms: RandomEffects list) : Frame =
        let rows = [
            for term in terms do
                for level in 0 .. term.Levels.Length - 1 do
                    for effect in 0 .. term.Effects.Length - 1 do
                        struct (term, level, effect)
        ]

        let text (f: RandomEffects -> int -> int -> string) =
            rows
            |> List.map (fun (struct (term, level, effect)) -> f term level effect)
            |> texts

        let number (f: RandomEffects -> int -> int -> float) =
            rows
            |> List.map (fun (struct (term, level, effect)) -> f term level effect)
            |> Column.ofFloats

        frame [
            "group", text (fun term _ _ -> term.Group)
            "level", text (fun term level _ -> term.Levels[level])
            "effect", text (fun term _ effect -> term.Effects[effect])
            "mode", number (fun term level effect -> term.Modes[level, effect])
            "sd", number (fun term level effect -> term.StandardDeviations[level, effect])
            "pev", number (fun term level effect -> term.PredictionErrors[level, effect] ** 2.0)
            "reliability", number (fun term level effect -> term.Reliabilities[level, effect])
        ]

    /// <summary>Predictions: row, estimate, se, df, lower, upper; and newLevels where there are any.</summary>
    let predictions (found: Prediction list) : Frame =
        let newLevels =
            found
            |> List.map (fun own ->
                own.NewLevels
                |> List.map (fun (group, level) -> $"{group} {level}")
                |> String.concat "; ")

        frame [
            "row", found |> List.map _.Row |> Column.ofInts
            "estimate", found |> List.map _.Estimate |> Column.ofFloats
            "se", found |> List.map _.StandardError |> Column.ofFloats
            "df", found |> List.map _.Df |> Column.ofFloats
            "lower", found |> List.map _.Lower |> Column.ofFloats
            "upper", found |> List.map _.Upper |> Column.ofFloats

            if newLevels |> List.exists (fun text -> text <> "") then
                "newLevels", texts newLevels
        ]

    /// <summary>Linear combinations of predictions or of effects: name, estimate, se, df, lower, upper.</summary>
    let combinations (found: (string * Prediction) list) : Frame =
        let number (value: Prediction -> float) =
            found |> List.map (snd >> value) |> Column.ofFloats

        frame [
            "name", found |> List.map fst |> texts
            "estimate", number _.Estimate
            "se", number _.StandardError
            "df", number _.Df
            "lower", number _.Lower
            "upper", number _.Upper
        ]

    /// <summary>Residuals and leverages, one row for each row used.</summary>
    let residuals (table: ResidualTable) : Frame =
        let missing = Seq.replicate table.Row.Length nan

        frame [
            "row", Column.ofInts table.Row
            "observed", Column.ofFloats table.Observed
            "fitted", Column.ofFloats table.Fitted
            "marginal", Column.ofFloats table.Marginal
            "conditional", Column.ofFloats table.Conditional
            "pearsonMarginal", Column.ofFloats table.PearsonMarginal
            "pearsonConditional", Column.ofFloats table.PearsonConditional
            "studentizedMarginal", Column.ofFloats table.StudentizedMarginal
            "studentizedConditional", Column.ofFloats table.StudentizedConditional
            "deleted", Column.ofFloats table.Deleted
            "deletedT", Column.ofFloats table.DeletedT
            "externalT", Column.ofFloats table.ExternalT
            "decorrelated",
            Column.ofFloats (
                if table.Decorrelated.IsEmpty then
                    missing
                else
                    table.Decorrelated
            )
            "leverage", Column.ofFloats table.Leverage
            "leverageFixed", Column.ofFloats table.LeverageFixed
        ]

    /// <summary>Influence, one row for each unit: dffits of rows, and the relative change of each
    /// variance (<c>relative change of g x</c>) where θ has moved.</summary>
    let influence (units: DiagnosticUnits) (table: InfluenceTable) : Frame =
        let found = table.Units

        let ofVariances =
            match found with
            | first :: _ -> first.VarianceChanges |> List.map fst
            | [] -> []

        frame [
            "unit", found |> List.map _.Unit |> unitColumn units
            "rows", found |> List.map (fun own -> own.Unit.Rows.Length) |> Column.ofInts
            "cookD", found |> List.map _.CookD |> Column.ofFloats
            "mdffits", found |> List.map _.Mdffits |> Column.ofFloats

            match units with
            | DiagnosticUnits.Rows ->
                "dffits", found |> List.map (fun own -> defaultArg own.Dffits nan) |> Column.ofFloats
            | DiagnosticUnits.Levels _ -> ()

            "covtrace", found |> List.map _.CovTrace |> Column.ofFloats
            "covratio", found |> List.map _.CovRatio |> Column.ofFloats
            "likelihoodDistance", found |> List.map _.LikelihoodDistance |> Column.ofFloats

            for index, name in List.indexed ofVariances do
                $"relative change of {name}",
                found |> List.map (fun own -> snd own.VarianceChanges[index]) |> Column.ofFloats
        ]

    /// <summary>Units without which the model cannot be fitted: unit, reason.</summary>
    let impossible (table: InfluenceTable) : Frame =
        frame [
            "unit", table.Impossible |> List.map (fun (unit, _) -> unit.Name) |> texts
            "reason", table.Impossible |> List.map snd |> texts
        ]

    /// <summary>Shifts of the mean, one row for each unit: unit, shift, se, t, externalT, p, pAdjusted; and with a bootstrap
    /// pBootstrap, of the largest |t| of all units, and its monteCarloError.</summary>
    let meanShifts (table: MeanShiftTable) : Frame =
        let found = table.Shifts

        frame [
            "unit", found |> List.map _.Unit |> unitColumn table.Units
            "shift", found |> List.map _.Shift |> Column.ofFloats
            "se", found |> List.map _.StandardError |> Column.ofFloats
            "t", found |> List.map _.T |> Column.ofFloats
            "externalT", found |> List.map _.ExternalT |> Column.ofFloats
            "p", found |> List.map _.P |> Column.ofFloats
            "pAdjusted", found |> List.map _.AdjustedP |> Column.ofFloats

            match table.Threshold with
            | None -> ()
            | Some threshold ->
                let values =
                    found |> List.map (fun own -> MeanShiftThreshold.pValue own.T threshold)

                "pBootstrap", values |> List.map fst |> Column.ofFloats
                "monteCarloError", values |> List.map snd |> Column.ofFloats
        ]

    /// <summary>Thresholds of the largest |t| by a bootstrap: level, threshold, monteCarloError.</summary>
    /// <exception cref="T:System.ArgumentException">A level is not between 0 and 1.</exception>
    let meanShiftThresholds (levels: float list) (threshold: MeanShiftThreshold) : Frame =
        let values =
            levels |> List.map (fun level -> MeanShiftThreshold.value level threshold)

        frame [
            "level", Column.ofFloats levels
            "threshold", values |> List.map fst |> Column.ofFloats
            "monteCarloError", values |> List.map snd |> Column.ofFloats
        ]

    let private targetColumn (target: VarianceShiftTarget) =
        match target with
        | VarianceShiftTarget.Rows units -> unitColumn units
        | VarianceShiftTarget.Effect(group, _) -> unitColumn (DiagnosticUnits.Levels group)

    /// <summary>Shifts of the variance, one row for each unit: unit, variance, score, standardisedScore, lrt, p, refitted; and with a
    /// bootstrap pBootstrap, pAdjusted and its monteCarloError.</summary>
    let varianceShifts (table: VarianceShiftTable) : Frame =
        let found = table.Shifts

        let bootstrapped (value: BootstrappedShift -> float) =
            found
            |> List.map (fun own ->
                table.Bootstrapped.TryFind own.Unit.Name
                |> Option.map value
                |> Option.defaultValue nan)
            |> Column.ofFloats

        frame [
            "unit", found |> List.map _.Unit |> targetColumn table.Target
            "variance", found |> List.map _.Variance |> Column.ofFloats
            "score", found |> List.map _.Score |> Column.ofFloats
            "standardisedScore", found |> List.map _.StandardisedScore |> Column.ofFloats
            "lrt", found |> List.map _.LikelihoodRatio |> Column.ofFloats
            "p", found |> List.map _.P |> Column.ofFloats

            if not table.Bootstrapped.IsEmpty then
                "pBootstrap", bootstrapped _.P
                "pAdjusted", bootstrapped _.AdjustedP
                "monteCarloError", bootstrapped _.MonteCarloError

            "refitted", found |> List.map (fun own -> if own.IsRefitted then "yes" else "no") |> texts
        ]

    /// <summary>Thresholds of the largest likelihood ratio by a bootstrap: level, threshold, monteCarloError.</summary>
    let varianceShiftThresholds (table: VarianceShiftTable) : Frame =
        frame [
            "level", table.Thresholds |> List.map _.Level |> Column.ofFloats
            "threshold", table.Thresholds |> List.map _.Threshold |> Column.ofFloats
            "monteCarloError", table.Thresholds |> List.map _.MonteCarloError |> Column.ofFloats
        ]

namespace LmmFunctional.Analysis

open System
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Language
open LmmFunctional.Estimation

/// <summary>Whether the variance of the residuals is the same in all groups and along the fitted values.</summary>
[<RequireQualifiedAccess>]
module internal EqualVarianceCheck =

    let private name = "equal variances"

    // Two values deviate equally from their median, one does not at all.
    let private fewest = 3

    /// The factors of the model: those of the fixed effects, grouping factors, and those with variances of their own.
    let private factors (fit: Fit) : (string * string[] * int[]) list =
        let design = fit.Design
        let selection = Selection(design.Schema.Frame, design.Rows)

        [
            for term in design.Schema.Fixed do
                for coded in term.Variables do
                    match coded.Variable.Kind with
                    | VariableKind.Factor factor ->
                        coded.Variable.Name,
                        Categories.names factor.Categories,
                        Categories.codes factor.Categories selection
                    | VariableKind.Number _
                    | VariableKind.Basis _ -> ()

            match design.Residual with
            | Some residual ->
                for variance, values in residual.Variances do
                    match variance, values with
                    | VarianceFunction.PerGroup expr, VarianceValues.Groups(levels, codes) ->
                        ExprText.deparse expr, Seq.toArray levels, codes
                    | _ -> ()

                match residual.Levels with
                | Some(factor, levels, codes) -> factor, Seq.toArray levels, codes
                | None -> ()
            | None -> ()

            for term in design.Random do
                term.Group, Seq.toArray term.Levels, term.Codes
        ]
        |> List.distinctBy (fun (factor, _, _) -> factor)

    let private ofFactor (options: CheckOptions) (residuals: float[]) (factor: string, levels: string[], codes: int[]) =
        let groups =
            codes
            |> Array.indexed
            |> Array.filter (fun (row, code) -> code >= 0 && Double.IsFinite residuals[row])
            |> Array.groupBy snd
            |> Array.sortBy fst
            |> Array.map (fun (code, rows) -> levels[code], rows |> Array.map (fun (row, _) -> residuals[row]))

        let kept = groups |> Array.filter (fun (_, values) -> values.Length >= fewest)

        if kept.Length < 2 then
            ModelCheck.without
                name
                factor
                $"A comparison takes two levels of {factor} with {fewest} rows or more, and there are {kept.Length}."
        else
            let struct (f, df1, df2, p) = VarianceTests.brownForsythe (Array.map snd kept)

            let deviation (values: float[]) =
                let mean = Array.average values

                sqrt (
                    Array.sumBy (fun x -> (x - mean) * (x - mean)) values
                    / float (values.Length - 1)
                )

            let deviations = kept |> Array.map (snd >> deviation)
            let least, most = Array.min deviations, Array.max deviations
            let isNotable = p < options.Significance
            let left = groups.Length - kept.Length
            let levelsLeft = Plural.count left "level"

            let rest =
                if left = 0 then
                    ""
                else
                    $"; {levelsLeft} with fewer than {fewest} rows left out"

            let words =
                $"F({df1}, {df2}) = {ModelCheck.number f}, {ModelCheck.p p}; standard deviations from {ModelCheck.number least} to {ModelCheck.number most}{rest}."

            ModelCheck.judged
                name
                factor
                isNotable
                "Brown-Forsythe (1974), of studentised conditional residuals"
                [
                    "f", f
                    "df1", float df1
                    "df2", float df2
                    "p", p
                    "smallestSd", least
                    "largestSd", most
                ]
                (if isNotable then
                     $"The residuals of the levels of {factor} differ in their spread: {words}"
                 else
                     $"The residuals of the levels of {factor} have similar spreads: {words}")
                $"Give each level a residual variance of its own, ident({factor}), if it has rows enough; or transform the response."
                [
                    "level", Column.ofStrings (Seq.map fst kept)
                    "rows", Column.ofInts (kept |> Seq.map (fun (_, values) -> values.Length))
                    "sd", Column.ofFloats deviations
                ]

    /// <summary>By the levels of every factor of the model.</summary>
    let byGroups (options: CheckOptions) (fit: Fit) (residuals: ResidualTable) : ModelCheck list =
        match factors fit with
        | [] -> [ ModelCheck.without name "groups" "The model has no factor." ]
        | found ->
            found
            |> List.map (ofFactor options (Seq.toArray residuals.StudentizedConditional))

    /// <summary>Along the fitted values.</summary>
    let alongFit (options: CheckOptions) (residuals: ResidualTable) : ModelCheck =
        let subject = "fitted values"

        let pairs =
            Seq.zip residuals.StudentizedConditional residuals.Fitted
            |> Seq.filter (fst >> Double.IsFinite)
            |> Array.ofSeq

        let fitted = pairs |> Array.map snd
        let size = fitted |> Array.fold (fun most x -> max most (abs x)) 0.0

        if pairs.Length < 4 || Array.max fitted - Array.min fitted <= 1e-10 * size then
            ModelCheck.without name subject "The fitted values are all equal."
        else
            let struct (statistic, p, correlation) =
                VarianceTests.breuschPagan (pairs |> Array.map (fun (r, _) -> r * r)) fitted

            let isNotable = p < options.Significance
            let direction = if correlation > 0.0 then "grows" else "falls"
            let words = $"χ²(1) = {ModelCheck.number statistic}, {ModelCheck.p p}."

            ModelCheck.judged
                name
                subject
                isNotable
                "Breusch-Pagan, studentised (Koenker 1981), of studentised conditional residuals"
                [ "statistic", statistic; "df", 1.0; "p", p; "correlation", correlation ]
                (if isNotable then
                     $"The variance of the residuals {direction} with the fitted values: {words}"
                 else
                     $"The variance of the residuals does not change along the fitted values: {words}")
                "Try a variance function, varpower(fitted()), or another scale of the response, such as its logarithm."
                []

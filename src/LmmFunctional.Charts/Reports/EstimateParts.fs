namespace LmmFunctional.Charts

open System
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation
open LmmFunctional.Analysis

/// <summary>Parts of a report on estimates: fixed effects, and variances.</summary>
[<RequireQualifiedAccess>]
module internal EstimateParts =

    let estimateTable level (estimates: Estimate list) =
        let percent = NumberText.significant 3 (100.0 * level)

        let values =
            NumberText.column 4 [
                for own in estimates do
                    own.Estimate
                    own.StandardError
                    own.Lower
                    own.Upper
            ]
            |> List.map (fun text -> if text = "NaN" then "" else text)
            |> List.chunkBySize 4

        let df =
            estimates
            |> List.map (fun own ->
                if Double.IsNaN own.Df then
                    ""
                else
                    NumberText.significant 3 own.Df)

        Table.create [
            "", Alignment.Left
            "Estimate", Alignment.Right
            "Std. error", Alignment.Right
            $"{percent} %% interval", Alignment.Right
            "df", Alignment.Right
            "t", Alignment.Right
            "p", Alignment.Right
        ] [
            for own, cells, df in List.zip3 estimates values df do
                [
                    own.Name
                    cells[0]
                    cells[1]
                    (if cells[2] = "" then "" else $"{cells[2]} to {cells[3]}")
                    df
                    (if Double.IsNaN own.Statistic then
                         ""
                     else
                         NumberText.fixedPoint 2 own.Statistic)
                    InferenceTables.pValue own.P
                ]
        ]

    /// Covariates whose slope is one coefficient: main effects without interactions.
    let loneSlopes (fit: Fit) (estimates: Estimate list) =
        let covariates = Covariate.all fit |> List.map _.Name

        let involved name =
            fit.Design.Fixed.Terms
            |> Seq.filter (fun term -> term.Factors |> List.collect Expr.columns |> List.contains name)
            |> Seq.length

        estimates
        |> List.filter (fun own ->
            List.contains own.Name covariates
            && involved own.Name = 1
            && own.NotTestable.IsNone)

    let fixedEffects (options: ReportOptions) (inference: Inference) : ReportPart =
        let fit = inference.Fit
        let response = Drawing.response fit
        let estimates = Inference.coefficients options.Level inference
        let anova = Anova.ofInference HypothesisType.III inference

        ReportPart.create "fixed" "Fixed effects" [
            if estimates.IsEmpty then
                ReportPart.paragraph "The model has no fixed effects."
            else
                Html.table (estimateTable options.Level estimates)

                for reason in InferenceTables.notTestable estimates do
                    ReportPart.soft reason

                for own in loneSlopes fit estimates do
                    ReportPart.paragraph (Sentences.slope response options.Level own)

                match fit.Dropped with
                | [] -> ()
                | names ->
                    let names = String.concat ", " names
                    ReportPart.soft $"Left out, because they depend linearly on others: {names}."

                if not anova.Tests.IsEmpty then
                    Html.text "h3" "Tests of the terms (type III)"
                    Html.table (InferenceTables.joint anova.Tests)

                    for test in anova.Tests do
                        ReportPart.paragraph (Sentences.term response test)

                ReportPart.soft
                    $"Degrees of freedom: {DegreesOfFreedomMethod.describe inference.Method}. Words for evidence as in Muff et al. (2022)."

                // One effect alone is in the table.
                if estimates.Length > 2 then
                    yield! ReportPart.charts "fixed" [ Chart.coefficients [ "", inference ] ]
        ]

    let intervalTable level (intervals: ParameterInterval list) =
        let percent = NumberText.significant 3 (100.0 * level)
        let text = NumberText.significant 4

        let bound value =
            value |> Option.map text |> Option.defaultValue ""

        let hasNotes = intervals |> List.exists _.Note.IsSome

        Table.create [
            "", Alignment.Left
            "Estimate", Alignment.Right
            $"{percent} %% from", Alignment.Right
            "to", Alignment.Right
            if hasNotes then
                "Note", Alignment.Left
        ] [
            for own in intervals do
                [
                    own.Name
                    text own.Estimate
                    bound own.Lower
                    bound own.Upper
                    if hasNotes then
                        defaultArg own.Note ""
                ]
        ]

    let variance (options: ReportOptions) (fit: Fit) : ReportPart =
        ReportPart.create "variance" "Variance components" [
            Html.table (FitTables.varianceComponents fit)
            Html.text "h3" "Standard deviations, correlations and parameters of structures"

            CovarianceInference.intervals CovarianceIntervalMethod.Wald options.Level fit
            |> intervalTable options.Level
            |> Html.table

            ReportPart.soft
                "Intervals are symmetric on the scale of logarithms and of Fisher's z. Profile intervals do without that: lmm ci gives them."

            match RSquared.ofFit fit with
            | Ok shares ->
                for sentence in Sentences.shares shares do
                    ReportPart.paragraph sentence
            | Error problems ->
                for problem in problems do
                    ReportPart.soft (LmmError.describe problem)
        ]

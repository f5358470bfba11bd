namespace LmmFunctional.Charts

open System
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation
open LmmFunctional.Analysis

/// <summary>The part of a report on marginal means.</summary>
[<RequireQualifiedAccess>]
module internal MeanParts =

    // Factors with more levels than this fill pages.
    let mostLevels = 30

    let mostFactors = 4

    let meansOf (options: ReportOptions) (inference: Inference) text =
        MarginalMeans.over
            {
                MarginalOptions.defaults with
                    Level = options.Level
            }
            text
            inference

    /// Pairs of factors whose interaction is in the model.
    let interactions (fit: Fit) (factors: string list) =
        fit.Design.Fixed.Terms
        |> Seq.map (fun term -> term.Factors |> List.collect Expr.columns |> List.distinct)
        |> Seq.filter (fun columns ->
            columns.Length = 2
            && columns |> List.forall (fun name -> List.contains name factors))
        |> Seq.distinct
        |> List.ofSeq

    let means (options: ReportOptions) (inference: Inference) : ReportPart option =
        let fit = inference.Fit

        let factors =
            Covariate.factors fit
            |> List.filter (fun (_, levels) -> levels.Length <= mostLevels)
            |> List.map fst
            |> List.truncate mostFactors

        let ofFactor =
            factors
            |> List.map (fun name -> meansOf options inference (ReportPart.quoted name))

        let ofPairs =
            interactions fit factors
            |> List.map (fun names ->
                meansOf options inference (names |> List.map ReportPart.quoted |> String.concat " * "))

        let curves = [
            Chart.predictions inference
            if not fit.Design.Random.IsEmpty then
                Chart.subjects fit
        ]

        let figures =
            (ofFactor |> List.map (Result.bind Chart.means))
            @ (ofPairs |> List.map (Result.bind Chart.interaction))
            @ curves

        let comparisons =
            ofFactor
            |> List.choose Result.toOption
            |> List.choose (MarginalContrasts.create MeanContrast.Pairwise None >> Result.toOption)
            |> List.filter (fun found -> found.Contrasts.Length <= mostLevels)

        match ReportPart.charts "means" figures, comparisons with
        | [], [] -> None
        | drawn, _ ->
            Some(
                ReportPart.create "means" "Means and predictions" [
                    yield! drawn

                    for found in comparisons do
                        let over = String.concat ", " found.Means.Over
                        Html.text "h3" $"Pairwise comparisons of {over}"

                        found.Contrasts
                        |> List.choose (fun own -> Result.toOption own.Estimate)
                        |> EstimateParts.estimateTable options.Level
                        |> Html.table

                        ReportPart.soft $"Adjustment of p-values and intervals: {Adjustment.name found.Adjustment}."
                ]
            )

namespace LmmFunctional.Charts

open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation
open LmmFunctional.Analysis
open LmmFunctional.Verification

/// <summary>Parts of a report on checks: diagnostics, identities, and what to do next.</summary>
[<RequireQualifiedAccess>]
module internal CheckParts =

    let finding (check: ModelCheck) =
        let kind, tag =
            match check.Outcome with
            | CheckOutcome.Notable -> "notable", "worth a look"
            | CheckOutcome.Unremarkable -> "fine", "unremarkable"
            | CheckOutcome.NotApplicable -> "none", "does not apply"

        let heading = $"{check.Name} of {check.Of}: {tag}"
        $"<li class=\"{kind}\"><span class=\"tag\">{Html.escape heading}</span>{Html.escape check.Finding}</li>"

    let order (check: ModelCheck) =
        match check.Outcome with
        | CheckOutcome.Notable -> 0
        | CheckOutcome.Unremarkable -> 1
        | CheckOutcome.NotApplicable -> 2

    let diagnostics (fit: Fit) (checks: Result<ModelCheck list, LmmError list>) : ReportPart =
        let drawn, reasons = DiagnosticPanel.charts fit

        let own =
            drawn
            |> List.map (fun chart -> {
                chart with
                    Subtitle = chart.Subtitle |> List.filter ((<>) (Drawing.formula fit))
            })

        ReportPart.create "diagnostics" "Diagnostics" [
            match checks with
            | Ok checks ->
                "<ul class=\"findings\">"
                yield! checks |> List.sortBy order |> List.map finding
                "</ul>"
                ReportPart.soft "The words only sort the checks by their numbers; they are no verdict on the model."
            | Error problems ->
                for problem in problems do
                    ReportPart.soft (LmmError.describe problem)
            if not own.IsEmpty then
                ChartPage.figures "diagnostic" own
            for reason in reasons do
                ReportPart.soft reason
        ]

    let mostIdentityRows = 2000

    let identities (fit: Fit) : ReportPart =
        ReportPart.create "identities" "Identities" [
            if Drawing.isOfSums fit then
                ReportPart.soft
                    "Not checked: the equations are those of rows, and the model was fitted to sums of them."
            elif fit.Observations > mostIdentityRows then
                ReportPart.soft
                    $"Not checked here for more than {mostIdentityRows:N0} rows: lmm verify checks the estimates against equations that they must satisfy."
            else
                let checks = Identities.check fit
                let applicable = checks |> List.filter _.Holds.IsSome
                let failed = Identities.failures checks

                match failed with
                | [] ->
                    ReportPart.paragraph
                        $"The estimates satisfy all {applicable.Length} equations of the textbooks that apply to this model, checked against the model's own matrices and not against what computed them."
                | _ ->
                    let names = failed |> List.map _.Name |> String.concat ", "

                    ReportPart.paragraph
                        $"{failed.Length} of {applicable.Length} equations fail: {names}. Please report this."

                yield!
                    ReportPart.details "The equations" [
                        Html.table (
                            Table.create [
                                "Identity", Alignment.Left
                                "Residual", Alignment.Right
                                "Tolerance", Alignment.Right
                                "Equation", Alignment.Left
                            ] [
                                for check in applicable do
                                    match check.Outcome with
                                    | IdentityOutcome.Checked(residual, tolerance) -> [
                                        check.Name
                                        NumberText.significant 2 residual
                                        NumberText.significant 2 tolerance
                                        check.Equation
                                      ]
                                    | IdentityOutcome.NotApplicable _ -> ()
                            ]
                        )
                    ]
        ]

    let next (fit: Fit) (checks: Result<ModelCheck list, LmmError list>) : ReportPart =
        let advice =
            match checks with
            | Ok checks ->
                Checks.notable checks
                |> List.choose (fun check ->
                    check.Advice
                    |> Option.map (fun advice -> $"{check.Name} of {check.Of}: {advice}"))
            | Error _ -> []

        let ofFit = [
            match fit.Certificate.Verdict with
            | Verdict.NotConverged _
            | Verdict.FlatDirection _ -> "Fit a simpler model: the data do not determine this one."
            | Verdict.BoundaryOptimum _ when fit.Certificate.IsSingular ->
                "The fit is singular: compare it with the model without the effects whose variance is zero (lmm compare), and report which one you use."
            | _ -> ()
        ]

        ReportPart.create "next" "What to look at next" [
            match ofFit @ advice with
            | [] ->
                ReportPart.paragraph
                    "No check asks for more. Report the model, its estimates with intervals, and these diagnostics."
            | steps ->
                "<ul class=\"findings\">"

                for step in steps |> List.distinct do
                    $"<li class=\"notable\">{Html.escape step}</li>"

                "</ul>"
        ]

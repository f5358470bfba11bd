namespace LmmFunctional.Charts

open LmmFunctional
open LmmFunctional.Analysis

/// <summary>A report of a fit as one page: the model in words and as equations, data, estimates, tests, variances, means, diagnostics,
/// and what is needed to repeat it.</summary>
[<RequireQualifiedAccess>]
module FitReport =

    let private summary (inference: Inference) (checks: Result<ModelCheck list, LmmError list>) =
        let fit = inference.Fit

        let found =
            match checks with
            | Ok checks ->
                let notable = Checks.notable checks

                let applicable =
                    checks |> List.filter (fun own -> own.Outcome <> CheckOutcome.NotApplicable)

                match notable with
                | [] -> $"None of {applicable.Length} checks found anything that speaks against the model."
                | _ ->
                    let names =
                        notable |> List.map (fun own -> $"{own.Name} of {own.Of}") |> String.concat "; "

                    $"{notable.Length} of {applicable.Length} checks found something worth a look: {names}."
            | Error problems -> problems |> List.map LmmError.describe |> String.concat " "

        let isGood = fit.Certificate.IsConverged && not fit.Certificate.IsSingular
        let kind = if isGood then "verdict" else "verdict warn"

        [
            $"<div class=\"{kind}\">"
            Html.text "p" (Sentences.certificate fit).Head
            Html.text "p" found
            "</div>"
        ]

    let private contents (parts: ReportPart list) =
        let links =
            parts
            |> List.map (fun part -> $"<a href=\"#{part.Anchor}\">{Html.escape part.Heading}</a>")
            |> String.concat "\n"

        $"<nav class=\"contents\" aria-label=\"Contents\">\n{links}\n</nav>"

    let private section (part: ReportPart) =
        [ $"<section id=\"{part.Anchor}\">"; Html.text "h2" part.Heading ]
        @ part.Body
        @ [ "</section>" ]

    /// <summary>The report as a page that holds everything it needs: it draws without a network, on light and dark ground, on narrow
    /// screens, and prints.</summary>
    /// <param name="options">What it says besides what the fit says.</param>
    /// <param name="inference">The fit and the method for degrees of freedom of its tests.</param>
    /// <exception cref="T:System.ArgumentException">The level is not between 0 and 1.</exception>
    let toHtml (options: ReportOptions) (inference: Inference) : string =
        let fit = inference.Fit

        let checks =
            if Drawing.isOfSums fit then
                Drawing.nothing "checks" Drawing.noRows
            else
                Lmm.check CheckOptions.defaults fit

        let parts = [
            ReportParts.model inference
            ReportParts.data fit
            EstimateParts.fixedEffects options inference
            EstimateParts.variance options fit
            ReportParts.certificate fit
            yield! MeanParts.means options inference |> Option.toList
            CheckParts.diagnostics fit checks
            if options.ChecksIdentities then
                CheckParts.identities fit
            CheckParts.next fit checks
            ReportParts.reproducibility options inference
        ]

        let title =
            options.Title |> Option.defaultValue $"Mixed model for {Drawing.response fit}"

        Html.page title (ChartPage.scripts ()) [
            Html.text "h1" title
            $"<p class=\"sub\"><code>{Html.escape (Drawing.formula fit)}</code></p>"
            contents parts
            yield! summary inference checks
            yield! parts |> List.collect section
        ]

    /// <summary>Writes the report to a file.</summary>
    /// <returns>Nothing, or that the file cannot be written.</returns>
    /// <exception cref="T:System.ArgumentException">The level is not between 0 and 1.</exception>
    let save (path: string) (options: ReportOptions) (inference: Inference) : Result<unit, LmmError list> =
        ChartFile.write path (toHtml options inference)

    /// <summary>Opens the report in the browser, from a temporary file.</summary>
    /// <returns>The path of the page, or that no program opens it.</returns>
    let show (options: ReportOptions) (inference: Inference) : Result<string, LmmError list> =
        ChartFile.show (toHtml options inference)

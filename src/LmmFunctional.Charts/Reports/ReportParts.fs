namespace LmmFunctional.Charts

open System
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation
open LmmFunctional.Analysis
open LmmFunctional.Verification

/// <summary>The parts of a report of one fit.</summary>
[<RequireQualifiedAccess>]
module internal ReportParts =

    // Model

    let model (inference: Inference) : ReportPart =
        let fit = inference.Fit

        ReportPart.create "model" "Model" [
            ReportPart.paragraph (MethodsText.ofInference inference)
            $"<div class=\"math\">{ModelEquation.toMathMl fit.Spec}</div>"
            for note in (ModelEquation.ofSpec fit.Spec).Notes do
                ReportPart.soft note
            yield! ReportPart.details "The equations in LaTeX" [ ReportPart.code (ModelEquation.toLatex fit.Spec) ]

            for foreign in [ RCode.lme4 fit; RCode.nlme fit; SasCode.ofFit inference.Method fit ] do
                yield!
                    ReportPart.details $"The model in {foreign.Program}" [
                        match foreign.Code with
                        | Some text -> ReportPart.code text
                        | None -> ReportPart.soft $"{foreign.Program} cannot say it."
                        for note in foreign.Notes do
                            ReportPart.soft note
                    ]
        ]

    let data (fit: Fit) : ReportPart =
        ReportPart.create "data" "Data" [
            match fit.Design.Sums with
            | Some sums ->
                ReportPart.paragraph $"The model was fitted to sums that stand for {sums.Observations:N0} rows."
            | None ->
                for sentence in DataSummary.sentences fit do
                    ReportPart.paragraph sentence

                Html.table (DataSummary.columns fit)
        ]

    // Fixed effects

    // Random effects

    let certificate (fit: Fit) : ReportPart =
        let kind =
            if fit.Certificate.IsConverged && not fit.Certificate.IsSingular then
                "verdict"
            else
                "verdict warn"

        ReportPart.create "certificate" "Is it the optimum?" [
            $"<div class=\"{kind}\">"
            for sentence in Sentences.certificate fit do
                ReportPart.paragraph sentence
            "</div>"
        ]

    // Means

    // Diagnostics

    // Identities

    // What next

    // Reproducibility

    let private version =
        match typeof<Fit>.Assembly.GetName().Version with
        | null -> ""
        | own -> $"{own.Major}.{own.Minor}.{own.Build}"

    let reproducibility (options: ReportOptions) (inference: Inference) : ReportPart =
        let fit = inference.Fit

        let facts = [
            match options.Command with
            | Some command -> "Command", command
            | None -> ()
            "Formula", Drawing.formula fit
            "Criterion", (if fit.Criterion = Criterion.Reml then "REML" else "ML")
            "Degrees of freedom", DegreesOfFreedomMethod.describe inference.Method
            match options.Source with
            | Some source -> "Data", source
            | None -> ()
            "SHA-256 of the columns used", DataSummary.fingerprint fit
            "LmmFunctional", version
            ".NET", Environment.Version.ToString()
            match options.Made with
            | Some time -> "Made", time.ToString("yyyy-MM-dd HH:mm zzz", Globalization.CultureInfo.InvariantCulture)
            | None -> ()
        ]

        ReportPart.create "reproducibility" "Reproducibility" [
            "<dl class=\"facts\">"
            for name, value in facts do
                $"<dt>{Html.escape name}</dt><dd><code>{Html.escape value}</code></dd>"
            "</dl>"
        ]

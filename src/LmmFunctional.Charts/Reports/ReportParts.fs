namespace LmmFunctional.Charts

open System
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation
open LmmFunctional.Analysis
open LmmFunctional.Verification

/// <summary>A part of a report: its heading, a name for links, and its HTML.</summary>
type internal ReportPart = {
    Heading: string
    Anchor: string
    Body: string list
}

/// <summary>The parts of a report of one fit.</summary>
[<RequireQualifiedAccess>]
module internal ReportParts =

    let private paragraph (text: string) = Html.text "p" text

    let private soft (text: string) =
        $"<p class=\"soft\">{Html.escape text}</p>"

    let private details (summary: string) body =
        [ $"<details class=\"values\"><summary>{Html.escape summary}</summary>" ]
        @ body
        @ [ "</details>" ]

    let private code (text: string) =
        $"<pre><code>{Html.escape (text.TrimEnd())}</code></pre>"

    let private part anchor heading body = {
        Heading = heading
        Anchor = anchor
        Body = body
    }

    let private charts prefix (found: Result<ChartSpec, LmmError list> list) =
        match found |> List.choose Result.toOption with
        | [] -> []
        | charts -> [ ChartPage.figures prefix charts ]

    // Model

    let model (inference: Inference) : ReportPart =
        let fit = inference.Fit

        part "model" "Model" [
            paragraph (MethodsText.ofInference inference)
            $"<div class=\"math\">{ModelEquation.toMathMl fit.Spec}</div>"
            for note in (ModelEquation.ofSpec fit.Spec).Notes do
                soft note
            yield! details "The equations in LaTeX" [ code (ModelEquation.toLatex fit.Spec) ]

            for foreign in [ RCode.lme4 fit; RCode.nlme fit; SasCode.ofFit inference.Method fit ] do
                yield!
                    details $"The model in {foreign.Program}" [
                        match foreign.Code with
                        | Some text -> code text
                        | None -> soft $"{foreign.Program} cannot say it."
                        for note in foreign.Notes do
                            soft note
                    ]
        ]

    let data (fit: Fit) : ReportPart =
        part "data" "Data" [
            match fit.Design.Sums with
            | Some sums -> paragraph $"The model was fitted to sums that stand for {sums.Observations:N0} rows."
            | None ->
                for sentence in DataSummary.sentences fit do
                    paragraph sentence

                Html.table (DataSummary.columns fit)
        ]

    // Fixed effects

    let private estimateTable level (estimates: Estimate list) =
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
    let private loneSlopes (fit: Fit) (estimates: Estimate list) =
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

        part "fixed" "Fixed effects" [
            if estimates.IsEmpty then
                paragraph "The model has no fixed effects."
            else
                Html.table (estimateTable options.Level estimates)

                for reason in InferenceTables.notTestable estimates do
                    soft reason

                for own in loneSlopes fit estimates do
                    paragraph (Sentences.slope response options.Level own)

                match fit.Dropped with
                | [] -> ()
                | names ->
                    let names = String.concat ", " names
                    soft $"Left out, because they depend linearly on others: {names}."

                if not anova.Tests.IsEmpty then
                    Html.text "h3" "Tests of the terms (type III)"
                    Html.table (InferenceTables.joint anova.Tests)

                    for test in anova.Tests do
                        paragraph (Sentences.term response test)

                soft
                    $"Degrees of freedom: {DegreesOfFreedomMethod.describe inference.Method}. Words for evidence as in Muff et al. (2022)."

                // One effect alone is in the table.
                if estimates.Length > 2 then
                    yield! charts "fixed" [ Chart.coefficients [ "", inference ] ]
        ]

    // Random effects

    let private intervalTable level (intervals: ParameterInterval list) =
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
        part "variance" "Variance components" [
            Html.table (FitTables.varianceComponents fit)
            Html.text "h3" "Standard deviations, correlations and parameters of structures"

            CovarianceInference.intervals CovarianceIntervalMethod.Wald options.Level fit
            |> intervalTable options.Level
            |> Html.table

            soft
                "Intervals are symmetric on the scale of logarithms and of Fisher's z. Profile intervals do without that: lmm ci gives them."

            match RSquared.ofFit fit with
            | Ok shares ->
                for sentence in Sentences.shares shares do
                    paragraph sentence
            | Error problems ->
                for problem in problems do
                    soft (LmmError.describe problem)
        ]

    let certificate (fit: Fit) : ReportPart =
        let kind =
            if fit.Certificate.IsConverged && not fit.Certificate.IsSingular then
                "verdict"
            else
                "verdict warn"

        part "certificate" "Is it the optimum?" [
            $"<div class=\"{kind}\">"
            for sentence in Sentences.certificate fit do
                paragraph sentence
            "</div>"
        ]

    // Means

    // Factors with more levels than this fill pages.
    let private mostLevels = 30
    let private mostFactors = 4

    let private meansOf (options: ReportOptions) (inference: Inference) text =
        MarginalMeans.over
            {
                MarginalOptions.defaults with
                    Level = options.Level
            }
            text
            inference

    let private quoted (name: string) =
        if
            name
            |> Seq.forall (fun letter -> Char.IsLetterOrDigit letter || letter = '_' || letter = '.')
        then
            name
        else
            $"`{name}`"

    /// Pairs of factors whose interaction is in the model.
    let private interactions (fit: Fit) (factors: string list) =
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
            factors |> List.map (fun name -> meansOf options inference (quoted name))

        let ofPairs =
            interactions fit factors
            |> List.map (fun names -> meansOf options inference (names |> List.map quoted |> String.concat " * "))

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

        match charts "means" figures, comparisons with
        | [], [] -> None
        | drawn, _ ->
            Some(
                part "means" "Means and predictions" [
                    yield! drawn

                    for found in comparisons do
                        let over = String.concat ", " found.Means.Over
                        Html.text "h3" $"Pairwise comparisons of {over}"

                        found.Contrasts
                        |> List.choose (fun own -> Result.toOption own.Estimate)
                        |> estimateTable options.Level
                        |> Html.table

                        soft $"Adjustment of p-values and intervals: {Adjustment.name found.Adjustment}."
                ]
            )

    // Diagnostics

    let private finding (check: ModelCheck) =
        let kind, tag =
            match check.Outcome with
            | CheckOutcome.Notable -> "notable", "worth a look"
            | CheckOutcome.Unremarkable -> "fine", "unremarkable"
            | CheckOutcome.NotApplicable -> "none", "does not apply"

        let heading = $"{check.Name} of {check.Of}: {tag}"
        $"<li class=\"{kind}\"><span class=\"tag\">{Html.escape heading}</span>{Html.escape check.Finding}</li>"

    let private order (check: ModelCheck) =
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

        part "diagnostics" "Diagnostics" [
            match checks with
            | Ok checks ->
                "<ul class=\"findings\">"
                yield! checks |> List.sortBy order |> List.map finding
                "</ul>"
                soft "The words only sort the checks by their numbers; they are no verdict on the model."
            | Error problems ->
                for problem in problems do
                    soft (LmmError.describe problem)
            if not own.IsEmpty then
                ChartPage.figures "diagnostic" own
            for reason in reasons do
                soft reason
        ]

    // Identities

    let private mostIdentityRows = 2000

    let identities (fit: Fit) : ReportPart =
        part "identities" "Identities" [
            if Drawing.isOfSums fit then
                soft "Not checked: the equations are those of rows, and the model was fitted to sums of them."
            elif fit.Observations > mostIdentityRows then
                soft
                    $"Not checked here for more than {mostIdentityRows:N0} rows: lmm verify checks the estimates against equations that they must satisfy."
            else
                let checks = Identities.check fit
                let applicable = checks |> List.filter _.Holds.IsSome
                let failed = Identities.failures checks

                match failed with
                | [] ->
                    paragraph
                        $"The estimates satisfy all {applicable.Length} equations of the textbooks that apply to this model, checked against the model's own matrices and not against what computed them."
                | _ ->
                    let names = failed |> List.map _.Name |> String.concat ", "
                    paragraph $"{failed.Length} of {applicable.Length} equations fail: {names}. Please report this."

                yield!
                    details "The equations" [
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

    // What next

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

        part "next" "What to look at next" [
            match ofFit @ advice with
            | [] ->
                paragraph
                    "No check asks for more. Report the model, its estimates with intervals, and these diagnostics."
            | steps ->
                "<ul class=\"findings\">"

                for step in steps |> List.distinct do
                    $"<li class=\"notable\">{Html.escape step}</li>"

                "</ul>"
        ]

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

        part "reproducibility" "Reproducibility" [
            "<dl class=\"facts\">"
            for name, value in facts do
                $"<dt>{Html.escape name}</dt><dd><code>{Html.escape value}</code></dd>"
            "</dl>"
        ]

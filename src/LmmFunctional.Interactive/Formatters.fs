namespace LmmFunctional.Interactive

open System
open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis
open LmmFunctional.Charts
open Microsoft.DotNet.Interactive.Formatting
open Microsoft.FSharp.Reflection

/// <summary>How a notebook shows models, fits, tests, means, predictions and charts: as tables, and as pictures.</summary>
[<RequireQualifiedAccess>]
module Formatters =

    let private html = "text/html"
    let private plain = "text/plain"

    let private showing<'value> (toHtml: 'value -> string) (toText: 'value -> string) =
        Formatter.Register<'value>(Func<'value, string> toHtml, html)
        Formatter.Register<'value>(Func<'value, string> toText, plain)
        Formatter.SetPreferredMimeTypesFor(typeof<'value>, html, plain)

    let private blocks<'value> (toBlocks: 'value -> Block list) =
        showing<'value> (toBlocks >> Page.ofBlocks) (toBlocks >> Report.render SummaryFormat.Text)

    let private frame<'value> (toFrame: 'value -> Frame) =
        blocks<'value>(toFrame >> Page.frameBlocks)

    let private table<'value> (toTable: 'value -> Table) =
        blocks<'value>(fun value -> [ Block.Grid(toTable value) ])

    let private text<'value when 'value: not null> () =
        showing<'value> (fun value -> value |> string |> Page.ofText) string

    // Models and fits

    let private models () =
        showing<LmmSpec> Page.ofSpec Formula.print
        blocks<Fit> Summary.blocks
        blocks<Inference> Summary.testedBlocks
        blocks<ModelPlan> PlanReport.blocks
        blocks<ModelTable> ComparisonReport.blocks
        text<Certificate>()
        frame<Frame> id
        table<Table> id

    // Results

    let private means () =
        let result means contrasts : MarginalResult = {
            Means = means
            Letters = None
            Contrasts = contrasts
        }

        blocks<MarginalMeans>(fun means -> result means None |> MarginalReport.blocks)
        blocks<MarginalContrasts>(fun own -> result own.Means (Some own) |> MarginalReport.blocks)
        blocks<MarginalResult> MarginalReport.blocks

    let private tests () =
        blocks<Anova> FixedTestReport.blocks
        blocks<HypothesisTest list> HypothesisReport.blocks
        table<Estimate list> InferenceTables.estimates
        table<JointTest list> InferenceTables.joint
        frame<ParameterInterval list> Tidy.intervals

    let private rowMeasures (table: InfluenceTable) =
        let areRows = table.Units |> List.forall (fun own -> own.Dffits.IsSome)

        table
        |> DiagnosticFrames.influence (
            if areRows then
                DiagnosticUnits.Rows
            else
                DiagnosticUnits.Levels ""
        )

    let private diagnostics () =
        frame<Prediction list> DiagnosticFrames.predictions
        frame<RandomEffects list> DiagnosticFrames.randomEffects
        frame<ResidualTable> DiagnosticFrames.residuals
        frame<InfluenceTable> rowMeasures
        frame<MeanShiftTable> DiagnosticFrames.meanShifts
        frame<VarianceShiftTable> DiagnosticFrames.varianceShifts
        blocks<ModelCheck list> CheckReport.blocks
        frame<PowerEstimate list> SimulationFrames.power

    // Charts

    /// What front ends that know Vega-Lite draw themselves.
    let private vegaLite = "application/vnd.vegalite.v6+json"

    // Room for the title and the values below the picture.
    let private around = 180
    let private heightOfPanel = 900

    let private chart (chart: ChartSpec) =
        let height =
            match chart.View with
            | View.Panel _ -> heightOfPanel
            | View.Layers _
            | View.Facets _ -> chart.Height + around

        Page.frameOf height (Chart.toHtml chart)

    let private charts () =
        showing<ChartSpec> chart string
        Formatter.Register<ChartSpec>(Func<ChartSpec, string> Chart.toJson, vegaLite)
        Formatter.SetPreferredMimeTypesFor(typeof<ChartSpec>, html, vegaLite, plain)

    // Problems, and results that may hold some

    /// A union is formatted by the type of its case: the cases of Result are nested types, so the content is looked at.
    let private ofResult mime (value: obj) =
        let _, fields = FSharpValue.GetUnionFields(value, value.GetType())
        Formatter.ToDisplayString(fields[0], (mime: string))

    let private results () =
        blocks<LmmError>(List.singleton >> Page.problemBlocks)
        blocks<LmmError list> Page.problemBlocks

        for mime in [ html; plain ] do
            Formatter.Register(
                typedefof<Result<_, _>>,
                Action<obj, IO.TextWriter>(fun value writer -> writer.Write(ofResult mime value)),
                mime
            )

    /// <summary>Registers the formatters in the notebook's kernel. The package does it by itself when a notebook loads it.</summary>
    let register () : unit =
        models ()
        means ()
        tests ()
        diagnostics ()
        charts ()
        results ()

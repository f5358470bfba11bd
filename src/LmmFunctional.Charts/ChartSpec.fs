namespace LmmFunctional.Charts

open LmmFunctional

/// <summary>How a chart is laid out.</summary>
[<RequireQualifiedAccess; NoComparison; NoEquality>]
type View =
    /// Marks on top of each other.
    | Layers of Layer list
    /// <summary>The same marks for each value of a field: small multiples, so many beside each other.</summary>
    | Facets of field: string * columns: int * sharesX: bool * sharesY: bool * Layer list
    /// Charts of their own on one page.
    | Panel of ChartSpec list

/// <summary>A chart: what is drawn and the tables behind it. Immutable; every change makes another one.</summary>
and [<NoComparison; NoEquality; StructuredFormatDisplay("{Display}")>] ChartSpec = {
    /// Such as residuals or qq: what <c>lmm plot</c> calls it.
    Kind: string
    /// What it shows.
    Title: string
    /// The model, and how the values were found.
    Subtitle: string list
    /// One or two sentences for those who cannot see it.
    Description: string
    /// By name; the first is what the chart is about.
    Tables: (string * Frame) list
    View: View
    /// In pixels; those of one small multiple where there are several.
    Width: int
    Height: int
    /// Members over those of the specification, by <c>Chart.restyle</c>.
    Changes: Json list
} with

    member private chart.Display =
        let rows (name, frame: Frame) =
            let unit = if frame.Rows = 1 then "row" else "rows"
            $"{name} {frame.Rows} {unit}"

        match chart.View with
        | View.Panel charts ->
            chart.Title :: (charts |> List.map (fun own -> $"  {own.Title} ({own.Kind})"))
            |> String.concat "\n"
        | View.Layers _
        | View.Facets _ ->
            let tables = chart.Tables |> List.map rows |> String.concat ", "
            $"{chart.Title} ({chart.Kind}: {tables})"

    /// The title, the kind and the sizes of the tables; the charts of a panel.
    override chart.ToString() = chart.Display

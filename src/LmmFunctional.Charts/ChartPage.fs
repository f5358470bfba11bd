namespace LmmFunctional.Charts

open LmmFunctional.Analysis

/// <summary>Charts in pages.</summary>
[<RequireQualifiedAccess>]
module internal ChartPage =

    // Rows of a table below a chart; all of them are in the chart.
    let private mostRows = 25

    let private values (chart: ChartSpec) =
        let name, frame = chart.Tables.Head
        let shown = min mostRows frame.Rows

        let summary =
            if shown < frame.Rows then
                $"Values: {name}, the first {shown} of {frame.Rows} rows"
            else
                $"Values: {name}"

        $"<details class=\"values\"><summary>{Html.escape summary}</summary>\n{Html.table (FrameText.grid mostRows frame)}\n</details>"

    let private isWide (chart: ChartSpec) =
        match chart.View with
        | View.Facets(_, columns, _, _, _) -> columns > 2
        | View.Layers _ -> chart.Width > 620
        | View.Panel _ -> true

    /// <summary>A chart as a figure, with its title as text and its values as a table.</summary>
    /// <param name="identifier">Unique on the page.</param>
    /// <param name="chart">The chart.</param>
    let figure (identifier: string) (chart: ChartSpec) : string =
        let shape = if isWide chart then "chart wide" else "chart"

        [
            $"<figure class=\"{shape}\">"
            Html.text "h3" chart.Title

            match chart.Subtitle with
            | [] -> ()
            | lines ->
                let text = lines |> List.map Html.escape |> String.concat "<br>"
                $"<p class=\"sub\">{text}</p>"

            $"<div class=\"plot\" id=\"{identifier}\" role=\"img\" aria-label=\"{Html.escape chart.Description}\"></div>"
            $"<script type=\"application/json\" class=\"spec\" data-plot=\"{identifier}\">{Json.toText (ChartJson.spec chart)}</script>"
            values chart
            "</figure>"
        ]
        |> String.concat "\n"

    /// Charts beside each other where there is room.
    let figures (prefix: string) (charts: ChartSpec list) : string =
        let all =
            charts |> List.mapi (fun index chart -> figure $"{prefix}{index + 1}" chart)

        "<div class=\"charts\">\n" + String.concat "\n" all + "\n</div>"

    /// The scripts of a page with charts.
    let scripts () =
        (WebFiles.scripts @ [ "page.js" ]) |> List.map WebFiles.text

    let private paragraphs kind lines =
        lines |> List.map (fun line -> $"<p class=\"{kind}\">{Html.escape line}</p>")

    /// A page with a chart, or with the charts of a panel.
    let ofChart (chart: ChartSpec) : string =
        Html.page chart.Title (scripts ()) [
            match chart.View with
            | View.Panel charts ->
                Html.text "h1" chart.Title
                yield! paragraphs "sub" chart.Subtitle
                figures "chart" charts
            | View.Layers _
            | View.Facets _ ->
                $"<h1 class=\"visually-hidden\">{Html.escape chart.Title}</h1>"
                figures "chart" [ chart ]
        ]

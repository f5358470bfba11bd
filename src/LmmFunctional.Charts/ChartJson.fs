namespace LmmFunctional.Charts

open System
open System.Globalization
open LmmFunctional

/// <summary>Charts as Vega-Lite specifications.</summary>
[<RequireQualifiedAccess>]
module internal ChartJson =

    let private schema = "https://vega.github.io/schema/vega-lite/v6.json"

    // Tables

    let private cell (column: Column) row =
        match column with
        | Column.Numeric values -> Json.Number values[row]
        | Column.Labelled(_, labels) when labels[row] <> "" -> Json.Text labels[row]
        | Column.Categorical(levels, codes) when codes[row] >= 0 -> Json.Text levels[codes[row]]
        | _ -> Json.Null

    let private rows (frame: Frame) =
        let columns = Seq.zip frame.Names frame.Columns |> List.ofSeq

        [
            for row in 0 .. frame.Rows - 1 -> Json.Object [ for name, column in columns -> name, cell column row ]
        ]
        |> Json.Array

    // A dot or a bracket in a field's name means a path.
    let private path (field: string) =
        field.Replace("\\", "\\\\").Replace(".", "\\.").Replace("[", "\\[").Replace("]", "\\]").Replace("'", "\\'")

    /// The texts of a field in the order in which they come.
    let private order (tables: (string * Frame) list) table field =
        tables
        |> List.tryFind (fun (name, _) -> name = table)
        |> Option.bind (fun (_, frame) -> frame.TryColumn field |> Option.map (fun column -> frame.Rows, column))
        |> Option.map (fun (rows, column) -> Seq.init rows (cell column) |> Seq.distinct |> List.ofSeq)
        |> Option.defaultValue []
        |> Json.Array

    // Channels

    let private typed (channel: Channel) =
        match channel.Scale with
        | Scale.Linear
        | Scale.Logarithmic -> "quantitative"
        | Scale.Names _ -> "nominal"

    let private hasAxis (channel: Channel) =
        not (channel.Name.EndsWith '2' || channel.Name = "text")

    let private channel (channel: Channel) =
        let title =
            match channel.Title with
            | Some title -> Json.Text title
            | None -> Json.Null

        let own = [
            "field",
            (if channel.Datum.IsNone then
                 Some(Json.Text(path channel.Field))
             else
                 None)
            "datum", channel.Datum |> Option.map Json.Number
            // The second end of a mark has the type of the first.
            "type",
            (if channel.Name.EndsWith '2' then
                 None
             else
                 Some(Json.Text(typed channel)))
            "title", (if hasAxis channel then Some title else None)
            "sort",
            (match channel.Scale with
             | Scale.Names(Some order) -> Some(Json.texts order)
             | Scale.Names None when hasAxis channel -> Some Json.Null
             | _ -> None)
            "scale",
            (match channel.Scale with
             | Scale.Logarithmic -> Some(Json.Object [ "type", Json.Text "log" ])
             | _ -> None)
        ]

        channel.Name, Json.merge (Json.Object channel.Properties) (Json.ofOptions own)

    let private isNumeric (tables: (string * Frame) list) table field =
        match tables |> List.tryFind (fun (name, _) -> name = table) with
        | Some(_, frame) ->
            match frame.TryColumn field with
            | Some(Column.Numeric _) -> true
            | _ -> false
        | None -> false

    // Five significant digits are what a tooltip needs.
    let private tooltip tables table (field, title) =
        Json.ofOptions [
            "field", Some(Json.Text(path field))
            "title", Some(Json.Text title)
            "type",
            Some(
                Json.Text(
                    if isNumeric tables table field then
                        "quantitative"
                    else
                        "nominal"
                )
            )
            "format",
            (if isNumeric tables table field then
                 Some(Json.Text ".5~g")
             else
                 None)
        ]

    let private layer tables (layer: Layer) =
        let encoding =
            (layer.Channels |> List.map channel)
            @ (match layer.Tooltip with
               | [] -> []
               | fields -> [ "tooltip", fields |> List.map (tooltip tables layer.Table) |> Json.Array ])

        Json.ofOptions [
            "data",
            Some(
                if layer.Table = "" then
                    Json.Object [ "values", Json.Array [ Json.Object [] ] ]
                else
                    Json.Object [ "name", Json.Text layer.Table ]
            )
            "transform",
            layer.Filter
            |> Option.map (fun filter -> Json.Array [ Json.Object [ "filter", Json.Text filter ] ])
            "mark", Some(Json.Object(("type", Json.Text layer.Mark) :: layer.Properties))
            "encoding", Some(Json.Object encoding)
        ]

    // Charts

    let private title (chart: ChartSpec) =
        Json.ofOptions [
            "text", Some(Json.Text chart.Title)
            "subtitle",
            (match chart.Subtitle with
             | [] -> None
             | lines -> Some(Json.texts lines))
        ]

    // Charts of one panel may have tables of the same name.
    let private renamed index (chart: ChartSpec) =
        let own name =
            if name = "" then "" else $"{name}{index + 1}"

        let layers = List.map (fun (layer: Layer) -> { layer with Table = own layer.Table })

        {
            chart with
                Tables = chart.Tables |> List.map (fun (name, frame) -> own name, frame)
                View =
                    match chart.View with
                    | View.Layers all -> View.Layers(layers all)
                    | View.Facets(field, columns, x, y, all) -> View.Facets(field, columns, x, y, layers all)
                    | View.Panel _ as panel -> panel
        }

    let private members value =
        match value with
        | Json.Object members -> members
        | _ -> []

    let private changed (chart: ChartSpec) spec =
        chart.Changes |> List.fold (fun spec change -> Json.merge change spec) spec

    let rec private view (chart: ChartSpec) =
        let size = [
            "width", Json.Number(float chart.Width)
            "height", Json.Number(float chart.Height)
        ]

        let layers own =
            own |> List.map (layer chart.Tables) |> Json.Array

        match chart.View with
        | View.Layers own -> size @ [ "layer", layers own ]
        | View.Facets(field, columns, sharesX, sharesY, own) ->
            let shared isShared =
                Json.Text(if isShared then "shared" else "independent")

            [
                // A facet splits one table: that of its first layer; all layers have it.
                "data", Json.Object [ "name", Json.Text own.Head.Table ]
                "facet",
                Json.Object [
                    "field", Json.Text(path field)
                    "type", Json.Text "nominal"
                    "title", Json.Null
                    "sort", order chart.Tables own.Head.Table field
                ]
                "columns", Json.Number(float columns)
                "spec",
                Json.Object(
                    size
                    @ [
                        "layer",
                        own
                        |> List.map (fun own ->
                            layer chart.Tables own
                            |> members
                            |> List.filter (fun (name, _) -> name <> "data")
                            |> Json.Object)
                        |> Json.Array
                    ]
                )
                "resolve", Json.Object [ "scale", Json.Object [ "x", shared sharesX; "y", shared sharesY ] ]
            ]
        | View.Panel charts ->
            let one chart =
                Json.Object(
                    [ "title", title chart; "description", Json.Text chart.Description ]
                    @ view chart
                )
                |> changed chart

            [
                "columns", Json.Number 2.0
                "concat", charts |> List.mapi renamed |> List.map one |> Json.Array
                "resolve", Json.Object [ "scale", Json.Object [ "color", Json.Text "independent" ] ]
            ]

    let private datasets (chart: ChartSpec) =
        match chart.View with
        | View.Panel charts -> charts |> List.mapi renamed |> List.collect _.Tables
        | View.Layers _
        | View.Facets _ -> chart.Tables
        |> List.map (fun (name, frame) -> name, rows frame)
        |> Json.Object

    /// <summary>The specification, with its tables and its style; a panel has its charts two beside each other.</summary>
    let spec (chart: ChartSpec) : Json =
        Json.Object(
            [
                "$schema", Json.Text schema
                "title", title chart
                "description", Json.Text chart.Description
                "datasets", datasets chart
            ]
            @ view chart
            @ [ "config", Theme.config ]
        )
        |> changed chart

/// <summary>Every chart says what it shows, and is a specification that Vega-Lite draws.</summary>
module LmmFunctional.Charts.Tests.ChartStructureTests

open System.IO
open Expecto
open LmmFunctional
open LmmFunctional.Charts
open LmmFunctional.Tests

let private layersOf (chart: ChartSpec) =
    match chart.View with
    | View.Layers layers
    | View.Facets(_, _, _, _, layers) -> layers
    | View.Panel _ -> []

let private hasAxis (channel: Channel) =
    List.contains channel.Name [ "x"; "y"; "color" ]

/// What is wrong with a chart, in words.
let private faults (chart: ChartSpec) = [
    if chart.Title.Length < 10 then
        $"the title '{chart.Title}' says little"

    if chart.Description.Length < 20 then
        $"the description '{chart.Description}' says little"

    for name, table in chart.Tables do
        if table.Rows = 0 then
            $"table {name} has no rows"

    for layer in layersOf chart do
        let table =
            chart.Tables
            |> List.tryFind (fun (name, _) -> name = layer.Table)
            |> Option.map snd

        let hasField field =
            table |> Option.exists (fun table -> (table.TryColumn field).IsSome)

        if layer.Table <> "" && table.IsNone then
            $"there is no table {layer.Table}"

        for channel in layer.Channels do
            if channel.Datum.IsNone && not (hasField channel.Field) then
                $"channel {channel.Name} has no field '{channel.Field}'"

            if channel.Datum.IsNone && hasAxis channel && channel.Title.IsNone then
                $"channel {channel.Name} has no title"

        for field, words in layer.Tooltip do
            if not (hasField field) then
                $"the tooltip has no field '{field}'"

            if words = "" then
                $"the tooltip's '{field}' has no words"

        for _, value in layer.Properties do
            match value with
            | Json.Text colour when colour.StartsWith '#' ->
                if not (List.contains colour (Theme.groups @ [ "#222222"; "#ffffff" ])) then
                    $"colour {colour} is not of the palette"
            | _ -> ()

    if layersOf chart |> List.forall _.Tooltip.IsEmpty then
        "no mark has a tooltip"

    match chart.View with
    | View.Facets(field, _, _, _, layers) ->
        if layers |> List.exists (fun layer -> layer.Table <> layers.Head.Table) then
            "the multiples do not share a table"

        if ((snd chart.Tables.Head).TryColumn field).IsNone then
            $"there is no field '{field}' to split by"
    | _ -> ()
]

let private cases =
    AllCharts.all
    |> List.map (fun (name, chart) ->
        testCase name (fun () ->
            for part in AllCharts.parts (Models.orFail chart.Value) do
                Check.isEmpty (faults part)))

/// One run of Node.js for all charts.
let private drawing () =
    let folder = Directory.CreateTempSubdirectory "lmm-charts-"
    let web = Path.Combine(TestData.root, "src", "LmmFunctional.Charts", "Web")

    try
        for index, (_, chart) in List.indexed AllCharts.all do
            let path = Path.Combine(folder.FullName, $"{index:D3}.json")
            File.WriteAllText(path, Chart.toJson (Models.orFail chart.Value))

        match Node.run [ Node.checkScript; web; folder.FullName ] with
        | None -> skiptest "there is no Node.js on this machine"
        | Some(code, output) ->
            Check.equal 0 code
            let lines = output.TrimEnd([| '\r'; '\n' |]).Split '\n'
            Check.equal AllCharts.all.Length lines.Length

            Check.isEmpty [
                for line, (name, _) in Seq.zip lines AllCharts.all do
                    match line.Split '\t' with
                    | [| _; marks; messages |] ->
                        if messages <> "" then
                            $"{name}: {messages}"

                        if int marks < 2 then
                            $"{name}: {marks} marks are drawn"
                    | _ -> $"{name}: {line}"
            ]
    finally
        folder.Delete true

[<Tests>]
let tests =
    testList "ChartStructureTests" [
        testList "says what it shows" cases
        testCase "Vega-Lite draws every chart without a warning" drawing

        testCase "every kind is among the charts looked at" (fun () ->
            let kinds =
                AllCharts.all
                |> List.collect (fun (_, chart) -> AllCharts.parts (Models.orFail chart.Value))
                |> List.map _.Kind
                |> Set.ofList

            Check.equal
                (set [
                    "bootstrap"
                    "caterpillar"
                    "coefficient-correlation"
                    "coefficients"
                    "correlation"
                    "effects-qq"
                    "field"
                    "inbreeding"
                    "influence"
                    "interaction"
                    "lags"
                    "leverage"
                    "likelihood"
                    "means"
                    "outliers"
                    "power"
                    "predictions"
                    "profile"
                    "qq"
                    "residuals"
                    "scale-location"
                    "subjects"
                    "trace"
                    "variogram"
                ])
                kinds)
    ]

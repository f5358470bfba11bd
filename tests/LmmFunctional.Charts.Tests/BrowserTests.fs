/// <summary>Pages in a real browser: charts are drawn, the console stays empty, nothing is asked of any host.</summary>
module LmmFunctional.Charts.Tests.BrowserTests

open System.Text.RegularExpressions
open Expecto
open LmmFunctional
open LmmFunctional.Charts
open LmmFunctional.Tests

let private withoutBrowser =
    "Chromium is not on this machine: pages were not opened"

/// The page allows no request at all, and what it asks for is an error in its console.
let private draws (charts: int) page =
    match Browser.openPage page with
    | None -> skiptest withoutBrowser
    | Some opened ->
        Check.isEmpty opened.Console
        Check.contains $"data-drawn=\"{charts}\"" opened.Document

        // Each part begins at a place for a chart and ends before the next.
        let parts =
            Regex.Split(opened.Document, "<div class=\"plot[^>]*>")
            |> List.ofArray
            |> List.tail

        Check.equal charts parts.Length

        for index, part in List.indexed parts do
            let marks = Regex.Matches(part, "graphics-symbol").Count

            if marks < 2 then
                failtest $"chart {index + 1} of {charts} has {marks} marks"

let private report =
    lazy (FitReport.toHtml ReportOptions.defaults (Models.inference Models.sleepstudy.Value))

let private figures (page: string) =
    Regex.Matches(page, "<figure class=\"chart").Count

[<Tests>]
let tests =
    testSequenced (
        testList "BrowserTests" [
            testCase "every kind of chart" (fun () ->
                let charts =
                    AllCharts.all
                    |> List.collect (fun (_, chart) -> AllCharts.parts (Models.orFail chart.Value))
                    |> List.distinctBy _.Kind

                Chart.together "All kinds" charts |> Chart.toHtml |> draws charts.Length)

            testCase "the panel" (fun () ->
                let panel = Chart.panel Models.orthodont.Value |> Models.orFail
                draws (AllCharts.parts panel).Length (Chart.toHtml panel))

            testCase "the report" (fun () -> draws (figures report.Value) report.Value)

            testCase "the report in print" (fun () ->
                match Browser.printPage report.Value with
                | None -> skiptest withoutBrowser
                | Some file ->
                    Check.equal "%PDF" (System.Text.Encoding.ASCII.GetString(file, 0, 4))
                    // Pictures and text, and no more pages than a report has.
                    let pages =
                        Regex.Matches(System.Text.Encoding.Latin1.GetString file, "/Type */Page[^s]").Count

                    Check.isWithin 4.0 20.0 (float pages))
        ]
    )
